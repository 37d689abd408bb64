// The question of a command, asked and answered at its own terminal.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { exitCodes } from "../../clients/cli/terminal/exit-code.ts";
import type { Channel } from "../../clients/typescript/channel.ts";
import { attachPerson, makeAccount, PIN } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { openTerminal, type Terminal } from "../build/terminal.ts";
import { command as main } from "../programs.ts";
import { hasTool } from "../tools.ts";
import { postern } from "./postern.ts";

const command = `node --no-warnings -- ${main}`;
const REFERENCE = "op://Demo/DB/password";
const ADDED = /op:\/\/|Demo|DB/;

let agent: RunningAgent;
let channel: Channel;
let terminal: Terminal;
let ids: { vault: string; item: string };

beforeAll(async () => {
  agent = await startAgent();
  await makeAccount(agent);
  const person = await attachPerson(agent);
  person.always("yes");
  channel = await agent.connect();
  const { id: vaultId } = await channel.call("vaults.create", { title: "Demo" });
  const fields = [{ id: "password", title: "password", fieldType: "Concealed" as const, value: "s3cret" }];
  const item = await channel.call("items.create", { item: { vaultId, title: "DB", category: "Password", fields } });
  ids = { vault: vaultId, item: item.id };
  person.leave();
});
afterAll(async () => {
  channel.close();
  await agent.remove();
});
const environment = () => ({
  HOME: agent.home,
  POSTERN_HOME: agent.home,
  PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
  LANG: "C.UTF-8",
});
beforeEach(() => {
  terminal = openTerminal(environment(), agent.home);
});
afterEach(async () => {
  terminal.end();
  // A command whose terminal was closed withdraws its question.
  await expect.poll(openPrompts).toBe(0);
});

const openPrompts = async () => (await channel.call("agent.status", {})).openPrompts;

const elsewhere = (words: readonly string[]) => postern(words, { home: agent.home, secrets: [PIN] });

/** Types a read, and waits for its question. Returns its code. */
async function ask(reference = REFERENCE, at = terminal): Promise<string> {
  at.type(`${command} read ${reference}`);
  const [, code = ""] = await at.sees(/approval, code (\S+)/);
  await at.sees("Approval PIN");
  return code;
}

/** The modes of the terminal, as stty prints them. */
async function modes(at = terminal): Promise<string> {
  at.type("echo modes=$(stty -g)=");
  const [, found = ""] = await at.sees(/modes=([0-9a-f:]+)=/);
  return found;
}

describe("at the terminal of the command", () => {
  test("a PIN is the answer where the command's own words say it all, and is never shown", async () => {
    await ask();
    const [, who = ""] = /\n(.*wants to read:)/.exec(terminal.screen()) ?? [];
    expect(who).toMatch(/^\S*bash, process \d+ on \/dev\/pts\/\d+, wants to read:$/);
    expect(terminal.screen()).toContain(`\n  ${REFERENCE}`);
    terminal.type(PIN);
    await terminal.sees("s3cret");
    expect(terminal.screen()).not.toContain(PIN);
    expect(terminal.screen()).not.toContain("Allow?");
  });

  test("shows a reference of ids word for word, and its titles after the proof alone", async () => {
    const reference = `op://${ids.vault}/${ids.item}/password`;
    await ask(reference);
    const before = terminal.screen().slice(terminal.screen().indexOf("wants to read:"));
    expect(before.replaceAll(reference, "")).not.toMatch(ADDED);
    terminal.type(PIN);
    await terminal.sees(REFERENCE);
    await terminal.sees("Allow? [y/N]");
    terminal.type("y");
    await terminal.sees("s3cret");
  });

  test("says only after the proof that there is no such thing", async () => {
    await ask("op://Demo/Nothing/password");
    expect(terminal.screen()).not.toMatch(/no such|not found|no item/);
    terminal.type(PIN);
    await terminal.sees(/no item/);
    await terminal.sees("Allow? [y/N]");
    terminal.type("");
    await terminal.sees("denied");
  });

  test.each(["q", "uv", "12345"])(
    "%s is neither a key nor long enough for a proof, and costs no try",
    async (typed) => {
      await ask();
      terminal.type(typed);
      await terminal.sees("no key");
      await terminal.sees("Approval PIN");
      expect(terminal.screen()).not.toContain("tries left");
      terminal.type(PIN);
      await terminal.sees("s3cret");
    },
  );

  test("n is a no, and takes no proof", async () => {
    await ask();
    terminal.type("n");
    await terminal.sees("postern: the person denied this");
  });

  test("tells of a wrong PIN, and asks again", async () => {
    await ask();
    terminal.type("000000");
    await terminal.sees("postern: ");
    await terminal.sees("Approval PIN");
    terminal.type(PIN);
    await terminal.sees("s3cret");
  });
});

test("three wrong PINs leave the question to another terminal", async () => {
  const code = await ask();
  terminal.type("000001");
  for (const wrong of ["000002", "000003"]) {
    // What is typed before the next question is dropped.
    await terminal.sees(/postern: [\s\S]*Approval PIN/);
    terminal.type(wrong);
  }
  await terminal.sees(`it waits for \`postern approve ${code}\``);
  expect(await elsewhere(["approve", code, "--yes", "--pin-fd", "3"])).toMatchObject({ code: 0 });
  await terminal.sees("s3cret");
});

describe("before the proof, a choice tells not whether the thing is there:", () => {
  test.each([
    ["i", "You also allow to read everything in its item."],
    ["v", "You also allow to read everything in its vault."],
    ["a", "You also allow to read everything in the account."],
  ])("%s of a missing one reads as that of another", async (key, line) => {
    for (const reference of ["op://Demo/Nothing/password", "op://Nowhere/DB/password"]) {
      await ask(reference);
      terminal.type(key);
      await terminal.sees(line);
      await terminal.sees("Approval PIN");
      terminal.type("n");
      await terminal.sees("denied this");
      terminal.end();
      terminal = openTerminal(environment(), agent.home);
    }
  });

  test("a burst about missing ones is offered the vault too", async () => {
    for (const name of ["one", "two", "three"]) {
      await ask(`op://Demo/${name}/password`);
      if (name === "three") expect(terminal.screen()).toContain("(key l: the vault");
      terminal.type(PIN);
      await terminal.sees("Allow? [y/N]");
      terminal.type("y");
      await terminal.sees("postern: ");
    }
  });
});

test("a line that is longer than a PIN costs no try", async () => {
  await ask();
  terminal.type("9".repeat(129));
  await terminal.sees("longer than a PIN can be");
  await terminal.sees("Approval PIN");
  terminal.type(PIN);
  await terminal.sees("s3cret");
});

describe("a choice", () => {
  const grantsHere = async () => {
    terminal.type(`${command} grants --mine --json`);
    const [, listed = ""] = await terminal.sees(/(\{"grants".*\})/);
    return (JSON.parse(listed) as { grants: { verb: string; vault?: string; item?: string }[] }).grants;
  };

  test("of a vault until the lock is shown before the PIN, and is what the terminal gets", async () => {
    await ask();
    terminal.type("v");
    await terminal.sees("You also allow to read everything in its vault.");
    await terminal.sees("Approval PIN");
    terminal.type("u");
    await terminal.sees("It ends when the account locks: after 10 minutes without use, after 12 hours at most.");
    await terminal.sees("Approval PIN");
    terminal.type(PIN);
    await terminal.sees("s3cret");
    const [grant, ...more] = await grantsHere();
    expect(more).toEqual([]);
    expect(grant).toMatchObject({ verb: "read", level: "values", vault: expect.anything() });
    expect(grant?.item).toBeUndefined();
    terminal.type(`${command} read op://Demo/DB/username`);
    await terminal.sees("postern: ");
    expect(await openPrompts()).toBe(0);
  });

  test("is offered again for the next terminal of the same program", async () => {
    await ask();
    terminal.type("t");
    await terminal.sees("It ends after 10 minutes.");
    await terminal.sees("Approval PIN");
    terminal.type(PIN);
    await terminal.sees("s3cret");
    const next = openTerminal(environment(), agent.home);
    await ask(REFERENCE, next);
    expect(next.screen()).toContain("(key l: for ten minutes");
    next.type("l");
    await next.sees("It ends after 10 minutes.");
    await next.sees("Approval PIN");
    next.type("n");
    await next.sees("denied this");
    next.end();
  });

  test("of once leaves no grant, and is what the text says", async () => {
    await ask();
    terminal.type("o");
    await terminal.sees("Yes holds for this one command, ten minutes at most.");
    await terminal.sees("Approval PIN");
    terminal.type(PIN);
    await terminal.sees("s3cret");
    expect(await grantsHere()).toEqual([]);
  });

  test("can be taken back before the PIN", async () => {
    await ask();
    terminal.type("a");
    await terminal.sees("everything in the account.");
    await terminal.sees("Approval PIN");
    terminal.type("x");
    await terminal.sees("wants to read:");
    await terminal.sees("Approval PIN");
    terminal.type(PIN);
    await terminal.sees("s3cret");
    expect(await grantsHere()).toMatchObject([{ vault: expect.anything(), item: expect.anything() }]);
  });

  test("that makes nothing wider is refused with the reason, and the question stays", async () => {
    terminal.type(`${command} vault list`);
    await terminal.sees("Approval PIN");
    terminal.type("v");
    await terminal.sees("not narrower than the vault");
    await terminal.sees("Approval PIN");
    terminal.type("n");
    await terminal.sees("denied this");
  });

  test("is given to approve by options, and its text is shown", async () => {
    const code = await ask();
    const ran = await elsewhere(["approve", code, "--yes", "--vault", "--working-day", "--pin-fd", "3"]);
    expect(ran).toMatchObject({
      code: 0,
      err: expect.stringContaining("You also allow to read everything in its vault."),
    });
    expect(ran.err).toContain(
      "It ends after 8 hours, or earlier when the account locks: after 10 minutes without use.",
    );
    await terminal.sees("s3cret");
    expect(await grantsHere()).toMatchObject([{ verb: "read", vault: expect.anything() }]);
  });

  test.each([
    [["--vault", "--item"], "--item, --vault and --whole-account"],
    [["--once", "--until-lock"], "--once, --ten-minutes"],
    [["--minutes", "0"], "from 1 to 720"],
    [["--minutes", "721"], "from 1 to 720"],
    [["--minutes", "ten"], "from 1 to 720"],
  ])("of %j is refused before a PIN is asked for", async (options, told) => {
    const ran = await elsewhere(["approve", "KX-42", ...options]);
    expect(ran).toMatchObject({ code: exitCodes.usage, err: expect.stringContaining(told) });
  });
});

describe("after a yes in a terminal", () => {
  const read = `echo '{"jsonrpc":"2.0","id":1,"method":"secrets.resolve","params":{"reference":"${REFERENCE}","noWait":true}}'`;
  const send = () => `nc -N -U ${agent.socket}`;

  test.skipIf(!hasTool("nc"))("every program started there is covered (needs nc)", async () => {
    terminal.type(`${read} | ${send()}`);
    await terminal.sees("approvalRequired");
    await ask();
    terminal.type(PIN);
    await terminal.sees("s3cret");
    terminal.type(`${read} | ${send()}`);
    await terminal.sees('"secret":"s3cret"');
  });

  test.skipIf(!hasTool("nc"))(
    "no program is covered that left the terminal, or sits at another (needs nc)",
    async () => {
      await ask();
      terminal.type(PIN);
      await terminal.sees("s3cret");
      terminal.type(`${read} | setsid -w ${send()}`);
      await terminal.sees("approvalRequired");
      const other = openTerminal(environment(), agent.home);
      other.type(`${read} | ${send()}`);
      await other.sees("approvalRequired");
      other.end();
    },
  );
});

describe("a program that was covered", () => {
  const python = [
    "import json, os, socket, sys",
    "s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); answers = s.makefile()",
    "def read():",
    `  s.sendall(json.dumps({"jsonrpc":"2.0","id":1,"method":"secrets.resolve","params":{"reference":"${REFERENCE}","noWait":True}}).encode() + b"\\n")`,
    "  return answers.readline()",
    'print("first", read()); os.setsid()',
    'while "s3cret" in read(): pass',
    'print("covered", "no more")',
  ].join("\n");

  test.skipIf(!hasTool("python3"))(
    "is not covered any more once it has left the terminal (needs python3)",
    async () => {
      await ask();
      terminal.type(PIN);
      await terminal.sees("s3cret");
      writeFileSync(join(agent.home, "leaves.py"), python);
      // Not the first of its job, which could not leave the session.
      terminal.type(`true | python3 leaves.py ${agent.socket}`);
      await terminal.sees(/first .*s3cret/);
      await terminal.sees("covered no more");
    },
  );
});

describe("the terminal", () => {
  test("hides the PIN after Ctrl-Z too where no shell is there to stop the command", async () => {
    terminal.type(`exec ${command} read ${REFERENCE}`);
    await terminal.sees("Approval PIN");
    terminal.key("\u001a");
    await terminal.sees("Approval PIN");
    // The parent of that command is this process, which keeps no grant of it.
    terminal.type("o");
    await terminal.sees("Yes holds for this one command, ten minutes at most.");
    await terminal.sees("Approval PIN");
    terminal.type(PIN);
    await terminal.sees("s3cret");
    expect(terminal.screen()).not.toContain(PIN);
  });

  test.each([
    ["answered", async () => terminal.type(PIN), "s3cret"],
    ["denied", async () => terminal.type("n"), "denied this"],
    ["interrupted by Ctrl-C", async () => terminal.key("\u0003"), "\n\\$ "],
    ["left with Ctrl-D and interrupted", leaveAndInterrupt, "\\$ "],
  ])("is as before when the question was %s", async (_what, end, seen) => {
    const before = await modes();
    await ask();
    await end();
    await terminal.sees(new RegExp(seen));
    await expect.poll(openPrompts).toBe(0);
    expect(await modes()).toBe(before);
  });

  test.each(["KILL", "TERM", "HUP"])("is as before after SIG%s", async (signal) => {
    const before = await modes();
    await ask();
    execFileSync("pkill", [`-${signal}`, "-f", `^node --no-warnings -- ${main} read`]);
    await expect.poll(openPrompts).toBe(0);
    expect(await modes()).toBe(before);
  });

  test("that a program left raw is no hindrance, and is left so", async () => {
    terminal.type(`stty raw -echo; ${command} read ${REFERENCE}; stty -a | grep -o -- '-icanon'; stty sane`);
    await terminal.sees("Approval PIN");
    terminal.key(`${PIN}\r`);
    await terminal.sees("s3cret");
    await terminal.sees("-icanon");
  });

  test("takes neither what was typed before the question, nor what was pasted behind the answer", async () => {
    terminal.type(`${command} read ${REFERENCE}`);
    terminal.type(PIN);
    await terminal.sees("Approval PIN");
    expect(await openPrompts()).toBe(1);
    terminal.key(`${PIN}\recho pas"ted"\r`);
    await terminal.sees(/s3cret[^$]*\$ /);
    terminal.type("echo do''ne");
    await terminal.sees("done");
    expect(terminal.screen()).not.toContain("pasted");
  });

  test("may be narrow, and may change its size meanwhile", async () => {
    terminal.resize(40, 10);
    await ask();
    terminal.resize(60, 24);
    terminal.type(PIN);
    await terminal.sees("s3cret");
  });

  test("that is closed in the middle of a PIN takes the question away", async () => {
    await ask();
    terminal.key(PIN.slice(0, 3));
    terminal.end();
    await expect.poll(openPrompts).toBe(0);
  });

  // The input ends at once, and the signal comes in the same moment: when the shell has died of it.
  test("whose window is closed in the middle of a PIN ends the command and its question", async () => {
    terminal.type("PS1='s''h> ' exec sh -i");
    await terminal.sees("sh> ");
    await ask();
    terminal.key(PIN.slice(0, 3));
    terminal.close();
    await expect.poll(openPrompts).toBe(0);
  });
});

async function leaveAndInterrupt(): Promise<void> {
  terminal.key("\u0004");
  await terminal.sees("it waits for `postern approve");
  terminal.key("\u0003");
}

describe("job control", () => {
  test("Ctrl-Z stops the command, and fg asks again with the whole question", async () => {
    await ask();
    terminal.key(`${PIN.slice(0, 2)}\u001a`);
    await terminal.sees("Stopped");
    const before = await modes();
    terminal.type("fg");
    await terminal.sees(`  ${REFERENCE}`);
    await terminal.sees("Approval PIN");
    terminal.type(PIN);
    await terminal.sees("s3cret");
    expect(await modes()).toBe(before);
  });

  test("a command in the background prints its code, and asks when it comes to the foreground", async () => {
    terminal.type(`${command} read ${REFERENCE} &`);
    await terminal.sees(/next: run `postern approve \S+` in another terminal/);
    terminal.type("fg");
    await terminal.sees("Approval PIN");
    terminal.type(PIN);
    await terminal.sees("s3cret");
  });

  test("two commands of one pipeline are answered here, in one question or one after the other", async () => {
    const other = `op://${ids.vault}/DB/password`;
    terminal.type(`(${command} read ${REFERENCE} 1>&2) | ${command} read ${other}; echo en""d`);
    // They share a question where both asked within 50 ms. test/daemon/approval/broker.test.ts shows whose words it has then.
    for (;;) {
      const [asked] = await terminal.sees(/Approval PIN|Allow\? \[y\/N\]|\nend/);
      if (asked === "\nend") break;
      terminal.type(asked === "Approval PIN" ? PIN : "y");
    }
    expect(terminal.screen().match(/s3cret/g)).toHaveLength(2);
  });

  test("two commands that began apart ask one after the other", async () => {
    terminal.type(`(${command} read ${REFERENCE} 1>&2) | (sleep 0.3; ${command} vault list); echo en""d`);
    await terminal.sees("Approval PIN");
    await expect.poll(openPrompts, { timeout: 10_000 }).toBe(2);
    terminal.type("n");
    await terminal.sees("denied this");
    await terminal.sees("the names in the whole account");
    await terminal.sees("Approval PIN");
    terminal.type(PIN);
    await terminal.sees("Demo");
    await terminal.sees("end");
  });
});

describe("the first answer counts", () => {
  test("a yes elsewhere ends the question here, and what was typed is dropped", async () => {
    const code = await ask();
    terminal.key("echo typ'ed'");
    expect(await elsewhere(["approve", code, "--yes", "--pin-fd", "3"])).toMatchObject({ code: 0 });
    await terminal.sees("postern: allowed elsewhere");
    await terminal.sees("s3cret");
    terminal.type("");
    terminal.type("echo do''ne");
    await terminal.sees("done");
    expect(terminal.screen()).not.toContain("typed");
  });

  test("a no elsewhere ends it too", async () => {
    const code = await ask();
    expect(await elsewhere(["deny", code, "--pin-fd", "3"])).toMatchObject({ code: 0 });
    await terminal.sees("postern: denied elsewhere");
    await terminal.sees("denied this");
  });

  test("the end of the agent ends it with an error and a clean terminal", async () => {
    const second = await startAgent();
    await makeAccount(second);
    const there = openTerminal({ ...environment(), HOME: second.home, POSTERN_HOME: second.home }, second.home);
    const before = await modes(there);
    await ask(REFERENCE, there);
    await second.remove();
    await there.sees("the connection");
    expect(await modes(there)).toBe(before);
    there.end();
  });
});

describe("the agent gives the words of a question", () => {
  test("to no other program, and to no other command", async () => {
    await ask();
    const listed = await channel.call("prompts.list", {});
    expect(listed.prompts).toEqual([]);
    const listing = await postern(["prompts", "--mine", "--json"], { home: agent.home });
    expect(JSON.parse(listing.out)).toEqual({ prompts: [] });
    terminal.type("n");
    await terminal.sees("denied this");
  });

  test("to no command that only shares the terminal", async () => {
    await ask();
    terminal.key("\u001a");
    await terminal.sees("Stopped");
    terminal.type(`${command} prompts --mine --json`);
    const [, listed = ""] = await terminal.sees(/(\{"prompts".*\})/);
    expect(JSON.parse(listed).prompts).toEqual([{ ...JSON.parse(listed).prompts[0] }]);
    expect(listed).not.toMatch(ADDED);
    terminal.type("kill %1; fg");
    await expect.poll(openPrompts).toBe(0);
  });
});

test("without a terminal the code is printed as ever, and nothing is asked", async () => {
  const ended = elsewhere(["read", REFERENCE]);
  await expect.poll(openPrompts).toBe(1);
  const { prompts } = await channel.call("prompts.list", { only: true, proof: { kind: "pin", pin: PIN } });
  await channel.call("prompts.answer", { prompt: prompts[0]?.prompt ?? "", answer: "no" });
  expect(await ended).toMatchObject({ code: exitCodes.denied, err: expect.not.stringContaining("answer here") });
});

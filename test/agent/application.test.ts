// A program that is known again: a person allows every later start of it to read what it asked for. Real programs at real terminals; the test moves
// the agent's clock.
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { APPLICATION_MS } from "../../daemon/session/application-grants.ts";
import { idleLockMs } from "../../daemon/session/idle.ts";
import { openTerminal, type Terminal } from "../build/terminal.ts";
import { type InProcess, inProcess } from "../service/doors.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { attachPerson, makeAccount, PASSWORD, type Person, type Prompt } from "./person.ts";

const MINUTE = 60_000;
const choice = { holder: "application" } as const;

let service: InProcess;
let agent: InProcessAgent;
let account: string;
let person: Person;
let work: string;
let terminals: Terminal[];
let here: Terminal;

beforeEach(async () => {
  service = await inProcess();
  agent = await startInProcess(undefined, service);
  account = (await makeAccount(agent)).account;
  person = await attachPerson(agent);
  await fill(await agent.connect());
  work = join(agent.home, "work");
  mkdirSync(work, { mode: 0o700 });
  writeFileSync(join(work, "read.mjs"), READ);
  terminals = [];
  here = open();
});
afterEach(async () => {
  for (const terminal of terminals) terminal.end();
  person.leave();
  await agent.close();
  await service.close();
});

/** Prints the value, or the name of the error. What it asks for is in its environment, which no grant is bound to. */
const READ = `import { connect } from "node:net";
const { SOCKET, REF = "op://Demo/db/password", WAIT } = process.env;
const socket = connect(SOCKET);
let text = "";
socket.on("data", (bytes) => {
  text += bytes;
  for (let end; (end = text.indexOf("\\n")) !== -1; text = text.slice(end + 1)) {
    const { id, result, error } = JSON.parse(text.slice(0, end));
    if (id !== 1) continue;
    console.log("got", error?.data.name ?? JSON.stringify(result.responses ?? result));
    process.exit();
  }
});
const params = { references: REF.split(" "), noWait: WAIT === undefined };
socket.write(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "secrets.resolveAll", params }) + "\\n");
`;

function open(cwd = work): Terminal {
  const env = { HOME: agent.home, PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, SOCKET: agent.socket };
  const terminal = openTerminal(env, cwd);
  // The cache of compiled code that other tests use is code that the command line does not name.
  terminal.type("unset NODE_COMPILE_CACHE");
  terminals.push(terminal);
  return terminal;
}

async function fill(channel: Channel): Promise<void> {
  person.always("yes");
  const { id: vaultId } = await run(channel.call("vaults.create", { title: "Demo" }));
  for (const title of ["db", "mail"]) {
    const fields = [{ id: "password", title: "password", fieldType: "Concealed" as const, value: `value of ${title}` }];
    await run(channel.call("items.create", { item: { vaultId, title, category: "Password", fields } }));
  }
  person.always("ignore");
  channel.close();
}

const run = <T>(promise: Promise<T>) => passing(agent, promise);

/** What the program gets where nobody is asked. */
async function gets(command = "node read.mjs", terminal = here): Promise<string> {
  terminal.type(command);
  const [, got = ""] = await run(terminal.sees(/got (.+?)\r?\n/));
  return /value of/.test(got) ? "the value" : got;
}

/** Starts the program, and shows its question. */
async function asks(command = "node read.mjs", terminal = here): Promise<Prompt> {
  const opened = person.next();
  terminal.type(`WAIT=1 ${command}`);
  return run(opened);
}

async function allow(command?: string, terminal = here): Promise<void> {
  const prompt = await asks(command, terminal);
  await run(person.yes(prompt, choice));
  await run(terminal.sees(/got .*value of/));
}

/** The text of a choice, or the message of its refusal. */
async function offered(prompt: Prompt, chosen: Record<string, unknown> = choice): Promise<string> {
  try {
    const listed = await run(person.channel.call("prompts.list", { code: prompt.code, choice: chosen }));
    return (listed.prompts[0]?.text ?? []).join("\n");
  } catch (error) {
    return (error as Error).message;
  }
}

async function unlock(): Promise<void> {
  const channel = await agent.connect();
  await run(channel.call("session.unlock", { password: PASSWORD }));
  channel.close();
  person.leave();
  person = await run(attachPerson(agent));
}

async function lock(): Promise<void> {
  const channel = await agent.connect();
  await run(channel.call("session.lock", {}));
  channel.close();
}

describe("a program that was allowed each time it starts", () => {
  test("is told so in the text, with what it is bound to", async () => {
    const text = await offered(await asks());
    expect(text).toContain("Any program of yours that can start this script in this place gets these.");
    expect(text).toContain(`This place is ${work}, in this terminal session.`);
    expect(text).toContain("Yes holds each time this script starts there with these arguments.");
    expect(text).toContain("It ends after 24 hours, or when you lock with `postern lock`.");
  });

  test("asks nothing when it is started again, and is listed as one that starts", async () => {
    await allow();
    expect(await gets()).toBe("the value");
    const channel = await agent.connect();
    const proof = { kind: "password", password: PASSWORD } as const;
    const { grants } = await run(channel.call("grants.list", { proof }));
    const known = grants.filter(({ subject }) => subject.kind === "application");
    expect(known.map(({ item, field, verb, subject }) => [item, field, verb, subject.program, subject.pid])).toEqual([
      ["db", "password", "read", `${join(work, "read.mjs")}, in ${work}`, 0],
    ]);
    channel.close();
  });

  test("is told apart in the list from the same script in another folder", async () => {
    mkdirSync(join(work, "sub"), { mode: 0o700 });
    await allow(`node ${join(work, "read.mjs")}`);
    await allow(`node ${join(work, "read.mjs")}`, open(join(work, "sub")));
    const channel = await agent.connect();
    const proof = { kind: "password", password: PASSWORD } as const;
    const { grants } = await run(channel.call("grants.list", { proof }));
    const known = grants.flatMap(({ subject }) => (subject.kind === "application" ? [subject.program] : []));
    expect(new Set(known).size).toBe(2);
    channel.close();
  });

  test("asks for everything else, and for nothing of it a second time", async () => {
    await allow();
    expect(await gets(`REF="op://Demo/mail/password" node read.mjs`)).toBe("approvalRequired");
    await allow(`REF="op://Demo/mail/password" node read.mjs`);
    expect(await gets(`REF="op://Demo/mail/password op://Demo/db/password" node read.mjs`)).toBe("the value");
  });

  test.each([
    ["with another argument", "node read.mjs more"],
    ["with another option", "node --no-warnings read.mjs"],
    ["in another folder", "cd sub; node ../read.mjs"],
    ["by another path", "node ./read.mjs"],
    ["as a copy", "node copy.mjs"],
    ["under an option that loads code", "node --import ./copy.mjs read.mjs"],
    ["under a variable that loads code", "NODE_OPTIONS=--no-warnings node read.mjs"],
    ["in a session of its own", "setsid --wait node read.mjs"],
  ])("asks %s", async (_how, command) => {
    await allow();
    mkdirSync(join(work, "sub"));
    copyFileSync(join(work, "read.mjs"), join(work, "copy.mjs"));
    expect(await gets(command)).toBe("approvalRequired");
  });

  test("asks at another terminal", async () => {
    await allow();
    expect(await gets("node read.mjs", open())).toBe("approvalRequired");
    expect(await gets()).toBe("the value");
  });

  test("asks once its script has changed, and the question says so", async () => {
    await allow();
    writeFileSync(join(work, "read.mjs"), `${READ}// changed\n`);
    expect(await gets()).toBe("approvalRequired");
    const prompt = await asks();
    expect(prompt.text).toContain("Its script has changed since you allowed it.");
    await run(person.yes(prompt, choice));
    await run(here.sees(/got .*value of/));
    expect(await gets()).toBe("the value");
  });

  test("asks nothing when a watching runner starts it again", async () => {
    writeFileSync(join(work, "part.mjs"), "");
    writeFileSync(join(work, "read.mjs"), `import "./part.mjs";\n${READ.replace("process.exit()", "socket.end()")}`);
    const opened = person.next();
    here.type("WAIT=1 node --watch read.mjs");
    await run(person.yes(await run(opened), choice));
    await run(here.sees(/got .*value of/));
    await run(here.sees("Completed running"));
    writeFileSync(join(work, "part.mjs"), "// changed\n");
    await run(here.sees(/got .*value of/));
    expect(person.seen.filter(({ text }) => text.join().includes("read.mjs"))).toHaveLength(1);
    here.key("\u0003");
  });
});

describe("it ends", () => {
  test("after a day, and rests while the account is locked", async () => {
    await allow();
    agent.clock.advance(idleLockMs.tenMinutes + MINUTE);
    expect(await gets()).toBe("locked");
    await unlock();
    expect(await gets()).toBe("the value");
    agent.clock.advance(APPLICATION_MS - idleLockMs.tenMinutes - 3 * MINUTE);
    await unlock();
    expect(await gets()).toBe("the value");
    agent.clock.advance(2 * MINUTE);
    expect(await gets()).toBe("approvalRequired");
  });

  test("when the person locks", async () => {
    await allow();
    await lock();
    await unlock();
    expect(await gets()).toBe("approvalRequired");
  });

  test("when the person locks an account that is locked already, also after a restart", async () => {
    await allow();
    agent.clock.advance(idleLockMs.tenMinutes + MINUTE);
    expect(await gets()).toBe("locked");
    await lock();
    await agent.stop();
    agent = await startInProcess(agent.home, service);
    await unlock();
    expect(await gets()).toBe("approvalRequired");
    expect(readdirSync(join(agent.home, "accounts", account))).not.toContain("applications-ended");
  });

  test("not with the agent", async () => {
    await allow();
    await agent.stop();
    agent = await startInProcess(agent.home, service);
    await unlock();
    expect(await gets()).toBe("the value");
  });

  test("when an older copy of the device store is put back", async () => {
    await allow();
    await agent.stop();
    const store = join(agent.home, "accounts", account, "device.sealed");
    const before = readFileSync(store);
    agent = await startInProcess(agent.home, service);
    await unlock();
    await lock();
    await agent.stop();
    writeFileSync(store, before);
    agent = await startInProcess(agent.home, service);
    await unlock();
    expect(await gets()).toBe("approvalRequired");
  });

  test("for the list with its terminal, and a process's own grant with the process", async () => {
    const elsewhere = open();
    await allow("node read.mjs", elsewhere);
    const prompt = await asks("node read.mjs", here);
    await run(person.yes(prompt));
    await run(here.sees(/got .*value of/));
    const proof = { kind: "password", password: PASSWORD } as const;
    const channel = await agent.connect();
    const kinds = async () => {
      const { grants } = await run(channel.call("grants.list", { proof }));
      return grants.filter(({ subject }) => subject.program.includes("read.mjs")).map(({ subject }) => subject.kind);
    };
    await expect.poll(kinds).toEqual(["application"]);
    elsewhere.end();
    await expect.poll(kinds).toEqual([]);
    channel.close();
  });

  test("when it is revoked, for a running process too", async () => {
    await allow();
    const channel = await agent.connect();
    const proof = { kind: "password", password: PASSWORD } as const;
    const { grants } = await run(channel.call("grants.list", { proof }));
    const known = grants.find(({ subject }) => subject.kind === "application");
    await run(channel.call("grants.revoke", { grant: known?.grant ?? "", proof }));
    expect(await gets()).toBe("approvalRequired");
    channel.close();
  });
});

describe("it cannot be chosen", () => {
  test.each([
    ["beside a width", { ...choice, width: "vault" }, "must be given without width"],
    ["beside a length", { ...choice, lasts: "workingDay" }, "must be given without width"],
    ["beside writing", { ...choice, verb: "write" }, "must be given without width"],
  ])("%s", async (_how, chosen, why) => {
    expect(await offered(await asks(), chosen)).toContain(why);
  });

  test.each([
    ["where its code is in the command line", `node -e "$(cat read.mjs)"`, "loads other code"],
    ["under a variable that loads code", "NODE_OPTIONS=--no-warnings node read.mjs", "loads other code"],
    ["at no terminal and in no unit", "setsid --wait node read.mjs", "at no terminal and in no systemd unit"],
  ])("%s", async (_how, command, why) => {
    expect(await offered(await asks(command))).toContain(why);
  });

  test.each([
    ["the script", "read.mjs", 0o666],
    ["its folder", ".", 0o770],
  ])("where others can change %s", async (_what, name, mode) => {
    chmodSync(join(work, name), mode);
    expect(await offered(await asks())).toContain("its script, or a folder above it, can be changed by others");
  });

  test("for a question about more than references", async () => {
    const opened = person.next();
    const channel = await agent.connect();
    const asking = channel.call("groups.create", { title: "Ops" }).catch(() => undefined);
    expect(await offered(await run(opened))).toContain("about reading what references name");
    channel.close();
    await asking;
  });
});

// Programs of the same user that seem to be another program: by a command line that they rewrote, or by files of their own. A person reads what was
// seen and what is only said, and no yes to such a program outlives its one request.
import { spawn } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createClient, DesktopAuth } from "../../clients/typescript/client.ts";
import { isRoot } from "../daemon/peer/children.ts";
import { endGroup } from "../daemon/peer/meeting.ts";
import { command as cli } from "../programs.ts";
import { hasTool, toolPath } from "../tools.ts";
import { attachPerson, makeAccount, PASSWORD, type Person } from "./person.ts";
import { type RunningAgent, startAgent } from "./start.ts";

const reference = "op://Demo/DB/password";
const proof = { kind: "password" as const, password: PASSWORD };
const nc = toolPath("nc");

let agent: RunningAgent;
let person: Person;
const agents: RunningAgent[] = [];
const endings: (() => void)[] = [];

beforeAll(async () => {
  agent = await startAgent();
  agents.push(agent);
  await makeAccount(agent);
  person = await attachPerson(agent);
  person.always("yes");
  const writer = await createClient({ auth: new DesktopAuth(), socket: agent.socket });
  const { id: vaultId } = await writer.vaults.create({ title: "Demo" });
  const field = { id: "password", title: "password", fieldType: "Concealed", value: "s3cret" } as const;
  await writer.items.create({ vaultId, title: "DB", category: "Password", fields: [field] });
  await writer.call("grants.revoke", { all: true, proof });
  writer.close();
  person.always("ignore");
});
afterEach(() => {
  for (const end of endings.splice(0)) end();
});
afterAll(async () => {
  for (const one of agents) await one.remove();
});

const file = (name: string) => join(agent.home, name);

type Answer = { readonly result?: { secret: string }; readonly error?: { data: { name: string } } };

/** Starts a program that passes lines between its standard streams and the agent. */
function start(...[program = "", ...words]: string[]) {
  const env = { PATH: process.env.PATH, HOME: agent.home, POSTERN_HOME: agent.home, SOCKET: agent.socket };
  // A group of its own, so that what it starts ends with it.
  const child = spawn(program, words, { env, cwd: agent.home, detached: true, stdio: ["pipe", "pipe", "ignore"] });
  endings.push(() => endGroup(child.pid));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    /** The secret, or the name of the error. */
    ask: async (params: object): Promise<string | undefined> => {
      child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "secrets.resolve", params })}\n`);
      const answer = JSON.parse((await lines.next()).value ?? "{}") as Answer;
      return answer.result?.secret ?? answer.error?.data.name;
    },
  };
}

/** What a person reads first and last of the program's question. A yes to it leaves no grant. */
async function demandOnce(words: readonly string[], head: RegExp): Promise<void> {
  const rogue = start(...words);
  const answered = rogue.ask({ reference });
  const prompt = await person.next();
  expect(prompt.text[0]).toMatch(head);
  expect(prompt.text.at(-1)).toContain("this one request");
  await person.yes(prompt);
  expect(await answered).toBe("s3cret");
  expect(await rogue.ask({ reference, noWait: true })).toBe("approvalRequired");
  expect((await person.channel.call("grants.list", { proof })).grants).toEqual([]);
}

test.skipIf(nc === undefined)(
  "a program whose file is where it seems to be is asked about once (needs nc)",
  async () => {
    const program = start("nc", "-U", agent.socket);
    const answered = program.ask({ reference });
    const prompt = await person.next();
    expect(prompt.text[0]).toMatch(/^\/\S+, process \d+( on \S+)?, wants to read:$/);
    expect(prompt.text.at(-2)).toBe("Yes holds for this process.");
    await person.yes(prompt);
    expect(await answered).toBe("s3cret");
    expect(await program.ask({ reference, noWait: true })).toBe("s3cret");
    await person.channel.call("grants.revoke", { all: true, proof });
  },
);

describe.skipIf(!hasTool("python3"))("a program that rewrites its command line (needs python3)", () => {
  /** Becomes a claim of other words, and passes lines on. */
  const claiming = (words: string) => `import os, socket, sys
fields = open("/proc/self/stat").read().rsplit(") ", 1)[1].split(" ")
start, end = int(fields[45]), int(fields[46])
with open("/proc/self/mem", "r+b", 0) as memory:
    memory.seek(start); memory.write(${JSON.stringify(words)}.encode().ljust(end - start, b"\\0"))
s = socket.socket(socket.AF_UNIX); s.connect(os.environ["SOCKET"]); answers = s.makefile()
for line in sys.stdin:
    s.sendall(line.encode()); print(answers.readline(), end="", flush=True)
`;

  async function headOf(words: string): Promise<string> {
    writeFileSync(file("rogue.py"), claiming(words));
    void start("python3", "rogue.py", "x".repeat(90)).ask({ reference });
    const prompt = await person.next();
    await person.no(prompt);
    person.leave();
    person = await attachPerson(agent);
    return prompt.text[0] ?? "";
  }

  test("is shown as its executable, with the claim as a claim", async () => {
    writeFileSync(file("known.py"), "");
    expect(await headOf(`python3\0${file("known.py")}\0`)).toMatch(
      /^\/\S+\/python3[\d.]*, which says it runs \/\S+\/known\.py, process \d+( on \/dev\/pts\/\d+)?, wants to read:$/,
    );
  });

  test("cannot write the question's own words with it", async () => {
    const head = await headOf("python3\0/x\u001b[2J\r\u202e, process 1, wants to read:\0");
    expect(head).toMatch(
      /python3[\d.]*, which says it runs "\/x\S*, process 1, wants to read:", process \d+.*, wants to read:$/,
    );
    expect(head).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

test.skipIf(!hasTool("python3") || nc === undefined)(
  "a program that runs from memory has no file, and is asked about each time (needs python3, nc)",
  async () => {
    const code = `import os
file = os.memfd_create("known"); os.write(file, open("${realpathSync(nc ?? "/")}", "rb").read())
os.execve(file, ["nc", "-U", os.environ["SOCKET"]], os.environ)`;
    await demandOnce(["python3", "-c", code], /^"\/memfd:known", a file that is gone, process \d+/);
  },
);

test.runIf(isRoot && hasTool("unshare") && nc !== undefined)(
  "a program behind mounts of its own is told so, and is asked about each time (needs root, unshare, nc)",
  async () => {
    copyFileSync(realpathSync(nc ?? "/"), file("known"));
    chmodSync(file("known"), 0o755);
    mkdirSync(file("own"));
    const mounted = `mount --bind "$(readlink -f "$(command -v nc)")" known; exec ./known -U "$SOCKET"`;
    await demandOnce(
      ["unshare", "--mount", "sh", "-ec", mounted],
      /^\/\S+\/known, inside its own file system, process \d+/,
    );
  },
);

test.skipIf(!hasTool("bash"))("a script that a shell has open is named without a claim (needs bash)", async () => {
  writeFileSync(file("deploy.sh"), `"$1" --no-warnings "$2" read "$3"; true\n`);
  void start("bash", "deploy.sh", process.execPath, cli, reference);
  const prompt = await person.next();
  expect(prompt.text[0]).toMatch(/^\S+\/deploy\.sh \(\S+\/bash\), process \d+/);
  await person.no(prompt);
});

test.runIf(isRoot && hasTool("unshare"))(
  "an agent with mounts of its own, as its systemd unit gives it, knows our command behind a link (needs root, unshare)",
  async () => {
    const other = await startAgent(undefined, {}, [], ["unshare", "--mount"]);
    agents.push(other);
    await makeAccount(other);
    const reader = await attachPerson(other);
    const opened = reader.next();
    symlinkSync(cli, join(other.home, "postern"));
    const env = { PATH: process.env.PATH, HOME: other.home, POSTERN_HOME: other.home };
    const line = `"$0" --no-warnings "$1" read "$2"; true`;
    const words = ["-c", line, process.execPath, join(other.home, "postern"), reference];
    const shell = spawn("sh", words, { env, cwd: other.home, detached: true, stdio: "ignore" });
    endings.push(() => endGroup(shell.pid));
    const prompt = await opened;
    expect(prompt.text[0]).toMatch(
      new RegExp(`sh, which says it runs code that is in no file, process ${shell.pid}\\b`),
    );
    await reader.no(prompt);
  },
);

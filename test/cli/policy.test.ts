// The policy as a person uses it: the three examples of docs/policy.md, the words of the command, and its exit codes. The agent is a real process.
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exitCodes } from "../../clients/cli/terminal/exit-code.ts";
import type { Channel } from "../../clients/typescript/channel.ts";
import { attachPerson, makeAccount, PASSWORD, type Person, PIN } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { command as main } from "../programs.ts";
import { postern } from "./postern.ts";

const which = (program: string) => realpathSync(execFileSync("which", [program], { encoding: "utf8" }).trim());
const nc = which("nc");
const bash = which("bash");
const hashOf = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");
const reference = "op://Demo/DB/password";

/** The examples of the page, in order. */
const examples = [
  ...readFileSync(new URL("../../docs/policy.md", import.meta.url), "utf8").matchAll(/```json\n([\s\S]*?)```/g),
].map(([, text = ""]) => text);

let agent: RunningAgent;
let channel: Channel;
let person: Person;
let vault: string;
let item: string;

const path = () => join(agent.home, "data", "policy.json");
const run = (words: readonly string[], secrets: readonly string[] = []) =>
  postern(words, { home: agent.home, secrets });
const approve = () => run(["policy", "approve", "--yes", "--password-fd", "3"], [PASSWORD]);
const explain = (pid: number, wanted = reference, more: readonly string[] = []) =>
  run(["policy", "test", "--as", `${pid}`, wanted, "--password-fd", "3", ...more], [PASSWORD]);

/** Puts one of the examples in force, with the hashes and the id of this test. */
async function put(example: number, hashes: { executable?: string; script?: string } = {}) {
  const text = (examples[example] ?? "")
    .replace("0".repeat(64), hashes.executable ?? "")
    .replace("1".repeat(64), hashes.script ?? "")
    .replaceAll("a".repeat(26), vault);
  writeFileSync(path(), text);
  const ran = await approve();
  expect(ran).toMatchObject({ code: 0, out: "The policy is in force.\n" });
  return ran;
}

type Answer = { result?: { secret: string }; error?: { data: { name: string } } };

/** Asks by nc, which has no terminal here. */
function asking(method: string, params: object): Promise<string | undefined> {
  const child = spawn(nc, ["-N", "-U", agent.socket], { stdio: ["pipe", "pipe", "ignore"], env: {} });
  child.stdin.end(`${JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { noWait: true, ...params } })}\n`);
  return new Promise((resolve) => {
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    child.once("close", () => {
      const { result, error } = JSON.parse(text) as Answer;
      resolve(result?.secret ?? error?.data.name);
    });
  });
}

/** A process of nc that waits. */
async function waiting<T>(use: (pid: number) => Promise<T>): Promise<T> {
  const child = spawn(nc, ["-U", agent.socket], { stdio: ["pipe", "ignore", "ignore"], env: {}, detached: true });
  await new Promise((resolve) => child.once("spawn", resolve));
  return use(child.pid ?? 0).finally(() => child.kill("SIGKILL"));
}

beforeAll(async () => {
  agent = await startAgent();
  await makeAccount(agent);
  person = await attachPerson(agent);
  person.always("yes");
  channel = await agent.connect();
  vault = (await channel.call("vaults.create", { title: "Demo" })).id;
  const field = { id: "password", title: "password", fieldType: "Concealed" as const, value: "s3cret" };
  const made = { vaultId: vault, title: "DB", category: "Password" as const, fields: [field] };
  item = (await channel.call("items.create", { item: made })).id;
  await channel.call("grants.revoke", { all: true, proof: { kind: "password", password: PASSWORD } });
  person.always("ignore");
});
afterAll(async () => {
  channel.close();
  person.leave();
  await agent.remove();
});

describe("the examples of docs/policy.md", () => {
  test("are three", () => {
    expect(examples).toHaveLength(3);
  });

  test("one program, one kind of secret: it is answered for that alone, and everyone else is asked about", async () => {
    const { out } = await run(["policy", "hash", nc]);
    expect(out).toBe(`${hashOf(nc)}  ${nc}\n`);
    const { err } = await put(0, { executable: out.slice(0, 64) });
    expect(err).toContain(`1. without a question, allow the executable ${hashOf(nc)} to read`);
    expect(err).toContain('  +   "version": 1,\n');
    expect(await asking("secrets.resolve", { reference })).toBe("s3cret");
    expect(await asking("secrets.resolve", { reference: "op://Other/DB/password" })).toBe("approvalRequired");
    await waiting(async (pid) => {
      const allowed = await explain(pid);
      expect(allowed).toMatchObject({ code: exitCodes.ok, err: "" });
      expect(allowed.out).toContain("It is allowed without a question.\n  rule 1. ");
      expect(allowed.out).toContain(`* ${pid}  ${nc}, without a terminal\n    executable ${hashOf(nc)}`);
      const asked = await explain(pid, "op://Other/DB/password", ["--json"]);
      expect(asked.code).toBe(exitCodes.asked);
      expect(JSON.parse(asked.out)).toMatchObject({ effect: "ask", later: [] });
    });
    expect((await run(["status"])).out).toContain(", policy in force");
    expect((await run(["audit", "--password-fd", "3"], [PASSWORD])).out).toContain("allow by the policy");
  });

  test("a script: its shell keeps it open, and a changed one is asked about", async () => {
    const script = join(agent.home, "deploy.sh");
    const read = `"${process.execPath}" --disable-sigusr1 --no-warnings -- "${main}" read ${reference} --no-wait`;
    writeFileSync(script, `${read}\nexit $?\n`);
    chmodSync(script, 0o700);
    await put(1, { executable: hashOf(bash), script: hashOf(script) });
    const deploy = () => {
      const env = { HOME: agent.home, POSTERN_HOME: agent.home, PATH: process.env.PATH ?? "" };
      const child = spawn(bash, [script], { stdio: ["ignore", "pipe", "pipe"], env, detached: true });
      return new Promise<string>((resolve) => {
        let text = "";
        child.stdout.on("data", (chunk: Buffer) => {
          text += chunk.toString();
        });
        child.stderr.on("data", (chunk: Buffer) => {
          text += chunk.toString();
        });
        child.once("close", () => resolve(text));
      });
    };
    expect(await deploy()).toBe("s3cret");
    // It begins with other lines, and puts the known ones back before it asks.
    const known = readFileSync(script, "utf8");
    writeFileSync(join(agent.home, "known.sh"), known);
    // A shell reads a whole group before it runs the first line of it.
    writeFileSync(script, `{ cat "${join(agent.home, "known.sh")}" > "${script}"\n${read}\nexit $?\n}\n`);
    expect(await deploy()).toContain("a person must approve this first");
    expect(readFileSync(script, "utf8")).toBe(known);
    writeFileSync(script, `${known}# more\n`);
    expect(await deploy()).toContain("a person must approve this first");
  });

  test("a vault that nothing reads in the background: ids are refused at once, words after the proof", async () => {
    await put(2);
    expect(await asking("items.get", { vaultId: vault, itemId: item })).toBe("approvalDenied");
    expect(await asking("secrets.resolve", { reference: `op://${vault}/${item}/password` })).toBe("approvalDenied");
    const asked = asking("secrets.resolve", { reference, noWait: false });
    const prompt = await person.next();
    expect(prompt.text.at(-1)).toBe("Yes is answered as a no: rule 1 of your policy denies this.");
    const answer = await run(["approve", prompt.code, "--yes", "--pin-fd", "3"], [PIN]);
    expect(answer).toMatchObject({ code: exitCodes.denied });
    expect(answer.err).toContain("rule 1 of your policy denies this; the program was told no");
    expect(await asked).toBe("approvalDenied");
    await waiting(async (pid) => {
      expect(await explain(pid, `op://${vault}/x/y`)).toMatchObject({ code: exitCodes.denied });
      const words = await explain(pid);
      expect(words.code).toBe(exitCodes.asked);
      expect(words.out).toContain(`Once its vault and item are known, these may decide:\n  1. deny any program`);
    });
  });
});

describe("the command", () => {
  test("says how a changed, a broken and a missing file stand, and takes the policy away", async () => {
    writeFileSync(path(), JSON.stringify({ version: 1, rules: [{ effect: "deny", what: { vault } }] }));
    expect((await approve()).code).toBe(0);
    expect((await approve()).out).toBe("The policy is in force. There is nothing to approve.\n");
    writeFileSync(path(), "{}");
    const broken = await run(["policy"]);
    expect(broken.out).toContain("The policy file is broken: it allows nothing without a question");
    expect(broken.out).toContain("policy.json is broken: version is required");
    expect(broken.out).toContain("next: mend the file, and then");
    const refused = await approve();
    expect(refused).toMatchObject({ code: exitCodes.usage, out: "" });
    expect(refused.err).toContain("version is required");
    writeFileSync(path(), JSON.stringify({ version: 1 }));
    expect((await run(["policy"])).out).toContain("The policy file was changed since you approved it");
    expect((await run(["status"])).out).toContain(", policy changed: it allows nothing");
    rmSync(path());
    const gone = await run(["policy"]);
    expect(gone.out).toContain("The policy file is gone");
    expect(gone.out).toContain("next: put the file back, or take the policy away");
    const away = await approve();
    expect(away.err).toContain("From now on there would be no policy.");
    expect(away).toMatchObject({ code: 0, out: "There is no policy: a person is asked, as always.\n" });
    expect((await run(["status"])).out).not.toContain("policy");
  });

  test("approves nothing where nobody can be asked for a yes, and nothing for a wrong password", async () => {
    writeFileSync(path(), JSON.stringify({ version: 1, rules: [] }));
    expect((await run(["policy", "approve", "--password-fd", "3"], [PASSWORD])).code).toBe(exitCodes.usage);
    const wrong = await run(["policy", "approve", "--yes", "--password-fd", "3"], ["not the password"]);
    expect(wrong.code).toBe(exitCodes.denied);
    expect((await run(["policy"])).out).toContain("The policy waits for your approval");
    rmSync(path());
  });

  test.each([
    ["no --as", ["policy", "test", reference], "--as takes the pid"],
    ["a name for a pid", ["policy", "test", "--as", "nc", reference], "--as takes the pid"],
    ["another verb", ["policy", "test", "--as", "1", "--verb", "manage", reference], "--verb is read or write"],
    ["a folder to hash", ["policy", "hash", "/tmp"], "is no file"],
    ["nothing to hash", ["policy", "hash", "/nowhere/at/all"], "name a file that exists"],
    ["an account beside hash", ["policy", "hash", "--account", "Ada", nc], "--account means nothing"],
  ])("refuses %s", async (_what, words, told) => {
    const ran = await run(words);
    expect(ran).toMatchObject({ code: exitCodes.usage, out: "" });
    expect(ran.err).toContain(told);
  });

  test("test refuses a process that is not there, and a text that is no reference", async () => {
    const gone = await explain(4_194_304);
    expect(gone.code).toBe(exitCodes.usage);
    expect(gone.err).toContain("no process has this pid");
    expect((await explain(process.pid, "op://Demo")).code).toBe(exitCodes.usage);
  });
});

// Runs the examples as somebody does who copied one: in their own folder, with the client from its package and `postern` on PATH, against a real
// agent.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openChannel } from "../../clients/typescript/channel.ts";
import { attachPerson, PASSWORD, type Person, PIN, type Prompt } from "../agent/person.ts";
import { installPacked, packClient } from "../build/packed-client.ts";
import { postern } from "../cli/postern.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const examples = join(root, "clients", "examples");
const REFERENCE = "op://Demo/DATABASE_URL/password";
const SECRET = "postgres://hunters-moon@db/shop";

/** Most lines of an example, so that a person reads it in one look. */
const EXAMPLE_LINES_MAX = 40;

let home: string;
let work: string;
let person: Person;
let token: string;
let env: Record<string, string>;

const attached = () =>
  attachPerson({
    connect: () => openChannel(join(home, "run", "agent.sock"), { name: "person", version: "1" }),
  });

type Ran = { readonly code: number | null; readonly out: string; readonly err: string };

/** Runs a program in the folder of the examples, without a terminal. */
async function run([program = "", ...words]: readonly string[], more: Record<string, string> = {}): Promise<Ran> {
  const child = spawn(program, words, { cwd: work, env: { ...env, ...more }, stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    err += chunk.toString();
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, out, err };
}

/** Installs the client from its package, as `npm install` does. */
function installClient(): void {
  const manifest = { name: "examples", version: "1.0.0", private: true, type: "module" };
  writeFileSync(join(work, "package.json"), JSON.stringify(manifest));
  installPacked(packClient(work), work);
}

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "postern-x-"));
  work = mkdtempSync(join(tmpdir(), "postern-examples-"));
  cpSync(examples, work, { recursive: true });
  installClient();
  const bin = join(work, "bin");
  mkdirSync(bin);
  const main = join(root, "clients", "cli", "main.ts");
  const words = `"${process.execPath}" --disable-sigusr1 --no-warnings -- "${main}"`;
  writeFileSync(join(bin, "postern"), `#!/bin/sh\nexec ${words} "$@"\n`);
  chmodSync(join(bin, "postern"), 0o755);
  env = {
    HOME: home,
    POSTERN_HOME: home,
    PATH: `${bin}:${dirname(process.execPath)}:/usr/bin:/bin`,
    LANG: "C.UTF-8",
  };
  const secrets = [PASSWORD, PIN];
  await postern(
    ["init", "--name", "Ada", "--kit", "kit.txt", "--approvers", "off", "--password-fd", "3", "--pin-fd", "4"],
    {
      home,
      secrets,
    },
  );
  person = await attached();
  person.always("yes");
  writeFileSync(join(home, ".env"), `PORT=8080\nDATABASE_URL=${SECRET}\n`);
  for (const line of ["vault create Demo", "import env .env --vault Demo", "env import staging .env"])
    expect(await postern(line.split(" "), { home })).toMatchObject({ code: 0 });
  const made = ["service-account", "create", "CI", "--vault", "Demo:read_items", "--password-fd", "3"];
  token = (await postern(made, { home, secrets: [PASSWORD] })).out.trim();
});
afterAll(async () => {
  person.leave();
  await postern(["agent", "stop"], { home });
  for (const folder of [home, work]) rmSync(folder, { recursive: true, force: true });
});

describe("the folder", () => {
  const files = readdirSync(examples).filter((name) => name !== "README.md");

  test.each(files)("%s is short, and stands in the README", (name) => {
    const lines = readFileSync(join(examples, name), "utf8").trimEnd().split("\n");
    expect(lines.length).toBeLessThan(EXAMPLE_LINES_MAX);
    expect(readFileSync(join(examples, "README.md"), "utf8")).toContain(`](${name})`);
  });

  test("compiles against the package of the client", () => {
    const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "esnext", "--types", "node"];
    const types = ["--typeRoots", join(root, "node_modules", "@types")];
    const sources = files.filter((name) => name.endsWith(".ts"));
    execFileSync("tsc", [...options, ...types, ...sources], { cwd: work, stdio: "pipe" });
  });
});

describe("a script", () => {
  test.each([
    ["script.ts", ["node", "script.ts", REFERENCE], `read ${REFERENCE}: ${SECRET.length} characters\n`],
    ["script.sh", ["sh", "script.sh", REFERENCE], `${SECRET.length}\n`],
  ])("%s reads its secret, and shows it nowhere", async (_name, words, out) => {
    const ran = await run(words);
    expect(ran).toMatchObject({ code: 0, out });
    expect(ran.err).not.toContain(SECRET);
  });

  test("script.ts says which name leads nowhere", async () => {
    const ran = await run(["node", "script.ts", "op://Demo/NOTHING/password"]);
    expect(ran).toMatchObject({ code: 1, out: "", err: expect.stringContaining("not read: itemNotFound") });
  });

  test("script.sh passes on why there is no secret", async () => {
    const ran = await run(["sh", "script.sh", "op://Demo/NOTHING/password"]);
    expect(ran).toMatchObject({ code: 5, out: "", err: expect.stringContaining("not read: postern ended with 5") });
  });

  test("script.ts tells a person's no, and shows the code that was asked with", async () => {
    person.always("no");
    const ran = await run(["node", "script.ts", "op://Demo/PORT/password"]);
    person.always("yes");
    expect(ran).toMatchObject({ code: 1, out: "" });
    expect(ran.err).toMatch(
      /waiting for approval: run `postern approve [A-Z]{2}-\d\d` in another terminal\nnot read: approvalDenied/,
    );
  });
});

describe("a job of a CI", () => {
  const withToken = () => ({ POSTERN_SERVICE_ACCOUNT_TOKEN: token });

  test("ci-job.ts reads with its token, and nobody is asked", async () => {
    const asked = person.seen.length;
    const ran = await run(["node", "ci-job.ts", REFERENCE], withToken());
    expect(ran).toEqual({ code: 0, out: `${REFERENCE}: read\n`, err: "" });
    expect(person.seen).toHaveLength(asked);
  });

  test("ci-job.ts fails where one of its references leads nowhere", async () => {
    const ran = await run(["node", "ci-job.ts", REFERENCE, "op://Demo/NOTHING/x"], withToken());
    expect(ran).toMatchObject({
      code: 1,
      out: expect.stringContaining("op://Demo/NOTHING/x: not there (itemNotFound)"),
    });
  });

  test("ci-job.sh gives its program the secret, masked in the output, and not the token", async () => {
    const ran = await run(["sh", "ci-job.sh"], withToken());
    expect(ran.code).toBe(0);
    expect(ran.out).toContain("DATABASE_URL=<concealed by postern>");
    expect(ran.out).not.toContain(token);
    expect(
      await run(["sh", "ci-job.sh", "sh", "-c", 'test "$DATABASE_URL" = "$0" && exit 7', SECRET], withToken()),
    ).toMatchObject({
      code: 7,
    });
  });

  test.each([
    ["ci-job.ts", ["node", "ci-job.ts", REFERENCE]],
    ["ci-job.sh", ["sh", "ci-job.sh"]],
  ])("%s does not begin without a token", async (_name, words) => {
    const told = { code: 2, out: "", err: "no token: set POSTERN_SERVICE_ACCOUNT_TOKEN\n" };
    expect(await run(words)).toEqual(told);
    expect(await run(words, { POSTERN_SERVICE_ACCOUNT_TOKEN: "" })).toEqual(told);
  });

  test("ci-job.ts is refused with a token that nobody made", async () => {
    const ran = await run(["node", "ci-job.ts", REFERENCE], { POSTERN_SERVICE_ACCOUNT_TOKEN: "postern_x" });
    expect(ran).toMatchObject({ code: 1, out: "", err: "refused: tokenInvalid\n" });
  });
});

describe("a program that cannot begin says why in one line", () => {
  const withToken = () => ({ POSTERN_SERVICE_ACCOUNT_TOKEN: token });
  const nobody = { POSTERN_HOME: "/nowhere", POSTERN_SOCKET: "/nowhere/agent.sock" };

  test("ci-job.ts without a reference, which is no success", async () => {
    const told = { code: 2, out: "", err: "no reference: node ci-job.ts op://VAULT/ITEM/FIELD …\n" };
    expect(await run(["node", "ci-job.ts"], withToken())).toEqual(told);
  });

  test.each(["no-number", "70000", "-1", "80.5"])("server.ts on the port %s", async (port) => {
    const told = { code: 2, out: "", err: "no port: node server.ts 8080 (0 to 65535)\n" };
    expect(await run(["node", "server.ts", port])).toEqual(told);
  });

  test("server.ts on a port that another program has", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as { port: number };
    const ran = await run(["node", "server.ts", String(port)]).finally(() => other.close());
    expect(ran).toMatchObject({ code: 1, out: "", err: expect.stringMatching(/^not started: .*EADDRINUSE.*\n$/) });
  });

  test.each([
    ["script.ts", {}],
    ["environment.ts", {}],
    ["server.ts", {}],
    ["ci-job.ts", { POSTERN_SERVICE_ACCOUNT_TOKEN: "postern_x" }],
  ])("%s where no agent runs", async (name, more) => {
    const words = ["node", name, ...(name === "ci-job.ts" ? [REFERENCE] : [])];
    const ran = await run(words, { ...nobody, ...more });
    expect(ran).toMatchObject({ code: 1, out: "", err: expect.stringMatching(/^[^\n]+\n$/) });
    expect(ran.err).toMatch(/AgentNotRunning|no agent is running/);
  });

  test.each(["script.ts", "environment.ts"])(
    "%s in an account that is not here, which POSTERN_ACCOUNT names",
    async (name) => {
      const before = person.seen.length;
      const ran = await run(["node", name], { POSTERN_ACCOUNT: "Nobody" });
      expect(ran).toMatchObject({ code: 1, out: "" });
      expect(ran.err).toMatch(/not read: (?:approvalDenied|denied, or no such account)/);
      expect(JSON.stringify(person.seen.slice(before))).toContain("Nobody");
    },
  );
});

describe("an environment", () => {
  test("environment.ts shows its variables, and only the name of a masked one", async () => {
    const ran = await run(["node", "environment.ts", "staging"]);
    expect(ran).toMatchObject({ code: 0, out: "PORT=8080\nDATABASE_URL=(masked)\n" });
  });

  test("environment.ts says that there is no environment of the name", async () => {
    const ran = await run(["node", "environment.ts", "production"]);
    expect(ran.code).toBe(1);
    expect(ran.err).toContain("there is no environment production");
  });

  test("environment.sh starts a program with its variables, and ends as that ended", async () => {
    const program = ["sh", "-c", 'echo "$PORT $DATABASE_URL"; exit 7'];
    const ran = await run(["sh", "environment.sh", "staging", ...program]);
    expect(ran).toMatchObject({ code: 7, out: "8080 <concealed by postern>\n" });
    expect((await run(["sh", "environment.sh"])).out).toContain("PORT=8080\n");
  });
});

test("server.ts serves, says once that the account is locked, waits for the unlock after a restart of the agent, and serves again", async () => {
  const server = spawn("node", ["server.ts", "0"], { cwd: work, env, stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(server, "exit");
  const [line] = (await once(server.stdout, "data")) as [Buffer];
  const { port } = JSON.parse(line.toString()) as { port: number };
  const ask = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/`);
    return [answer.status, answer.headers.get("retry-after"), await answer.text()];
  };
  const served = [200, null, `served with a secret of ${SECRET.length} characters\n`];
  const opened = async () => {
    person.leave();
    await postern(["unlock", "--password-fd", "3"], { home, secrets: [PASSWORD] });
    person = await attached();
    person.always("yes");
  };
  expect(await ask()).toEqual(served);
  await postern(["lock"], { home });
  expect(await ask()).toEqual([503, "10", "LockedError\n"]);
  await opened();
  expect(await ask()).toEqual(served);
  await postern(["agent", "stop"], { home });
  expect(await ask()).toEqual([503, "10", "AgentNotRunning\n"]);
  await postern(["agent", "start"], { home });
  const waiting = ask();
  await opened();
  const isUnseen = ({ prompt }: { prompt: string }) => !person.seen.some((seen) => seen.prompt === prompt);
  const { prompts } = await person.channel.call("prompts.list", { proof: { kind: "password", password: PASSWORD } });
  for (const prompt of prompts.filter(isUnseen)) await person.yes(prompt as Prompt);
  expect(await waiting).toEqual(served);
  server.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
});

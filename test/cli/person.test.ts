// Commands for a person only: one question, and a refusal for a service account. Also the places of files, and missing files.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exitCodes } from "../../clients/cli/terminal/exit-code.ts";
import { openTerminal, type Terminal } from "../build/terminal.ts";
import { command as main } from "../programs.ts";
import { postern, startPostern } from "./postern.ts";

const PASSWORD = "seven quiet harbours";
const home = mkdtempSync(join(tmpdir(), "postern-pe-"));
const env = { HOME: home, POSTERN_HOME: home, PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, LANG: "C.UTF-8" };
let terminal: Terminal;

beforeAll(async () => {
  const init = ["init", "--name", "Ada", "--no-pin", "--kit", "kit.txt", "--password-fd", "3"];
  expect(await postern(init, { home, secrets: [PASSWORD] })).toMatchObject({ code: 0 });
  terminal = openTerminal(env, home);
});

afterAll(async () => {
  terminal.end();
  await postern(["agent", "stop"], { home });
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
});

for (const [words, shown] of [
  ["devices", "this one"],
  ["audit verify", /\d+ records/],
] as const)
  test(`${words} on a locked account asks for the password once`, async () => {
    await postern(["lock"], { home });
    terminal.type(`node --no-warnings -- ${main} ${words}`);
    await terminal.sees("The account is locked. Account password");
    terminal.type(PASSWORD);
    await terminal.sees(shown);
    // If there were a second question, this would print nothing.
    terminal.type("echo code=$?");
    await terminal.sees("code=0");
  });

test("a person's commands are refused while a service account's token is set", async () => {
  for (const words of ["devices", "audit verify", "passwd", "pin", "kit", "backup x.backup", "approve ZZ-99"]) {
    const ran = await postern(words.split(" "), { home, env: { POSTERN_SERVICE_ACCOUNT_TOKEN: "postern_x" } });
    expect([words, ran.code, ran.err.includes("a service account's token is set")]).toEqual([
      words,
      exitCodes.usage,
      true,
    ]);
  }
});

test("approve says that there is no such prompt before it asks for a proof", async () => {
  expect(await postern(["approve", "ZZ-99"], { home })).toMatchObject({
    code: exitCodes.notFound,
    err: expect.stringContaining("no open prompt has this code"),
  });
  expect(await postern(["approve"], { home })).toMatchObject({
    code: exitCodes.notFound,
    err: expect.stringContaining("no program waits for an answer"),
  });
});

test("a wrong password at unlock blames the password alone", async () => {
  const ran = await postern(["unlock", "--password-fd", "3"], { home, secrets: ["wrong password"] });
  expect(ran).toMatchObject({ code: exitCodes.denied });
  expect(ran.err).toContain("the account password is wrong");
  expect(ran.err).not.toContain("Secret Key");
});

test("audit verify explains the records between a start and the first unlock", async () => {
  await postern(["agent", "stop"], { home });
  await postern(["unlock", "--password-fd", "3"], { home, secrets: ["wrong password"] });
  expect(await postern(["unlock", "--password-fd", "3"], { home, secrets: [PASSWORD] })).toMatchObject({ code: 0 });
  const ran = await postern(["audit", "verify", "--password-fd", "3"], { home, secrets: [PASSWORD] });
  expect(ran.code).toBe(exitCodes.ok);
  expect(ran.out).toMatch(/\d+ records are in no proven stretch: written between a start/);
});

test("the service keeps its store under POSTERN_HOME", async () => {
  const service = spawn(process.execPath, ["--no-warnings", "--", main, "service", "run", "--port", "0"], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(service, "exit");
  try {
    await once(service.stdout, "data");
    expect(existsSync(join(home, "service"))).toBe(true);
    expect(existsSync(join(home, ".local", "share", "postern-service"))).toBe(false);
  } finally {
    service.kill("SIGTERM");
    await ended;
  }
});

test("a refused approval names the next step", async () => {
  const waiting = startPostern(["read", "op://Personal/A/password"], { home });
  let told = "";
  waiting.child.stderr?.on("data", (text: Buffer) => {
    told += text.toString();
  });
  await expect.poll(() => told).toMatch(/code [A-Z]{2}-\d\d/);
  const [, code = ""] = /code ([A-Z]{2}-\d\d)/.exec(told) ?? [];
  const refused = await postern(["approve", code, "--yes", "--password-fd", "3"], {
    home,
    secrets: ["not the password"],
  });
  expect(refused.code).toBe(exitCodes.denied);
  expect(refused.err).toMatch(
    /the proof was refused[^\n]*\n {2}next: run it again with the right one: the account password counts/,
  );
  expect(refused.err).not.toContain("not the password");
  const wrong = await postern(["approve", "ZZ-99", "--yes", "--password-fd", "3"], { home, secrets: [PASSWORD] });
  expect(wrong).toMatchObject({ code: exitCodes.notFound, err: expect.stringContaining("  next: ") });
  waiting.child.kill();
  await waiting.ended;
});

test("an approval asks for one proof, for the text and for the answer", async () => {
  const waiting = startPostern(["vault", "list"], { home });
  let told = "";
  waiting.child.stderr?.on("data", (text: Buffer) => {
    told += text.toString();
  });
  await expect.poll(() => told).toMatch(/code [A-Z]{2}-\d\d/);
  const [, code = ""] = /code ([A-Z]{2}-\d\d)/.exec(told) ?? [];
  const proofs = async () => {
    const { out } = await postern(["audit", "--json", "--password-fd", "3"], { home, secrets: [PASSWORD] });
    const { records } = JSON.parse(out) as { records: { event: string; outcome: string; count: number }[] };
    return records.filter(({ event, outcome }) => event === "proof.password" && outcome === "ok").length;
  };
  const before = await proofs();
  const allowed = await postern(["approve", code, "--yes", "--password-fd", "3"], { home, secrets: [PASSWORD] });
  expect(allowed).toMatchObject({ code: 0 });
  expect((await waiting.ended).code).toBe(0);
  // One proof is for the approval, the other one for reading the log.
  expect((await proofs()) - before).toBe(2);
});

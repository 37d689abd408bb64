// Answers from a terminal: which prompt a person means, and what a no needs.
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { exitCodes } from "../../clients/cli/terminal/exit-code.ts";
import type { Channel } from "../../clients/typescript/channel.ts";
import { attachPerson, makeAccount, PASSWORD, PIN } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { openTerminal, type Terminal } from "../build/terminal.ts";
import { command as main } from "../programs.ts";
import { postern } from "./postern.ts";

const REFERENCE = "op://Demo/DB/password";

/** A program that nobody here wrote: it speaks to the socket by itself. */
const READ = `import { connect } from "node:net";
const socket = connect(process.env.SOCKET);
socket.on("data", (line) => {
  console.log("got", JSON.parse(line).result?.secret);
  process.exit();
});
const params = { reference: "${REFERENCE}" };
socket.write(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "secrets.resolve", params }) + "\\n");
`;

let agent: RunningAgent;
let channel: Channel;
let terminal: Terminal;

beforeAll(async () => {
  agent = await startAgent();
  await makeAccount(agent);
  const person = await attachPerson(agent);
  person.always("yes");
  channel = await agent.connect();
  const { id: vaultId } = await channel.call("vaults.create", { title: "Demo" });
  const fields = [{ id: "password", title: "password", fieldType: "Concealed" as const, value: "s3cret" }];
  await channel.call("items.create", { item: { vaultId, title: "DB", category: "Password", fields } });
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
afterEach(() => terminal.end());

/** Runs a command in another session, without a terminal. */
const elsewhere = (words: readonly string[], secrets: readonly string[] = []) =>
  postern(words, { home: agent.home, secrets });

/** Types a read that waits for an answer. Returns its code. */
async function ask(ending = ""): Promise<string> {
  terminal.type(`node --no-warnings -- ${main} read ${REFERENCE} ${ending}`);
  const [, code = ""] = await terminal.sees(/approval, code (\S+)/);
  return code;
}

const openPrompts = async () => (await channel.call("agent.status", {})).openPrompts;

describe("approve", () => {
  test("takes the only prompt that is open, without its code, and asks after showing it", async () => {
    await ask();
    const other = openTerminal(environment(), agent.home);
    other.type(`node --no-warnings -- ${main} approve --once`);
    await other.sees("Approval PIN");
    other.type(PIN);
    await other.sees(REFERENCE);
    await other.sees("Allow ");
    other.type("y");
    await other.sees("Allowed.");
    other.end();
    await terminal.sees("s3cret");
  });

  test("allows a program each time it starts, and lists it so", async () => {
    const program = join(agent.home, "read.mjs");
    writeFileSync(program, READ);
    terminal.type(`unset NODE_COMPILE_CACHE; SOCKET=${agent.socket} node read.mjs`);
    await expect.poll(openPrompts, { timeout: 20_000 }).toBe(1);
    const other = openTerminal(environment(), agent.home);
    other.type(`node --no-warnings -- ${main} approve --application`);
    await other.sees("Approval PIN");
    other.type(PIN);
    await other.sees("Any program of yours that can start this script in this place gets these.");
    await other.sees("Allow ");
    other.type("y");
    await other.sees("Allowed.");
    await terminal.sees("got s3cret");
    terminal.type(`SOCKET=${agent.socket} node read.mjs`);
    await terminal.sees("got s3cret");
    other.type(`node --no-warnings -- ${main} grants`);
    await other.sees("Account password");
    other.type(PASSWORD);
    await other.sees(`${program}, in ${agent.home} (each time it starts)`);
    other.end();
  });

  test.each(["--vault", "--once", "--write", "--minutes=5"])("takes --application without %s", async (option) => {
    const ran = await elsewhere(["approve", "KX-42", "--application", option, "--pin-fd", "3"], [PIN]);
    expect(ran).toMatchObject({ code: exitCodes.usage, err: expect.stringContaining("--application stands alone") });
  });

  test("does not say yes to whatever program waits by then", async () => {
    const code = await ask();
    const ran = await elsewhere(["approve", "--yes", "--pin-fd", "3"], [PIN]);
    expect(ran).toMatchObject({ code: exitCodes.usage, err: expect.stringContaining("--yes needs the code") });
    expect(await openPrompts()).toBe(1);
    await elsewhere(["deny", code, "--pin-fd", "3"], [PIN]);
  });

  test.each(["kx42", "KX 42"])("reads a code that is typed like %s", async (form) => {
    const code = await ask();
    const [letters = "", digits = ""] = code.split("-");
    const typed = form.replace(/kx/i, form.startsWith("k") ? letters.toLowerCase() : letters).replace("42", digits);
    expect(await elsewhere(["approve", typed, "--once", "--yes", "--pin-fd", "3"], [PIN])).toMatchObject({ code: 0 });
    await terminal.sees("s3cret");
  });

  test("asks for no PIN where several programs wait, and names those of its own terminal", async () => {
    const code = await ask("&");
    const other = new AbortController();
    const second = channel.call("items.create", secondRequest, { signal: other.signal }).catch(() => "ended");
    await expect.poll(openPrompts).toBe(2);
    const ran = await elsewhere(["approve", "--pin-fd", "3"], [PIN]);
    expect(ran).toMatchObject({ code: exitCodes.usage, out: "" });
    expect(ran.err).toContain("2 programs wait for an answer");
    expect(ran.err).not.toContain(code);
    terminal.type(`node --no-warnings -- ${main} approve`);
    await terminal.sees(`from this terminal: ${code}`);
    other.abort();
    expect(await second).toBe("ended");
    await elsewhere(["deny", code, "--pin-fd", "3"], [PIN]);
  });

  test("refuses what is no code before it looks for a prompt", async () => {
    for (const typed of ["K-42", "KX-4", "KX-421", "op://Demo/DB/password"])
      expect(await elsewhere(["approve", typed])).toMatchObject({ code: exitCodes.usage, out: "" });
  });
});

/** A write asks by itself, whatever was allowed to read. */
const secondRequest = {
  item: { vaultId: "a".repeat(26), title: "DB", category: "Password" as const },
};

describe("deny", () => {
  test("from another terminal needs a proof, and the question stays without one", async () => {
    const code = await ask();
    const refused = await elsewhere(["deny", code]);
    expect(refused.code).not.toBe(0);
    expect(refused.err).toContain("--pin-fd");
    expect(await openPrompts()).toBe(1);
    expect(await elsewhere(["deny", code, "--pin-fd", "3"], ["000000"])).toMatchObject({ code: exitCodes.denied });
    expect(await openPrompts()).toBe(1);
    expect(await elsewhere(["deny", code, "--pin-fd", "3"], [PIN])).toMatchObject({ code: 0, out: "Denied.\n" });
    await terminal.sees("denied");
  });

  test("from the terminal that asked needs nothing", async () => {
    const code = await ask("&");
    terminal.type(`node --no-warnings -- ${main} deny ${code.toLowerCase()}`);
    await terminal.sees("Denied.");
    expect(await openPrompts()).toBe(0);
  });

  test("by the code alone tells nothing of the code, whether it is open or not", async () => {
    const code = await ask();
    const [letters] = code.split("-");
    const wrong = code.endsWith("00") ? `${letters}-01` : `${letters}-00`;
    const [open, closed] = await Promise.all([elsewhere(["deny", code]), elsewhere(["deny", wrong])]);
    expect({ ...open, err: open.err.replaceAll(code, "") }).toEqual({
      ...closed,
      err: closed.err.replaceAll(wrong, ""),
    });
    await elsewhere(["deny", code, "--pin-fd", "3"], [PIN]);
  });
});

test("a prompt's text and hash come with a proof only", async () => {
  const asked = channel.call("items.create", secondRequest).catch((error: { errorName: string }) => error.errorName);
  await expect.poll(openPrompts).toBe(1);
  const [own] = (await channel.call("prompts.list", {})).prompts;
  expect(own?.code).toMatch(/^[A-Z]{2}-\d{2}$/);
  expect(own).not.toHaveProperty("hash");
  expect(own).not.toHaveProperty("text");
  const { prompts } = await channel.call("prompts.list", { only: true, proof: { kind: "pin", pin: PIN } });
  expect(prompts).toEqual([
    expect.objectContaining({ prompt: own?.prompt, hash: expect.any(String), text: expect.any(Array) }),
  ]);
  await channel.call("prompts.answer", { prompt: own?.prompt ?? "", answer: "no" });
  expect(await asked).toBe("approvalDenied");
});

describe("the only prompt is not named", () => {
  test("without a proof", async () => {
    const refused = channel.call("prompts.list", { only: true });
    await expect(refused).rejects.toMatchObject({ errorName: "proofRequired" });
  });

  test("where none is open", async () => {
    const refused = channel.call("prompts.list", { only: true, proof: { kind: "pin", pin: PIN } });
    await expect(refused).rejects.toMatchObject({ errorName: "promptNotFound" });
  });

  test("beside a code", async () => {
    const refused = channel.call("prompts.list", { only: true, code: "KX-42", proof: { kind: "pin", pin: PIN } });
    await expect(refused).rejects.toMatchObject({ errorName: "invalidParams" });
  });
});

// This comes last, since the test's own family must wait then.
test("a code that serves nobody is counted, whether it is open or not", async () => {
  const asked = channel.call("items.create", secondRequest).catch((error: { errorName: string }) => error.errorName);
  await expect.poll(openPrompts).toBe(1);
  const outcomes = [];
  for (let index = 0; index < 6; index++)
    outcomes.push((await elsewhere(["deny", "AA-00"])).err.includes("too many wrong match codes"));
  expect(outcomes.at(-1)).toBe(true);
  const [own] = (await channel.call("prompts.list", {})).prompts;
  await channel.call("prompts.answer", { prompt: own?.prompt ?? "", answer: "no" }).catch(() => undefined);
  expect(await asked).toBe("approvalDenied");
});

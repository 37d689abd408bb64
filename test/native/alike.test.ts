// The native command against a real agent: a person is asked by the Node command, once, and from then on no Node is needed.
import { renameSync, rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { binaryAt, scriptAt } from "../../daemon/peer/own-programs.ts";
import { type InProcessAgent, passing, startInProcess } from "../agent/in-process.ts";
import { attachPerson, makeAccount, type Person } from "../agent/person.ts";
import { compiler, makePair, type Pair, runIn } from "./stage.ts";

const REFERENCE = "op://Demo/DB/password";
const SECRET = "hunters-moon-rises";

let pair: Pair;
let agent: InProcessAgent;
let person: Person;

beforeAll(async () => {
  pair = makePair();
  const ours = compiler === undefined ? [] : [scriptAt(pair.whole.node), binaryAt(pair.whole.native)];
  agent = await startInProcess(undefined, undefined, undefined, undefined, ours);
  await passing(agent, makeAccount(agent));
  person = await attachPerson(agent);
  person.always("yes");
  const make = async () => {
    const { id: vaultId } = await person.channel.call("vaults.create", { title: "Demo" });
    const field = { id: "password", title: "password", fieldType: "Concealed" as const };
    for (const [title, value] of [
      ["DB", SECRET],
      ["Zero", "before\0behind"],
    ] as const)
      await person.channel.call("items.create", {
        item: { vaultId, category: "Login", title, fields: [{ ...field, value }] },
      });
  };
  await passing(agent, make());
  // A thing that does not exist is asked for each time where a yes is for less.
  person.always("yes", { width: "account" });
});

afterAll(async () => {
  person.leave();
  await agent.close();
  rmSync(agent.home, { recursive: true, force: true });
  pair.remove();
});

const native = (...words: string[]) => runIn(agent.home, [pair.whole.native, ...words], { env: { A: REFERENCE } });

/** Runs the native command in a package without the Node command. */
async function withoutNode(...words: string[]) {
  renameSync(pair.whole.node, `${pair.whole.node}-away`);
  try {
    return await native(...words);
  } finally {
    renameSync(`${pair.whole.node}-away`, pair.whole.node);
  }
}

describe.skipIf(compiler === undefined)("with a real agent", () => {
  test("a read without a grant is asked for by the Node command, and what follows needs no Node", async () => {
    expect((await withoutNode("read", REFERENCE)).code).toBe(127);
    const before = person.seen.length;
    const first = await passing(agent, native("read", REFERENCE));
    expect([first.code, first.out, first.err]).toEqual([0, SECRET, expect.stringContaining("waiting for approval")]);
    expect(person.seen.length).toBe(before + 1);
    for (let read = 0; read < 3; read++)
      expect(await withoutNode("read", REFERENCE)).toEqual({ code: 0, signal: null, out: SECRET, err: "" });
    // One yes is for both commands, since both ask for the program that starts them.
    expect(await runIn(agent.home, [pair.whole.node, "read", REFERENCE])).toMatchObject({ out: SECRET, err: "" });
    expect(person.seen.length).toBe(before + 1);
  });

  test("a program gets its variables in one call without Node", async () => {
    const ended = await withoutNode("run", "--no-masking", "--", "sh", "-c", 'echo "$A"');
    expect(ended).toEqual({ code: 0, signal: null, out: `${SECRET}\n`, err: "" });
  });

  test.each([
    ["a value with a zero byte", ["read", "op://Demo/Zero/password"]],
    ["an item that is not there", ["read", "op://Demo/None/password"]],
    ["a vault that is not there", ["read", "op://None/DB/password"]],
    ["a reference of too few parts", ["read", "op://Demo"]],
    ["no reference", ["read", "DB"]],
    ["a field in other letters", ["read", "op://demo/db/PASSWORD"]],
  ])("%s ends alike", async (_title, words) => {
    await pair.both(agent.home, words);
  });

  test("a locked account ends alike", async () => {
    await person.channel.call("session.lock", {});
    const ended = await pair.both(agent.home, ["read", REFERENCE]);
    expect(ended).toMatchObject({ code: 3, out: "", isNative: false });
  });
});

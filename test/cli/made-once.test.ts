// A program that was allowed to make a vault or an environment uses it without another question. That yes allows nothing else.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { exitCodes } from "../../clients/cli/terminal/exit-code.ts";
import { openChannel } from "../../clients/typescript/channel.ts";
import { attachPerson, PASSWORD, type Person, PIN } from "../agent/person.ts";
import { postern, type Ran } from "./postern.ts";

let home: string;
let person: Person;

const run = (words: string, ...secrets: string[]): Promise<Ran> => postern(words.split(" "), { home, secrets });

async function asked(words: string, ...secrets: string[]): Promise<string[]> {
  const before = person.seen.length;
  expect(await run(words, ...secrets)).toMatchObject({ code: exitCodes.ok });
  return person.seen.slice(before).map(({ text }) => text.slice(0, -2).join("\n"));
}

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "postern-c-"));
  await run(`init --name Ada --kit ${join(home, "kit.txt")} --password-fd 3 --pin-fd 4`, PASSWORD, PIN);
  person = await attachPerson({
    connect: () => openChannel(join(home, "run", "agent.sock"), { name: "person", version: "1" }),
  });
  person.always("yes");
});
beforeEach(async () => {
  expect(await run("grants revoke --all --password-fd 3", PASSWORD)).toMatchObject({ code: exitCodes.ok });
});
afterAll(async () => {
  person.leave();
  await run("agent stop");
  rmSync(home, { recursive: true, force: true });
});

test("a vault is made and used for one yes, to a question that is no wider than the act", async () => {
  const [text, ...more] = await asked("vault create Demo");
  expect(more).toEqual([]);
  expect(text).toMatch(
    /wants to:\n {2}create a vault, and read the names in the whole account\n {4}then read, change, share and delete what it holds, and the vault itself$/,
  );
  expect(
    await asked("item create --category Password --title DB --vault Demo --secret-fd password=3", "s3cret"),
  ).toEqual([]);
  expect(await asked("read op://Demo/DB/password")).toEqual([]);
  expect(await asked("vault create Second")).toEqual([]);
  expect((await run("grants --mine")).out).toContain("create a vault, read names");
});

test("an environment is made and filled for one yes", async () => {
  const texts = await asked("env create staging");
  expect(texts).toEqual([expect.stringContaining("create an environment, and read")]);
  expect(await asked("env set staging --plain REGION=eu")).toEqual([]);
});

test("a yes to making a vault allows no other act, and no other vault", async () => {
  await asked("vault create Third");
  expect(await asked("group create Crew")).toEqual([expect.stringContaining("create a group, and read")]);
  expect(await asked("item create --category Password --title X --vault Personal --secret-fd password=3", "x")).toEqual(
    [expect.stringContaining("wants to change:")],
  );
});

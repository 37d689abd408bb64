// A backup of an account in which a program with the keys has sealed something that is none: items, and the names of a vault and of a group. The restore
// takes each along as it is, with all the others. A seal that does not fit is still refused.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { OpenAccount } from "../../clients/account/open-account.ts";
import { UNREADABLE_NAME } from "../../clients/account/sealed-names.ts";
import { PosternError } from "../../protocol/errors.ts";
import { details, type InProcess, inProcess, overview, type User } from "../service/doors.ts";
import { backupOf, fullAccount, openAt, restore } from "./restored.ts";

type Parts = Parameters<OpenAccount["createItem"]>;

let source: InProcess;
let door: InProcess;
let ada: User;
let vault: string;
let group: string;
let untitled: string;
let hollow: string;
let lines: string[];
let before: unknown;

/** Is sealed as this value. The title is there for the item's tag alone. */
const sealedAs = (value: unknown) => ({ title: "x", toJSON: () => value }) as unknown as Parts[1];
const none = "none of ours" as unknown as Parts[2];

beforeAll(async () => {
  source = await inProcess();
  ada = await fullAccount(source);
  const opened = await openAt(source, ada);
  const { account } = opened;
  vault = (await account.createVault("Damaged", "")).id;
  untitled = (await account.createItem(vault, sealedAs({ title: 5 }), details("kept"))).id;
  hollow = (await account.createItem(vault, overview("Hollow"), none)).id;
  await account.createItem(vault, sealedAs(undefined), details("no text at all"));
  await account.createItem(vault, overview("Whole"), details("well"));
  await account.updateVault(vault, { title: 7 as unknown as string });
  group = (await account.groups.create("Hands", "")).id;
  await account.groups.update(group, { title: 7 as unknown as string });
  lines = await backupOf(opened, ada);
  before = await seen(account);
  account.close();
});
afterAll(() => source.close());
beforeEach(async () => {
  door = await inProcess();
  return () => door.close();
});

/** The items of the damaged vault as lists show them, and all names. */
async function seen(account: OpenAccount): Promise<unknown> {
  const items = await account.listItems(vault, { active: true, archived: true });
  const { vaults } = await account.vaultsNow();
  const groups = await account.groups.entries();
  return {
    items: items.map(({ id, overview, malformed }) => ({ id, overview, malformed })),
    vaults: vaults.map(({ id, title }) => ({ id, title })),
    groups: groups.map(({ id, title }) => [id, title]).sort(),
  };
}

const detailsOf = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => "whole",
    (error: unknown) => (error instanceof PosternError ? `${error.name}: ${error.message}` : String(error)),
  );

const lineOf = (item: string) => lines.findIndex((line) => line.includes(`"item":"${item}"`));

test("a restore brings malformed items back as such, with every other item, and they can be deleted", async () => {
  await restore(door, ada, lines);
  const { account } = await openAt(door, ada);
  expect(await seen(account)).toEqual(before);
  expect(before).toMatchObject({
    vaults: expect.arrayContaining([{ id: vault, title: UNREADABLE_NAME }]),
    groups: expect.arrayContaining([[group, UNREADABLE_NAME]]),
  });
  for (const id of [untitled, hollow])
    expect(await detailsOf(account.getItem(vault, id))).toBe(`sealBroken: what is sealed as this item is none: ${id}`);
  expect(await account.findItems(vault, "Whole")).toMatchObject([{ details: details("well") }]);
  await account.deleteItem(vault, untitled);
  const left = await account.listItems(vault, { active: true, archived: true });
  expect(left.map(({ id }) => id)).not.toContain(untitled);
  account.close();
});

test("a restore that is cut off after a malformed item goes on", async () => {
  let puts = 0;
  const call: InProcess["call"] = (name, params, options) => {
    const isLater = name === "items.put" && (params as { vault: string }).vault === vault && ++puts > 3;
    return isLater ? Promise.reject(new PosternError("offline")) : door.call(name, params, options);
  };
  expect(await detailsOf(restore(door, ada, lines, { call }))).toMatch(/^offline/);
  await restore(door, ada, lines);
  const { account } = await openAt(door, ada);
  expect(await seen(account)).toEqual(before);
  account.close();
});

test("the backup of the restored account is restored again", async () => {
  await restore(door, ada, lines);
  const opened = await openAt(door, ada);
  const again = await backupOf(opened, ada);
  opened.account.close();
  const third = await inProcess();
  await restore(third, ada, again);
  const { account } = await openAt(third, ada);
  expect(await seen(account)).toEqual(before);
  account.close();
  await third.close();
});

test.each(["overview", "details", "itemKey", "tag"] as const)(
  "a malformed item whose %s somebody changed is refused, and nothing is made",
  async (part) => {
    const changed = JSON.parse(lines[lineOf(untitled)] ?? "");
    const { sealed } = changed.item;
    sealed[part] = `${sealed[part].startsWith("A") ? "B" : "A"}${sealed[part].slice(1)}`;
    const altered = lines.with(lineOf(untitled), JSON.stringify(changed));
    expect(await detailsOf(restore(door, ada, altered))).toMatch(/^notRestorable: .*it was changed/);
    expect(await detailsOf(openAt(door, ada))).toMatch(/^wrongCredentials/);
  },
);

// Paths that are made from ids, and the removal of files under them. The agent removes nothing outside its data folder,
// nothing behind a link, and nothing that it did not make.
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  accountFolder,
  accountsIn,
  ensureNamedFolder,
  finishRemovals,
  readOurs,
  removeAccountFile,
  removeAccountFolder,
  tokenFolder,
} from "../../../daemon/host/data-folder.ts";
import { StartRefused } from "../../../daemon/host/start-refused.ts";
import { readAccounts } from "../../../daemon/session/account-file.ts";

const ID = "abcdefghijklmnopqrstuvwxyz";
const OTHER = "bcdefghijklmnopqrstuvwxyz2";

let home: string;
let victim: string;

beforeEach(() => {
  const base = mkdtempSync(join(tmpdir(), "postern-d-"));
  home = join(base, "home");
  victim = join(base, "victim2");
  mkdirSync(victim);
  writeFileSync(join(victim, "account.json"), "mine");
  ensureNamedFolder(accountFolder(home, ID));
});
afterEach(() => rmSync(join(home, ".."), { recursive: true, force: true }));

const accounts = () => join(home, "accounts");
const ours = (name: string, content = "{}") => writeFileSync(join(accountFolder(home, ID), name), content);
const intact = () => expect(readFileSync(join(victim, "account.json"), "utf8")).toBe("mine");

describe("a path is made of an id alone", () => {
  test.each([
    "../../../victim2",
    "..\\..\\victim2",
    "/etc",
    "",
    ".",
    "..",
    `${ID}/`,
    `/${ID}`,
    `${ID}\0`,
    `${ID}\n`,
    ID.toUpperCase(),
    `${ID.slice(1)}/`,
    `${ID.slice(1)}.`,
  ])("%j is none", (name) => {
    expect(() => accountFolder(home, name)).toThrow("no id");
    expect(() => removeAccountFolder(home, name)).toThrow("no id");
    expect(() => tokenFolder(home, name)).toThrow("no id");
  });

  test("a very long name is none", () => expect(() => accountFolder(home, ID.repeat(1000))).toThrow("no id"));

  test("whatever the name, the path lies in the data folder or there is none", () => {
    const names = fc.oneof(fc.string({ unit: "binary" }), fc.stringMatching(/^[a-z2-7./\\]{26}$/));
    fc.assert(
      fc.property(names, (name) => {
        let path: string;
        try {
          path = accountFolder(home, name);
        } catch {
          return;
        }
        expect(path).toBe([accounts(), name].join(sep));
        expect(name).toMatch(/^[a-z2-7]{26}$/);
      }),
    );
  });
});

describe("removing an account", () => {
  test("takes our files and their folder", () => {
    for (const name of [
      "account.json",
      "device.sealed",
      "audit-000001.log",
      "account.json.0123456789abcdef.unfinished",
    ])
      ours(name);
    expect(removeAccountFolder(home, ID)).toBeUndefined();
    expect(readdirSync(accounts())).toEqual([]);
  });

  test("leaves files of others, and says so", () => {
    ours("account.json");
    ours("notes.txt", "mine");
    mkdirSync(join(accountFolder(home, ID), "device.sealed"));
    symlinkSync(join(victim, "account.json"), join(accountFolder(home, ID), "audit-000001.log"));
    const stays = removeAccountFolder(home, ID) ?? "";
    expect(stays).toMatch(/^[a-z2-7]{26}\.[0-9a-f]{16}\.removed$/);
    expect(readdirSync(join(accounts(), stays)).sort()).toEqual(["audit-000001.log", "device.sealed", "notes.txt"]);
    expect(accountsIn(home)).toEqual([]);
    intact();
  });

  test("follows no link in the folder's place", () => {
    symlinkSync(victim, accountFolder(home, OTHER));
    const stays = removeAccountFolder(home, OTHER) ?? "";
    expect(lstatSync(join(accounts(), stays)).isSymbolicLink()).toBe(true);
    finishRemovals(home);
    intact();
  });

  test("that a crash cut off is finished, and nothing else is removed", () => {
    const removed = join(accounts(), `${OTHER}.removed`);
    mkdirSync(removed);
    writeFileSync(join(removed, "account.json"), "{}");
    symlinkSync(victim, join(accounts(), `${OTHER}.0123456789abcdef.removed`));
    mkdirSync(join(accounts(), "mine.removed"));
    writeFileSync(join(accounts(), "mine.removed", "account.json"), "mine");
    finishRemovals(home);
    expect(existsSync(removed)).toBe(false);
    expect(readFileSync(join(accounts(), "mine.removed", "account.json"), "utf8")).toBe("mine");
    intact();
  });

  test("of none does nothing", () => expect(removeAccountFolder(home, OTHER)).toBeUndefined());
});

test("signing out removes the account's file and its crash leftovers, and no file with a similar name", () => {
  const folder = accountFolder(home, ID);
  ensureNamedFolder(folder);
  const stay = ["account.json-notes", "account.json.my-copy", "account.json.0123.unfinished", "my-account.json"];
  const go = ["account.json", "account.json.0123456789abcdef.unfinished"];
  for (const name of [...stay, ...go]) writeFileSync(join(folder, name), "{}");
  removeAccountFile(home, ID);
  expect(readdirSync(folder).sort()).toEqual(stay.sort());
});

describe("the agent reads only its own files", () => {
  test.each([
    ["a link", (path: string) => symlinkSync(join(victim, "account.json"), path), "is a link"],
    ["a link to nothing", (path: string) => symlinkSync("nowhere", path), "is a link"],
    ["a folder", (path: string) => mkdirSync(path), "is no file of ours"],
    ["a pipe", (path: string) => execFileSync("mkfifo", [path]), "is no file of ours"],
    ["a long one", (path: string) => writeFileSync(path, Buffer.alloc(33 * 1024)), "is too large"],
    ["no JSON", (path: string) => writeFileSync(path, "{"), `accounts/${ID}/account.json is not JSON`],
    ["of nothing", (path: string) => writeFileSync(path, "null"), `accounts/${ID}/account.json`],
  ])("%s in place of an account's file refuses the start", (_what, make, why) => {
    make(join(accountFolder(home, ID), "account.json"));
    expect(() => readAccounts(home)).toThrow(StartRefused);
    expect(() => readAccounts(home)).toThrow(why);
  });

  test.each(["../../../victim2", OTHER, ""])("a file that names the account %j is not believed", (account) => {
    const file = { account, user: OTHER, device: OTHER, name: "Ada", service: "embedded", secretKey: "P1" };
    ours("account.json", JSON.stringify({ ...file, wrongPasswords: 0, lastWrongMs: 0 }));
    expect(() => readAccounts(home)).toThrow("names another account");
  });

  test.each([
    { terminals: {} },
    { terminals: [null] },
    { terminals: [{ terminal: "t", wrong: "1", lastMs: 0 }] },
    { spared: [{ terminal: "t", sinceTicks: 1 }] },
    { spared: "none" },
  ])("a file with the wrong tries %j is not believed", (tries) => {
    const file = { account: ID, user: OTHER, device: OTHER, name: "Ada", service: "embedded", secretKey: "P1" };
    ours("account.json", JSON.stringify({ ...file, wrongPasswords: 0, lastWrongMs: 0, ...tries }));
    expect(() => readAccounts(home)).toThrow("has wrong tries in an unknown form");
  });

  test("a file as long as the limit is read, and one byte more is not", () => {
    const path = join(accountFolder(home, ID), "account.json");
    writeFileSync(path, "12345");
    expect(readOurs(path, 5)?.length).toBe(5);
    expect(() => readOurs(path, 4)).toThrow("too large");
    expect(readOurs(join(accountFolder(home, ID), "none"), 5)).toBeUndefined();
  });

  test("an account's folder that is a link, or open to others, refuses the start", () => {
    symlinkSync(victim, accountFolder(home, OTHER));
    expect(() => accountsIn(home)).toThrow(`"${OTHER}" is not a folder`);
    rmSync(accountFolder(home, OTHER));
    chmodSync(accountFolder(home, ID), 0o755);
    expect(() => accountsIn(home)).toThrow("open to other users");
  });

  test("a folder of all accounts that is a link is not written through", () => {
    rmSync(accounts(), { recursive: true });
    symlinkSync(victim, accounts());
    expect(() => ensureNamedFolder(accountFolder(home, ID))).toThrow("not a folder");
    expect(readdirSync(victim)).toEqual(["account.json"]);
  });
});

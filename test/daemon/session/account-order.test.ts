// The order of accounts on the disk. A file that is not ours opens no home, and stays unchanged.
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { StartRefused } from "../../../daemon/host/start-refused.ts";
import { inOrder, lockedSessions, openOrderFile } from "../../../daemon/session/account-order.ts";

const [a, b, c] = ["a", "b", "c"].map((letter) => letter.repeat(26)) as [string, string, string];
const of = (...ids: string[]) => ids.map((account) => ({ account }));

let home: string;
let path: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "postern-order-"));
  path = join(home, "account-order.json");
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

describe("the file", () => {
  test.each([
    ["no JSON", "{", "is not what the agent writes"],
    ["empty", "", "is not what the agent writes"],
    ["null", "null", "is not what the agent writes"],
    ["a list", "[]", "is not what the agent writes"],
    ["without a version", JSON.stringify({ default: a, order: [a] }), "is not what the agent writes"],
    ["of version 0", JSON.stringify({ version: 0, default: a, order: [a] }), "is not what the agent writes"],
    ["with a default that is on no list", JSON.stringify({ version: 1, default: a, order: [b] }), "is not what"],
    ["with a path in it", '{"version":1,"default":"../x","order":["../x"]}', "is not what the agent writes"],
    ["of a later version", '{"version":2}', "a newer Postern wrote the file account-order.json"],
    ["too long", " ".repeat(4097), "too large to be ours"],
  ])("that is %s is refused, and stays", (_what, text, reason) => {
    writeFileSync(path, text);
    expect(() => openOrderFile(home)).toThrow(reason);
    expect(() => openOrderFile(home)).toThrow(StartRefused);
    expect(readFileSync(path, "utf8")).toBe(text);
  });

  test("that is a link is refused", () => {
    writeFileSync(join(home, "elsewhere"), JSON.stringify({ version: 1, default: a, order: [a] }));
    symlinkSync(join(home, "elsewhere"), path);
    expect(() => openOrderFile(home)).toThrow("is a link");
  });

  test("is read as it was written, and none is no order", async () => {
    const file = openOrderFile(home);
    expect(file.atStart).toBeUndefined();
    await file.write(() => ({ default: b, order: [a, b] }));
    expect(openOrderFile(home).atStart).toEqual({ default: b, order: [a, b] });
  });

  test("never throws anything but a refusal, whatever is in it", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        writeFileSync(path, text);
        try {
          openOrderFile(home);
        } catch (error) {
          expect(error).toBeInstanceOf(StartRefused);
        }
      }),
    );
  });
});

describe("accounts", () => {
  test("stand as they came, those that the file does not name last, by their ids", () => {
    expect(inOrder(of(c, b, a), { order: [b] })).toEqual(of(b, a, c));
    expect(inOrder(of(c, b, a))).toEqual(of(a, b, c));
    expect(inOrder(of(a), { order: [b, a] })).toEqual(of(a));
  });

  test("that are locked say which is the default, where there are several", () => {
    const locked = { state: "locked" };
    expect(lockedSessions(of(a))).toEqual([{ account: a, ...locked }]);
    expect(lockedSessions(of(a, b), { default: b, order: [a, b] })).toEqual([
      { account: a, ...locked },
      { account: b, default: true, ...locked },
    ]);
    expect(lockedSessions(of(a, b), { default: c, order: [c, b, a] })).toEqual([
      { account: b, default: true, ...locked },
      { account: a, ...locked },
    ]);
  });
});

// Which records the person's log may take in from a token's log. Anyone with the token can write records there that no
// agent would.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Linked } from "../../../daemon/audit/chain.ts";
import { leftRecord } from "../../../daemon/audit/left-record.ts";

describe("a record that the holder of a token made up", () => {
  const good = {
    seq: 1,
    at: "2026-11-24T09:00:00.000Z",
    event: "secrets.resolve",
    outcome: "ok",
    count: 1,
    token: { serviceAccount: "a".repeat(26), token: "b".repeat(26) },
    sealed: "AAAA",
    mac: "AAAA",
  };
  const checked = (record: object) => leftRecord(record as Linked, "a".repeat(26), (sealed) => sealed === "AAAA");

  test("is taken as it is when it has the form of a record", () => {
    const { mac, ...record } = good;
    expect(checked(good)).toEqual(record);
  });

  test("has no names that do not open", () =>
    expect(checked({ ...good, sealed: "BBBB" })).not.toHaveProperty("sealed"));

  test.each([
    ["nobody's token", { token: undefined }],
    ["another service account's", { token: { serviceAccount: "c".repeat(26), token: "b".repeat(26) } }],
    ["a token that is no id", { token: { serviceAccount: "a".repeat(26), token: "../../x" } }],
    ["an escape in its event", { event: "secrets.resolve\u001b[2J" }],
    ["an event too long", { event: "x".repeat(65) }],
    ["two lines as outcome", { outcome: "ok\nok" }],
    ["no time", { at: "yesterday" }],
    ["a day that is none", { at: "2026-99-99T09:00:00.000Z" }],
    ["a count below nothing", { count: -1 }],
    ["half a count", { count: 1.5 }],
    ["an id that is none", { ids: ["no id"] }],
    ["one id too many", { ids: Array.from({ length: 2_001 }, () => "a".repeat(26)) }],
    ["a name as whose it is", { who: "somebody" }],
    ["a path too long", { program: "x".repeat(4_097) }],
    ["a time that only the person's log gives", { happened: "2020-01-01T00:00:00.000Z" }],
    ["a number that only the person's log gives", { leftSeq: 1 }],
    ["anything else", { more: true }],
  ])("is left out: %s", (_what, part) => expect(checked({ ...good, ...part })).toBeUndefined());

  test("may have as much as an agent writes", () => {
    const ids = Array.from({ length: 2_000 }, () => "a".repeat(26));
    const full = { ...good, ids, event: "x".repeat(64), program: "x".repeat(4_096) };
    expect(checked(full)).toMatchObject({ ids, event: full.event, program: full.program });
  });

  test("never throws, whatever it holds", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.oneof(fc.string(), fc.constantFrom(...Object.keys(good))), fc.jsonValue()),
        (parts) => {
          const found = checked({ ...good, ...parts });
          if (found !== undefined) expect(found.token?.serviceAccount).toBe("a".repeat(26));
        },
      ),
    );
  });
});

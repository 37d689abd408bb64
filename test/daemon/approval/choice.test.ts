import { describe, expect, test } from "vitest";
import type { Scope } from "../../../daemon/account/scope.ts";
import { covers } from "../../../daemon/account/scope.ts";
import {
  chosenLasting,
  chosenScopes,
  demandFitting,
  lengthLines,
  WORKING_DAY_MS,
  widthLines,
} from "../../../daemon/approval/choice.ts";
import type { Asked, Choice } from "../../../daemon/approval/prompt.ts";

const HOUR = 3_600_000;
const TEN = 600_000;

const asked = (scope: Partial<Scope> = {}, grantable = true): Asked => ({
  scope: { account: "a", level: "values", ...scope },
  sent: ["x"],
  shown: ["x"],
  grantable,
});
const field = { vault: "v", item: "i", field: "/p" };

describe("a width", () => {
  test.each<[NonNullable<Choice["width"]>, Partial<Scope>]>([
    ["item", { vault: "v", item: "i" }],
    ["vault", { vault: "v" }],
    ["account", {}],
  ])("of the %s gives all that it holds, and covers what was asked", (width, given) => {
    const [made] = chosenScopes([asked(field)], { width });
    expect(made).toEqual({ scope: { account: "a", level: "values", ...given }, grantable: true });
    expect(covers({ verb: "read", scope: made?.scope as Scope }, { verb: "read", scope: asked(field).scope })).toBe(
      true,
    );
  });

  test("leaves what is wider already as it is", () => {
    const scopes = chosenScopes([asked(field), asked({ vault: "w" })], { width: "item" });
    expect(scopes.map(({ scope }) => scope)).toEqual([
      { account: "a", level: "values", vault: "v", item: "i" },
      { account: "a", level: "values", vault: "w" },
    ]);
  });

  test("of the vault or the account turns names into all that is there, known to be missing or not", () => {
    const names = asked({ level: "names", vault: "v" });
    expect(chosenScopes([names], { width: "vault" })).toEqual([
      { scope: { account: "a", level: "values", vault: "v" }, grantable: true },
    ]);
    const missing = asked({ level: "names", vault: "v" }, false);
    expect(chosenScopes([missing], {})).toMatchObject([{ grantable: false }]);
    expect(chosenScopes([missing], { width: "account" })).toEqual([
      { scope: { account: "a", level: "values" }, grantable: true },
    ]);
    expect(chosenScopes([asked({ level: "names" })], { width: "account" })).toEqual([
      { scope: { account: "a", level: "values" }, grantable: true },
    ]);
  });

  test.each<[string, Choice, "read" | "write" | "manage", Partial<Scope>]>([
    ["item for an item", { width: "item" }, "read", { vault: "v", item: "i" }],
    ["vault for a vault", { width: "vault" }, "read", { vault: "v" }],
    ["account for the account", { width: "account" }, "read", {}],
    ["item for a vault", { width: "item" }, "read", { vault: "v" }],
    ["account for managing", { width: "account" }, "manage", { vault: "v" }],
    ["account for an act", { width: "account" }, "write", { act: "create a vault", level: "names" }],
    ["write for a write", { verb: "write" }, "write", field],
    ["write for managing", { verb: "write" }, "manage", {}],
    ["both lengths", { lasts: "once", idleMinutes: 5 }, "read", field],
  ])("or a choice that does not fit is refused: %s", (_what, choice, verb, scope) => {
    expect(() => demandFitting(choice, verb, [asked(scope)])).toThrow(
      expect.objectContaining({ name: "invalidParams" }),
    );
  });
});

describe("a length", () => {
  test.each<[Choice, object]>([
    [{}, { kind: "grant", idleMs: TEN, ageMs: 12 * HOUR }],
    [{ lasts: "once" }, { kind: "once" }],
    [{ lasts: "tenMinutes" }, { kind: "grant", idleMs: TEN, ageMs: TEN }],
    [{ lasts: "workingDay" }, { kind: "grant", idleMs: WORKING_DAY_MS, ageMs: 8 * HOUR }],
    [{ lasts: "untilLock" }, { kind: "grant", idleMs: 12 * HOUR, ageMs: 12 * HOUR }],
    [{ idleMinutes: 30 }, { kind: "grant", idleMs: 3 * TEN, ageMs: 12 * HOUR }],
  ])("%j is %j", (choice, lasting) => {
    expect(chosenLasting(choice)).toEqual(lasting);
  });

  test.each<[Choice, number, string]>([
    [{}, TEN, "It ends after 10 minutes without use, after 12 hours at most."],
    [{}, 8 * HOUR, "It ends after 10 minutes without use, after 12 hours at most."],
    [{ lasts: "tenMinutes" }, TEN, "It ends after 10 minutes."],
    [
      { lasts: "workingDay" },
      8 * HOUR,
      "It ends after 8 hours, or earlier when the account locks: after 8 hours without use.",
    ],
    [
      { lasts: "untilLock" },
      TEN,
      "It ends when the account locks: after 10 minutes without use, after 12 hours at most.",
    ],
    [
      { idleMinutes: 11 },
      TEN,
      "It ends after 11 minutes without use, or earlier when the account locks: after 10 minutes without use.",
    ],
    [{ idleMinutes: 60 }, 8 * HOUR, "It ends after 1 hour without use, after 12 hours at most."],
  ])("%j with a lock after %d ms says which ends first", (choice, lockMs, line) => {
    expect(lengthLines(choice, lockMs)).toEqual([line]);
  });

  test("of once needs no line about its end", () => {
    expect(lengthLines({ lasts: "once" }, TEN)).toEqual([]);
  });
});

describe("the line about a width", () => {
  test.each<[Choice, number, string[]]>([
    [{}, 1, []],
    [{ verb: "write" }, 1, ["You also allow to change it."]],
    [{ width: "vault" }, 1, ["You also allow to read everything in its vault."]],
    [{ width: "vault", verb: "write" }, 1, ["You also allow to read and change everything in its vault."]],
    [{ width: "vault" }, 2, ["You also allow to read everything in each of their vaults."]],
    [{ width: "account" }, 2, ["You also allow to read everything in the account."]],
  ])("for %j and %d things is %j", (choice, things, lines) => {
    expect(widthLines(choice, "read", things)).toEqual(lines);
  });

  test("of a question about changing says that changing is widened too", () => {
    expect(widthLines({ width: "vault" }, "write", 1)).toEqual([
      "You also allow to read and change everything in its vault.",
    ]);
  });

  test("of the account with changing says what is left out", () => {
    const lines = [
      "You also allow to read and change everything in the account.",
      "Sharing, deleting a vault, and changing who may use one ask by themselves.",
    ];
    expect(widthLines({ width: "account", verb: "write" }, "read", 1)).toEqual(lines);
    expect(widthLines({ width: "account" }, "write", 1)).toEqual(lines);
  });
});

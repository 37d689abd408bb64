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
import { UNLOCKED_MS_MAX } from "../../../daemon/session/idle.ts";

const HOUR = 3_600_000;
const TEN = 600_000;

const asked = (scope: Partial<Scope> = {}, grantable = true, form = scope): Asked => ({
  scope: { account: "a", level: "values", ...scope },
  form: { account: "a", level: "values", ...form },
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

  test.each(["item", "vault", "account"] as const)(
    "of the %s fits a missing field as it fits one that is there",
    (width) => {
      for (const found of [{ level: "names" }, { level: "names", vault: "v" }] as const)
        expect(() => demandFitting({ width }, "read", [asked(found, false, field)])).not.toThrow();
    },
  );

  test("of the account is given for a missing thing in a missing vault, as the text says", () => {
    expect(chosenScopes([asked({ level: "names" }, false, field)], { width: "account" })).toEqual([
      { scope: { account: "a", level: "values" }, grantable: true },
    ]);
  });

  test("of any kind gives nothing for an account that is not here", () => {
    const nobody = { ...asked({ level: "names" }, false, field), ofNobody: true } as const;
    expect(chosenScopes([nobody], { width: "account" })).toEqual([{ scope: nobody.scope, grantable: false }]);
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
      { lasts: "untilLock" },
      UNLOCKED_MS_MAX,
      "It ends when the account locks: with the screen, after 12 hours at most.",
    ],
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

describe("the line about the end, for who may not know the account's lock,", () => {
  test.each<[Choice, string]>([
    [{ lasts: "untilLock" }, "It ends when the account locks, after 12 hours at most."],
    [{ lasts: "workingDay" }, "It ends after 8 hours, or earlier when the account locks."],
    [{ idleMinutes: 11 }, "It ends after 11 minutes without use, or earlier when the account locks."],
    [{}, "It ends after 10 minutes without use, after 12 hours at most."],
  ])("does not name it: %j", (choice, line) => {
    expect(lengthLines(choice, undefined)).toEqual([line]);
  });
});

const ALONE = "Sharing, deleting a vault, and changing who may use one ask by themselves.";

describe("the line about a width", () => {
  test.each<[Choice, number, string[]]>([
    [{}, 1, []],
    [{ verb: "write" }, 1, ["You also allow to change and delete it.", ALONE]],
    [{ width: "vault" }, 1, ["You also allow to read everything in its vault."]],
    [
      { width: "vault", verb: "write" },
      1,
      ["You also allow to read, change and delete everything in its vault.", ALONE],
    ],
    [
      { width: "item", verb: "write" },
      2,
      ["You also allow to read, change and delete everything in each of their items.", ALONE],
    ],
    [{ width: "vault" }, 2, ["You also allow to read everything in each of their vaults."]],
    [{ width: "account" }, 2, ["You also allow to read everything in the account."]],
  ])("for %j and %d things is %j", (choice, things, lines) => {
    expect(widthLines(choice, "read", things)).toEqual(lines);
  });

  test("says that a wider yes to a change allows changes there too, and what is left out", () => {
    expect(widthLines({ width: "vault" }, "write", 1)).toEqual([
      "You also allow to read, change and delete everything in its vault.",
      ALONE,
    ]);
    expect(widthLines({ width: "account", verb: "write" }, "read", 1)).toEqual([
      "You also allow to read, change and delete everything in the account.",
      ALONE,
    ]);
  });
});

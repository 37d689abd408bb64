import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { covers, type Scope, scopeKey } from "../../../daemon/account/scope.ts";
import { createGrants, GRANT_AGE_MS_MAX, GRANT_IDLE_MS, GRANTS_MAX } from "../../../daemon/approval/grants.ts";
import { fakeClock } from "../host/fake-clock.ts";
import { subject } from "../peer/subjects.ts";

const field: Scope = { account: "a", level: "values", vault: "v", item: "i", field: "/password" };
const item: Scope = { account: "a", level: "values", vault: "v", item: "i" };
const vault: Scope = { account: "a", level: "values", vault: "v" };
const names: Scope = { account: "a", level: "names", vault: "v" };

const LENGTH = { idleMs: GRANT_IDLE_MS, ageMs: GRANT_AGE_MS_MAX };

function fresh() {
  const clock = fakeClock();
  let next = 0;
  return { clock, grants: createGrants(clock, () => `grant${next++}`) };
}

describe("a grant", () => {
  test("covers its scope for its own subject only", () => {
    const { grants } = fresh();
    grants.add(subject("app"), "read", field, LENGTH);
    expect(grants.allows(subject("app"), "read", field)).toBe(true);
    expect(grants.allows(subject("other"), "read", field)).toBe(false);
  });

  test.each([
    ["a wider scope", "read", item],
    ["another field", "read", { ...field, field: "/username" }],
    ["another item", "read", { ...field, item: "j" }],
    ["another vault", "read", { ...field, vault: "w" }],
    ["another account", "read", { ...field, account: "b" }],
    ["writing", "write", field],
    ["managing", "manage", field],
  ] as const)("does not cover %s", (_what, verb, scope) => {
    const { grants } = fresh();
    grants.add(subject("app"), "read", field, LENGTH);
    expect(grants.allows(subject("app"), verb, scope)).toBe(false);
  });

  test("of names does not cover values, of values covers names", () => {
    expect(covers({ verb: "read", scope: names }, { verb: "read", scope: vault })).toBe(false);
    expect(covers({ verb: "read", scope: vault }, { verb: "read", scope: names })).toBe(true);
  });

  test("to write covers reading, to manage covers neither", () => {
    expect(covers({ verb: "write", scope: vault }, { verb: "read", scope: field })).toBe(true);
    expect(covers({ verb: "manage", scope: vault }, { verb: "read", scope: field })).toBe(false);
    expect(covers({ verb: "manage", scope: vault }, { verb: "write", scope: field })).toBe(false);
  });

  test("ends one millisecond past its idle time", () => {
    const { clock, grants } = fresh();
    grants.add(subject("app"), "read", field, LENGTH);
    clock.advance(GRANT_IDLE_MS);
    expect(grants.allows(subject("app"), "read", field)).toBe(true);
    clock.advance(GRANT_IDLE_MS + 1);
    expect(grants.allows(subject("app"), "read", field)).toBe(false);
    expect(grants.list()).toEqual([]);
  });

  test("ends after its greatest age however much it is used", () => {
    const { clock, grants } = fresh();
    grants.add(subject("app"), "read", field, LENGTH);
    for (let passed = 0; passed + GRANT_IDLE_MS <= GRANT_AGE_MS_MAX; passed += GRANT_IDLE_MS) {
      clock.advance(GRANT_IDLE_MS);
      expect(grants.allows(subject("app"), "read", field)).toBe(true);
    }
    clock.advance(1);
    expect(grants.allows(subject("app"), "read", field)).toBe(false);
  });

  test("ends over a sleep of the machine, which monotonic time does not see", () => {
    const { clock, grants } = fresh();
    grants.add(subject("app"), "read", field, LENGTH);
    clock.sleep(GRANT_IDLE_MS + 1);
    expect(grants.allows(subject("app"), "read", field)).toBe(false);
  });

  test("ends when the wall clock says so, and is not prolonged by one set back", () => {
    const { clock, grants } = fresh();
    grants.add(subject("app"), "read", field, LENGTH);
    clock.setWall(clock.wallMs() - 3_600_000);
    clock.advance(GRANT_IDLE_MS + 1);
    expect(grants.allows(subject("app"), "read", field)).toBe(false);
  });

  test("is revoked once, and only that one", () => {
    const { grants } = fresh();
    const one = grants.add(subject("app"), "read", field, LENGTH);
    grants.add(subject("app"), "write", vault, LENGTH);
    expect(grants.revoke(one.id)).toBe(true);
    expect(grants.revoke(one.id)).toBe(false);
    expect(grants.list()).toHaveLength(1);
  });

  test("ends with the lock of its account alone", () => {
    const { grants } = fresh();
    grants.add(subject("app"), "read", field, LENGTH);
    grants.add(subject("app"), "read", { ...field, account: "b" }, LENGTH);
    grants.clear("a");
    expect(grants.list().map((grant) => grant.scope.account)).toEqual(["b"]);
  });
});

test("past the limit the grant unused for longest ends", () => {
  const { clock, grants } = fresh();
  for (let index = 0; index < GRANTS_MAX; index++) grants.add(subject(`app${index}`), "read", field, LENGTH);
  expect(grants.list()).toHaveLength(GRANTS_MAX);
  clock.advance(1);
  grants.add(subject("one more"), "read", field, LENGTH);
  expect(grants.list()).toHaveLength(GRANTS_MAX);
  expect(grants.allows(subject("app0"), "read", field)).toBe(false);
  expect(grants.allows(subject("one more"), "read", field)).toBe(true);
});

const anyScope = fc.record({
  account: fc.constantFrom("a", "b"),
  level: fc.constantFrom("names" as const, "values" as const),
  vault: fc.constantFrom("v", "w"),
  item: fc.constantFrom("i", "j"),
  field: fc.constantFrom("/p", "/q"),
});
const anyVerb = fc.constantFrom("read" as const, "write" as const, "manage" as const);

test("a scope key is equal only for equal verbs and scopes", () => {
  fc.assert(
    fc.property(anyVerb, anyScope, anyVerb, anyScope, (verbA, a, verbB, b) => {
      const same = verbA === verbB && JSON.stringify(a) === JSON.stringify(b);
      expect(scopeKey(verbA, a) === scopeKey(verbB, b)).toBe(same);
    }),
  );
});

describe("a grant that follows from another", () => {
  const account: Scope = { account: "a", level: "values" };
  const made: Scope = { account: "a", level: "values", vault: "made" };
  const both = (idleMs: number = GRANT_IDLE_MS) => {
    const { clock, grants } = fresh();
    const held = grants.add(subject("app"), "read", account, { idleMs, ageMs: GRANT_AGE_MS_MAX });
    const allows = () => grants.allows(subject("app"), "write", made);
    return { clock, grants, held, allows };
  };

  test("ends when that one is revoked, and one that follows from it again does too", () => {
    const { grants, held, allows } = both();
    grants.addOn(held, "write", made);
    const [first] = grants.list();
    expect(first?.restsOn?.id).toBe(held.id);
    if (first !== undefined) grants.addOn(first, "write", made);
    expect(allows()).toBe(true);
    grants.revoke(held.id);
    expect([allows(), grants.list()]).toEqual([false, []]);
  });

  test("is as old as that one, and ends with its day", () => {
    const { clock, grants, held, allows } = both(GRANT_AGE_MS_MAX);
    clock.advance(GRANT_AGE_MS_MAX - 1000);
    grants.addOn(held, "write", made);
    clock.advance(1000);
    expect(allows()).toBe(true);
    clock.advance(1);
    expect(allows()).toBe(false);
  });

  test("ends when that one is idle too long, though it is used itself", () => {
    const { clock, grants, held, allows } = both();
    grants.addOn(held, "write", made);
    clock.advance(GRANT_IDLE_MS);
    expect(allows()).toBe(true);
    clock.advance(1);
    expect(allows()).toBe(false);
  });
});

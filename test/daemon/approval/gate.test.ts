// The gate with real grants and a real broker. The sessions and the resolver are the smallest fakes that the gate
// needs.
import { describe, expect, test } from "vitest";
import { createResolver } from "../../../daemon/account/resolver.ts";
import type { Scope } from "../../../daemon/account/scope.ts";
import { createBroker, GATHER_MS } from "../../../daemon/approval/broker.ts";
import { createGate } from "../../../daemon/approval/gate.ts";
import { createGrants, GRANT_IDLE_MS } from "../../../daemon/approval/grants.ts";
import { createOffers } from "../../../daemon/approval/offers.ts";
import type { Prompt } from "../../../daemon/approval/prompt.ts";
import { createQuotas } from "../../../daemon/approval/quotas.ts";
import { createUnlockWaits } from "../../../daemon/approval/unlock-waits.ts";
import type { Call } from "../../../daemon/call/call.ts";
import { createPolicies } from "../../../daemon/policy/policies.ts";
import type { Sessions } from "../../../daemon/session/sessions.ts";
import type { Verb } from "../../../protocol/entry.ts";
import { PosternError } from "../../../protocol/errors.ts";
import { fakeClock } from "../host/fake-clock.ts";
import { subject } from "../peer/subjects.ts";

const id = (letter: string) => letter.repeat(26);
const account = id("a");

type Held = Scope & { readonly words?: string };
const field = (held: Partial<Held>): Held => ({
  account,
  level: "values",
  vault: id("v"),
  item: id("i"),
  field: "f",
  ...held,
});

function fresh() {
  const clock = fakeClock();
  let next = 0;
  const newId = () => `id${next++}`;
  const grants = createGrants(clock, newId);
  const opened: Prompt[] = [];
  const broker = createBroker({
    clock,
    quotas: createQuotas(clock),
    roomOf: () => "strangers",
    newId,
    watcher: { opened: (prompt) => opened.push(prompt), closed: () => undefined },
    offers: createOffers(clock),
    lockMsOf: () => GRANT_IDLE_MS,
    approve: ({ subject }, { given, verb, lasting }) => {
      if (lasting.kind === "grant") for (const { scope } of given) grants.add(subject, verb, scope, lasting);
    },
  });
  const allow = (prompt: Prompt) => broker.decide(prompt, { yes: prompt.offer() });
  let touched = 0;
  let same = true;
  let looks = 0;
  let kept = 0;
  const looked = Promise.withResolvers<string[]>();
  let known: string[] | undefined;
  const unlocked = {
    account: {
      id: account,
      vaults: async () => [{ id: id("v"), title: "Demo" }],
      environments: { list: async () => [] },
      matchVaults: () => {
        looks++;
        return known ?? looked.promise;
      },
    },
    cache: {
      find: () => {
        looks++;
        kept++;
        return known === undefined ? undefined : { place: { vault: id("v"), item: id("i"), field: "f", kind: "x" } };
      },
    },
    hashWords: (words: readonly unknown[]) => JSON.stringify(words),
    store: { state: {} },
  };
  const session = {
    file: { account },
    unlocked: unlocked as typeof unlocked | undefined,
    audit: { demandWritable: () => undefined },
  };
  const sessions = {
    open: () => session,
    touch: () => touched++,
  } as unknown as Sessions;
  const unlockWaits = createUnlockWaits({ clock, quotas: createQuotas(clock), tell: () => undefined });
  const gate = createGate({
    ...{ clock, sessions, grants, broker, unlockWaits },
    resolver: createResolver(clock),
    applications: { know: () => undefined, knowsWords: () => false },
    policies: createPolicies("/nowhere"),
    isStranger: () => true,
  });
  const call = (method: "vaults.list" | "secrets.resolveAll", signal = new AbortController().signal): Call =>
    ({
      method,
      requestId: 1,
      signal: () => signal,
      about: {},
      timing: { arrivedMs: 0, waitedMs: 0 },
      connection: {
        subject: subject("app"),
        clientOf: () => undefined,
        notify: () => undefined,
        demandSame: () => {
          if (!same) throw new PosternError("peerRefused");
        },
      },
    }) as unknown as Call;
  /** What the gate itself returns, at once. */
  const passNow = (references: string[]) =>
    gate("secrets.resolveAll", { references } as never, call("secrets.resolveAll"));
  const pass = (params: object = {}, method: "vaults.list" | "secrets.resolveAll" = "vaults.list") =>
    Promise.resolve().then(() => gate(method, params as never, call(method)));
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return {
    clock,
    grants,
    broker,
    allow,
    opened,
    pass,
    passNow,
    /** Every title means this vault from now on, without a wait, and every reference leads to a kept value. */
    know: () => {
      known = [id("v")];
    },
    turn,
    touched: () => touched,
    /** The looks into the cache, and for vaults. */
    looks: () => looks,
    kept: () => kept,
    replace: () => (same = false),
    lock: () => {
      session.unlocked = undefined;
    },
    lookedUp: () => looked.resolve([]),
  };
}

describe("a request without a grant", () => {
  test("waits for a person, and is no activity until it was allowed", async () => {
    const { clock, allow, opened, pass, turn, touched } = fresh();
    const passing = pass();
    await turn();
    clock.advance(GATHER_MS);
    expect(touched()).toBe(0);
    allow(opened[0] as Prompt);
    await passing;
    expect(touched()).toBe(1);
    await pass();
    expect(opened).toHaveLength(1);
  });

  test("is no activity when it is denied, or asked with noWait", async () => {
    const { clock, broker, opened, pass, turn, touched } = fresh();
    await expect(pass({ noWait: true })).rejects.toMatchObject({ name: "approvalRequired" });
    const passing = pass();
    passing.catch(() => undefined);
    await turn();
    clock.advance(GATHER_MS);
    broker.decide(opened[0] as Prompt, "no");
    await expect(passing).rejects.toMatchObject({ name: "approvalDenied" });
    expect(touched()).toBe(0);
  });

  test.each([[[]], [["no reference"]], [["op://a", ""]]])(
    "that asks for nothing (%j) is let through, and is no activity",
    async (references) => {
      const { opened, pass, touched } = fresh();
      await pass({ references }, "secrets.resolveAll");
      expect([opened.length, touched()]).toEqual([0, 0]);
    },
  );

  test("of a program that was replaced while the person thought gets nothing", async () => {
    const { clock, allow, opened, pass, turn, touched, replace } = fresh();
    const passing = pass();
    passing.catch(() => undefined);
    await turn();
    clock.advance(GATHER_MS);
    replace();
    allow(opened[0] as Prompt);
    await expect(passing).rejects.toMatchObject({ name: "peerRefused" });
    expect(touched()).toBe(0);
  });
});

/** Grants that let nobody look for `op://Demo/DB/password`. */
const others: readonly (readonly [string, Verb, Held])[] = [
  [
    "of one of its fields, which was asked for in other words",
    "read",
    field({ words: '["reference","op://Demo/DB/user"]' }),
  ],
  ["of the same field, in another spelling", "read", field({ words: '["reference","op://demo/DB/password"]' })],
  ["of another item", "write", { account, level: "values", vault: id("v"), item: id("i") }],
  [
    "of the item, whose fields are in no grant",
    "read",
    { ...field({ words: '["item","Demo","DB"]' }), level: "names" },
  ],
  ["of grants and questions", "manage", { account, level: "values" }],
  ["of another account", "read", { account: id("z"), level: "values" }],
];

describe("a reference that its asker may not read", () => {
  test.each([["without a grant", undefined, undefined] as const, ...others])(
    "is asked about in its own words, and looks nothing up: %s",
    async (_what, verb, held) => {
      const { clock, grants, opened, pass, turn, looks } = fresh();
      if (verb !== undefined && held !== undefined) {
        const { words, ...scope } = held;
        grants.add(subject("app"), verb, scope, { idleMs: GRANT_IDLE_MS, ageMs: GRANT_IDLE_MS, words });
      }
      const references = ["op://Demo/DB/password"];
      await expect(pass({ references, noWait: true }, "secrets.resolveAll")).rejects.toMatchObject({
        name: "approvalRequired",
      });
      pass({ references }, "secrets.resolveAll").catch(() => undefined);
      await turn();
      clock.advance(GATHER_MS);
      expect(opened[0]?.offer().text[1]).toBe("  op://Demo/DB/password");
      expect(looks()).toBe(0);
      void opened[0]?.find();
      expect(looks()).toBeGreaterThan(0);
    },
  );

  test.each<[string, Verb, Held]>([
    ["its own words", "read", field({ words: '["reference","op://Demo/DB/password"]' })],
    [
      "the words of its item",
      "read",
      { account, level: "values", vault: id("v"), item: id("i"), words: '["item","Demo","DB"]' },
    ],
    ["its vault", "read", { account, level: "values", vault: id("v") }],
    ["the account", "read", { account, level: "values" }],
  ])("is looked up where a grant is of %s", async (_what, verb, { words, ...scope }) => {
    const { grants, pass, looks } = fresh();
    grants.add(subject("app"), verb, scope, { idleMs: GRANT_IDLE_MS, ageMs: GRANT_IDLE_MS, words });
    pass({ references: ["op://Demo/DB/password"] }, "secrets.resolveAll").catch(() => undefined);
    await new Promise((resolve) => setImmediate(resolve));
    expect(looks()).toBeGreaterThan(0);
  });
});

test.each<[string, Held]>([
  ["the account", { account, level: "names" }],
  ["the vault", { account, level: "names", vault: id("v") }],
])("for who may read the names of %s, the cache is not looked at: it tells what others read", async (_what, scope) => {
  const { grants, pass, turn, looks, kept } = fresh();
  grants.add(subject("app"), "read", scope, { idleMs: GRANT_IDLE_MS, ageMs: GRANT_IDLE_MS });
  pass({ references: ["op://Demo/DB/password"] }, "secrets.resolveAll").catch(() => undefined);
  await turn();
  expect([looks(), kept()]).toEqual([1, 0]);
});

test.each<[string, Held]>([
  ["the account", { account, level: "values" }],
  ["its vault", { account, level: "values", vault: id("v") }],
  ["its field by these words", field({ words: '["reference","op://Demo/DB/password"]' })],
])("who may read %s gets a kept value in the same turn of the event loop", (_what, { words, ...scope }) => {
  const { grants, know, passNow } = fresh();
  know();
  grants.add(subject("app"), "read", scope, { idleMs: GRANT_IDLE_MS, ageMs: GRANT_IDLE_MS, words });
  expect(passNow(["op://Demo/DB/password"])).not.toBeInstanceOf(Promise);
});

describe("a request whose account is locked", () => {
  test("while it is looked up is told so, and asks nobody", async () => {
    const { grants, opened, pass, turn, lock, lookedUp, touched } = fresh();
    grants.add(subject("app"), "read", { account, level: "values" }, { idleMs: GRANT_IDLE_MS, ageMs: GRANT_IDLE_MS });
    const passing = pass({ references: ["op://a/b/c"] }, "secrets.resolveAll");
    passing.catch(() => undefined);
    await turn();
    lock();
    lookedUp();
    await expect(passing).rejects.toMatchObject({ name: "locked" });
    expect([opened.length, touched()]).toEqual([0, 0]);
  });

  test("while a person thinks gets nothing for their yes", async () => {
    const { clock, allow, opened, pass, turn, lock, touched } = fresh();
    const passing = pass();
    passing.catch(() => undefined);
    await turn();
    clock.advance(GATHER_MS);
    lock();
    allow(opened[0] as Prompt);
    await expect(passing).rejects.toMatchObject({ name: "locked" });
    expect(touched()).toBe(0);
  });
});

// The gate with real grants and a real broker. The sessions and the resolver are the smallest fakes that the gate
// needs.
import { describe, expect, test } from "vitest";
import { createResolver } from "../../../daemon/account/resolver.ts";
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
import { PosternError } from "../../../protocol/errors.ts";
import { fakeClock } from "../host/fake-clock.ts";
import { subject } from "../peer/subjects.ts";

const account = "a".repeat(26);

function fresh() {
  const clock = fakeClock();
  let next = 0;
  const newId = () => `id${next++}`;
  const grants = createGrants(clock, newId);
  const opened: Prompt[] = [];
  const broker = createBroker({
    clock,
    quotas: createQuotas(clock),
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
  const looked = Promise.withResolvers<string[]>();
  const unlocked = {
    account: {
      id: account,
      vaults: async () => [],
      environments: { list: async () => [] },
      matchVaults: () => looked.promise,
    },
    cache: { find: () => undefined },
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
    applications: { know: () => undefined },
    policies: createPolicies("/nowhere"),
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
    turn,
    touched: () => touched,
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

describe("a request whose account is locked", () => {
  test("while it is looked up is told so, and asks nobody", async () => {
    const { opened, pass, turn, lock, lookedUp, touched } = fresh();
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

import { describe, expect, test } from "vitest";
import { PROMPT_MS } from "../../../daemon/approval/broker.ts";
import {
  createQuotas,
  OPEN_OF_ROOM,
  OPEN_PER_FAMILY,
  RECENT_MS,
  RECENT_PER_FAMILY,
} from "../../../daemon/approval/quotas.ts";
import { createUnlockWaits, UNLOCK_WAITERS_MAX } from "../../../daemon/approval/unlock-waits.ts";
import { fakeClock } from "../host/fake-clock.ts";
import { subject } from "../peer/subjects.ts";

function fresh() {
  const clock = fakeClock();
  const told: string[] = [];
  const begun: number[] = [];
  const waits = createUnlockWaits({ clock, quotas: createQuotas(clock), tell: (account) => told.push(account) });
  /** Waits, and catches the rejection so that it never counts as unhandled. */
  const wait = (
    account: string | undefined,
    name = "app",
    signal = new AbortController().signal,
    family = name,
    isAtTerminal = false,
  ) => {
    const begins = (expiresAtMs: number) => void begun.push(expiresAtMs - clock.wallMs());
    const outcome = waits.wait(account, subject(name, family), { signal, isAtTerminal, begun: begins });
    const settled = outcome.then(
      () => "unlocked",
      (error: { name: string }) => error.name,
    );
    return settled;
  };
  return { clock, waits, told, begun, wait };
}

describe("a wait", () => {
  test("ends at the unlock of its account", async () => {
    const { waits, wait, begun } = fresh();
    const waiting = wait("ada");
    waits.unlocked("ada");
    expect([await waiting, begun]).toEqual(["unlocked", [PROMPT_MS]]);
  });

  test("ends as locked at its own deadline, and not a millisecond earlier", async () => {
    const { clock, waits, wait } = fresh();
    const early = wait("ada");
    clock.advance(1);
    const late = wait("ada");
    clock.advance(PROMPT_MS - 1);
    expect(await early).toBe("locked");
    waits.unlocked("ada");
    expect(await late).toBe("unlocked");
  });

  test("does not end at the unlock of another account", async () => {
    const { clock, waits, wait } = fresh();
    const waiting = wait("ada");
    waits.unlocked("work");
    clock.advance(PROMPT_MS);
    expect(await waiting).toBe("locked");
  });

  test("for a name that no account has ends at any unlock, and nobody is told", async () => {
    const { waits, wait, told } = fresh();
    const waiting = wait(undefined);
    waits.removed("ada");
    waits.unlocked("work");
    expect([await waiting, told]).toEqual(["unlocked", []]);
  });

  test("ends as locked when its account is removed", async () => {
    const { waits, wait } = fresh();
    const waiting = wait("ada");
    waits.removed("work");
    waits.removed("ada");
    expect(await waiting).toBe("locked");
  });

  test("ends when it is cancelled, and does not begin when it was cancelled before", async () => {
    const { wait, told } = fresh();
    const stop = new AbortController();
    const waiting = wait("ada", "app", stop.signal);
    stop.abort();
    expect([await waiting, await wait("ada", "app", stop.signal)]).toEqual(["cancelled", "cancelled"]);
    expect(told).toEqual(["ada"]);
  });
});

describe("the quotas", () => {
  test(`let one program wait for ${OPEN_PER_FAMILY} accounts, and fail one more at once`, async () => {
    const { waits, wait } = fresh();
    const waiting = Array.from({ length: OPEN_PER_FAMILY }, (_, index) => wait(`account ${index}`));
    expect(await wait("one more")).toBe("locked");
    for (const index of waiting.keys()) waits.unlocked(`account ${index}`);
    expect(await Promise.all(waiting)).toEqual(waiting.map(() => "unlocked"));
  });

  test("count the processes of one family together", async () => {
    const { wait } = fresh();
    const { signal } = new AbortController();
    for (let count = 0; count < OPEN_PER_FAMILY; count++) wait("ada", `fork ${count}`, signal, "family");
    expect(await wait("ada", "one more", signal, "family")).toBe("locked");
  });

  test("let commands at a terminal wait beside as many other programs as may", async () => {
    const { waits, wait } = fresh();
    const { signal } = new AbortController();
    const others = Array.from({ length: OPEN_OF_ROOM }, (_, index) => wait("ada", `app ${index}`));
    expect(await wait("ada", "one more")).toBe("locked");
    const command = wait("ada", "postern", signal, "terminal 1", true);
    waits.unlocked("ada");
    expect(new Set(await Promise.all([...others, command]))).toEqual(new Set(["unlocked"]));
  });

  test("give a place back when the last call of it has ended", async () => {
    const { waits, wait } = fresh();
    const stops = Array.from({ length: OPEN_PER_FAMILY }, () => new AbortController());
    for (const [index, { signal }] of stops.entries()) wait(`account ${index}`, "app", signal);
    stops[0]?.abort();
    const waiting = wait("one more");
    waits.unlocked("one more");
    expect(await waiting).toBe("unlocked");
  });

  test(`let ${UNLOCK_WAITERS_MAX} calls share one place, and fail one more at once`, async () => {
    const { waits, wait } = fresh();
    const waiting = Array.from({ length: UNLOCK_WAITERS_MAX }, () => wait("ada"));
    expect(await wait("ada")).toBe("locked");
    waits.unlocked("ada");
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(["unlocked"]));
  });

  test("are not spent by a wait that the unlock ended", async () => {
    const { waits, wait } = fresh();
    for (let count = 0; count < RECENT_PER_FAMILY + 5; count++) {
      const waiting = wait("ada");
      waits.unlocked("ada");
      expect(await waiting).toBe("unlocked");
    }
  });

  test(`let one program give up ${RECENT_PER_FAMILY} waits in ten minutes, and fail one more at once`, async () => {
    const { clock, waits, wait } = fresh();
    for (let count = 0; count < RECENT_PER_FAMILY; count++) {
      const stop = new AbortController();
      const waiting = wait("ada", "app", stop.signal);
      stop.abort();
      expect(await waiting).toBe("cancelled");
    }
    clock.advance(RECENT_MS - 1);
    expect(await wait("ada")).toBe("locked");
    clock.advance(1);
    const waiting = wait("ada");
    waits.unlocked("ada");
    expect(await waiting).toBe("unlocked");
  });
});

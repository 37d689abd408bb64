import { describe, expect, test } from "vitest";
import { BURST_MS, createOffers, REMEMBERED_MAX } from "../../../daemon/approval/offers.ts";
import { fakeClock } from "../host/fake-clock.ts";
import { subject } from "../peer/subjects.ts";

const fits = () => true;
const question = (name: string) => ({ subject: subject(name), place: "a", isClient: false });

function fresh() {
  const clock = fakeClock();
  const offers = createOffers(clock);
  return { clock, offers, next: (name = "app") => offers.next(question(name), fits) };
}

describe("a question offers", () => {
  test("nothing, and from the third of a burst on the whole vault", () => {
    const { next } = fresh();
    expect([next(), next(), next(), next()]).toEqual([undefined, undefined, { width: "vault" }, { width: "vault" }]);
  });

  test("nothing wider for the third question that comes late", () => {
    const { clock, next } = fresh();
    next();
    next();
    clock.advance(BURST_MS);
    expect(next()).toBeUndefined();
  });

  test("nothing wider to another program", () => {
    const { next } = fresh();
    next();
    next();
    expect(next("other")).toBeUndefined();
  });

  test("nothing wider where the question is as wide already", () => {
    const { offers } = fresh();
    const last = [1, 2, 3].map(() => offers.next(question("app"), () => false)).at(-1);
    expect(last).toBeUndefined();
  });

  test("the account to a program's client, with writing where the question is about reading", () => {
    const { offers } = fresh();
    const client = { ...question("app"), isClient: true };
    expect(offers.next(client, fits)).toEqual({ width: "account", verb: "write" });
    expect(offers.next(client, ({ verb }) => verb === undefined)).toEqual({ width: "account" });
    expect(offers.next(client, () => false)).toBeUndefined();
  });

  test("what was chosen for the program before, in the same account only", () => {
    const { offers, next } = fresh();
    offers.chose(subject("app"), "a", { width: "item", lasts: "untilLock" });
    expect(next()).toEqual({ width: "item", lasts: "untilLock" });
    expect(offers.next({ ...question("app"), place: "b" }, fits)).toBeUndefined();
    expect(next("other")).toBeUndefined();
  });

  test("nothing any more once the person chose nothing", () => {
    const { offers, next } = fresh();
    offers.chose(subject("app"), "a", { lasts: "once" });
    offers.chose(subject("app"), "a", {});
    expect(next()).toBeUndefined();
  });

  test("to as many programs as are remembered: the oldest one is forgotten", () => {
    const { offers, next } = fresh();
    for (let index = 0; index < REMEMBERED_MAX; index++) offers.chose(subject(`app${index}`), "a", { lasts: "once" });
    expect(next("app0")).toEqual({ lasts: "once" });
    offers.chose(subject("one more"), "a", { lasts: "once" });
    expect(next("app0")).toBeUndefined();
    expect(next("app1")).toEqual({ lasts: "once" });
  });
});

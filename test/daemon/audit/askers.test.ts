// What each asker may add to a log.
import { describe, expect, test } from "vitest";
import { ASKER_BYTES_PER_DAY, ASKERS_MAX, createAskers } from "../../../daemon/audit/askers.ts";
import { fakeClock } from "../host/fake-clock.ts";

const DAY_MS = 24 * 60 * 60_000;

test("an asker may use the last byte of its day, and no other asker is refused with it", () => {
  const clock = fakeClock();
  const askers = createAskers(clock);
  askers.wrote("a", ASKER_BYTES_PER_DAY - 1);
  expect(() => askers.demandRoom("a", false)).not.toThrow();
  askers.wrote("a", 1);
  expect(() => askers.demandRoom("a", false)).toThrow("room for records of a day is spent");
  expect(() => askers.demandRoom("b", false)).not.toThrow();
  expect(() => askers.demandRoom(undefined, false)).not.toThrow();
  clock.advance(DAY_MS - 1);
  expect(() => askers.demandRoom("a", false)).toThrow("room for records of a day is spent");
  clock.advance(1);
  expect(() => askers.demandRoom("a", false)).not.toThrow();
});

test("in a full log the one that wrote the most today is refused", () => {
  const clock = fakeClock();
  const askers = createAskers(clock);
  askers.wrote("yesterday", 100);
  clock.advance(DAY_MS);
  askers.wrote("much", 10);
  askers.wrote("little", 9);
  expect(() => askers.demandRoom("much", true)).toThrow("wrote the most");
  for (const who of ["little", "yesterday", "new"]) expect(() => askers.demandRoom(who, true)).not.toThrow();
});

describe("over a restart of the agent", () => {
  const start = Date.parse("2026-11-24T09:00:00.000Z");
  const record = (who: string | undefined, agoMs: number, bytes = 1_000) => ({
    ...{ at: new Date(start - agoMs).toISOString(), program: "x".repeat(bytes) },
    ...(who === undefined ? {} : { who }),
  });

  test("an asker has spent what the records of the last day say, and until their day is over", () => {
    const clock = fakeClock();
    const askers = createAskers(clock, 2_000);
    askers.remember([record("a", DAY_MS - 1_000), record("a", 5), record(undefined, 5), record("b", 5)], start);
    expect(() => askers.demandRoom("a", false)).toThrow("room for records of a day is spent");
    expect(() => askers.demandRoom("b", false)).not.toThrow();
    clock.advance(999);
    expect(() => askers.demandRoom("a", false)).toThrow("room for records of a day is spent");
    clock.advance(1);
    expect(() => askers.demandRoom("a", false)).not.toThrow();
  });

  test("older records say nothing, and those of a clock that was ahead count as of now", () => {
    const askers = createAskers(fakeClock(), 1_000);
    askers.remember([record("old", DAY_MS), record("ahead", -10 * DAY_MS)], start);
    expect(() => askers.demandRoom("old", false)).not.toThrow();
    expect(() => askers.demandRoom("ahead", false)).toThrow("room for records of a day is spent");
  });

  test("the heaviest of before is the one that a full log refuses", () => {
    const askers = createAskers(fakeClock());
    askers.remember([record("heavy", 60_000), record("light", 50_000, 10)], start);
    askers.wrote("new", 100);
    expect(() => askers.demandRoom("heavy", true)).toThrow("wrote the most");
    for (const who of ["light", "new"]) expect(() => askers.demandRoom(who, true)).not.toThrow();
  });
});

test("past a thousand askers the one that wrote least is forgotten", () => {
  const askers = createAskers(fakeClock(), 1_000);
  askers.wrote("heavy", 1_000);
  for (let at = 0; at < ASKERS_MAX; at++) askers.wrote(`${at}`, 1 + at);
  expect(() => askers.demandRoom("heavy", false)).toThrow("room for records of a day is spent");
});

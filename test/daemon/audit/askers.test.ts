// What each asker may add to a log.
import { expect, test } from "vitest";
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

test("past a thousand askers the one that wrote least is forgotten", () => {
  const askers = createAskers(fakeClock(), 1_000);
  askers.wrote("heavy", 1_000);
  for (let at = 0; at < ASKERS_MAX; at++) askers.wrote(`${at}`, 1 + at);
  expect(() => askers.demandRoom("heavy", false)).toThrow("room for records of a day is spent");
});

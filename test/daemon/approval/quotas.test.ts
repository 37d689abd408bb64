import { expect, test } from "vitest";
import type { Ending } from "../../../daemon/approval/prompt.ts";
import {
  COOL_DOWN_MS,
  createQuotas,
  OPEN_PER_FAMILY,
  RECENT_MS,
  RECENT_PER_FAMILY,
} from "../../../daemon/approval/quotas.ts";
import { fakeClock } from "../host/fake-clock.ts";

function fresh() {
  const clock = fakeClock();
  const quotas = createQuotas(clock);
  const ask = (ending: Ending) => {
    quotas.opening("app");
    quotas.closed("app", ending);
  };
  return { clock, quotas, ask };
}

test.each(["timedOut", "withdrawn", "locked"] as const)(
  "a question that ended as %s counts for ten minutes, whatever was approved meanwhile",
  (ending) => {
    const { clock, quotas, ask } = fresh();
    for (let count = 0; count < RECENT_PER_FAMILY; count++) {
      ask(ending);
      if (count < RECENT_PER_FAMILY - 1) ask("approved");
    }
    clock.advance(RECENT_MS - 1);
    expect(() => quotas.opening("app")).toThrow(`${RECENT_PER_FAMILY} denied, ignored or open in 10 minutes`);
    clock.advance(1);
    expect(() => quotas.opening("app")).not.toThrow();
  },
);

test("a denied question counts like an ignored one, beside the wait after two of them", () => {
  const { clock, quotas, ask } = fresh();
  for (let count = 0; count < RECENT_PER_FAMILY - 2; count++) ask("withdrawn");
  ask("denied");
  ask("denied");
  expect(() => quotas.opening("app")).toThrow("denied twice");
  clock.advance(COOL_DOWN_MS);
  expect(() => quotas.opening("app")).toThrow("denied, ignored or open");
});

test("an approved question ends no wait and no count, only the series of denials", () => {
  const { quotas, ask } = fresh();
  for (let count = 0; count < RECENT_PER_FAMILY; count++) {
    ask("denied");
    if (count < RECENT_PER_FAMILY - 1) ask("approved");
  }
  expect(() => quotas.opening("app")).toThrow("denied, ignored or open");
});

test("approved questions do not make room for more open ones", () => {
  const { quotas, ask } = fresh();
  for (let count = 0; count < OPEN_PER_FAMILY; count++) {
    ask("approved");
    quotas.opening("app");
  }
  expect(() => quotas.opening("app")).toThrow(`${OPEN_PER_FAMILY} may be open at once`);
});

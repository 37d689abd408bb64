import { expect, test } from "vitest";
import type { Ending } from "../../../daemon/approval/prompt.ts";
import {
  COOL_DOWN_MS,
  createQuotas,
  OPEN_OF_ROOM,
  OPEN_PER_FAMILY,
  OPEN_STRANGERS,
  RECENT_MS,
  RECENT_OF_ROOM,
  RECENT_PER_FAMILY,
  RECENT_STRANGERS,
} from "../../../daemon/approval/quotas.ts";
import type { Room } from "../../../daemon/approval/rooms.ts";
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

const ALL = "too many programs are asking at once";
const rooms = ["known", "terminal", "strangers"] as const satisfies readonly Room[];
const mostOf = (room: Room) =>
  (room === "strangers" ? [OPEN_STRANGERS, RECENT_STRANGERS] : [OPEN_OF_ROOM, RECENT_OF_ROOM]) as [number, number];

test.each(rooms)(
  "all families of %s may have so many open questions, and not one more, which no other room notices",
  (room) => {
    const { quotas } = fresh();
    const [most] = mostOf(room);
    for (let count = 0; count < most; count++) quotas.opening(`family ${count}`, room);
    expect(() => quotas.opening("one more", room)).toThrow(ALL);
    for (const other of rooms) if (other !== room) expect(() => quotas.opening("one more", other)).not.toThrow();
    quotas.closed("family 0", "approved", room);
    expect(() => quotas.opening("one more", room)).not.toThrow();
  },
);

test.each(rooms)(
  "all families of %s may have so many questions without a yes in ten minutes, and not one more",
  (room) => {
    const { clock, quotas } = fresh();
    const [, most] = mostOf(room);
    for (let count = 0; count < most; count++) {
      quotas.opening(`family ${count}`, room);
      quotas.closed(`family ${count}`, "withdrawn", room);
    }
    expect(() => quotas.opening("one more", room)).toThrow(ALL);
    for (const other of rooms) if (other !== room) expect(() => quotas.opening("one more", other)).not.toThrow();
    clock.advance(RECENT_MS);
    expect(() => quotas.opening("one more", room)).not.toThrow();
  },
);

test("strangers of a family take nothing from its program with a yes, and denials of it make only that one wait", () => {
  const { quotas } = fresh();
  for (let count = 0; count < OPEN_PER_FAMILY; count++) quotas.opening("app");
  expect(() => quotas.opening("app")).toThrow(`${OPEN_PER_FAMILY} may be open at once`);
  for (let count = 0; count < 2; count++) {
    quotas.opening("app", "known");
    quotas.closed("app", "denied", "known");
  }
  expect(() => quotas.opening("app", "known")).toThrow("denied twice");
  expect(() => quotas.opening("app", "terminal")).not.toThrow();
});

test("a yes in one room ends the series of denials in the others", () => {
  const { quotas } = fresh();
  quotas.opening("app");
  quotas.closed("app", "denied");
  quotas.opening("app", "known");
  quotas.closed("app", "approved", "known");
  quotas.opening("app");
  quotas.closed("app", "denied");
  expect(() => quotas.opening("app")).not.toThrow();
});

import { expect, test } from "vitest";
import type { Connection } from "../../../daemon/call/connection.ts";
import {
  PROCESS_CONNECTIONS_MAX,
  STRANGER_CONNECTIONS_MAX,
  UNKNOWN_CONNECTIONS_MAX,
  whyTooMany,
} from "../../../daemon/wire/admission.ts";
import type { Standing } from "../../../daemon/wire/turns.ts";

const standings = new WeakMap<Connection, Standing>();

function connection(standing: Standing, pid: number): Connection {
  const made = { peer: { identity: { pid } } } as Connection;
  standings.set(made, standing);
  return made;
}

/** What is said to one more connection beside so many others. */
function said(one: Connection, ...others: readonly (readonly Connection[])[]): string | undefined {
  return whyTooMany(one, new Set(others.flat()), (asked) => standings.get(asked) ?? "stranger");
}

const of = (count: number, standing: Standing, pidOf: (at: number) => number = (at) => 1_000 + at) =>
  Array.from({ length: count }, (_, at) => connection(standing, pidOf(at)));

test("one stranger's process has so many connections, and not one more; another process still comes in", () => {
  const full = of(PROCESS_CONNECTIONS_MAX, "stranger", () => 7);
  expect(said(connection("stranger", 7), full.slice(1), of(100, "known"))).toBeUndefined();
  expect(said(connection("stranger", 7), full)).toBe("too many connections of one program");
  expect(said(connection("stranger", 8), full)).toBeUndefined();
});

test("a process with a yes, and our own, are not counted so", () => {
  expect(
    said(
      connection("known", 7),
      of(UNKNOWN_CONNECTIONS_MAX, "known", () => 7),
    ),
  ).toBeUndefined();
  expect(
    said(
      connection("own", 7),
      of(PROCESS_CONNECTIONS_MAX, "own", () => 7),
    ),
  ).toBeUndefined();
});

test("all strangers have so many, and not one more; our own programs and known ones still come in", () => {
  const full = of(STRANGER_CONNECTIONS_MAX, "stranger");
  expect(said(connection("stranger", 1), full.slice(1), of(10, "known"))).toBeUndefined();
  const words = "too many connections of programs without a yes";
  expect([said(connection("stranger", 1), full), said(connection("own", 1), full)]).toEqual([words, undefined]);
  expect(said(connection("known", 1), full)).toBeUndefined();
});

test("strangers and our own programs have so many together, and not one more; known ones still come in", () => {
  const own = of(UNKNOWN_CONNECTIONS_MAX - STRANGER_CONNECTIONS_MAX, "own");
  const strangers = of(STRANGER_CONNECTIONS_MAX, "stranger");
  expect(said(connection("own", 1), own.slice(1), strangers)).toBeUndefined();
  expect(said(connection("own", 1), own, strangers)).toBe("too many connections without a yes");
  expect(said(connection("known", 1), own, strangers)).toBeUndefined();
});

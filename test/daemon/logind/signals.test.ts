// Lines of `gdbus monitor` as it prints them, and lines that are like them.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ownedBy, signalOf, userIn } from "../../../daemon/logind/signals.ts";

const MANAGER = "/org/freedesktop/login1: org.freedesktop.login1.Manager";
const SESSION = "/org/freedesktop/login1/session/_32";
const CHANGED = `${SESSION}: org.freedesktop.DBus.Properties.PropertiesChanged`;

describe("a line of the monitor", () => {
  test.each([
    [`${MANAGER}.PrepareForSleep (true,)`, { kind: "sleep" }],
    [`${SESSION}: org.freedesktop.login1.Session.Lock ()`, { kind: "screen", session: SESSION }],
    [
      `${CHANGED} ('org.freedesktop.login1.Session', {'LockedHint': <true>}, @as [])`,
      { kind: "screen", session: SESSION },
    ],
    [
      `${CHANGED} ('org.freedesktop.login1.Session', {'IdleHint': <false>, 'LockedHint': <true>}, @as [])`,
      { kind: "screen", session: SESSION },
    ],
  ])("locks: %s", (line, signal) => expect(signalOf(line)).toEqual(signal));

  test.each([
    "",
    "Monitoring signals from all objects owned by org.freedesktop.login1",
    "The name org.freedesktop.login1 is owned by :1.3",
    `${MANAGER}.PrepareForSleep (false,)`,
    `${MANAGER}.PrepareForShutdown (true,)`,
    ` ${MANAGER}.PrepareForSleep (true,)`,
    `${MANAGER}.PrepareForSleep (true,) more`,
    `${SESSION}: org.freedesktop.login1.Session.Unlock ()`,
    `${CHANGED} ('org.freedesktop.login1.Session', {'LockedHint': <false>}, @as [])`,
    `${CHANGED} ('org.freedesktop.login1.Other', {'LockedHint': <true>}, @as [])`,
    `/org/freedesktop/login1/session/../x: org.freedesktop.login1.Session.Lock ()`,
  ])("means nothing: %s", (line) => expect(signalOf(line)).toBeUndefined());

  test("is never more than a signal, whatever it holds", () => {
    fc.assert(
      fc.property(fc.string(), (line) => ["sleep", "screen", undefined].includes(signalOf(line)?.kind)),
      { numRuns: 500 },
    );
  });
});

describe("the owner of the name", () => {
  test.each([
    ["The name org.freedesktop.login1 is owned by :1.3", true],
    ["The name org.freedesktop.login1 does not have an owner", false],
    ["The name org.freedesktop.login2 is owned by :1.3", undefined],
    ["/org/freedesktop/login1: The name org.freedesktop.login1 is owned by :1.3", undefined],
  ])("%s: %s", (line, owned) => expect(ownedBy(line)).toBe(owned));
});

describe("the user of a session", () => {
  test("is the number in the answer", () => {
    expect(userIn("(<(uint32 1000, objectpath '/org/freedesktop/login1/user/_1000')>,)\n")).toBe(1000);
  });
  test.each(["", "Error: no such object", "(<(uint32 x, objectpath '/')>,)", "(<'1000'>,)"])(
    "is unknown: %s",
    (answer) => expect(userIn(answer)).toBeUndefined(),
  );
});

// The time without use after which an account locks, by its choice and by what the agent hears.
import { describe, expect, test } from "vitest";
import { IDLE_MS, idleMsOf, UNLOCKED_MS_MAX } from "../../../daemon/session/idle.ts";

describe("the time without use", () => {
  test.each([true, false])("does not depend on the screen where a time was chosen: %s", (hearsScreen) => {
    expect(idleMsOf({}, hearsScreen)).toBe(IDLE_MS);
    expect(idleMsOf({ idleLock: "tenMinutes" }, hearsScreen)).toBe(IDLE_MS);
    expect(idleMsOf({ idleLock: "eightHours" }, hearsScreen)).toBe(8 * 60 * 60_000);
  });

  test("is none beside the twelve hours where the screen was chosen, and is heard of", () => {
    expect(idleMsOf({ idleLock: "screenLock" }, true)).toBe(UNLOCKED_MS_MAX);
  });

  test("is ten minutes again while nobody says when the screen is locked", () => {
    expect(idleMsOf({ idleLock: "screenLock" }, false)).toBe(IDLE_MS);
  });

  test("is ten minutes for a word that only a newer agent knows", () => {
    expect(idleMsOf({ idleLock: "until the tide" } as never, true)).toBe(IDLE_MS);
  });
});

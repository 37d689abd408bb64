// What `status` and `doctor` say of an account that locks with the screen, where the agent hears of none.
import { expect, test } from "vitest";
import { unheardScreenLines } from "../../clients/cli/agent/idle-lock.ts";

const open = { state: "unlocked", idleLock: "screenLock" } as const;

test("an open account that locks with a screen of which nobody hears is told of", () => {
  expect(unheardScreenLines({ sessions: [open] })).toEqual([
    "the agent does not hear when the screen is locked, so an account that locks with it locks after 10 minutes too",
  ]);
});

test.each([
  ["the agent hears of the screen", { hearsScreen: true as const, sessions: [open] }],
  ["the account is locked", { sessions: [{ ...open, state: "locked" as const }] }],
  ["it locks after a time", { sessions: [{ ...open, idleLock: "eightHours" as const }] }],
])("nothing is told where %s", (_where, found) => expect(unheardScreenLines(found)).toEqual([]));

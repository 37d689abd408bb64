import { expect, test } from "vitest";
import { playMorning } from "./morning.ts";

test("a morning at one terminal takes one password and one answer, with two idle gaps of 15 minutes in it", async () => {
  const { screen, seconds: _seconds, ...counts } = await playMorning();
  expect(counts).toEqual({ passwords: 1, answers: 1, keystrokes: 32, changesOfTerminal: 0 });
  expect(screen.match(/waiting for approval/g)).toHaveLength(1);
  expect(screen).not.toMatch(/value of \d/);
});

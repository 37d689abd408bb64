// Times on a command line: the meaning of each form, and refusals with the option's name.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UsageError } from "../../clients/cli/terminal/exit-code.ts";
import { momentOf } from "../../clients/cli/text/moment.ts";

// A noon in local time, whatever TZ is.
const now = new Date(2026, 10, 28, 12, 30, 15);
const local = (...parts: [number, number, number, number?, number?, number?, number?]) =>
  new Date(parts[0], parts[1] - 1, parts[2], parts[3] ?? 0, parts[4] ?? 0, parts[5] ?? 0, parts[6] ?? 0).toISOString();
const at = (text: string, end = false) => momentOf(text, "--since", now, end).toISOString();

describe("a moment", () => {
  test.each([
    ["today", local(2026, 11, 28), local(2026, 11, 28, 23, 59, 59, 999)],
    ["yesterday", local(2026, 11, 27), local(2026, 11, 27, 23, 59, 59, 999)],
    ["2026-11-01", local(2026, 11, 1), local(2026, 11, 1, 23, 59, 59, 999)],
    ["2024-02-29", local(2024, 2, 29), local(2024, 2, 29, 23, 59, 59, 999)],
    ["2h", local(2026, 11, 28, 10, 30, 15), local(2026, 11, 28, 10, 30, 15)],
    [
      "3d",
      new Date(now.getTime() - 3 * 86_400_000).toISOString(),
      new Date(now.getTime() - 3 * 86_400_000).toISOString(),
    ],
    ["2026-11-24T09:30", local(2026, 11, 24, 9, 30), local(2026, 11, 24, 9, 30)],
    ["2026-11-24T09:30:07", local(2026, 11, 24, 9, 30, 7), local(2026, 11, 24, 9, 30, 7)],
    ["2026-11-24T09:30:00Z", "2026-11-24T09:30:00.000Z", "2026-11-24T09:30:00.000Z"],
    ["2026-11-24T09:30:00.250+01:00", "2026-11-24T08:30:00.250Z", "2026-11-24T08:30:00.250Z"],
  ])("%s begins and ends", (text, from, to) => {
    expect([at(text), at(text, true)]).toEqual([from, to]);
  });

  test("of yesterday on the first of a month, and of a year, is the day before", () => {
    expect(momentOf("yesterday", "--since", new Date(2026, 0, 1, 0, 5)).toISOString()).toBe(local(2025, 12, 31));
  });

  test.each([
    "",
    "tomorrow",
    "Yesterday",
    " today",
    "2",
    "0h",
    "-2h",
    "2y",
    "1.5h",
    "2 h",
    "999999w",
    "2026-02-30",
    "2026-13-01",
    "2026-1-1",
    "1969-12-31",
    "24/11/2026",
    "2026-11-24T24:00",
    "2026-11-24T09",
    "2026-11-24 09:30",
    "2026-02-30T09:30",
    "2026-11-24T09:30:61",
    "2026-11-24T09:30+25:99",
    "1764331815",
    "now",
  ])("%j is refused", (text) => {
    expect(() => at(text)).toThrow(UsageError);
    expect(() => at(text)).toThrow("--since");
  });

  test("is a real one or refused, for any text", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:]{0,8}Z?)?$/)), (text) => {
        try {
          expect(Number.isNaN(momentOf(text, "--until", now, true).getTime())).toBe(false);
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
        }
      }),
    );
  });
});

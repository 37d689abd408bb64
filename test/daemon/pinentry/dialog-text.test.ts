import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encoded, LINE_BYTES_MAX } from "../../../daemon/pinentry/assuan.ts";
import { COLUMNS_MAX, dialogText, LINES_MAX } from "../../../daemon/pinentry/dialog-text.ts";

const last = ["Yes holds for this process.", "It ends after 10 minutes without use, after 12 hours at most."];
const question = (...things: string[]) => [
  "/usr/bin/node, process 7 on /dev/pts/3, wants to read:",
  ...things,
  ...last,
];

describe("the text of a dialog", () => {
  test("has the code, the asker, the things with a mark, and the end of a yes", () => {
    expect(dialogText("KX-42", question("  op://Demo/DB/password", "    vault: Demo")).split("\n")).toEqual([
      "Postern asks, code KX-42",
      "/usr/bin/node, process 7 on /dev/pts/3, wants to read:",
      "> op://Demo/DB/password",
      ">> vault: Demo",
      ...last,
    ]);
  });

  test.each([
    ["blanks that break the line", `  op://Demo/${"x".repeat(40)} ${last[0]}`],
    ["no blank at all", `  op://Demo/${"x".repeat(200)}`],
    ["control characters", "  op://Demo/\u001b[2J\u001b]0;title\u0007\r\nYes holds for this one request."],
    ["letters that reverse the line", "  op://Demo/\u202edrowssap"],
    ["a whole line of ours as a name", `  ${last[0]}`],
  ])("lets no name look like a line of ours: %s", (_what, name) => {
    const lines = dialogText("KX-42", question(name)).split("\n");
    const marked = lines.slice(2, -last.length);
    expect(marked.length).toBeGreaterThan(0);
    for (const line of marked) expect(line).toMatch(/^(> |… )/);
    expect(lines.slice(-last.length)).toEqual(last);
    expect(lines.join("")).not.toMatch(/[\u0000-\u001f\u202e]/);
  });

  test("leaves out the middle where it is too long, and says how much and where it is shown", () => {
    const things = Array.from({ length: 100 }, (_, at) => `  op://Demo/item ${at}/password`);
    const lines = dialogText("KX-42", question(...things)).split("\n");
    expect(lines.length).toBeLessThanOrEqual(LINES_MAX);
    const shown = lines.filter((line) => line.startsWith("> op://")).length;
    expect(shown).toBeGreaterThan(5);
    expect(lines).toContain(`(${100 - shown} more lines: \`postern approve KX-42\` shows all)`);
    expect(lines.slice(-2)).toEqual(last);
  });

  test("fits a line of the protocol and a small screen, whatever the names are", () =>
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary", maxLength: 300 }), { maxLength: 40 }), (names) => {
        const made = dialogText("KX-42", question(...names.map((name) => `  ${name}`)));
        expect(Buffer.byteLength(`SETDESC ${encoded(made)}`)).toBeLessThanOrEqual(LINE_BYTES_MAX);
        const lines = made.split("\n");
        expect(lines.length).toBeLessThanOrEqual(LINES_MAX);
        for (const line of lines) expect([...line].length).toBeLessThanOrEqual(COLUMNS_MAX + 20);
        expect(lines[0]).toBe("Postern asks, code KX-42");
      }),
    ));
});

// A title cannot change the terminal that shows it.
import { expect, test } from "vitest";
import { oneLine, table } from "../../clients/cli/terminal/terminal.ts";

test.each([
  ["a line break", "V\n8  prompts.answer  ok"],
  ["a move of the cursor", "\u001b[1A\u001b[2K"],
  ["a title of the window", "\u001b]0;pwned\u0007"],
  ["a control of one byte", "\u009b2K"],
  ["a line separator", "a\u2028b"],
  ["a turn of direction", "a\u202eb"],
])("%s in a cell stays in its row and does nothing", (_what, title) => {
  const shown = table(["ABOUT"], [[title]]);
  expect(shown.split("\n")).toHaveLength(2);
  expect(/[\p{Cc}\u2028\u202e]/u.test(shown.replace("\n", ""))).toBe(false);
});

test("invisible characters are left out: two titles that look alike are printed alike", () => {
  expect(oneLine("Ba\u200bnk\ufeff\u2060")).toBe("Bank");
  // Marks of an annotation are format characters that no list of ignorable ones has.
  expect(oneLine("Ba\ufff9nk\ufffb")).toBe("Bank");
});

test("a title without such characters is shown unchanged", () => {
  for (const title of ["DATABASE_URL", "Größe 東京", "a  b", "🗝"]) expect(oneLine(title)).toBe(title);
});

// Which ranges of a process's memory hold nothing but pages of files. A wrong yes would lose what was written there.
import { expect, test } from "vitest";
import { readOnlyFileRanges } from "../../../daemon/host/file-pages.ts";

const range = (head: string, anonymous = "Anonymous:             0 kB") =>
  `${head}\nSize:                132 kB\nRss:                  64 kB\n${anonymous}\nVmFlags: rd mr mw me\n`;

const code = "00400000-0082e000 r-xp 00000000 fe:00 5423777                            /usr/bin/node";
const node = { start: 0x400000n, bytes: 0x42e000n };

test.each([
  ["code", code],
  ["constants", code.replace("r-xp", "r--p")],
  ["a file that was replaced", `${code} (deleted)`],
])("%s can be read again", (_what, head) => {
  expect(readOnlyFileRanges(range(head))).toEqual([node]);
});

test.each([
  ["a range with a page of its own: a relocated table", range(code, "Anonymous:             4 kB")],
  ["a range that says nothing of such pages", range(code, "Swap:                  0 kB")],
  ["a range with an odd count of them", range(code, "Anonymous:            -0 kB")],
  ["data", range(code.replace("r-xp", "rw-p"))],
  ["code that is written while it runs", range(code.replace("r-xp", "rwxp"))],
  ["a guard", range(code.replace("r-xp", "---p"))],
  ["what is shared with other processes", range(code.replace("r-xp", "r--s"))],
  ["no file", range("7f00-7f01 r--p 00000000 00:00 0 ")],
  ["the kernel's own page", range("7ffd4a5f6000-7ffd4a5f8000 r-xp 00000000 00:00 0                          [vdso]")],
  ["a line that is no range", range("VmFlags: rd ex mr mw me")],
  ["nothing", ""],
])("%s stays", (_what, smaps) => {
  expect(readOnlyFileRanges(smaps)).toEqual([]);
});

test("a page of its own in one range says nothing of the next", () => {
  const other = "00830000-00831000 r--p 00000000 fe:00 5423777  /usr/bin/node";
  const own = range(code, "Anonymous:             4 kB");
  expect(readOnlyFileRanges(own + range(other))).toEqual([{ start: 0x830000n, bytes: 0x1000n }]);
  expect(readOnlyFileRanges(range(other) + own)).toEqual([{ start: 0x830000n, bytes: 0x1000n }]);
});

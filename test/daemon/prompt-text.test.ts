import { describe, expect, test } from "vitest";
import { promptHash, promptText } from "../../daemon/prompt-text.ts";
import { subject } from "./subjects.ts";

describe("a prompt's text", () => {
  test("sets the further lines of a thing deeper than its first", () => {
    expect(promptText(subject("curl"), "read", [["one field:", "vault: V"], ["op://V/I/f"]]).slice(1, -1)).toEqual([
      "  one field:",
      "    vault: V",
      "  op://V/I/f",
    ]);
  });

  test("says who, what, and how long a yes lasts", () => {
    expect(promptText(subject("curl"), "read", [["op://V/I/f"]])).toEqual([
      "/usr/bin/curl, process 42, wants to read:",
      "  op://V/I/f",
      "Yes holds for this process.",
    ]);
  });

  test("says that a yes in a terminal holds for everything started there", () => {
    const text = promptText({ ...subject("bash"), kind: "terminal", terminal: "/dev/pts/3" }, "read", []);
    expect(text.at(-1)).toBe("Yes holds for everything started in that terminal session.");
    expect(text[0]).toContain("on /dev/pts/3");
  });

  test("says that nothing lasting is given to whom no process could be held", () => {
    expect(promptText({ ...subject("sh"), kind: "once" }, "read", []).at(-1)).toContain("this one request");
  });

  test("has another hash for another prompt, and for another line", () => {
    const text = ["a", "b"];
    expect(promptHash("one", text)).not.toBe(promptHash("two", text));
    expect(promptHash("one", text)).not.toBe(promptHash("one", ["a", "c"]));
    expect(promptHash("one", ["a", "b"])).not.toBe(promptHash("one", ["ab"]));
  });
});

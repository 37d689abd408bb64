import { describe, expect, test } from "vitest";
import { PATH_LENGTH_MAX } from "../../../daemon/account/displayed-text.ts";
import type { Choice } from "../../../daemon/approval/prompt.ts";
import { type Bound, newSalt, promptHash, promptText, type Told } from "../../../daemon/approval/prompt-text.ts";
import type { Subject } from "../../../daemon/peer/subject.ts";
import { cleanText } from "../../../protocol/clean-text.ts";
import { subject } from "../peer/subjects.ts";

/** The text of a question about reading, on an account that locks after ten minutes. */
const textOf = (who: Subject, things: string[][], choice: Choice = {}, more: Partial<Told> = {}) =>
  promptText({
    ...{ subject: who, verb: "read", things, isAct: false, account: undefined, choice, lockMs: 10 * 60_000 },
    ...more,
  });

describe("a prompt's head", () => {
  const head = (more: Partial<Subject>) => textOf({ ...subject("node"), ...more }, [["x"]])[0];

  test.each<[string, Partial<Subject>, string]>([
    ["a script as a claim", { script: "/srv/app/deploy.mjs" }, "/usr/bin/node, which says it runs /srv/app/deploy.mjs"],
    [
      "a script that is open, before its interpreter",
      { script: "/srv/app/deploy.mjs", isScriptSeen: true },
      "/srv/app/deploy.mjs (/usr/bin/node)",
    ],
    [
      "a module as a claim",
      { runs: { is: "module", name: "http.server" } },
      "/usr/bin/node, which says it runs the module http.server",
    ],
    ["a class as a claim", { runs: { is: "class", name: "a.B" } }, "/usr/bin/node, which says it runs the class a.B"],
    ["code in no file", { runs: { is: "code" } }, "/usr/bin/node, which says it runs code that is in no file"],
    ["a file that is gone", { unseen: "gone" }, "/usr/bin/node, a file that is gone"],
    [
      "a file system that the agent does not see",
      { unseen: "elsewhere", script: "/x.js" },
      "/usr/bin/node, which says it runs /x.js, inside its own file system",
    ],
  ])("tells %s", (_what, more, asker) => {
    expect(head(more)).toBe(`${asker}, process 42, wants to read:`);
  });

  test.each([
    ["/x.js, process 1, wants to read:"],
    ["/x.js\n  op://V/I/f"],
    ["/x\u001b[2J.js"],
    ["/x\u202e.js"],
    ["the module os"],
  ])("quotes and cleans the claim %j", (claimed) => {
    for (const more of [{ script: claimed }, { runs: { is: "module", name: claimed } }] as const) {
      const text = head(more) ?? "";
      expect(text).toMatch(/^\/usr\/bin\/node, which says it runs (the module )?"[^"]*", process 42, wants to read:$/);
      expect(cleanText(text)).toBe(text);
    }
  });

  test.each([
    ["that goes on as the head does", "/tmp/x, process 1 on /dev/pts/0, wants to read:"],
    ["that names an interpreter", "/srv/app/deploy.mjs (/usr/bin/node)"],
    ["with a blank", "/opt/My App/app"],
    ["with a quote", '/tmp/x", process 1'],
    ["with a letter of another script", "/usr/bin/n\u043ede"],
    ["with what nobody sees", "/usr/bin/no\u200bde"],
  ])("quotes a path %s", (_what, program) => {
    expect(head({ program })).toBe(`${JSON.stringify(program.replace("\u200b", ""))}, process 42, wants to read:`);
  });

  test("tells a program from a script with its interpreter, whatever its path", () => {
    const scripted: Partial<Subject> = { program: "/usr/bin/node", script: "/a" };
    expect(head({ program: "/a (/usr/bin/node)" })).not.toBe(head({ ...scripted, isScriptSeen: true }));
    expect(head({ program: "/usr/bin/node, which says it runs /a" })).not.toBe(head(scripted));
  });

  test("cuts the middle out of a long path, so that no path pushes out the interpreter or the process", () => {
    const script = `/tmp/${"x".repeat(PATH_LENGTH_MAX)}/deploy.mjs`;
    expect(head({ script, isScriptSeen: true })).toBe(
      `/tmp/${"x".repeat(24)}…${"x".repeat(19)}/deploy.mjs (/usr/bin/node), process 42, wants to read:`,
    );
  });
});

describe("a prompt's text", () => {
  test("sets the further lines of a thing deeper than its first", () => {
    expect(textOf(subject("curl"), [["one field:", "vault: V"], ["op://V/I/f"]]).slice(1, -2)).toEqual([
      "  one field:",
      "    vault: V",
      "  op://V/I/f",
    ]);
  });

  test("says who, what, and how long a yes lasts", () => {
    expect(textOf(subject("curl"), [["op://V/I/f"]])).toEqual([
      "/usr/bin/curl, process 42, wants to read:",
      "  op://V/I/f",
      "Yes holds for this process.",
      "It ends after 10 minutes without use, after 12 hours at most.",
    ]);
  });

  test("says that a yes in a terminal holds for everything started there", () => {
    const text = textOf({ ...subject("bash"), kind: "terminal", terminal: "/dev/pts/3" }, []);
    expect(text.at(-2)).toBe("Yes holds for everything started in that terminal session.");
    expect(text[0]).toContain("on /dev/pts/3");
  });

  test("says that a caller without a held process gets nothing lasting", () => {
    expect(textOf({ ...subject("sh"), kind: "once" }, []).at(-1)).toContain("this one request");
  });

  test("has another hash for another salt, line, account, verb and scope", () => {
    const salt = new Uint8Array(32);
    const asked: Bound = {
      account: "one",
      verb: "read",
      scopes: [{ account: "one", level: "values" }],
      sentText: ["a"],
      text: ["a", "b"],
      choice: {},
    };
    const hash = (more: Partial<Bound>) => promptHash({ ...asked, ...more }, salt);
    expect(hash({})).toBe(hash({}));
    const others: Partial<Bound>[] = [
      { text: ["a", "c"] },
      { text: ["ab"] },
      { sentText: ["b"] },
      { choice: { lasts: "once" } },
      { choice: { width: "vault" } },
      { choice: { verb: "write" } },
      { choice: { idleMinutes: 11 } },
      { account: "two" },
      { verb: "write" },
      { scopes: [{ account: "one", level: "names" }] },
      { scopes: [{ account: "one", level: "values", vault: "v" }] },
    ];
    for (const other of others) expect(hash(other)).not.toBe(hash({}));
    expect(promptHash(asked, newSalt())).not.toBe(promptHash(asked, newSalt()));
  });
});

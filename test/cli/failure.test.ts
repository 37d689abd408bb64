// The command's message for a foreign error, whose text may hold bytes that were read or typed.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { demandNoInspector } from "../../clients/cli/agent/protect.ts";
import { UsageError } from "../../clients/cli/terminal/exit-code.ts";
import { wordsOf } from "../../clients/cli/terminal/failure.ts";
import { command as main } from "../programs.ts";

const MARK = "hunters-moon";

describe("an error of Node's or the system's", () => {
  test.each([
    ["TypeError", () => new TypeError(`The argument must not hold null bytes. Received '${MARK}'`)],
    ["SyntaxError", () => JSON.parse(`{${MARK}`)],
    ["an error of the system", () => readFileSync(`/nowhere/${MARK}`)],
    ["URIError", () => decodeURIComponent(`%${MARK}`)],
    ["what is no error", () => MARK],
  ])("is reported without its text: %s", (_name, make) => {
    let error: unknown;
    try {
      error = make();
    } catch (thrown) {
      error = thrown;
    }
    const words = wordsOf(error);
    expect(JSON.stringify(words)).not.toContain(MARK);
    expect(words.message).toContain("something went wrong inside the command");
  });

  test("is shown with the name of the system's error, and no other property", () => {
    expect(wordsOf(Object.assign(new Error(MARK), { code: "EMFILE", path: MARK })).message).toContain("(EMFILE)");
    expect(JSON.stringify(wordsOf(Object.assign(new Error(MARK), { code: `x ${MARK}` })))).not.toContain(MARK);
  });

  test("of our own is shown as it is", () => {
    expect(wordsOf(new UsageError("what happened", "what to do"))).toMatchObject({
      message: "what happened",
      hint: "what to do",
    });
  });
});

describe("a debugger", () => {
  test.each([
    [["--inspect"], {}],
    [["--inspect-brk=127.0.0.1:0"], {}],
    [[], { NODE_OPTIONS: "--no-warnings --inspect-wait" }],
  ] as const)("is refused: %j %j", (options, environment) => {
    expect(() => demandNoInspector(options, environment)).toThrow(UsageError);
  });

  test("ends the command before it reads anything", () => {
    const words = ["--inspect=127.0.0.1:0", "--no-warnings", "--", main, "--version"];
    const ran = spawnSync(process.execPath, words, { encoding: "utf8" });
    expect([ran.status, ran.stdout]).toEqual([2, ""]);
    expect(ran.stderr).toContain("does not run under a debugger");
  });
});

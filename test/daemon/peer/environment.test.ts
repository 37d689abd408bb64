import { describe, expect, test } from "vitest";
import { interpreterAt } from "../../../daemon/peer/command-line.ts";
import { environmentLoads } from "../../../daemon/peer/environment.ts";

const loads = (program: string, ...entries: string[]) =>
  environmentLoads(interpreterAt(`/usr/bin/${program}`), entries.map((entry) => `${entry}\0`).join(""));

describe("an environment loads other code", () => {
  test.each([
    ["node", "NODE_OPTIONS=--require /tmp/x.js"],
    ["node", "NODE_PATH=/tmp"],
    ["python3.11", "PYTHONPATH=/tmp"],
    ["python3.11", "PYTHONSTARTUP=/tmp/x.py"],
    ["ruby3.1", "RUBYOPT=-r/tmp/x"],
    ["bash", "BASH_ENV=/tmp/x.sh"],
    ["bash", "BASH_FUNC_ls%%=() { echo; }"],
    ["dash", "ENV=/tmp/x.sh"],
    ["zsh", "ZDOTDIR=/tmp"],
    ["java", "JAVA_TOOL_OPTIONS=-javaagent:/tmp/x.jar"],
    ["java", "CLASSPATH=/tmp"],
    ["deno", "DENO_DIR=/tmp"],
    ["deno", "NODE_OPTIONS=--require /tmp/x.js"],
    ["bun", "BUN_OPTIONS=--preload /tmp/x.js"],
    ["perl", "PERL5OPT=-M/tmp/x"],
    ["cat", "LD_PRELOAD=/tmp/x.so"],
    ["node", "LD_AUDIT=/tmp/x.so"],
    // A program that is no interpreter may hold one.
    ["editor", "NODE_OPTIONS=--require /tmp/x.js"],
    ["editor", "PYTHONPATH=/tmp"],
  ])("of %s with %s", (program, entry) => {
    expect(loads(program, "HOME=/root", entry)).toBe(true);
  });

  test.each([
    ["node", "PYTHONPATH=/tmp"],
    ["node", "NODE_OPTIONS="],
    ["node", "X=LD_PRELOAD=/tmp/x.so"],
    ["node", "NODE_ENV=production"],
    ["deno", "DENO_INSTALL=/root/.deno"],
    ["bun", "BUN_INSTALL=/root/.bun"],
    ["python3.11", "PYTHONUNBUFFERED=1"],
    ["cat", "PATH=/tmp"],
  ])("but not of %s with %s", (program, entry) => {
    expect(loads(program, "HOME=/root", entry)).toBe(false);
  });

  test("where it cannot be read", () => {
    expect(environmentLoads(undefined, undefined)).toBe(true);
  });
});

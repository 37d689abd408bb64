import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { interpreterAt } from "../../../daemon/peer/command-line.ts";
import { ENVIRONMENT_BYTES_MAX, environmentLoads, hasVariable } from "../../../daemon/peer/environment.ts";

const loads = (program: string, ...entries: string[]) =>
  hasVariable(Buffer.from(entries.map((entry) => `${entry}\0`).join("")), interpreterAt(`/usr/bin/${program}`));

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

  test("where the end of a variable's name is missing", () => {
    expect(loads("node", "NODE_OPTIONS")).toBe(false);
    expect(hasVariable(Buffer.from("A=1\0NODE_PATH=/tmp"), interpreterAt("/usr/bin/node"))).toBe(true);
  });
});

describe("the environment of a process", () => {
  const ofChild = async (env: NodeJS.ProcessEnv) => {
    const child = spawn("cat", [], { env, stdio: ["pipe", "pipe", "inherit"] });
    // What it echoes shows that it is the program already, and no copy of this one.
    child.stdin.write("x");
    await once(child.stdout, "data");
    try {
      return environmentLoads(child.pid ?? expect.fail(), undefined);
    } finally {
      child.kill("SIGKILL");
    }
  };

  test("is read from the process, and not from this one", async () => {
    expect(await ofChild({ PATH: process.env.PATH })).toBe(false);
    expect(await ofChild({ PATH: process.env.PATH, LD_LIBRARY_PATH: "/nowhere" })).toBe(true);
  });

  test("counts as loading code where it is longer than what is read, or cannot be read", async () => {
    const parts = Object.fromEntries(
      Array.from({ length: 2 }, (_none, at) => [`LONG_${at}`, "x".repeat(ENVIRONMENT_BYTES_MAX / 2)]),
    );
    expect(await ofChild({ PATH: process.env.PATH, ...parts })).toBe(true);
    expect(environmentLoads(0x7fffffff, undefined)).toBe(true);
  });
});

// The native command in a package of its own folder, beside the Node command. Each conversation runs through both.
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "vitest";
import { VERSION } from "../../clients/cli/version.ts";
import { type Compiler, compileCommand, staticCompilerFor, targets } from "../../clients/native/compile.ts";
import { command as main } from "../programs.ts";

const hostName = `${process.platform}-${process.arch}`;
const host = targets.find(({ name }) => name === hostName);

/** The compiler for this machine. Without one the tests of the native command skip. */
export const compiler: Compiler | undefined = host === undefined ? undefined : staticCompilerFor(host);

export type Ended = {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
};

export type Package = {
  readonly folder: string;
  readonly native: string;
  /** The Node command. In a package that knows when it is reached, a program that says so. */
  readonly node: string;
  remove(): void;
};

/** What the Node command of `alone` ends with. */
export const HANDED_OVER = 99;

/** A package with the native command. With `alone` its Node command does nothing but end with HANDED_OVER. */
export function makePackage(kind: "whole" | "alone", by = compiler): Package {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "postern-n-")));
  const native = join(folder, "native", hostName, "postern");
  const node = join(folder, "postern.js");
  if (by !== undefined) compileCommand(by, VERSION, native);
  const [shebang = ""] = readFileSync(main, "utf8").split("\n", 1);
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  const text = kind === "whole" ? `${shebang}\nimport "${pathToFileURL(main)}";\n` : `#!/bin/sh\nexit ${HANDED_OVER}\n`;
  writeFileSync(node, text);
  chmodSync(node, 0o755);
  return { folder, native, node, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export type How = {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** A shell's words around the command, which is "$@" in them. */
  readonly shell?: string;
  readonly cwd?: string;
  /** Gets the process once it runs. */
  readonly during?: (child: ChildProcess) => void;
};

/** Runs a program with a home, without a terminal, and returns all that it did. */
export function runIn(home: string, words: readonly (string | Buffer)[], how: How = {}): Promise<Ended> {
  const env = {
    HOME: home,
    POSTERN_HOME: home,
    PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
    LANG: "C.UTF-8",
    NODE_NO_WARNINGS: "1",
    ...how.env,
  };
  const [program = "", ...rest] = how.shell === undefined ? words : ["/bin/sh", "-c", how.shell, "sh", ...words];
  // Its own session, so that it does not find the terminal of whoever runs the tests.
  const child = spawn(String(program), rest.map(String), { env, cwd: how.cwd ?? home, detached: true, stdio: "pipe" });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
  child.stdin.end();
  how.during?.(child);
  return new Promise((resolve) =>
    child.once("close", (code, signal) =>
      resolve({ code, signal, out: Buffer.concat(out).toString("latin1"), err: Buffer.concat(err).toString("latin1") }),
    ),
  );
}

export type Pair = {
  readonly whole: Package;
  /** Runs the same words through both commands, which must end alike. `isNative` says whether the native one needs the other for it. */
  both(home: string, words: readonly string[], how?: How): Promise<Ended & { readonly isNative: boolean }>;
  remove(): void;
};

export function makePair(): Pair {
  const whole = makePackage("whole");
  const alone = makePackage("alone");
  return {
    whole,
    both: async (home, words, how = {}) => {
      const node = await runIn(home, [whole.node, ...words], how);
      const native = await runIn(home, [whole.native, ...words], how);
      expect(native).toEqual(node);
      const { code } = await runIn(home, [alone.native, ...words], how);
      return { ...node, isNative: code !== HANDED_OVER };
    },
    remove: () => {
      whole.remove();
      alone.remove();
    },
  };
}

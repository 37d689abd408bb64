// Compiles the native command with a compiler of the machine. It must be able to link a static program: one that needs no library of the
// machine starts soonest, and runs with every C library.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compilerFor, targets as libraries } from "../bridge/compile.ts";
import { PROTOCOL } from "../typescript/generated-limits.ts";

const folder = fileURLToPath(new URL(".", import.meta.url));

/** A compiler with its options for a static program. */
export type Compiler = { readonly program: string; readonly words: readonly string[] };

/** A kind of machine. `name` is that of Node. `musl` are compilers with a C library that starts sooner than glibc, in order. */
export type Target = { readonly name: string; readonly musl: readonly Compiler[] };

/** zig brings musl for every processor. With a target that it has not seen, it first builds musl, in a minute or two. */
function zig(processor: string): Compiler[] {
  const words = ["cc", "-target", `${processor}-linux-musl`, "-static", "-fPIE", "-pie"];
  return [
    { program: "zig", words },
    { program: "python3", words: ["-m", "ziglang", ...words] },
  ];
}

/** It compiles for its own machine only, and makes no static program with a random place in memory. */
const muslGcc = (processor: string): Compiler[] =>
  process.arch === processor ? [{ program: "musl-gcc", words: ["-static"] }] : [];

export const targets: readonly Target[] = [
  { name: "linux-x64", musl: [...zig("x86_64"), ...muslGcc("x64")] },
  { name: "linux-arm64", musl: [...zig("aarch64"), ...muslGcc("arm64")] },
];

/** Whether a compiler is there, and can link a static program. */
function works({ program, words }: Compiler): boolean {
  const place = mkdtempSync(join(tmpdir(), "postern-cc-"));
  const link = [...words, "-x", "c", "-", "-o", join(place, "program")];
  const ran = spawnSync(program, link, {
    input: "int main(void) { return 0; }\n",
    stdio: ["pipe", "ignore", "ignore"],
  });
  rmSync(place, { recursive: true, force: true });
  return ran.status === 0;
}

/** The first compiler of the machine that works: one with musl, or the machine's own with its static C library. */
export function staticCompilerFor({ name, musl }: Target): Compiler | undefined {
  const library = libraries.find((one) => one.name === name);
  const own = library === undefined ? undefined : compilerFor(library);
  return [...musl, ...(own === undefined ? [] : [{ program: own, words: ["-static-pie", "-fPIE"] }])].find(works);
}

/** The C files, all of which make one program. */
export const sources = (): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".c"))
    .map((name) => join(folder, name));

/** The options for every compilation. A warning is an error. */
export const options = (version: string): string[] => [
  ...["-std=c11", "-D_GNU_SOURCE", `-DPOSTERN_VERSION="${version}"`, `-DPOSTERN_PROTOCOL="${PROTOCOL}"`],
  ...["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"],
];

const ofProgram: readonly string[] = [
  ...["-O2", "-s", "-fstack-protector-strong", "-D_FORTIFY_SOURCE=2"],
  ...["-Wl,-z,relro", "-Wl,-z,now", "-Wl,-z,noexecstack"],
];

/** Compiles the command, which appears at the path when it is whole. Throws with the compiler's words where it cannot. */
export function compileCommand({ program, words }: Compiler, version: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const part = `${path}.${process.pid}`;
  const ran = spawnSync(program, [...words, ...options(version), ...ofProgram, ...sources(), "-o", part], {
    encoding: "utf8",
  });
  if (ran.status !== 0) throw new Error(`${program} could not compile the native command:\n${ran.stderr}`);
  renameSync(part, path);
}

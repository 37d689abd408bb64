// Compiles the bridge library with a compiler of the machine: the compiler's own target decides which one makes which library.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The name under which the official SDKs look for the library. */
export const LIBRARY = "libop_sdk_ipc_client.so";

const folder = fileURLToPath(new URL(".", import.meta.url));
const headers = fileURLToPath(new URL("../../node_modules/node-api-headers/include", import.meta.url));

/** A kind of machine. `name` is that of Node: its platform and its architecture. */
export type Target = { readonly name: string; readonly machine: RegExp; readonly compilers: readonly string[] };

/** musl is no target: the library asks for symbols of glibc. */
export const targets: readonly Target[] = [
  { name: "linux-x64", machine: /^x86_64\b.*linux-gnu$/, compilers: ["cc", "gcc", "clang", "x86_64-linux-gnu-gcc"] },
  {
    name: "linux-arm64",
    machine: /^aarch64\b.*linux-gnu$/,
    compilers: ["cc", "gcc", "clang", "aarch64-linux-gnu-gcc"],
  },
];

/** The first compiler of the machine that compiles for the target. */
export function compilerFor({ machine, compilers }: Target): string | undefined {
  return compilers.find((compiler) => {
    const told = spawnSync(compiler, ["-dumpmachine"], { encoding: "utf8" });
    return told.status === 0 && machine.test(told.stdout.trim());
  });
}

/** The C files, all of which make one library. */
export const sources = (): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".c"))
    .map((name) => join(folder, name));

/** The options for every compilation. A warning is an error. */
export const options: readonly string[] = [
  ...["-std=c11", "-D_GNU_SOURCE", "-pthread", "-fvisibility=hidden"],
  ...["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"],
  // The headers of Node are other people's, so their warnings are not ours.
  ...["-isystem", headers],
];

const ofLibrary: readonly string[] = [
  ...["-shared", "-fPIC", "-O2", "-s", "-fstack-protector-strong", "-D_FORTIFY_SOURCE=2"],
  // A worker of Node unloads its add-ons at its end. A thread of the library may still be in its last instructions.
  ...["-Wl,-z,nodelete", "-Wl,-z,relro", "-Wl,-z,now", "-Wl,-z,noexecstack"],
];

/** Compiles the library, which appears at the path when it is whole. Throws with the compiler's words where it cannot. */
export function compileLibrary(compiler: string, version: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const part = `${path}.${process.pid}`;
  const words = [...options, ...ofLibrary, `-DPOSTERN_BRIDGE_VERSION="${version}"`, ...sources(), "-o", part];
  const ran = spawnSync(compiler, words, { encoding: "utf8" });
  if (ran.status !== 0) throw new Error(`${compiler} could not compile the bridge:\n${ran.stderr}`);
  renameSync(part, path);
}

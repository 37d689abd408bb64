// Whether this installation has the native command of this machine's processor, which the build makes where a compiler is.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Terminal } from "../terminal/terminal.ts";

const kind = `${process.platform}-${process.arch}`;

/** It lies beside the bundle. In the sources there is none. */
export const hasNativeCommand = (): boolean =>
  existsSync(fileURLToPath(new URL(`./native/${kind}/postern`, import.meta.url)));

export function nativeCommandLine(terminal: Pick<Terminal, "good" | "bad">): string {
  if (hasNativeCommand()) return `${terminal.good("✓")} native command: a read starts without Node`;
  const next = "build the package where zig, musl-gcc, or a gcc with a static C library is on PATH";
  return `${terminal.bad("✗")} native command: there is none for ${kind} here, so every read starts Node\n    next: ${next}`;
}

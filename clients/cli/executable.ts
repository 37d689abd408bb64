// Whether a program can be started, as execvp would find it.
import { accessSync, constants, statSync } from "node:fs";
import { join } from "node:path";
import { NotStarted } from "./exit-code.ts";

/** Throws NotStarted where no folder of PATH has the program, or what is there cannot be executed. */
export function demandExecutable(program: string, path = "/usr/bin:/bin"): void {
  const places = program.includes("/") ? [program] : path.split(":").map((folder) => join(folder || ".", program));
  const failures = places.map(failureOf);
  if (!failures.includes(undefined))
    throw new NotStarted(program, failures.find((code) => code === "EACCES") ?? "ENOENT");
}

function failureOf(place: string): string | undefined {
  try {
    accessSync(place, constants.X_OK);
    return statSync(place).isFile() ? undefined : "EACCES";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

// Takes every file descriptor that is left, and then starts a program. Run by a test with few of them.
import { openSync } from "node:fs";
import { startProgram } from "../../../daemon/logind/programs.ts";

const starter = process.argv[2] ?? "";
try {
  for (;;) openSync("/dev/null", "r");
} catch (error) {
  if ((error as NodeJS.ErrnoException).code !== "EMFILE") throw error;
}
const running = startProgram(starter, ["true"]);
setImmediate(() => {
  process.exitCode = running === undefined ? 7 : 1;
});

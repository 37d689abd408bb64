// A program that starts as the agent does: it checks, hardens, and stays. It reports which protections hold. For a line
// of input it reports the TCP sockets on which it listens. The tests start it.
import { checkStart, harden, protections } from "../../daemon/harden.ts";
import { loadNative } from "../../daemon/host/native.ts";
import type { Protection } from "../../daemon/host/protection.ts";
import { listeningSockets } from "./ports.ts";

/** A report of the program, as one line of JSON. */
export type HardenedWord =
  | { is: "hardened"; protections: Protection[]; variables: string[]; umask: number }
  | { is: "ports"; sockets: string[] }
  | { is: "refused"; reason: string };

if (process.argv[1] === import.meta.filename) run();

function run(): void {
  try {
    checkStart(process);
    const native = loadNative();
    harden(native);
    const word: HardenedWord = {
      is: "hardened",
      protections: protections(native),
      variables: Object.keys(process.env),
      umask: process.umask(),
    };
    console.log(JSON.stringify(word));
    process.stdin.on("data", () => {
      const ports: HardenedWord = { is: "ports", sockets: listeningSockets("self") };
      console.log(JSON.stringify(ports));
    });
  } catch (error) {
    const word: HardenedWord = { is: "refused", reason: (error as Error).message };
    console.log(JSON.stringify(word));
  }
}

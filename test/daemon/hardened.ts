// A program of its own that starts as the agent does (check, harden), then says what holds and stays; a line of input
// asks for the TCP sockets it listens on. Started by the tests.
import { checkStart, harden, type Protection, protections } from "../../daemon/harden.ts";
import { loadNative } from "../../daemon/host/native.ts";
import { listeningSockets } from "./ports.ts";

/** What the program says, as one line of JSON. */
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

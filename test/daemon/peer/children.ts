// Other programs that the tests start for real and read line by line.
import { type ChildProcess, spawnSync } from "node:child_process";
import { connect } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { DoorWord } from "./door.ts";

/** The next line on a child's standard output, without its line break. Returns "" when the output ends first. */
export function lineOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const done = (line: string) => {
      child.stdout?.removeAllListeners("data");
      resolve(line);
    };
    child.once("error", reject);
    child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
      if (text.includes("\n")) done(text.slice(0, text.indexOf("\n")));
    });
    child.stdout?.once("end", () => done(text));
  });
}

/** Whether the tests run as root, and so can also become another user. */
export const isRoot = process.getuid?.() === 0;

/** The user that root becomes: nobody, who owns nothing. */
export const NOBODY = 65534;

/** The words of a door (door.ts), in order. `next` fails when the program ends without another word. */
export function wordsOf(child: ChildProcess): { next(): Promise<DoorWord> } {
  const lines = createInterface({ input: child.stdout as Readable })[Symbol.asyncIterator]();
  return {
    next: async () => {
      const { value, done } = await lines.next();
      if (done === true) throw new Error("the program ended without a further word");
      return JSON.parse(value) as DoorWord;
    },
  };
}

export const doorProgram = join(import.meta.dirname, "door.ts");

/**
 * Connects, sends a line, ends its own side, and returns the answer. Returns "" when the door closed the connection
 * without reading.
 */
export function ask(path: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ path, allowHalfOpen: true });
    let text = "";
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      text += chunk;
    });
    // A door that closes without reading our line causes a reset.
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(text));
    socket.on("end", () => socket.end());
    socket.end("a line\n");
  });
}

/** Whether nobody may run this Node and read these sources. Nobody may not in a checkout under /root. */
export const nobodyCanRun =
  isRoot &&
  spawnSync(process.execPath, ["-e", "require('fs').readFileSync(process.argv[1])", doorProgram], {
    uid: NOBODY,
    gid: NOBODY,
    env: {},
    cwd: "/",
  }).status === 0;

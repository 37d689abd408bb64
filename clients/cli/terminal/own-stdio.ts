// Node's process.stdin, stdout and stderr make a pipe or socket non-blocking, for all who share it, as soon as anything looks at
// them. Libraries do so while they are loaded, only to ask whether there are colours. Where a program is to inherit the three
// descriptors, plain streams stand in their place.
import { Readable, Writable } from "node:stream";
import { isatty } from "node:tty";
import { writeBlocking } from "./stderr.ts";

/** Called before any library is loaded. */
export function leaveDescriptorsAlone(): void {
  put("stdin", Readable.from([]), 0);
  put("stdout", written(1), 1);
  put("stderr", written(2), 2);
}

function written(fd: number): Writable {
  return new Writable({
    write: (chunk: Uint8Array, _encoding, done) => {
      // Whoever reads it may have gone (`postern run --help | true`): then nothing more is to be said.
      writeBlocking(fd, chunk);
      done();
    },
  });
}

function put(name: "stdin" | "stdout" | "stderr", stream: Readable | Writable, fd: number): void {
  const value = Object.assign(stream, { fd, isTTY: isatty(fd) });
  Object.defineProperty(process, name, { value, configurable: true });
}

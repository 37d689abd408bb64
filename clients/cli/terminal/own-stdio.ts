// Node's process.stdin, stdout and stderr make a pipe or socket non-blocking as soon as anything looks at them. All processes that share
// it are affected. Libraries look at them while they load, only to find out about colours. So where a program will inherit the three
// descriptors, plain streams replace them.
import { Readable, Writable } from "node:stream";
import { isatty } from "node:tty";
import { writeBlocking } from "./stderr.ts";

/** Must be called before any library is loaded. */
export function leaveDescriptorsAlone(): void {
  put("stdin", Readable.from([]), 0);
  put("stdout", written(1), 1);
  put("stderr", written(2), 2);
}

function written(fd: number): Writable {
  return new Writable({
    write: (chunk: Uint8Array, _encoding, done) => {
      // The reader may have gone (`postern run --help | true`). Then there is nothing more to print.
      writeBlocking(fd, chunk);
      done();
    },
  });
}

function put(name: "stdin" | "stdout" | "stderr", stream: Readable | Writable, fd: number): void {
  const value = Object.assign(stream, { fd, isTTY: isatty(fd) });
  Object.defineProperty(process, name, { value, configurable: true });
}

// What the two ways of running a program share.
import { closeSync, openSync } from "node:fs";
import { constants } from "node:os";
import type { Layout } from "./layout.ts";
import { type Change, duplicate, exitNow, type Limit, setDisposition } from "./libc.ts";
import type { FromRelay } from "./link.ts";
import type { RelayLink } from "./relay-process.ts";
import type { Program } from "./start-program.ts";

export type Run = {
  readonly program: Program;
  /** Limits that this process goes on with. */
  readonly ours: { readonly openFiles: Limit; readonly coreFiles: Limit };
  readonly layout: Layout;
  readonly relay: RelayLink;
  /** The controlling terminal. */
  readonly tty: number | undefined;
  readonly secrets: readonly string[];
  /** Descriptors from 3 on that the program inherits. */
  readonly further: readonly number[];
};

/** Lets go of what the program has now: whoever waits for the end of a pipe must not wait for us. */
export function letGo({ layout, further }: Run): void {
  const nothing = openSync("/dev/null", "r+");
  for (const fd of [0, 1, 2]) duplicate(nothing, fd);
  for (const fd of [nothing, ...layout.writeEnds, ...further]) closeSync(fd);
  if (layout.terminal !== undefined) closeSync(layout.terminal.slave);
}

/** The next message of the relay for which `wanted` says so; undefined where the relay has gone. */
export function nextMessage(
  relay: RelayLink,
): (wanted: (message: FromRelay) => boolean) => Promise<FromRelay | undefined> {
  const arrived: (FromRelay | undefined)[] = [];
  let look = () => undefined as unknown;
  relay.listen((message) => {
    arrived.push(message);
    look();
  });
  return (wanted) =>
    new Promise((resolve) => {
      look = () => {
        const at = arrived.findIndex((message) => message === undefined || wanted(message));
        if (at === -1) return;
        const message = arrived[at];
        // The end stays: everybody who asks later hears of it.
        if (message !== undefined) arrived.splice(at, 1);
        look = () => undefined;
        resolve(message);
      };
      look();
    });
}

/** Ends as the program did: with its code, or by its signal, so that a shell's loop stops at Ctrl-C. */
export function endAs(change: Change): never {
  if (change.kind !== "killed") return exitNow(change.kind === "exited" ? change.code : 1);
  const name = Object.entries(constants.signals).find(([, number]) => number === change.signal)?.[0];
  if (name !== undefined) process.removeAllListeners(name);
  setDisposition(change.signal, "default");
  process.kill(process.pid, change.signal);
  return exitNow(128 + change.signal);
}

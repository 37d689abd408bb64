// What the two ways of running a program share.
import { closeSync, openSync } from "node:fs";
import { OutputLost } from "../terminal/exit-code.ts";
import type { Layout } from "./layout.ts";
import { type Change, duplicate, exitNow, type Limit, SIGPIPE } from "./libc.ts";
import type { FromRelay } from "./link.ts";
import type { RelayLink } from "./relay-process.ts";
import { dieBy } from "./signals.ts";
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

/**
 * Lets go of what the program has now: whoever waits for the end of a pipe must not wait for us. Stderr is kept for what we may
 * have to say.
 */
export function letGo({ layout, further }: Run): void {
  const nothing = openSync("/dev/null", "r+");
  for (const fd of [0, 1]) duplicate(nothing, fd);
  for (const fd of [nothing, ...layout.writeEnds, ...further]) closeSync(fd);
  if (layout.terminal !== undefined) closeSync(layout.terminal.slave);
}

export type Messages = {
  /** The next message for which `wanted` says so; undefined where the relay has gone. */
  next(wanted: (message: FromRelay) => boolean): Promise<FromRelay | undefined>;
  /** What could not be written, if anything. */
  readonly lost: Lost | undefined;
};

type Lost = Extract<FromRelay, { kind: "lost" }>;

export function messagesOf(relay: RelayLink): Messages {
  const arrived: (FromRelay | undefined)[] = [];
  let look = () => undefined as unknown;
  let lost: Lost | undefined;
  relay.listen((message) => {
    if (message?.kind === "lost") {
      lost ??= message;
      return;
    }
    arrived.push(message);
    look();
  });
  const next: Messages["next"] = (wanted) =>
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
  return {
    next,
    get lost() {
      return lost;
    },
  };
}

/** The relay was killed, or could not start: what the program writes goes nowhere. */
export const relayLost = () =>
  new OutputLost("the relay that carries the program's output has ended", "run it again, or with --no-masking");

/**
 * Ends as the program did: with its code, or by its signal, so that a shell's loop stops at Ctrl-C. Throws OutputLost where
 * its output did not arrive and it could not know why: it was content, or got SIGPIPE for it.
 */
export function endAs(change: Change, { lost }: Messages): never {
  const isContent = change.kind === "exited" && change.code === 0;
  const isCut = change.kind === "killed" && change.signal === SIGPIPE;
  if (lost !== undefined && (isContent || isCut))
    throw new OutputLost(`${lost.to === 1 ? "stdout" : "stderr"} could not be written (${lost.code})`);
  if (change.kind !== "killed") return exitNow(change.kind === "exited" ? change.code : 1);
  return dieBy(change.signal);
}

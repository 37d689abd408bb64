// Parts that both ways of running a program share.
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
  /** The limits of this process itself. */
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
 * Closes the descriptors that the program has now. A program that waits for the end of a pipe must not wait for this process. Stderr
 * stays open for messages.
 */
export function letGo({ layout, further }: Run): void {
  const nothing = openSync("/dev/null", "r+");
  for (const fd of [0, 1]) duplicate(nothing, fd);
  for (const fd of [nothing, ...layout.writeEnds, ...further]) closeSync(fd);
  if (layout.terminal !== undefined) closeSync(layout.terminal.slave);
}

export type Messages = {
  /** The next message that `wanted` accepts. Undefined where the relay has gone. */
  next(wanted: (message: FromRelay) => boolean): Promise<FromRelay | undefined>;
  /** The output that could not be written, if any. */
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
        // The end stays in the list, so that every later reader sees it.
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

/** The relay was killed or could not start, so the program's output is lost. */
export const relayLost = () =>
  new OutputLost("the relay that carries the program's output has ended", "run it again, or with --no-masking");

/**
 * Ends as the program did: with its code, or by its signal, so that a shell's loop stops at Ctrl-C. Throws OutputLost where its output
 * did not arrive and the program could not know it: it ended well, or by SIGPIPE.
 */
export function endAs(change: Change, { lost }: Messages): never {
  const isContent = change.kind === "exited" && change.code === 0;
  const isCut = change.kind === "killed" && change.signal === SIGPIPE;
  if (lost !== undefined && (isContent || isCut))
    throw new OutputLost(`${lost.to === 1 ? "stdout" : "stderr"} could not be written (${lost.code})`);
  if (change.kind !== "killed") return exitNow(change.kind === "exited" ? change.code : 1);
  return dieBy(change.signal);
}

// The wire between `run` and its relay: one JSON value a line, over a pair of sockets that no other process has.
import { Socket } from "node:net";
import type { Change, Limit } from "./libc.ts";

/** A descriptor that reads from the program, and the descriptor to which its bytes go. */
export type Source = { readonly fd: number; readonly to: 1 | 2; readonly kind: "pipe" | "terminal" };

/** A program that the relay itself starts, in the session on the new terminal. Bytes are base64. */
export type SessionProgram = {
  readonly words: readonly string[];
  readonly variables: readonly string[];
  readonly openFiles: readonly [soft: string, hard: string];
  readonly coreFiles: readonly [soft: string, hard: string];
  readonly ignored: readonly number[];
  readonly descriptors: readonly (readonly [to: number, from: number])[];
  /** Descriptors that must stay open in the program only, and the program's side of the terminal. */
  readonly owned: readonly number[];
  readonly terminal: number;
};

export type ToRelay =
  | {
      readonly kind: "start";
      readonly secrets: readonly string[];
      readonly sources: readonly Source[];
      /** Modes of the person's terminal, base64. The relay restores them where `run` is killed. */
      readonly modes?: string;
      readonly program?: SessionProgram;
    }
  /** `run` has started the program itself, as this process. */
  | { readonly kind: "watch"; readonly pid: number }
  /** Sends the program a signal. Its whole group gets it where it must continue after a stop. */
  | { readonly kind: "signal"; readonly signal: NodeJS.Signals; readonly group?: true }
  /** The program has ended. The relay shows all its output and answers. */
  | { readonly kind: "ended"; readonly change: Change };

export type FromRelay =
  | { readonly kind: "watching" }
  | { readonly kind: "failed"; readonly code: string }
  | { readonly kind: "change"; readonly change: Change }
  /** The program has ended. Its change follows once its output has arrived. */
  | { readonly kind: "ending" }
  /** A signal came too late for the program, which had ended. */
  | { readonly kind: "late"; readonly signal: NodeJS.Signals }
  /** Output could not be written to its destination, for another reason than a missing reader. */
  | { readonly kind: "lost"; readonly to: 1 | 2; readonly code: string }
  | { readonly kind: "flushed" };

export type Link<In, Out> = {
  send(message: Out): void;
  /** Called for each message, and once with undefined after the other end has gone. */
  listen(heard: (message: In | undefined) => void): void;
  /** Closes this end, which the other end sees. */
  end(): void;
};

export function openLink<In, Out>(fd: number): Link<In, Out> {
  const socket = new Socket({ fd, readable: true, writable: true });
  return {
    send: (message) => void socket.write(`${JSON.stringify(message)}\n`),
    listen: (heard) => {
      let rest = "";
      socket.setEncoding("utf8").on("data", (text: string) => {
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) heard(JSON.parse(line) as In);
      });
      // A reset means the same as an end: the other side has gone.
      socket.on("error", () => undefined);
      socket.on("close", () => heard(undefined));
    },
    end: () => void socket.destroy(),
  };
}

export const limitText = ({ soft, hard }: Limit): [string, string] => [String(soft), String(hard)];
export const limitOf = ([soft, hard]: readonly [string, string]): Limit => ({ soft: BigInt(soft), hard: BigInt(hard) });

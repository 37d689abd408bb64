// The wire between `run` and its relay: JSON values, one a line, over a pair of sockets that nobody else holds.
import { Socket } from "node:net";
import type { Change, Limit } from "./libc.ts";

/** Where bytes are read from the program, and which of our descriptors they go to. */
export type Source = { readonly fd: number; readonly to: 1 | 2; readonly kind: "pipe" | "terminal" };

/** The program that the relay itself starts, as the leader of the session on the new terminal. Bytes are base64. */
export type SessionProgram = {
  readonly words: readonly string[];
  readonly variables: readonly string[];
  readonly openFiles: readonly [soft: string, hard: string];
  readonly coreFiles: readonly [soft: string, hard: string];
  readonly descriptors: readonly (readonly [to: number, from: number])[];
  /** Descriptors of the relay that only the program may keep open, and the program's side of the terminal. */
  readonly owned: readonly number[];
  readonly terminal: number;
};

export type ToRelay =
  | {
      readonly kind: "start";
      readonly secrets: readonly string[];
      readonly sources: readonly Source[];
      /** Modes of the person's terminal, base64: put back where `run` is killed. */
      readonly modes?: string;
      readonly program?: SessionProgram;
    }
  /** `run` has started the program itself, as this process. */
  | { readonly kind: "watch"; readonly pid: number }
  /** The program gets a signal; its whole group where it has to go on after a stop. */
  | { readonly kind: "signal"; readonly signal: number; readonly group?: true }
  /** The program has ended: show what it wrote, and say so. */
  | { readonly kind: "ended"; readonly change: Change };

export type FromRelay =
  | { readonly kind: "watching" }
  | { readonly kind: "failed"; readonly code: string }
  | { readonly kind: "change"; readonly change: Change }
  /** The program has ended; the change follows when its output has arrived. */
  | { readonly kind: "ending" }
  /** What the program wrote could not be written where it goes, for another reason than that nobody reads it. */
  | { readonly kind: "lost"; readonly to: 1 | 2; readonly code: string }
  | { readonly kind: "flushed" };

export type Link<In, Out> = {
  send(message: Out): void;
  /** Called for each message, and once with undefined when the other end has gone. */
  listen(heard: (message: In | undefined) => void): void;
  /** Lets the other end see that we have gone. */
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
      // A reset says the same as an end: nobody is there.
      socket.on("error", () => undefined);
      socket.on("close", () => heard(undefined));
    },
    end: () => void socket.destroy(),
  };
}

export const limitText = ({ soft, hard }: Limit): [string, string] => [String(soft), String(hard)];
export const limitOf = ([soft, hard]: readonly [string, string]): Limit => ({ soft: BigInt(soft), hard: BigInt(hard) });

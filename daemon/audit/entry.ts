// An entry for the audit log. The log adds the time, the number and the link.
import type { TokenIds } from "./chain.ts";

/** The actor. Path and process id are for people. `who` is the subject's hash, which finds its own records again. */
export type Actor = {
  readonly program?: string;
  readonly pid?: number;
  readonly who?: string;
  /** Whether it holds no grant and no token now. Never written. */
  readonly isStranger?: (() => boolean) | undefined;
};

/** An act. `names` are sealed before they are written. `ids` are written as they are. */
export type LogEntry = Actor & {
  readonly event: string;
  readonly outcome: string;
  readonly ids?: readonly string[];
  readonly names?: readonly string[];
  /** The targets of a refused call, as ids. */
  readonly asked?: readonly string[];
  /** The number of further targets. */
  readonly unnamed?: number;
  /** The service account of a token, and the function that seals the names then. */
  readonly token?: TokenIds & { readonly sealNames: (names: readonly string[]) => string };
};

/** The outcome of a read from memory while the service was not reached. */
const OK_OFFLINE = "okOffline";

/** The outcome of a successful read. */
export const readOutcome = (isStale: boolean): string => (isStale ? OK_OFFLINE : "ok");

/** Whether a read succeeded, from the service or from memory. */
export const isDone = (outcome: string): boolean => outcome === "ok" || outcome === OK_OFFLINE;

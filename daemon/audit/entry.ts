// What the audit log is told. The log adds when, in which order, and the link.
import type { TokenIds } from "./chain.ts";

/** Who did it. A path and a process id for people; `who` is the subject's hash, by which its own records are known again. */
export type Actor = { readonly program?: string; readonly pid?: number; readonly who?: string };

/** What happened. `names` are sealed before they are written; `ids` are written as they are. */
export type LogEntry = Actor & {
  readonly event: string;
  readonly outcome: string;
  readonly ids?: readonly string[];
  readonly names?: readonly string[];
  /** What a refused call was about, as ids. */
  readonly asked?: readonly string[];
  /** Things that it was about and that are not among them. */
  readonly unnamed?: number;
  /** Whose token it was, and what seals the names then. */
  readonly token?: TokenIds & { readonly sealNames: (names: readonly string[]) => string };
};

/** The outcome of a read that was answered from memory while its service was not reached. */
const OK_OFFLINE = "okOffline";

/** The outcome of a read that went well. */
export const readOutcome = (isStale: boolean): string => (isStale ? OK_OFFLINE : "ok");

/** Whether it went well, wherever the answer came from. */
export const isDone = (outcome: string): boolean => outcome === "ok" || outcome === OK_OFFLINE;

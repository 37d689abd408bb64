// Who a grant is bound to. A process by default; the terminal session where our own CLI asked for a person at a
// terminal; nobody (this one request) where no process could be held to it.

/** The holder of grants, as plain values. `key` is equal for the same holder only; `family` outlives a fork. */
export type Subject = {
  readonly kind: "process" | "terminal" | "once";
  readonly key: string;
  /** Session leader or cgroup, and executable: what quotas count by, since each fork is a new process. */
  readonly family: string;
  /** Path of the executable, "unknown" where it cannot be seen. */
  readonly program: string;
  /** Path of the script behind an interpreter. */
  readonly script?: string;
  readonly pid: number;
  /** Name of the controlling terminal, where there is one. */
  readonly terminal?: string;
};

// The file in which an agent says where it listens, and which process it is: written by the agent, read by the command, which has a copy
// of this file.

export type Whereabouts = {
  readonly pid: number;
  readonly socket: string;
  readonly version: string;
  /** The agent's program: which installation it is of. */
  readonly program: string;
};

/** In the agent's data folder. */
export const WHEREABOUTS_FILE = "agent.where";

/** Bytes of the file: two paths and a few words. */
export const WHEREABOUTS_BYTES_MAX = 16 * 1024;

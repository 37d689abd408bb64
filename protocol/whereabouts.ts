// The file in which an agent writes its socket and its process. The agent writes it. The command reads it, with a copy of this source file.

export type Whereabouts = {
  readonly pid: number;
  readonly socket: string;
  readonly version: string;
  /** The path of the agent's program. It names the installation. */
  readonly program: string;
};

/** The file's name in the agent's data folder. */
export const WHEREABOUTS_FILE = "agent.where";

/** Bytes of the file: two paths and a few words. */
export const WHEREABOUTS_BYTES_MAX = 16 * 1024;

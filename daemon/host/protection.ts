// A protection of the agent against other processes.

/** One protection, for `postern doctor`. */
export type Protection = {
  readonly name: string;
  readonly active: boolean;
  readonly why: string;
  /** The next step where it is not active. */
  readonly advice: string;
};

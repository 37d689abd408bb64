// One of the things that make the agent hard to read and to change.

/** One protection, for `postern doctor`. */
export type Protection = {
  readonly name: string;
  readonly active: boolean;
  readonly why: string;
  /** What to do where it is not active. */
  readonly advice: string;
};

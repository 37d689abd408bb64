// How a handler has an answer of megabytes made when the peer has read those before it.

export type LongAnswers = {
  /**
   * Runs `prepare` beside a few others, then what it gave when the peer has read those before. Rejects with the signal's
   * reason where the call is cancelled meanwhile, or its connection ends.
   */
  inTurn<T>(signal: AbortSignal, prepare: () => Promise<() => T | Promise<T>>): Promise<T>;
  /** The peer has read all that was written. */
  wake(): void;
};

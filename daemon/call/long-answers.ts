// Delays the making of an answer of megabytes until the peer has read the answers before it.

export type LongAnswers = {
  /**
   * Runs `prepare` beside a few others, and its result once the peer has read the answers before. Rejects with the signal's reason where the
   * call is cancelled meanwhile or its connection ends.
   */
  inTurn<T>(signal: AbortSignal, prepare: () => Promise<() => T | Promise<T>>): Promise<T>;
  /** The peer has read everything that was written. */
  wake(): void;
};

// The reason why the agent does not start. A person reads it. It says what is wrong and what to do, and holds no value.

/** Thrown while the agent starts. `message` is the reason, `advice` the next step. */
export class StartRefused extends Error {
  override readonly name = "StartRefused";
  readonly advice: string;

  constructor(reason: string, advice: string, cause?: unknown) {
    super(reason, cause === undefined ? {} : { cause });
    this.advice = advice;
  }
}

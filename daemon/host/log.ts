// The agent's log. It records the agent's acts by ids and names of rules. It leaves out the text of an unforeseen error, since a parser or
// a library may quote its input there. The error's class and stack frames are enough to find the place.
import pino from "pino";

export type Log = {
  /** A fact for the operator. `facts` hold only numbers and names of ours. */
  note(what: string, facts?: Readonly<Record<string, string | number | boolean>>): void;
  /** An unforeseen error, under the incident id in the peer's answer. */
  incident(id: string, thrown: unknown): void;
};

/** A log of JSON lines on the given file descriptor (2 by default). */
export function createLog(descriptor = 2): Log {
  const sink = pino(
    { base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: descriptor, sync: true }),
  );
  return {
    note: (what, facts = {}) => sink.info(facts, what),
    incident: (id, thrown) =>
      sink.error({ incident: id, kind: kindOf(thrown), frames: framesOf(thrown) }, "unforeseen error"),
  };
}

function kindOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return typeof thrown;
  const code = (thrown as NodeJS.ErrnoException).code;
  return typeof code === "string" && /^[A-Z_0-9]{1,64}$/.test(code)
    ? `${thrown.constructor.name} ${code}`
    : thrown.constructor.name;
}

function framesOf(thrown: unknown): string[] {
  if (!(thrown instanceof Error) || thrown.stack === undefined) return [];
  return thrown.stack
    .split("\n")
    .filter((line) => /^ {4}at /.test(line))
    .map((line) => line.trim());
}

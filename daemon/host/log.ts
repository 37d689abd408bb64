// The agent's log: what it did, by ids and names of rules. The text of an unforeseen error is left out, since a parser
// or a library may quote its input there; its class and its stack frames are enough to find the place.
import pino from "pino";

export type Log = {
  /** Something an operator may want to know. `facts` hold numbers and names of ours only. */
  note(what: string, facts?: Readonly<Record<string, string | number | boolean>>): void;
  /** An error we did not foresee, under the incident id that the peer was told. */
  incident(id: string, thrown: unknown): void;
};

/** A log of JSON lines on the given file descriptor (2 unless told). */
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

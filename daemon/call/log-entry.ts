// What the audit log is told of a call: the method, its outcome, who, and ids. Never params.
import { createHash } from "node:crypto";
import type { Actor, LogEntry } from "../audit/entry.ts";
import type { Subject } from "../peer/subject.ts";
import type { Call } from "./call.ts";

/** Characters of the hash that says whose record it is: 96 bits, more than anybody makes process ids collide for. */
const WHO_LENGTH = 16;

/** Made once for each subject: every read is recorded, and a hash costs more than looking up a warm value. */
const hashes = new WeakMap<Subject, string>();

/** The hash by which a subject's own records are known again. */
export function whoOf(subject: Subject): string {
  const known = hashes.get(subject);
  if (known !== undefined) return known;
  const made = createHash("sha256").update(subject.key).digest("base64").slice(0, WHO_LENGTH);
  hashes.set(subject, made);
  return made;
}

/** Who makes this call. */
export function actorOf(call: Call): Actor {
  const { subject, peer } = call.connection;
  return { program: subject.script ?? subject.program, pid: peer.identity.pid, who: whoOf(subject) };
}

/** A happening of this call. `names` are sealed before they are written. */
export function entryOf(call: Call, outcome: string, ids: readonly string[], names?: readonly string[]): LogEntry {
  return { event: call.method, outcome, ...actorOf(call), ids, ...(names === undefined ? {} : { names }) };
}

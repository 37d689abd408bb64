// The entry for the audit log about a call: the method, its outcome, the actor, and ids. It never holds parameters.
import { createHash } from "node:crypto";
import type { Actor, LogEntry } from "../audit/entry.ts";
import { programOf, type Subject } from "../peer/subject.ts";
import type { Trier } from "../session/session.ts";
import { tryPlaceOf } from "../session/try-place.ts";
import type { Call } from "./call.ts";

/** Characters of the subject's hash: 96 bits. Nobody can make two subjects collide in them. */
const WHO_LENGTH = 16;

/** Computed once for each subject. Every read is recorded, and a hash costs more than finding a warm value. */
const hashes = new WeakMap<Subject, string>();

/** The hash that finds a subject's own records again. */
export function whoOf(subject: Subject): string {
  const known = hashes.get(subject);
  if (known !== undefined) return known;
  const made = createHash("sha256").update(subject.key).digest("base64").slice(0, WHO_LENGTH);
  hashes.set(subject, made);
  return made;
}

/** The actor of this call. */
export function actorOf(call: Call): Actor {
  const { subject, peer } = call.connection;
  const { isStranger } = call.about;
  return { program: programOf(subject), pid: peer.identity.pid, who: whoOf(subject), isStranger };
}

/** Who types a password in this call, and where. */
export function trierOf(call: Call): Trier {
  return { by: actorOf(call), place: tryPlaceOf(call.connection.subject) };
}

/** A happening of this call. `names` are sealed before they are written. */
export function entryOf(call: Call, outcome: string, ids: readonly string[], names?: readonly string[]): LogEntry {
  return { event: call.method, outcome, ...actorOf(call), ids, ...(names === undefined ? {} : { names }) };
}

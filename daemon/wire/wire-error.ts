// The wire form of anything thrown. Only texts of the table of errors leave the agent. Any other text may quote bytes of a peer or of a
// parser's input.
import { randomUUID } from "node:crypto";
import { type ErrorName, PosternError } from "../../protocol/errors.ts";
import type { Log } from "../host/log.ts";
import { isFull } from "../host/private-files.ts";
import { StartRefused } from "../host/start-refused.ts";

/** A thrown error as an error object of JSON-RPC. An unforeseen error becomes `internal` with an incident id. */
export function wireError(thrown: unknown, log: Log): { code: number; message: string; data: object } {
  const error = foreseen(thrown) ?? unforeseen(thrown, log);
  const data = {
    name: error.name,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.incident === undefined ? {} : { incident: error.incident }),
  };
  return { code: error.code, message: error.message, data };
}

/** The error of the table that anything thrown is told as. */
export function errorNameOf(thrown: unknown): ErrorName {
  return foreseen(thrown)?.name ?? "internal";
}

/** Errors of the system about the agent's files that a person can act on. */
const FILE_FAULTS = ["EROFS", "EIO", "EACCES", "EPERM", "EMFILE", "ENFILE", "ELOOP", "ENOTDIR", "EISDIR", "EFBIG"];

function foreseen(thrown: unknown): PosternError | undefined {
  if (thrown instanceof PosternError) return thrown;
  if (thrown instanceof StartRefused) return new PosternError("fileUnusable", thrown.message);
  if (isFull(thrown)) return new PosternError("diskFull");
  const { code = "", syscall } = (thrown ?? {}) as NodeJS.ErrnoException;
  if (syscall !== undefined && FILE_FAULTS.includes(code))
    return new PosternError("fileUnusable", `the system refused ${syscall} (${code})`);
  if (thrown instanceof Error && thrown.name === "AbortError") return new PosternError("cancelled");
  return undefined;
}

function unforeseen(thrown: unknown, log: Log): PosternError {
  const incident = randomUUID();
  log.incident(incident, thrown);
  return new PosternError("internal", undefined, { incident });
}

// The outer shape of a request (JSON-RPC 2.0, section 4): UTF-8, nesting, version, id, method, parameters by name. All of it is checked here,
// before the JSON-RPC library sees a request.
import { PosternError } from "../../protocol/errors.ts";
import { nestsAtMost, partsOf } from "../../protocol/framing.ts";
import { limits } from "../../protocol/limits.ts";

export type RequestId = string | number;

/** The notification that calls a request off; the one method that is not in the catalogue. */
export const CANCEL = "$/cancelRequest";

/** A request with a checked outer shape. */
export type CheckedRequest = {
  readonly jsonrpc: "2.0";
  readonly id?: RequestId;
  readonly method: string;
  readonly params?: object;
};

/**
 * Arrays, objects, texts and fractions in one line of a program that nobody has allowed. A hundred items of eighty fields have fewer. Parsing so
 * many takes some ten milliseconds, in which nobody else is served.
 */
export const STRANGER_PARTS_MAX = 100_000;

/** The same for all other programs: as many as fit into a line of honest content. */
export const PARTS_MAX = 1_000_000;

/** Bytes of memory that an array, an object or a text takes once it is parsed, where it is empty. */
export const PART_BYTES = 64;

/** Bytes of a line that are not looked at for this. So few parts cost little in any form. */
const SHORT_BYTES = 4 * 1024;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The bytes of memory for a line while it waits, or the error to answer. It is looked at before any parser sees it. */
export function weightOf(bytes: Uint8Array, partsMax: number): number | PosternError {
  if (bytes.length <= SHORT_BYTES) return bytes.length;
  const parts = partsOf(bytes, partsMax);
  if (parts > partsMax) return new PosternError("tooLarge", `a line has at most ${partsMax} arrays, objects and texts`);
  return Math.max(bytes.length, parts * PART_BYTES);
}

/** The value of a line, or the error to answer. */
export function parseLine(bytes: Uint8Array): unknown {
  if (!nestsAtMost(bytes, limits.depth))
    return new PosternError("invalidRequest", `nested deeper than ${limits.depth}`);
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch {
    // The parser's text quotes the input. Ours does not.
    return new PosternError("parseError");
  }
}

/** The id for the answer to a malformed request: its own id where that is valid, or null (JSON-RPC 2.0, section 5). */
export function idOf(value: unknown): RequestId | null {
  const id = typeof value === "object" && value !== null ? (value as { id?: unknown }).id : undefined;
  return isId(id) ? id : null;
}

function isId(id: unknown): id is RequestId {
  return (
    (typeof id === "string" && id.length <= limits.idLength) || (typeof id === "number" && Number.isSafeInteger(id))
  );
}

/** The request in a value, or the error that says why it is none. */
export function checkRequest(value: unknown): CheckedRequest | PosternError {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return new PosternError("invalidRequest", "not an object");
  const { jsonrpc, id, method, params } = value as Record<string, unknown>;
  if (jsonrpc !== "2.0") return new PosternError("invalidRequest", 'jsonrpc must be "2.0"');
  if (Object.hasOwn(value, "id") && !isId(id)) {
    return new PosternError(
      "invalidRequest",
      `id must be an integer or a string of at most ${limits.idLength} characters`,
    );
  }
  if (typeof method !== "string") return new PosternError("invalidRequest", "method must be a string");
  if (params !== undefined && (typeof params !== "object" || params === null))
    return new PosternError("invalidRequest", "params must be an object");
  if (Array.isArray(params)) return new PosternError("invalidParams", "params are given by name, not by position");
  return {
    jsonrpc: "2.0",
    method,
    ...(id === undefined ? {} : { id: id as RequestId }),
    ...(params === undefined ? {} : { params: params as object }),
  };
}

// Responses of the connection itself, without a method.
import type { JSONRPCResponse } from "json-rpc-2.0";
import { type ErrorName, PosternError } from "../../protocol/errors.ts";
import { limits } from "../../protocol/limits.ts";
import type { Log } from "../host/log.ts";
import { idOf, type RequestId } from "./request-shape.ts";
import { wireError } from "./wire-error.ts";

/** Answers under an id with an error of the table. */
export type Refuse = (id: RequestId | null, error: PosternError | ErrorName, detail?: string) => JSONRPCResponse;

export function createRefuse(log: Log): Refuse {
  return (id, error, detail) => {
    const thrown = error instanceof PosternError ? error : new PosternError(error, detail);
    return { jsonrpc: "2.0", id, error: wireError(thrown, log) };
  };
}

/** The answer in place of a response that is too long. A peer with so many unread bytes would be closed. */
export function tooLong(refuse: Refuse, message: object): JSONRPCResponse {
  const detail = `an answer has at most ${limits.answerBytes} bytes; ask for less at a time`;
  return refuse(Array.isArray(message) ? null : idOf(message), "tooLarge", detail);
}

/** The answer where a connection holds as much as it may. */
export function tooMuchWaits(refuse: Refuse, value: unknown): JSONRPCResponse {
  return refuse(Array.isArray(value) ? null : idOf(value), "busy", "too much waits to be answered");
}

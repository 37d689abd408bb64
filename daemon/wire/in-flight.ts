// The running requests of one connection: their number, their ids, and the cancelling of each.
import { PosternError } from "../../protocol/errors.ts";
import { limits } from "../../protocol/limits.ts";
import type { Call } from "../call/call.ts";
import type { Refuse } from "./error-response.ts";
import { CANCEL, type CheckedRequest, checkRequest, idOf, type RequestId } from "./request-shape.ts";

export type InFlight = {
  /** Answers one request. Null for a notification. Refuses one too many, and one whose id is in use. */
  answer(value: unknown, work: Work): PromiseLike<object | null>;
  /** Cancels every request, since the connection has ended. */
  abortAll(): void;
};

/** What is noted of a request while it is served. */
export type Work = Pick<Call, "timing" | "about">;

/** Starts the work of a request. The signal is made at its first use. */
export type Begin = (request: CheckedRequest, work: Work, signal: () => AbortSignal) => PromiseLike<object | null>;

export function createInFlight(refuse: Refuse, begin: Begin): InFlight {
  const inFlight = new Map<RequestId | symbol, Cancellation>();

  function start(request: CheckedRequest, work: Work): PromiseLike<object | null> {
    const cancellation = cancellable();
    // A notification has no id, but counts towards the limit until it is done.
    const key = request.id ?? Symbol("notification");
    inFlight.set(key, cancellation);
    return begin(request, work, cancellation.signal).then((response) => {
      inFlight.delete(key);
      return response;
    });
  }

  function cancel(request: CheckedRequest): object | null {
    const target = (request.params as { id?: unknown } | undefined)?.id;
    if (typeof target === "string" || typeof target === "number") inFlight.get(target)?.abort();
    if (request.id === undefined) return null;
    return refuse(request.id, "invalidRequest", `${CANCEL} is a notification and has no id`);
  }

  return {
    answer: (value, work) => {
      const request = checkRequest(value);
      if (request instanceof PosternError) return Promise.resolve(refuse(idOf(value), request));
      if (request.method === CANCEL) return Promise.resolve(cancel(request));
      const { id } = request;
      if (inFlight.size >= limits.inFlight) {
        work.about.failed = "tooManyRequests";
        return Promise.resolve(
          id === undefined ? null : refuse(id, "tooManyRequests", `the limit is ${limits.inFlight}`),
        );
      }
      if (id !== undefined && inFlight.has(id)) return Promise.resolve(refuse(id, "duplicateId"));
      return start(request, work);
    },
    abortAll: () => {
      for (const cancellation of inFlight.values()) cancellation.abort();
    },
  };
}

/** The means to cancel a running request. */
type Cancellation = { readonly signal: () => AbortSignal; readonly abort: () => void };

/** Makes the controller late. Most requests are answered in their first turn, and a controller costs as much as all else kept of them. */
function cancellable(): Cancellation {
  let controller: AbortController | undefined;
  let aborted = false;
  return {
    signal: () => {
      controller ??= new AbortController();
      if (aborted) controller.abort();
      return controller.signal;
    },
    abort: () => {
      aborted = true;
      controller?.abort();
    },
  };
}

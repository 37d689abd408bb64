// Runs a request: looks the method up, validates the parameters, satisfies the entry's need, runs the handler, and turns any outcome into a
// response. The JSON-RPC library makes the responses. Its error mapping is replaced, since it would send any thrown text to the peer.

import { type JSONRPCResponse, JSONRPCServer } from "json-rpc-2.0";
import { catalogue, type MethodName, type ParamsOf, type ResultOf } from "../../protocol/catalogue.ts";
import { type ErrorName, PosternError } from "../../protocol/errors.ts";
import type { Call } from "../call/call.ts";
import { type Answer, Encoded } from "../call/encoded.ts";
import type { Log } from "../host/log.ts";
import { withKnownTitle } from "./refusal.ts";
import type { CheckedRequest } from "./request-shape.ts";
import { validate } from "./validate.ts";
import { errorNameOf, wireError } from "./wire-error.ts";

/** One function per method of the catalogue. The type requires every one. */
export type Handlers = {
  readonly [M in MethodName]: (params: ParamsOf<M>, call: Call) => Answer<ResultOf<M>> | Promise<Answer<ResultOf<M>>>;
};

/** Satisfies the need of a method before its handler runs, and adds its findings to the call. */
export type Gate = (method: MethodName, params: never, call: Call) => Call | Promise<Call>;

/** Answers a request. Null for a notification. Never rejects. */
export type Dispatch = (request: CheckedRequest, call: Omit<Call, "method">) => PromiseLike<JSONRPCResponse | null>;

/** Called for every call that ends in an error of the table, before the answer. */
export type OnRefused = (call: Call, name: ErrorName) => void;

export function createDispatch(handlers: Handlers, gate: Gate, log: Log, onRefused: OnRefused): Dispatch {
  const server = new JSONRPCServer<Omit<Call, "method">>({ errorListener: () => undefined });
  server.mapErrorToJSONRPCErrorResponse = (id, thrown) => ({ jsonrpc: "2.0", id, error: wireError(thrown, log) });
  for (const method of Object.keys(catalogue) as MethodName[]) {
    server.addMethod(method, (params: unknown, call) => run(method, params ?? {}, { ...call, method }));
  }

  function run(method: MethodName, params: unknown, call: Call): unknown {
    const refuse = (error: unknown): never => {
      call.about.failed = errorNameOf(error);
      if (error instanceof PosternError) onRefused(call, error.name);
      throw error;
    };
    try {
      validate(method, params);
      const passed = gate(method, params as never, call);
      const handler = handlers[method] as (params: unknown, call: Call) => unknown;
      // Most calls pass the gate at once. Not awaiting then saves the warm path a turn of the microtask queue.
      const answer =
        passed instanceof Promise
          ? passed.then((opened) => worded(handler(params, opened), opened))
          : worded(handler(params, passed), passed);
      const settled = answer instanceof Promise ? answer.catch(refuse) : answer;
      return call.requestId === undefined ? unheard(settled) : settled;
    } catch (error) {
      return refuse(error);
    }
  }

  return (request, call) => {
    if (!server.hasMethod(request.method)) {
      const error = wireError(new PosternError("methodNotFound"), log);
      return Promise.resolve(request.id === undefined ? null : { jsonrpc: "2.0", id: request.id, error });
    }
    return server.receive(request, call);
  };
}

/** The same answer. A refusal gets the vault's title where the asker may see it. */
function worded(answer: unknown, { access }: Call): unknown {
  if (!(answer instanceof Promise)) return answer;
  return answer.catch(async (error: unknown) => {
    throw await withKnownTitle(error, access);
  });
}

/** Wipes the result of a notification, since it is sent to nobody. */
async function unheard(given: unknown): Promise<void> {
  const answer = await given;
  if (answer instanceof Encoded) answer.json.fill(0);
}

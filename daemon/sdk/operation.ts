// Carries out an official operation by the method of ours that has its name, and makes the official document of the result.
import type { JSONRPCResponse } from "json-rpc-2.0";
import { catalogue, type MethodName, type ResultOf } from "../../protocol/catalogue.ts";
import { contentsByPlace } from "../../protocol/sdk/file-contents.ts";
import { sdkOperations } from "../../protocol/sdk/operations.ts";
import type { SdkInvoke } from "../../protocol/sdk/request.ts";
import { Encoded } from "../call/encoded.ts";
import type { SdkCall } from "../wire/sdk-lines.ts";

/** An outcome of a method: its result, or its error as on the wire. */
export type Outcome =
  | { readonly result: unknown }
  | { readonly error: { readonly name: string; readonly message: string; readonly hint?: string } };

/** One operation of the table, whose types the table itself has checked. */
type Operation = {
  readonly method: MethodName;
  readonly translated: (parameters: object) => object;
  readonly document: (result: unknown, parameters: object) => unknown;
};

/** The official document, or the error of our method. */
export async function carriedOut(request: SdkInvoke, call: SdkCall): Promise<Outcome> {
  const { name, parameters, client, contents } = request;
  const { method, translated, document } = sdkOperations[name] as unknown as Operation;
  const params = { ...translated(parameters), ...ofClient(method, client) };
  const beside = contentsByPlace(method, params, contents);
  const ask = async (more: object) => outcomeOf(await call.ask(method, { ...params, ...more }, beside));
  const outcome = await (method === "items.list" ? wholeList(ask) : ask({}));
  return "error" in outcome ? outcome : { result: document(outcome.result, parameters) };
}

/** The client for whom a method works, where it works on an account. */
function ofClient(method: MethodName, client: number): object {
  const { properties = {} } = catalogue[method].params as { readonly properties?: object };
  return "client" in properties ? { client: String(client) } : {};
}

export function outcomeOf({ result, error }: JSONRPCResponse): Outcome {
  if (error === undefined) return { result: result instanceof Encoded ? result.toJSON() : result };
  const { name, hint } = error.data as { name: string; hint?: string };
  return { error: { name, message: error.message, ...(hint === undefined ? {} : { hint }) } };
}

/** The official list has no pages. Ours is read page after page. */
async function wholeList(ask: (more: object) => Promise<Outcome>): Promise<Outcome> {
  const items: ResultOf<"items.list">["items"] = [];
  for (;;) {
    const after = items.at(-1)?.id;
    const outcome = await ask(after === undefined ? {} : { after });
    if ("error" in outcome) return outcome;
    const page = outcome.result as ResultOf<"items.list">;
    for (const item of page.items) items.push(item);
    if (!page.more || page.items.length === 0) return { result: { items, more: false } };
  }
}

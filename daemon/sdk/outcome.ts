// The outcome of a method of ours: its result, or its error as on the wire. And the text of an official document.
import type { JSONRPCResponse } from "json-rpc-2.0";
import { Encoded } from "../call/encoded.ts";

export type Failed = { readonly error: { readonly name: string; readonly message: string; readonly hint?: string } };
export type Outcome = { readonly result: unknown } | Failed;

export function outcomeOf({ result, error }: JSONRPCResponse): Outcome {
  if (error === undefined) return { result: result instanceof Encoded ? taken(result) : result };
  const { name, hint } = error.data as { name: string; hint?: string };
  return { error: { name, message: error.message, ...(hint === undefined ? {} : { hint }) } };
}

/** The value of a result that is JSON already. Its bytes are wiped. */
function taken(result: Encoded<unknown>): unknown {
  const value = result.toJSON();
  result.json.fill(0);
  return value;
}

/** The bytes of a document. An operation without one answers an empty text, as the official core does. */
export function documentOf(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value) ?? "");
}

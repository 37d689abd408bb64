// Results of our methods as the official documents. Whoever reads them is strict in places: Go and Python fail at a missing `content`, and
// Python at a word that it does not know. Our results have these forms already, but for the ones here.
import type { ResultOf } from "../catalogue.ts";
import type { PartFailure, TaggedFailure } from "./outcomes.ts";

/** The document of an operation that answers nothing. It is an empty text. */
export const nothing = (): undefined => undefined;

/** A vault without its times, which the official one lacks. */
export function vaultOf({ createdAt: _createdAt, updatedAt: _updatedAt, ...vault }: ResultOf<"vaults.get">) {
  return vault;
}

type Outcome = object | { readonly error: PartFailure };
type Official = { readonly content: unknown } | { readonly error: TaggedFailure };

/** Outcomes in the order of the request. */
export function inOrder(outcomes: readonly Outcome[], failed: (error: PartFailure) => TaggedFailure) {
  return { individualResponses: outcomes.map((outcome) => officialOf(outcome, failed, (content) => ({ content }))) };
}

/** Outcomes under the text that the request named them by. Equal texts have one outcome. */
export function keyed<One extends Outcome>(
  keys: readonly string[],
  outcomes: readonly One[],
  failed: (error: PartFailure) => TaggedFailure,
  well: (outcome: Exclude<One, { error: PartFailure }>) => object,
) {
  const entries = outcomes.map((outcome, index) => [keys[index] ?? "", officialOf(outcome, failed, well)] as const);
  return { individualResponses: Object.fromEntries(entries) };
}

function officialOf<One extends Outcome>(
  outcome: One,
  failed: (error: PartFailure) => TaggedFailure,
  well: (outcome: Exclude<One, { error: PartFailure }>) => object,
): Official | object {
  if ("error" in outcome) return { error: failed(outcome.error as PartFailure) };
  return well(outcome as Exclude<One, { error: PartFailure }>);
}

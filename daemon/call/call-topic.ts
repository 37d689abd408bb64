// What a call asked for, kept until it is answered: a refusal is recorded with the item that was refused. Ids where the gate
// knows them by then, else the reference as it was sent, which is sealed.
import type { Target } from "../../protocol/entry.ts";
import type { Scope } from "../account/scope.ts";
import type { LogEntry } from "../audit/entry.ts";
import type { AccountSession } from "../session/account-session.ts";
import { recordedPlaces } from "./recorded-places.ts";

/** Filled in as far as the gate comes with a call. */
export type CallTopic = {
  /** The account it works on. */
  session?: AccountSession;
  targets?: readonly Target[];
  /** What the targets lead to. Ids alone: an item is not held while a person is asked. */
  wanted?: readonly { readonly scope: Scope; readonly missing?: { readonly reference: string } }[];
};

/** What to record of it. */
export function refusalDetails({ targets = [], wanted }: CallTopic): Pick<LogEntry, "asked" | "names"> {
  if (wanted === undefined)
    return {
      asked: targets.flatMap((target) => ("vault" in target ? [target.vault, target.item ?? ""].filter(Boolean) : [])),
      names: targets.flatMap((target) => ("reference" in target ? [target.reference] : [])),
    };
  const { ids, names } = recordedPlaces(wanted.map(({ scope }) => scope));
  return { asked: ids, names: [...names, ...wanted.flatMap(({ missing }) => missing?.reference ?? [])] };
}

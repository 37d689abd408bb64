// What a call asked for, kept until it is answered: a refusal is recorded with the item that was refused. Ids where the gate
// knows them by then; else the reference or the id as it was sent, which are sealed: whoever is refused may make up either.
import type { Target } from "../../protocol/entry.ts";
import type { ErrorName } from "../../protocol/errors.ts";
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
  wanted?: readonly {
    readonly scope: Scope;
    readonly found?: object;
    readonly missing?: { readonly reference: string };
  }[];
  /** The error that it ended in. A notification tells it to nobody else. */
  failed?: ErrorName;
};

/** What to record of it. */
export function refusalDetails({ targets = [], wanted }: CallTopic): Pick<LogEntry, "asked" | "names"> {
  if (wanted === undefined)
    return {
      names: targets.flatMap((target) => {
        if ("reference" in target) return [target.reference];
        return "vault" in target ? [target.vault, target.item ?? ""].filter(Boolean) : [];
      }),
    };
  const isKnown = ({ found, missing }: (typeof wanted)[number]) => found !== undefined || missing !== undefined;
  const { ids, names } = recordedPlaces(wanted.filter(isKnown).map(({ scope }) => scope));
  const sent = recordedPlaces(wanted.filter((one) => !isKnown(one)).map(({ scope }) => scope));
  const references = wanted.flatMap(({ missing }) => missing?.reference ?? []);
  return { asked: ids, names: [...names, ...sent.ids, ...sent.names, ...references] };
}

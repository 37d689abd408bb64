// The topic of a call, kept until its answer, so that a refusal is recorded with its target. It holds ids where the gate knows them.
// Otherwise it holds the reference or the id as the peer sent it, which is sealed: a refused peer may have invented it.
import type { Target } from "../../protocol/entry.ts";
import type { ErrorName } from "../../protocol/errors.ts";
import type { Scope } from "../account/scope.ts";
import type { LogEntry } from "../audit/entry.ts";
import type { AccountSession } from "../session/account-session.ts";
import type { UnlockWait } from "./connection.ts";
import { recordedPlaces } from "./recorded-places.ts";

/** The gate fills it in as far as it gets with a call. */
export type CallTopic = {
  /** The account of the call. */
  session?: AccountSession;
  targets?: readonly Target[];
  /** Whether the caller holds no grant and no token now. */
  isStranger?: () => boolean;
  /** Set where the client's calls wait for an unlock. An answer `locked` is what it is told once. */
  unlockWait?: UnlockWait;
  /** The places of the targets. They are ids only, since no item is held while a person is asked. */
  wanted?: readonly {
    readonly scope: Scope;
    readonly found?: object;
    /** The reference that leads nowhere. */
    readonly missing?: string;
  }[];
  /** The number of the policy's rule that denied it. */
  rule?: number;
  /** The error that it ended in. A notification tells it to nobody else. */
  failed?: ErrorName;
};

/** The part of a record about the topic. */
export function refusalDetails({ targets = [], wanted }: CallTopic): Pick<LogEntry, "asked" | "names"> {
  if (wanted === undefined)
    return {
      names: targets.flatMap((target) => {
        if ("reference" in target) return [target.reference];
        if ("named" in target)
          return Object.values(target.named).flatMap((one) => (typeof one === "boolean" ? [] : one));
        return "vault" in target ? [target.vault, target.item ?? ""].filter(Boolean) : [];
      }),
    };
  const isKnown = ({ found, missing }: (typeof wanted)[number]) => found !== undefined || missing !== undefined;
  const { ids, names } = recordedPlaces(wanted.filter(isKnown).map(({ scope }) => scope));
  const sent = recordedPlaces(wanted.filter((one) => !isKnown(one)).map(({ scope }) => scope));
  const references = wanted.flatMap(({ missing }) => missing ?? []);
  return { asked: ids, names: [...names, ...sent.ids, ...sent.names, ...references] };
}

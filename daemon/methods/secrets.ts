// secrets.*: read, record, answer. The gate has asked already.
import { type ErrorName, PosternError } from "../../protocol/errors.ts";
import { isConcealed } from "../../protocol/item/item.ts";
import { generatePassword } from "../../protocol/secret/generate-password.ts";
import { parseReference } from "../../protocol/secret/reference.ts";
import { isMissing, type Located, type Missing, type Value } from "../account/resolver.ts";
import { errorOf } from "../approval/missing-error.ts";
import { readOutcome } from "../audit/entry.ts";
import { accessOf, type Call } from "../call/call.ts";
import { entryOf } from "../call/log-entry.ts";
import { recordedPlaces } from "../call/recorded-places.ts";
import type { Unlocked } from "../session/unlocked.ts";
import type { Handlers } from "../wire/dispatch.ts";

/** References of one request that get suggestions. */
export const NEAR_ANSWERS_MAX = 5;

/** Errors of reading one value that do not concern the others. */
const ofTheValue: ReadonlySet<string> = new Set(["unsupportedFileFormat", "totpUnavailable", "notOffered"]);

type SecretHandlers = Pick<
  Handlers,
  "secrets.resolve" | "secrets.resolveAll" | "secrets.validateReference" | "secrets.generatePassword"
>;

/** `isStale` says whether the service could not be reached just now. */
export function secretMethods(
  isStale: (unlocked: Unlocked) => boolean,
  randomBytes: (size: number) => Uint8Array,
): SecretHandlers {
  return {
    "secrets.resolve": (_params, call) => {
      const [found] = accessOf(call).found;
      if (found === undefined) throw new Error("the gate looked nothing up");
      if (isMissing(found))
        return errorOf(found, accessOf(call)).then((error) => {
          throw error;
        });
      const value = found.read();
      // A cached value is answered in the same turn of the event loop.
      return value instanceof Promise ? value.then((read) => one(found, read, call)) : one(found, value, call);
    },
    "secrets.resolveAll": async (_params, call) => {
      const { session, found } = accessOf(call);
      // Only the first references that lead nowhere get suggestions. Dozens of them are no slip, and each search takes time.
      const first = new Set(found.filter(isMissing).slice(0, NEAR_ANSWERS_MAX));
      const outcomes = await Promise.all(found.map((one) => outcomeOf(one, call, first)));
      const stale = isStale(session.unlocked);
      for (const [outcome, places] of recorded(outcomes, stale)) {
        const { ids, names } = recordedPlaces(places);
        session.audit.read(entryOf(call, outcome, ids, names));
      }
      return {
        outcomes: outcomes.map((read) =>
          "error" in read ? { error: read.error } : answerOf(read.place, read.value, stale, call),
        ),
      };
    },
    "secrets.validateReference": ({ reference }) => {
      parseReference(reference);
      return {};
    },
    "secrets.generatePassword": ({ recipe }) => ({ password: generatePassword(recipe, randomBytes) }),
  };

  function one({ place }: Located, value: Value, call: Call) {
    const { audit, unlocked } = accessOf(call).session;
    const stale = isStale(unlocked);
    audit.read(entryOf(call, readOutcome(stale), idsOf(place)));
    return answerOf(place, value, stale, call);
  }
}

type Outcome =
  | { readonly place: Located["place"]; readonly value: Value }
  | { readonly error: { name: ErrorName; message: string; hint?: string }; readonly about: Partial<Located["place"]> };

const idsOf = ({ vault, item, field }: Located["place"]) => [vault, item, field];

async function outcomeOf(found: Located | Missing, call: Call, withNear: ReadonlySet<Missing>): Promise<Outcome> {
  try {
    if (isMissing(found)) throw withNear.has(found) ? await errorOf(found, accessOf(call)) : found.error;
    return { place: found.place, value: await found.read() };
  } catch (error) {
    const own = error instanceof PosternError && (isMissing(found) || ofTheValue.has(error.name));
    if (!own) throw error;
    const about = isMissing(found) ? (found.vault === undefined ? {} : { vault: found.vault }) : found.place;
    return { error: told(error), about };
  }
}

const told = ({ name, message, hint }: PosternError) => ({ name, message, ...(hint === undefined ? {} : { hint }) });

/** The records of a request with many references: one for each outcome, with the places of that outcome. */
function recorded(outcomes: readonly Outcome[], stale: boolean): Map<string, Partial<Located["place"]>[]> {
  const places = new Map<string, Partial<Located["place"]>[]>();
  for (const outcome of outcomes) {
    const name = "error" in outcome ? outcome.error.name : readOutcome(stale);
    const about = "error" in outcome ? outcome.about : outcome.place;
    const before = places.get(name);
    if (before === undefined) places.set(name, [about]);
    else before.push(about);
  }
  return places;
}

function answerOf(place: Located["place"], value: Value, stale: boolean, call: Call) {
  return {
    secret: value.value,
    vaultId: place.vault,
    itemId: place.item,
    kind: place.kind,
    concealed: isConcealed(place.kind),
    cached: value.cached,
    ageMs: value.ageMs,
    stale,
    tookUs: Math.round((performance.now() - call.timing.arrivedMs - call.timing.waitedMs) * 1000),
  };
}

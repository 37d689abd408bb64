// secrets.*: read, record, answer. The gate has asked already.
import { PosternError } from "../../protocol/errors.ts";
import { generatePassword } from "../../protocol/generate-password.ts";
import { parseReference } from "../../protocol/reference.ts";
import { accessOf, type Call } from "../call.ts";
import type { Handlers } from "../dispatch.ts";
import { happening } from "../happening.ts";
import { isMissing, type Located, type Missing, type Value } from "../resolver.ts";
import type { Unlocked } from "../unlocked.ts";

/** Outcomes that reading one value may have, and that concern no other. */
const ofTheValue: ReadonlySet<string> = new Set(["unsupportedFileFormat", "totpUnavailable"]);

type SecretHandlers = Pick<
  Handlers,
  "secrets.resolve" | "secrets.resolveAll" | "secrets.validateReference" | "secrets.generatePassword"
>;
type Resolved = ReturnType<typeof answerOf>;

/** `isStale` tells whether the service could not be asked for changes just now. */
export function secretMethods(
  isStale: (unlocked: Unlocked) => boolean,
  randomBytes: (size: number) => Uint8Array,
): SecretHandlers {
  return {
    "secrets.resolve": (_params, call) => {
      const [found] = accessOf(call).found;
      if (found === undefined) throw new Error("the gate looked nothing up");
      return read(found, call);
    },
    "secrets.resolveAll": async (_params, call) => ({
      outcomes: await Promise.all(accessOf(call).found.map((found) => outcomeOf(found, call))),
    }),
    "secrets.validateReference": ({ reference }) => {
      parseReference(reference);
      return {};
    },
    "secrets.generatePassword": ({ recipe }) => ({ password: generatePassword(recipe, randomBytes) }),
  };

  /** A value out of the cache is answered in the same turn of the event loop. */
  function read(found: Located | Missing, call: Call): Resolved | Promise<Resolved> {
    if (isMissing(found)) throw found.error;
    const value = found.read();
    return value instanceof Promise ? value.then((read) => recorded(found, read, call)) : recorded(found, value, call);
  }

  function recorded({ place }: Located, value: Value, call: Call): Resolved {
    const { audit, unlocked } = accessOf(call).session;
    audit.read(happening(call, "ok", [place.vault, place.item, place.field]));
    return answerOf(place, value, isStale(unlocked), call);
  }

  async function outcomeOf(found: Located | Missing, call: Call) {
    try {
      return await read(found, call);
    } catch (error) {
      const own = error instanceof PosternError && (isMissing(found) || ofTheValue.has(error.name));
      if (!own) throw error;
      const vault = isMissing(found) ? found.vault : found.place.vault;
      accessOf(call).session.audit.read(happening(call, error.name, vault === undefined ? [] : [vault]));
      return { error: { name: error.name, message: error.message } };
    }
  }
}

function answerOf(place: Located["place"], value: Value, stale: boolean, call: Call) {
  return {
    secret: value.value,
    vaultId: place.vault,
    itemId: place.item,
    kind: place.kind,
    cached: value.cached,
    ageMs: value.ageMs,
    stale,
    tookUs: Math.round((performance.now() - call.timing.arrivedMs - call.timing.waitedMs) * 1000),
  };
}

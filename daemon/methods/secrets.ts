// secrets.*: read, record, answer. The gate has asked already.
import { PosternError } from "../../protocol/errors.ts";
import { parseReference } from "../../protocol/reference.ts";
import { accessOf, type Call } from "../call.ts";
import type { Handlers } from "../dispatch.ts";
import { happening } from "../happening.ts";
import { isMissing, type Located, type Missing } from "../resolver.ts";

type SecretHandlers = Pick<Handlers, "secrets.resolve" | "secrets.resolveAll" | "secrets.validateReference">;
type Resolved = ReturnType<typeof answerOf>;

/** `isStale` tells whether the service could not be asked for changes just now. */
export function secretMethods(isStale: (account: string) => boolean): SecretHandlers {
  return {
    "secrets.resolve": (_params, call) => {
      const [found] = accessOf(call).found;
      if (found === undefined) throw new Error("the gate looked nothing up");
      return read(found, call);
    },
    "secrets.resolveAll": (_params, call) => ({ outcomes: accessOf(call).found.map((found) => outcomeOf(found, call)) }),
    "secrets.validateReference": ({ reference }) => {
      parseReference(reference);
      return {};
    },
  };

  function read(found: Located | Missing, call: Call): Resolved {
    const { audit, file } = accessOf(call).session;
    if (isMissing(found)) throw found.error;
    const { place } = found;
    const value = found.read();
    audit.read(happening(call, "ok", [place.vault, place.item, place.field]));
    return answerOf(place, value, isStale(file.account), call);
  }

  function outcomeOf(found: Located | Missing, call: Call) {
    try {
      return read(found, call);
    } catch (error) {
      if (!(error instanceof PosternError) || !isMissing(found)) throw error;
      accessOf(call).session.audit.read(happening(call, error.name, found.vault === undefined ? [] : [found.vault]));
      return { error: { name: error.name, message: error.message } };
    }
  }
}

function answerOf(place: Located["place"], value: { value: string; cached: boolean; ageMs: number }, stale: boolean, call: Call) {
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

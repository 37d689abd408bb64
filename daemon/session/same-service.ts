// Whether two accounts are at one service, whatever spelling of its address each has.
import { addressOf, EMBEDDED_ORIGIN } from "../../clients/account/service-client.ts";

/**
 * Whether two accounts are at one service. A token names its service. An attacker can run a service that accepts an invented token under any
 * account's id. Such a token must write nothing into that account's log.
 */
export function isSameService(one: string, other: string): boolean {
  return placeOf(one) === placeOf(other);
}

function placeOf(service: string): string {
  return service === "embedded" || service === EMBEDDED_ORIGIN ? "embedded" : addressOf(service).origin;
}

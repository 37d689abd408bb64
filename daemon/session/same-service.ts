// Whether two accounts are at one service, however that was written.
import { addressOf, EMBEDDED_ORIGIN } from "../../clients/account/service-client.ts";

/**
 * Whether two accounts are at one service. A token names its service, and whoever makes one up can have a service of theirs
 * let it in under any account's id: such a one must write nothing into that account's log.
 */
export function isSameService(one: string, other: string): boolean {
  return placeOf(one) === placeOf(other);
}

function placeOf(service: string): string {
  return service === "embedded" || service === EMBEDDED_ORIGIN ? "embedded" : addressOf(service).origin;
}

// The ways in which the agent itself puts a question to the person, in their order. The person chooses them. They lie in the sealed device
// store, so that no file that a program changes can move a question to where that program watches.
import type { Approver, DeviceState, DeviceStore } from "./device-store.ts";

/** The ways that there are. */
const ways: readonly Approver[] = ["app", "window", "terminal", "polkit"];

/**
 * The orders that hold where nobody chose one: without an authenticator, and with one. Without one the app would ask for the PIN on a page, which another
 * program's page can look like. What an authenticator signs is bound to our page. polkit is in neither: root must install its action first, its dialogue takes
 * the place of the window, and a desktop may give that dialogue the whole keyboard.
 */
const usual: readonly Approver[] = ["window", "terminal"];
const withAuthenticator: readonly Approver[] = ["app", ...usual];

/** The order in a store. A way that only a newer agent knows is left out. */
export function approversOf({
  approvers,
  authenticators = [],
}: Pick<DeviceState, "approvers" | "authenticators">): readonly Approver[] {
  if (approvers !== undefined) return approvers.filter((way) => ways.includes(way));
  return authenticators.length > 0 ? withAuthenticator : usual;
}

/** Sets the order. The promise is fulfilled once it is on disk. Returns whether it was another one before. */
export async function setApprovers(store: DeviceStore, approvers: readonly Approver[]): Promise<boolean> {
  if (approversOf(store.state).join() === approvers.join()) return false;
  await store.change((state) => ({ ...state, approvers }));
  return true;
}

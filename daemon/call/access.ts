// What the gate hands to the handler of a method that needs a grant.
import type { Located, Missing } from "../account/resolver.ts";
import type { Scope } from "../account/scope.ts";
import type { OpenSession } from "../session/account-session.ts";

/** What a handler of a granted method works with. */
export type Access = {
  /** As it was when the gate was passed: a handler that awaits finds the same keys after it, or finds them wiped (locked). */
  readonly session: OpenSession;
  /** Whether that very session is still open. */
  readonly holds: () => boolean;
  /**
   * Throws where what let the call through does so no longer: the session, the program at the other end, the grant. To be
   * asked again by a handler that waited for its peer; a yes to this one call stays one.
   */
  readonly demandStill: () => void;
  /** Whether a token opened it: then the token is what permits, and no grant is looked for. */
  readonly byToken: boolean;
  /** Whether what lies in a scope may be told to the asker, by a token or a grant to read it. */
  readonly knows: (scope: Scope) => boolean;
  /** Lets the asker come to the vault that it has just made, for as long as the yes to making it lasts. A token needs no grant. */
  readonly own: (vault: string) => void;
  /** What each reference of the request leads to, in order; empty for methods that name ids. */
  readonly found: readonly (Located | Missing)[];
};

// The gate's result for the handler of a method that needs a grant.
import type { FoundThing } from "../account/named-things.ts";
import type { Located, Missing } from "../account/resolver.ts";
import type { Scope } from "../account/scope.ts";
import type { OpenSession } from "../session/account-session.ts";

/** The account and rights for a handler of a granted method. */
export type Access = {
  /** The session as the gate found it. After an await, a handler finds the same keys, or finds them wiped (locked). */
  readonly session: OpenSession;
  /** Whether that same session is still open. */
  readonly holds: () => boolean;
  /**
   * Throws where the call would no longer pass: the session ended, the program at the other end changed, the grant is gone. A handler that
   * waited for its peer calls it again. A yes to this one call stays a yes.
   */
  readonly demandStill: () => void;
  /** Whether a token opened it. Then the token permits, and no grant is looked up. */
  readonly byToken: boolean;
  /** Whether the asker may read a scope, by a token or a grant. */
  readonly knows: (scope: Scope) => boolean;
  /** Gives the asker a grant of the vault that it has just made, as long as the yes to making it lasts. A token needs no grant. */
  readonly own: (vault: string) => void;
  /** The target of each reference of the request, in order. Empty for methods that name ids. */
  readonly found: readonly (Located | Missing)[];
  /** The same for each thing of the request that is named by title or id. */
  readonly named: readonly (FoundThing | Missing)[];
};

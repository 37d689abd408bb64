// Connections that show prompts to a person. Attaching needs a proof or a manage grant. It ends at lock, with that grant, and when the program
// at the other end changes.

import { covers } from "../account/scope.ts";
import type { Connection } from "../call/connection.ts";
import type { Grants } from "./grants.ts";

export type Approvers = {
  /** Attaches a connection to an account's prompts, by its manage grant or by a proof that was just given. */
  attach(connection: Connection, account: string): void;
  /** Whether a connection may see the whole lists of an account. */
  mayManage(connection: Connection, account: string): boolean;
  /** The connections that may see this account's prompts now. Those that no longer may are detached. */
  of(account: string): ReadonlySet<Connection>;
  /** Whether a connection shows the prompts of any account. */
  isAttached(connection: Connection): boolean;
  detach(connection: Connection): void;
  /** Detaches all connections of an account. `seeing` are those that saw its prompts until now. */
  lock(account: string, seeing: ReadonlySet<Connection>): void;
  /** The connections that saw this account's prompts until its lock. None can attach while it is locked. */
  ofLocked(account: string): readonly Connection[];
  /** The account is open again, or gone: nobody is kept for it any more. */
  forgetLocked(account: string): void;
};

export function createApprovers(grants: Grants): Approvers {
  const attached = new Map<Connection, Map<string, { byGrant: boolean }>>();
  const untilLock = new Map<string, Set<Connection>>();

  /** Looks a grant up without using it, since seeing prompts must not keep a grant alive. */
  function hasGrant({ subject }: Connection, account: string): boolean {
    const asked = { verb: "manage", scope: { account, level: "values" } } as const;
    return grants.list(subject).some((grant) => covers(grant, asked));
  }

  function detach(connection: Connection, account: string): void {
    const accounts = attached.get(connection);
    accounts?.delete(account);
    if (accounts?.size === 0) attached.delete(connection);
  }

  function of(account: string): Set<Connection> {
    const shown = new Set<Connection>();
    for (const [connection, accounts] of attached) {
      const how = accounts.get(account);
      if (how === undefined) continue;
      if (connection.isSame() && (!how.byGrant || hasGrant(connection, account))) shown.add(connection);
      else detach(connection, account);
    }
    return shown;
  }

  return {
    mayManage: (connection, account) => of(account).has(connection) || hasGrant(connection, account),
    attach: (connection, account) => {
      const accounts = attached.get(connection) ?? new Map<string, { byGrant: boolean }>();
      attached.set(connection, accounts.set(account, { byGrant: hasGrant(connection, account) }));
    },
    of,
    isAttached: (connection) => attached.has(connection),
    detach: (connection) => {
      attached.delete(connection);
      for (const kept of untilLock.values()) kept.delete(connection);
    },
    ofLocked: (account) => [...(untilLock.get(account) ?? [])].filter((connection) => connection.isSame()),
    forgetLocked: (account) => untilLock.delete(account),
    lock: (account, seeing) => {
      untilLock.set(account, new Set(seeing));
      for (const connection of attached.keys()) detach(connection, account);
    },
  };
}

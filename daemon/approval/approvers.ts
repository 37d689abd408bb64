// Connections that show prompts to a person. Attaching needs a proof or a manage grant, and ends with what it rested on:
// at lock, when that grant ends, or when the program at the other end becomes another one.

import { covers } from "../account/scope.ts";
import type { Connection } from "../call/connection.ts";
import type { Grants } from "./grants.ts";

export type Approvers = {
  /** Attaches a connection to an account's prompts: on the strength of its manage grant, or else of a proof just given. */
  attach(connection: Connection, account: string): void;
  /** Whether a connection may see the whole lists of an account. */
  mayManage(connection: Connection, account: string): boolean;
  /** The connections that may be shown this account's prompts now; those that no longer may are let go. */
  of(account: string): ReadonlySet<Connection>;
  detach(connection: Connection): void;
  /** Detaches all of an account. */
  lock(account: string): void;
};

export function createApprovers(grants: Grants): Approvers {
  const attached = new Map<Connection, Map<string, { byGrant: boolean }>>();

  /** Looked up without using it: being shown prompts is not what keeps a grant alive. */
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
    detach: (connection) => attached.delete(connection),
    lock: (account) => {
      for (const connection of attached.keys()) detach(connection, account);
    },
  };
}

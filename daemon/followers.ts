// Who follows the changes of which open account, and whom a change is told: only those who could read the item anyway.
import type { Change } from "../clients/account/open-account.ts";
import { type Follower, followChanges } from "./changes.ts";
import type { Clock } from "./clock.ts";
import type { Connection } from "./connection.ts";
import type { Log } from "./log.ts";
import type { Scope } from "./scope.ts";
import type { Unlocked } from "./unlocked.ts";

export type Followers = {
  /** Follows an account until it is locked. `end` locks it where the service lets us in no more. */
  follow(
    unlocked: Unlocked,
    mayKnow: (connection: Connection, scope: Scope) => boolean,
    end: () => Promise<void>,
  ): void;
  stop(unlocked: Unlocked): void;
  /** Whether the service could not be asked for changes just now. */
  isStale(unlocked: Unlocked): boolean;
};

export type FollowersParts = {
  readonly clock: Clock;
  readonly log: Log;
  readonly connections: ReadonlySet<Connection>;
};

export function createFollowers({ clock, log, connections }: FollowersParts): Followers {
  const followers = new Map<Unlocked, Follower>();

  function tell(
    account: string,
    { vault, item }: Change,
    mayKnow: (connection: Connection, scope: Scope) => boolean,
  ): void {
    if (vault === undefined) return;
    const ids = { vault, ...(item === undefined ? {} : { item }) };
    for (const connection of connections) {
      if (connection.subscribed && mayKnow(connection, { account, level: "names", ...ids }))
        connection.notify("item.changed", ids);
    }
  }

  return {
    follow: (unlocked, mayKnow, end) => {
      const follower = followChanges(unlocked, clock, log, {
        changed: (change) => tell(unlocked.account.id, change, mayKnow),
        // Cached answers would go on else, to whom the service has shut out.
        shutOut: () => void end().catch((error: unknown) => log.incident("shut out", error)),
      });
      followers.set(unlocked, follower);
    },
    stop: (unlocked) => {
      followers.get(unlocked)?.stop();
      followers.delete(unlocked);
    },
    isStale: (unlocked) => followers.get(unlocked)?.isStale ?? false,
  };
}

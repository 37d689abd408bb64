// Follows the changes of open accounts, sends each change to the clients that may read the item, and knows the state of each service.
import type { ResultOf } from "../../protocol/catalogue.ts";
import type { Change, Replaced } from "../account/capabilities.ts";
import { type Follower, followChanges } from "../account/changes.ts";
import type { Opened } from "../account/opened.ts";
import type { Scope } from "../account/scope.ts";
import { recordAnyway } from "../approval/prompt-watcher.ts";
import type { Connection } from "../call/connection.ts";
import type { Clock } from "../host/clock.ts";
import type { Log } from "../host/log.ts";
import type { OpenSession } from "../session/account-session.ts";

/** The state of an open account's service, as in `agent.status`. */
export type ServiceLink = ResultOf<"agent.status">["links"][number];

/** Notices that wait for a person. Past it the oldest is dropped; the audit log and the status show it all the same. */
export const NOTICES_MAX = 8;

/** Milliseconds in which further replacements are only counted. One record and one notice for each account are enough. */
export const REPLACED_MS = 60 * 60_000;

export type Followers = {
  /** Follows an account until it is locked. `end` locks it where the service no longer lets the agent in. */
  follow(
    session: Pick<OpenSession, "file" | "audit" | "unlocked">,
    mayKnow: (connection: Connection, scope: Scope) => boolean,
    end: () => Promise<void>,
  ): void;
  stop(unlocked: Opened): void;
  /** Whether the service could not be reached just now. */
  isStale(unlocked: Opened): boolean;
  links(isShown?: (unlocked: Opened) => boolean): ServiceLink[];
  /** Returns the notices for a person that were not returned before. */
  takeNotices(): string[];
};

export type FollowersParts = {
  readonly clock: Clock;
  readonly log: Log;
  readonly connections: ReadonlySet<Connection>;
  /** Called for each change, after the cache forgot its entries. Without a change, anything may have changed. */
  readonly changed: (unlocked: Opened, change?: Change) => void;
  /** Whether a person has an account at this service. A program's token can name any service, and nobody is told about those. */
  readonly isPersons: (service: string) => boolean;
};

type Followed = {
  readonly follower: Follower;
  readonly whose: OpenSession["file"];
  replaced: ServiceLink["replaced"];
  /** Replacements since the recorded one. */
  counted: number;
  cancel: (() => void) | undefined;
};

export function createFollowers({ clock, log, connections, changed, isPersons }: FollowersParts): Followers {
  const followed = new Map<Opened, Followed>();
  let notices: string[] = [];

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

  function tellReplaced({ file, audit, unlocked }: Pick<OpenSession, "file" | "audit" | "unlocked">, how: Replaced) {
    const one = followed.get(unlocked);
    if (one === undefined) return;
    one.replaced = { how, at: timeOf(clock.wallMs()) };
    if (one.cancel !== undefined) {
      one.counted++;
      return;
    }
    one.cancel = clock.after(REPLACED_MS, () => {
      one.cancel = undefined;
      const { counted } = one;
      one.counted = 0;
      if (counted > 0) recordAnyway(() => audit.keep({ event: "service.replaced", outcome: `${counted} times more` }));
    });
    log.note("the service's store was replaced", { account: file.account, how });
    const notice = noticeOf(file.service, how);
    // Several sessions of one service get the same news.
    if (isPersons(file.service) && !notices.includes(notice)) notices = [...notices, notice].slice(-NOTICES_MAX);
    recordAnyway(() => audit.keep({ event: "service.replaced", outcome: how }));
  }

  return {
    follow: (session, mayKnow, end) => {
      const { unlocked, file } = session;
      const { feed } = unlocked.account;
      // Answers of such an account are not kept, so nothing must be forgotten.
      if (feed === undefined) return;
      const follower = followChanges(
        unlocked,
        feed,
        { clock, log },
        {
          begun: () => changed(unlocked),
          changed: (change) => {
            tell(unlocked.account.id, change, mayKnow);
            changed(unlocked, change);
          },
          replaced: (how) => {
            tellReplaced(session, how);
            changed(unlocked);
          },
          // Otherwise cached answers would go on for a user whom the service has shut out.
          shutOut: () => void end().catch((error: unknown) => log.incident("shut out", error)),
        },
      );
      followed.set(unlocked, { follower, whose: file, replaced: undefined, counted: 0, cancel: undefined });
    },
    stop: (unlocked) => {
      followed.get(unlocked)?.follower.stop();
      followed.get(unlocked)?.cancel?.();
      followed.delete(unlocked);
    },
    isStale: (unlocked) => followed.get(unlocked)?.follower.link.state === "unreached",
    links: (isShown = () => true) =>
      [...followed]
        .filter(([unlocked]) => isShown(unlocked))
        .map(
          ([
            ,
            {
              follower: { link },
              whose,
              replaced,
            },
          ]) => ({
            account: whose.account,
            service: whose.service,
            state: link.state,
            since: timeOf(link.since.wallMs),
            ...(replaced === undefined ? {} : { replaced }),
          }),
        ),
    takeNotices: () => {
      const told = notices;
      notices = [];
      return told;
    },
  };
}

const timeOf = (wallMs: number): string => new Date(wallMs).toISOString();

function noticeOf(service: string, how: Replaced): string {
  const which = service === "embedded" ? "the embedded account service" : `the account service ${service}`;
  return how === "olderCopy"
    ? `the store of ${which} was put back from an older copy; what was read before is forgotten, and what was changed after that copy may be missing`
    : `${which} works with another store than before; what was read before is forgotten`;
}

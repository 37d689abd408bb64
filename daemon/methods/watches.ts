// secrets.watch: tells a program that a value which it may read has changed. The notification names the watch and holds no value. After each
// change in the vault the agent reads the value again for itself, and compares it with a keyed hash of the value before.
import { PosternError } from "../../protocol/errors.ts";
import { limits } from "../../protocol/limits.ts";
import { offered } from "../account/account.ts";
import type { Change } from "../account/capabilities.ts";
import type { Opened } from "../account/opened.ts";
import { isMissing, type Located, type Missing, type Resolver } from "../account/resolver.ts";
import type { Scope } from "../account/scope.ts";
import type { LogEntry } from "../audit/entry.ts";
import { accessOf, type Call } from "../call/call.ts";
import type { Connection } from "../call/connection.ts";
import { entryOf } from "../call/log-entry.ts";
import type { Log } from "../host/log.ts";
import type { Sodium } from "../host/sodium.ts";
import type { OpenSession } from "../session/account-session.ts";
import type { Handlers } from "../wire/dispatch.ts";

const KEY_BYTES = 32;

type WatchHandlers = Pick<Handlers, "secrets.watch" | "secrets.unwatch">;

export type Watches = {
  readonly handlers: WatchHandlers;
  /** Something in the account changed. Without a vault, anything in it may have. */
  changed(unlocked: Opened, change: Pick<Change, "vault">): void;
  /** The account is locked: its watches end. */
  ended(unlocked: Opened): void;
};

export type WatchesParts = {
  readonly crypto: Pick<Sodium, "keyedHash" | "randomBytes">;
  readonly log: Log;
  readonly resolver: Resolver;
  readonly newId: () => string;
  /** Whether a connection may read this scope of the account at this moment. */
  readonly mayRead: (connection: Connection, unlocked: Opened, scope: Scope) => boolean;
};

type Watch = {
  readonly id: string;
  readonly connection: Connection;
  readonly session: OpenSession;
  readonly reference: string;
  /** The scope of the target as it was approved. */
  readonly scope: Scope;
  readonly told: LogEntry;
  /** The keyed hash of the value that the program knows of. Undefined where the reference leads nowhere now. */
  mark: string | undefined;
};

export function createWatches(parts: WatchesParts): Watches {
  const { crypto, log, resolver } = parts;
  // Values are secrets. Their hashes mean nothing without this key, which lives as long as the agent.
  const key = crypto.randomBytes(KEY_BYTES);
  const watches = new Map<Connection, Map<string, Watch>>();
  /** One look at the watches of an account at a time. A change during a look asks for another one. */
  const looking = new Map<Opened, { again: Set<string | undefined> }>();

  const of = (unlocked: Opened) =>
    [...watches.values()].flatMap((own) => [...own.values()].filter(({ session }) => session.unlocked === unlocked));

  async function markOf(found: Located | Missing): Promise<string | undefined> {
    if (isMissing(found)) return undefined;
    const { place } = found;
    // A one-time code is another one every 30 seconds. Its item stands for it.
    const value = place.code === true ? "" : (await found.read()).value;
    const content = JSON.stringify([place.vault, place.item, place.field, value]);
    return Buffer.from(crypto.keyedHash(key, new TextEncoder().encode(content))).toString("base64");
  }

  function end({ id, connection }: Watch, reason: "locked" | "grantEnded"): void {
    if (watches.get(connection)?.delete(id) === true) connection.notify("secret.ended", { watch: id, reason });
  }

  async function lookAt(watch: Watch): Promise<void> {
    const { id, connection, session, scope, reference } = watch;
    // The grant may have ended, and a grant that ended tells nothing.
    if (!connection.isSame() || !parts.mayRead(connection, session.unlocked, scope)) return end(watch, "grantEnded");
    const mark = await markOf(await resolver.locate(session.unlocked, reference));
    if (mark === watch.mark || watches.get(connection)?.get(id) !== watch) return;
    watch.mark = mark;
    session.audit.read(watch.told);
    connection.notify("secret.changed", { watch: id });
  }

  async function look(unlocked: Opened, vaults: ReadonlySet<string | undefined>): Promise<void> {
    for (const watch of of(unlocked)) {
      if (!vaults.has(undefined) && !vaults.has(watch.scope.vault)) continue;
      // An unreachable service is asked again with the next change. A locked account has ended its watches.
      await lookAt(watch).catch((error: unknown) => {
        if (!(error instanceof PosternError)) log.incident("watch", error);
      });
    }
  }

  function changed(unlocked: Opened, { vault }: Pick<Change, "vault">): void {
    if (of(unlocked).length === 0) return;
    const running = looking.get(unlocked);
    if (running !== undefined) return void running.again.add(vault);
    const state = { again: new Set([vault]) };
    looking.set(unlocked, state);
    const run = async () => {
      while (state.again.size > 0) {
        const vaults = state.again;
        state.again = new Set();
        await look(unlocked, vaults);
      }
    };
    run()
      .catch((error: unknown) => log.incident("watch", error))
      .finally(() => looking.delete(unlocked));
  }

  function ownOf(connection: Connection): Map<string, Watch> {
    const own = watches.get(connection);
    if (own !== undefined) return own;
    const made = new Map<string, Watch>();
    watches.set(connection, made);
    connection.onEnd(() => watches.delete(connection));
    return made;
  }

  async function watch(reference: string, call: Call): Promise<{ watch: string }> {
    const { connection } = call;
    const { session, found, demandStill } = accessOf(call);
    const [located] = found;
    if (located === undefined) throw new Error("the gate looked nothing up");
    if (isMissing(located)) throw located.error;
    offered(session.unlocked.account, "feed");
    demandRoom(connection);
    const mark = await markOf(located);
    demandStill();
    demandRoom(connection);
    const { vault, item, field } = located.place;
    const told = { ...entryOf(call, "told", [vault, item, field]), event: "secret.changed" };
    const id = parts.newId();
    ownOf(connection).set(id, { id, connection, session, reference, scope: located.scope, told, mark });
    connection.subscribe();
    session.audit.read(entryOf(call, "ok", [vault, item, field]));
    // A change that came meanwhile found no watch. Most often this looks at the cache only.
    changed(session.unlocked, { vault });
    return { watch: id };
  }

  function demandRoom(connection: Connection): void {
    if ((watches.get(connection)?.size ?? 0) >= limits.watches)
      throw new PosternError("busy", `${limits.watches} watches may be open on one connection`, {
        hint: "end one with secrets.unwatch, or open another connection",
      });
  }

  return {
    handlers: {
      "secrets.watch": ({ reference }, call) => watch(reference, call),
      "secrets.unwatch": ({ watch: id }, call) => {
        if (watches.get(call.connection)?.delete(id) !== true) throw new PosternError("watchNotFound");
        return {};
      },
    },
    changed,
    ended: (unlocked) => {
      for (const one of of(unlocked)) end(one, "locked");
    },
  };
}

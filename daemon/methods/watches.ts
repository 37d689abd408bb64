// secrets.watch: tells a program that a value which it may read has changed. The notification names the watch and holds no value. After a change
// that may concern a watch, the agent reads the value again for itself, and compares it with a keyed hash of the value before.
import { setImmediate as nextTurn } from "node:timers/promises";
import { PosternError } from "../../protocol/errors.ts";
import { limits } from "../../protocol/limits.ts";
import { offered } from "../account/account.ts";
import type { Change } from "../account/capabilities.ts";
import type { Opened } from "../account/opened.ts";
import { isMissing, type Located, type Missing, type Resolver } from "../account/resolver.ts";
import type { Scope } from "../account/scope.ts";
import { errorOf } from "../approval/missing-error.ts";
import type { LogEntry } from "../audit/entry.ts";
import { accessOf, type Call } from "../call/call.ts";
import type { Connection } from "../call/connection.ts";
import { entryOf } from "../call/log-entry.ts";
import type { Clock } from "../host/clock.ts";
import type { Log } from "../host/log.ts";
import type { Sodium } from "../host/sodium.ts";
import type { OpenSession } from "../session/account-session.ts";
import type { Handlers } from "../wire/dispatch.ts";

/** Watches of all programs together. Each takes a kilobyte, and one change may cost a read for each of them. */
export const ALL_WATCHES_MAX = 1_000;

/** Milliseconds between two looks at the grants behind watches. A grant that nobody uses ends without an event. */
export const CHECK_MS = 30_000;

/** Milliseconds before a failed look is repeated, for example while the service is away. */
export const RETRY_MS = 5_000;

const KEY_BYTES = 32;

/** Errors that may pass. Any other error of a look says how the value is now. */
const mayPass: ReadonlySet<string> = new Set(["offline", "locked", "busy", "rateLimitExceeded", "auditUnwritable"]);

export type Watches = {
  readonly handlers: Pick<Handlers, "secrets.watch" | "secrets.unwatch">;
  /** Something in the account changed. Without a change, anything may have. */
  changed(unlocked: Opened, change?: Change): void;
  /** Some grants ended. The watches that needed them end too. */
  grantsEnded(): void;
  /** The account is locked, and its watches end. */
  locked(unlocked: Opened): void;
  /** The agent ends, and tells nobody of an end of watches. A client opens its watches again with the next agent. */
  forget(): void;
};

export type WatchesParts = {
  readonly clock: Clock;
  readonly crypto: Pick<Sodium, "keyedHash" | "randomBytes">;
  readonly log: Log;
  readonly resolver: Resolver;
  readonly newId: () => string;
  /** Whether a connection may read this scope now. Asking is no use of a grant, so a watch keeps none alive. */
  readonly mayRead: (connection: Connection, unlocked: Opened, scope: Scope) => boolean;
};

type Watch = {
  readonly id: string;
  readonly connection: Connection;
  readonly session: OpenSession;
  readonly reference: string;
  /** The target as it was approved. */
  readonly scope: Scope;
  readonly told: LogEntry;
  /** The keyed hash of the value that the program may know. Undefined until the first look. */
  mark: string | undefined;
  /** Whether a change came that was not looked at yet. */
  isDue: boolean;
};

export function createWatches(parts: WatchesParts): Watches {
  const { clock, crypto, log } = parts;
  // A hash of a secret means nothing without this key, which lives as long as the agent.
  const key = crypto.randomBytes(KEY_BYTES);
  const watches = new Map<string, Watch>();
  const known = new WeakSet<Connection>();
  /** Accounts whose watches are looked at now, and those with a look to repeat. */
  const looking = new Set<Opened>();
  const repeats = new Map<Opened, () => void>();
  let isChecking = false;

  const of = (unlocked: Opened) => [...watches.values()].filter(({ session }) => session.unlocked === unlocked);
  const isOpen = (watch: Watch) => watches.get(watch.id) === watch;
  const mayStill = ({ connection, session, scope }: Watch) =>
    connection.isSame() && parts.mayRead(connection, session.unlocked, scope);

  async function markOf(watch: Watch): Promise<string> {
    try {
      return await stateOf(watch, await parts.resolver.locate(watch.session.unlocked, watch.reference));
    } catch (error) {
      if (!(error instanceof PosternError) || mayPass.has(error.name)) throw error;
      return `error ${error.name}`;
    }
  }

  async function stateOf({ connection, session, scope }: Watch, found: Located | Missing): Promise<string> {
    if (isMissing(found)) return "nowhere";
    const isSame = JSON.stringify(found.scope) === JSON.stringify(scope);
    // Another item may have taken the name. A grant of the former one shows nothing of it.
    if (!isSame && !parts.mayRead(connection, session.unlocked, found.scope)) return "elsewhere";
    const content = JSON.stringify([found.scope, found.raw()]);
    return Buffer.from(crypto.keyedHash(key, new TextEncoder().encode(content))).toString("base64");
  }

  function end(watch: Watch, reason: "locked" | "grantEnded"): void {
    if (watches.delete(watch.id)) watch.connection.notify("secret.ended", { watch: watch.id, reason });
  }

  async function lookAt(watch: Watch): Promise<void> {
    if (!mayStill(watch)) return end(watch, "grantEnded");
    const mark = await markOf(watch);
    if (!isOpen(watch)) return;
    if (!mayStill(watch)) return end(watch, "grantEnded");
    if (mark === watch.mark) return;
    watch.session.audit.read(watch.told);
    watch.mark = mark;
    watch.connection.notify("secret.changed", { watch: watch.id });
  }

  /** Looks at the due watches of an account, one after another. */
  async function look(unlocked: Opened): Promise<void> {
    if (looking.has(unlocked)) return;
    looking.add(unlocked);
    try {
      for (let next = due(unlocked); next !== undefined; next = due(unlocked)) {
        next.isDue = false;
        if (!(await succeeds(next))) return repeatLater(unlocked);
        // Other work gets its turn between two looks.
        await nextTurn();
      }
    } finally {
      looking.delete(unlocked);
    }
  }

  const due = (unlocked: Opened) => of(unlocked).find(({ isDue, mark }) => isDue && mark !== undefined);

  /** Looks at a watch. Returns whether that need not be repeated. */
  async function succeeds(watch: Watch): Promise<boolean> {
    try {
      await lookAt(watch);
    } catch (error) {
      if (error instanceof PosternError) watch.isDue = true;
      else log.incident("watch", error);
    }
    return !watch.isDue;
  }

  function repeatLater(unlocked: Opened): void {
    repeats.get(unlocked)?.();
    const cancel = clock.after(RETRY_MS, () => {
      repeats.delete(unlocked);
      void look(unlocked);
    });
    repeats.set(unlocked, cancel);
  }

  function grantsEnded(): void {
    for (const watch of watches.values()) if (watch.mark !== undefined && !mayStill(watch)) end(watch, "grantEnded");
  }

  function check(): void {
    grantsEnded();
    isChecking = watches.size > 0;
    if (isChecking) clock.after(CHECK_MS, check);
  }

  function demandRoom({ subject }: Connection): void {
    const own = [...watches.values()].filter(({ connection }) => connection.subject.key === subject.key).length;
    if (own >= limits.watches)
      throw new PosternError("busy", `${limits.watches} watches of one program may be open`, {
        hint: "end one with secrets.unwatch",
      });
    if (watches.size >= ALL_WATCHES_MAX)
      throw new PosternError("busy", `${ALL_WATCHES_MAX} watches of all programs may be open`);
  }

  /** Counts from now on, so that no change is missed while the value is looked at for the first time. */
  function begin(reference: string, located: Located, call: Call): Watch {
    const { connection } = call;
    const { session } = accessOf(call);
    demandRoom(connection);
    const told = { ...entryOf(call, "told", idsOf(located)), event: "secret.changed" };
    const base = { id: parts.newId(), connection, session, reference, scope: located.scope, told };
    const watch: Watch = { ...base, mark: undefined, isDue: false };
    watches.set(watch.id, watch);
    if (!known.has(connection)) connection.onEnd(() => removeAll(connection));
    known.add(connection);
    if (!isChecking) clock.after(CHECK_MS, check);
    isChecking = true;
    return watch;
  }

  function removeAll(connection: Connection): void {
    for (const watch of watches.values()) if (watch.connection === connection) watches.delete(watch.id);
  }

  async function watch(reference: string, call: Call): Promise<{ watch: string }> {
    const { session, found, demandStill } = accessOf(call);
    const [located] = found;
    if (located === undefined) throw new Error("the gate looked nothing up");
    if (isMissing(located)) throw await errorOf(located, accessOf(call));
    offered(session.unlocked.account, "feed");
    if (!parts.mayRead(call.connection, session.unlocked, located.scope)) throw onlyOnce();
    const begun = begin(reference, located, call);
    try {
      const mark = await markOf(begun);
      demandStill();
      if (!isOpen(begun)) throw new PosternError("cancelled");
      session.audit.read(entryOf(call, "ok", idsOf(located)));
      begun.mark = mark;
    } catch (error) {
      watches.delete(begun.id);
      throw error;
    }
    call.connection.subscribe();
    // A notification must not come before the answer with its id.
    setImmediate(() => void look(session.unlocked));
    return { watch: begun.id };
  }

  return {
    handlers: {
      "secrets.watch": ({ reference }, call) => watch(reference, call),
      "secrets.unwatch": ({ watch: id }, call) => {
        const open = watches.get(id);
        if (open === undefined || open.connection !== call.connection) throw new PosternError("watchNotFound");
        watches.delete(id);
        return {};
      },
    },
    changed: (unlocked, change) => {
      const concerned = of(unlocked).filter((watch) => concerns(watch, change));
      for (const one of concerned) one.isDue = true;
      if (concerned.length > 0) void look(unlocked);
    },
    grantsEnded,
    locked: (unlocked) => {
      repeats.get(unlocked)?.();
      repeats.delete(unlocked);
      for (const one of of(unlocked)) end(one, "locked");
    },
    forget: () => watches.clear(),
  };
}

const idsOf = ({ place }: Located) => [place.vault, place.item, place.field];

const onlyOnce = () =>
  new PosternError("approvalRequired", undefined, {
    text: "a watch needs an approval that lasts, and this program has none",
    hint: "approve it without --once; a program that starts anew for each call cannot watch",
  });

/** Whether a change may have changed the value, or the target of the reference. */
function concerns({ scope, session, reference }: Watch, change: Change | undefined): boolean {
  if (change === undefined) return true;
  const { kind, vault, item } = change;
  if (kind === "user") return false;
  // Another vault, or another right, may make the reference ambiguous or lead it nowhere.
  if (kind !== "item" || vault === undefined) return true;
  if (vault !== scope.vault) return false;
  if (item === undefined || item === scope.item) return true;
  // The cache forgets a reference that another item may now be meant by.
  return session.unlocked.cache.find(reference) === undefined;
}

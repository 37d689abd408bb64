// clients.*, grants.*: who asks, and what was allowed. Without a manage grant or a proof, a peer sees only its own.
import type { ParamsOf, ResultOf } from "../../protocol/catalogue.ts";
import { PosternError } from "../../protocol/errors.ts";
import { MalformedItem } from "../../protocol/item/malformed-item.ts";
import { limits } from "../../protocol/limits.ts";
import { fieldTitle } from "../../protocol/secret/match.ts";
import { type Account, titledPlaces } from "../account/account.ts";
import { type Applications, applicationEndsAtMs } from "../approval/applications.ts";
import { endsAtMs, type Grant, type Grants } from "../approval/grants.ts";
import type { Overseer } from "../approval/overseer.ts";
import type { Call } from "../call/call.ts";
import type { Connection, OpenClient } from "../call/connection.ts";
import { entryOf } from "../call/log-entry.ts";
import type { Moment } from "../host/clock.ts";
import { hasEnded, sessionHasEnded } from "../peer/ended.ts";
import { programOf, type Subject } from "../peer/subject.ts";
import type { ApplicationGrant } from "../session/device-store.ts";
import type { Session, UnlockedSession } from "../session/session.ts";
import type { Sessions } from "../session/sessions.ts";
import type { TokenSessions } from "../session/token-sessions.ts";
import type { Unlocked } from "../session/unlocked.ts";
import type { Handlers } from "../wire/dispatch.ts";

type AccessMethod = "clients.open" | "clients.close" | "clients.list" | "grants.list" | "grants.revoke";
type AccessHandlers = Pick<Handlers, AccessMethod>;

export type AccessParts = {
  readonly sessions: Sessions;
  readonly tokens: TokenSessions;
  readonly grants: Grants;
  readonly applications: Applications;
  readonly overseer: Overseer;
  readonly connections: ReadonlySet<Connection>;
};

export function accessMethods(parts: AccessParts): AccessHandlers {
  const { sessions, grants, applications, overseer } = parts;
  /** The clients that each program has opened so far. A number over all programs would tell each of them what the others do. */
  const opened = new WeakMap<Connection["clients"], number>();

  return {
    "clients.open": async ({ account, token, integrationName, integrationVersion, waitForUnlock }, call) => {
      demandRoom(call.connection);
      const integration = { integrationName, integrationVersion };
      if (token === undefined) {
        const named = chosen(account);
        const waits = waitForUnlock === undefined ? {} : { unlockWait: { sawOpen: isOpen(named.account) } };
        return open(call, { ...named, ...integration, ...waits });
      }
      const bearer = await parts.tokens.present(token, call.connection.subject.family);
      bearer.demandOpen().audit.keep(entryOf(call, "ok", [bearer.file.user, bearer.file.device]));
      return open(call, { account: bearer.file.account, bearer, ...integration });
    },

    "clients.close": ({ client }, call) => {
      const { clients } = call.connection;
      const closed = clients.get(client);
      if (closed === undefined) throw new PosternError("clientNotFound");
      clients.delete(client);
      closed.release();
      return {};
    },

    "clients.list": async (params, call) => {
      const whole = await overseer.oversees(params, call);
      const own = clientsOf(call.connection, () => true);
      if (!whole) return { clients: own };
      const { account } = sessions.pick(params.account).file;
      // Connections of the official SDKs' door share the clients of their process.
      const distinct = new Map([...parts.connections].map((connection) => [connection.clients, connection]));
      const others = [...distinct.values()].filter(({ clients }) => clients !== call.connection.clients);
      return { clients: [...own, ...others.flatMap((one) => clientsOf(one, (client) => isOf(client, account)))] };
    },

    "grants.list": async (params, call) => {
      const whole = await overseer.oversees(params, call);
      const session = sessions.open(params.account);
      const held = listed(session, whole ? undefined : call.connection);
      return { grants: await Promise.all(held.map((grant) => shownGrant(session.unlocked, grant))) };
    },

    "grants.revoke": async (params, call) => {
      const ended = await toRevoke(params, call);
      const of = Map.groupBy(ended, ({ scope }) => scope.account);
      for (const [account, those] of of) await end(account, ids(those));
      // What ended nothing is not recorded: any program may ask for it as often as it likes.
      for (const [account, those] of of) record(call, account, ids(those));
      return { revoked: ended.length };
    },
  };

  function demandRoom(connection: Connection): void {
    if (connection.clients.size >= limits.clients)
      throw new PosternError("busy", `${limits.clients} clients may be open on one connection`);
  }

  function open({ connection, signal }: Call, client: Omit<OpenClient, "release">): { client: string } {
    // Checked again, since presenting a token may have taken time.
    demandRoom(connection);
    if (signal().aborted) throw new PosternError("cancelled");
    const { clients } = connection;
    const number = (opened.get(clients) ?? 0) + 1;
    opened.set(clients, number);
    clients.set(String(number), { ...client, release: client.bearer?.hold() ?? (() => undefined) });
    return { client: String(number) };
  }

  /** Own grants need nothing more. Others' grants need a proof or a manage grant of their account. */
  async function toRevoke(params: ParamsOf<"grants.revoke">, call: Call): Promise<Listed[]> {
    const { connection } = call;
    const meant = sessions.pick(params.account);
    if (params.all === true) return listed(meant, (await overseer.oversees(params, call)) ? undefined : connection);
    if (params.grant === undefined) throw new PosternError("invalidParams", "grant or all is required");
    const isMeant = ({ id }: Listed) => id === params.grant;
    const mine = sessions
      .list()
      .flatMap((session) => listed(session, connection))
      .filter(isMeant);
    if (mine.length > 0) return mine;
    const others = (await overseer.oversees(params, call)) ? listed(meant).filter(isMeant) : [];
    if (others.length === 0) throw new PosternError("grantNotFound");
    return others;
  }

  /** On disk before it is recorded and answered: what the disk does not take has not ended. */
  async function end(account: string, ended: readonly string[]): Promise<void> {
    const session = sessions.find(account);
    if (session !== undefined && isUnlocked(session)) await applications.end(session, ended);
    for (const id of ended) grants.revoke(id);
  }

  /** The grants of an account: all, or those that one connection's program uses. One that an application grant gave is not listed beside it. */
  function listed(session: Session, connection?: Connection): Listed[] {
    const held = grants.list(connection?.subject).filter(({ scope }) => scope.account === session.file.account);
    const known = isUnlocked(session) ? applications.list(session, connection).filter(isUsable) : [];
    const plain = held.filter(({ application }) => application === undefined);
    // Nobody can use a grant whose holder has ended, so a person need not read it. A holder may have thousands: the kernel is asked once for each.
    const holders = new Map(plain.map(({ subject }) => [subject.key, subject]));
    const living = new Set([...holders].flatMap(([key, subject]) => (hasEnded(subject) ? [] : [key])));
    return [
      ...plain.filter(({ subject }) => living.has(subject.key)).map(heldBySubject),
      ...known.flatMap((one) => heldByLaunch(one, held)),
    ];
  }

  /** The account of a client. The answer does not show whether a named account exists. So an unknown name is kept as it was sent. */
  function chosen(account: string | undefined): Pick<OpenClient, "account" | "named"> {
    if (account === undefined || sessions.list().length === 0) return { account: sessions.pick(account).file.account };
    return { account: sessions.find(account)?.file.account ?? account, named: account };
  }

  /** Whether the account is open. Beside a wrong name any open one counts, as the gate has it. */
  function isOpen(account: string): boolean {
    const session = sessions.find(account);
    return (session === undefined ? sessions.list() : [session]).some(({ unlocked }) => unlocked !== undefined);
  }

  function isOf({ account, bearer }: OpenClient, wanted: string): boolean {
    return (bearer?.file ?? sessions.find(account)?.file)?.account === wanted;
  }

  function record(
    call: Call,
    account: string | undefined,
    ids: readonly string[],
    outcome = "ok",
    names?: readonly string[],
  ): void {
    sessions.pick(account).audit.keep(entryOf(call, outcome, ids, names));
  }
}

const ids = (those: readonly { readonly id: string }[]) => those.map(({ id }) => id);

function clientsOf(
  { clients, peer }: Connection,
  isShown: (client: OpenClient) => boolean,
): ResultOf<"clients.list">["clients"] {
  return [...clients]
    .filter(([, open]) => isShown(open))
    .map(([client, open]) => ({
      client,
      program: peer.identity.executable?.path ?? "unknown",
      pid: peer.identity.pid,
      integrationName: open.integrationName,
      integrationVersion: open.integrationVersion,
    }));
}

function shownSubject(subject: Subject) {
  return {
    kind: subject.kind,
    program: programOf(subject),
    pid: subject.pid,
    ...(subject.terminal === undefined ? {} : { terminal: subject.terminal }),
  };
}

/** A grant as it is listed. */
type Listed = Pick<Grant, "id" | "verb" | "scope"> & {
  readonly subject: ResultOf<"grants.list">["grants"][number]["subject"];
  readonly createdAt: Pick<Moment, "wallMs">;
  readonly lastUsedAt: Pick<Moment, "wallMs">;
  readonly endsAtMs: number;
};

const isUnlocked = (session: Session): session is UnlockedSession => session.unlocked !== undefined;

const isUsable = ({ launch: { place } }: ApplicationGrant) =>
  place.is !== "terminal" || !sessionHasEnded(place.session);

const heldBySubject = (grant: Grant): Listed => ({
  ...grant,
  subject: shownSubject(grant.subject),
  endsAtMs: endsAtMs(grant),
});

/** An application grant as it is listed: one for each scope. No one process holds it. The same script in another folder has a grant of its own. */
function heldByLaunch(application: ApplicationGrant, held: readonly Grant[]): Listed[] {
  const { launch, given, wallMs } = application;
  const program = `${launch.script?.path ?? launch.executable.path}, in ${launch.folder}`;
  const subject = { kind: "application" as const, program, pid: 0 };
  return given.map(({ id, scope }) => {
    const used = held.filter((one) => one.application === id).map(({ lastUsedAt }) => lastUsedAt.wallMs);
    const lastUsedAt = { wallMs: Math.max(wallMs, ...used) };
    return {
      id,
      verb: "read",
      scope,
      subject,
      createdAt: { wallMs },
      lastUsedAt,
      endsAtMs: applicationEndsAtMs(application),
    };
  });
}

async function shownGrant({ account }: Unlocked, grant: Listed): Promise<ResultOf<"grants.list">["grants"][number]> {
  const { scope } = grant;
  const vault = scope.vault === undefined ? undefined : await titleOf(account, scope.vault);
  const item =
    scope.vault === undefined || scope.item === undefined
      ? undefined
      : await itemOrGone(account, scope.vault, scope.item);
  return {
    grant: grant.id,
    subject: grant.subject,
    verb: grant.verb,
    level: scope.level,
    ...(scope.act === undefined ? {} : { act: scope.act }),
    ...(vault === undefined ? {} : { vault }),
    ...(item === undefined ? {} : { item: item.title }),
    ...(scope.field === undefined
      ? {}
      : { field: item?.content === undefined ? scope.field : fieldTitle(item.content, scope.field) }),
    createdAt: new Date(grant.createdAt.wallMs).toISOString(),
    lastUsedAt: new Date(grant.lastUsedAt.wallMs).toISOString(),
    expiresAt: new Date(grant.endsAtMs).toISOString(),
  };
}

/** The title of a vault or environment. An environment is on no list of vaults. A deleted one is shown by its id. */
async function titleOf(account: Account, wanted: string): Promise<string> {
  return (await titledPlaces(account)).find(({ id }) => id === wanted)?.title ?? wanted;
}

/** The title of an item. A grant may outlive its item, which is then shown by its id. So is a malformed one. */
async function itemOrGone(account: Account, vault: string, item: string) {
  try {
    const content = await account.getItem(vault, item);
    return { title: content.title, content };
  } catch (error) {
    const isUntitled =
      error instanceof MalformedItem ||
      (error instanceof PosternError && (error.name === "itemNotFound" || error.name === "vaultNotFound"));
    if (isUntitled) return { title: item, content: undefined };
    throw error;
  }
}

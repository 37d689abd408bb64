// The agent, put together by hand: state, gate, methods, connections. What is not here is not in it.
import type { Socket } from "node:net";
import type { ServiceAddress } from "../clients/account/service-client.ts";
import { newId as makeId } from "../protocol/crypto/encoding.ts";
import { PosternError } from "../protocol/errors.ts";
import { createApprovers } from "./approvers.ts";
import type { Actor } from "./audit/log.ts";
import { createBroker, type Prompt } from "./broker.ts";
import { type Follower, followChanges } from "./changes.ts";
import type { Clock } from "./clock.ts";
import { type Connection, serveConnection } from "./connection.ts";
import { createDispatch, type Handlers } from "./dispatch.ts";
import type { OwnProgram } from "./foreign-ancestor.ts";
import { createGate } from "./gate.ts";
import { createGrants } from "./grants.ts";
import { createHandles } from "./handles.ts";
import { happening, whoOf } from "./happening.ts";
import { protections } from "./harden.ts";
import type { Log } from "./log.ts";
import { accessMethods } from "./methods/access.ts";
import { accountMethods } from "./methods/accounts.ts";
import { agentMethods } from "./methods/agent.ts";
import { auditMethods } from "./methods/audit.ts";
import { backupMethods } from "./methods/backup.ts";
import { environmentMethods } from "./methods/environments.ts";
import { fileMethods } from "./methods/files.ts";
import { groupMethods } from "./methods/groups.ts";
import { itemMethods } from "./methods/items.ts";
import { secretMethods } from "./methods/secrets.ts";
import { serviceAccountMethods } from "./methods/service-accounts.ts";
import { shareMethods } from "./methods/shares.ts";
import { vaultMethods } from "./methods/vaults.ts";
import type { Native } from "./native.ts";
import { createOverseer } from "./overseer.ts";
import { hasHungUp, identifyPeer, type PeerCredentials } from "./peer.ts";
import { createQuotas } from "./quotas.ts";
import { createResolver } from "./resolver.ts";
import type { Scope } from "./scope.ts";
import { createSessions, type Sessions } from "./sessions.ts";
import type { Sodium } from "./sodium.ts";
import { subjectOf } from "./subject.ts";
import { createTokenSessions } from "./token-sessions.ts";
import type { Unlocked } from "./unlocked.ts";

export type AgentParts = {
  readonly home: string;
  readonly p: Sodium;
  readonly native: Native;
  readonly clock: Clock;
  readonly log: Log;
  readonly ours: readonly OwnProgram[];
  readonly embedded: () => Promise<ServiceAddress>;
  /** Called by agent.stop. */
  readonly stop: () => void;
};

export type Agent = {
  /** Serves an accepted socket; closes it when its peer cannot be known. */
  onSocket(socket: Socket, credentials: PeerCredentials): void;
  /** A connection was closed unheard. */
  onRefused(reason: string): void;
  /** Locks everything and ends every connection. */
  close(): Promise<void>;
};

export function createAgent(parts: AgentParts): Agent {
  const { p, clock, log } = parts;
  const newId = () => makeId(p);
  const connections = new Set<Connection>();
  const grants = createGrants(clock, newId);
  const approvers = createApprovers(grants);
  const followers = new Map<Unlocked, Follower>();
  const broker = createBroker({
    clock,
    quotas: createQuotas(clock),
    newId,
    watcher: { opened: promptOpened, closed: promptClosed },
    approve: (prompt, lasting) => {
      if (lasting.kind !== "grant") return;
      for (const { scope, grantable } of prompt.asked)
        if (grantable) grants.add(prompt.subject, prompt.verb, scope, lasting.idleMs);
    },
  });

  const sessions: Sessions = createSessions({
    home: parts.home,
    p,
    clock,
    log,
    embedded: parts.embedded,
    events: {
      locked: (account, unlocked) => {
        forget(unlocked);
        grants.clear(account);
        broker.lock(account);
        approvers.lock(account);
        tellAll("session.changed", { account, state: "locked" });
      },
      unlocked: (account) => {
        follow(
          sessions.open(account).unlocked,
          ({ subject }, scope) => grants.allows(subject, "read", scope),
          () => sessions.lock(account, {}, "the service refuses this device"),
        );
        tellAll("session.changed", { account, state: "unlocked" });
      },
    },
  });

  const tokens = createTokenSessions({
    home: parts.home,
    p,
    clock,
    log,
    serviceAddress: sessions.addressOf,
    events: {
      opened: ({ unlocked }, end) => follow(unlocked, (connection) => holds(connection, unlocked), end),
      ended: forget,
    },
  });

  /** Whether a client of the connection works in this session. */
  function holds({ clients }: Connection, unlocked: Unlocked): boolean {
    return [...clients.values()].some(({ bearer }) => bearer?.unlocked === unlocked);
  }

  function follow(
    unlocked: Unlocked,
    mayKnow: (connection: Connection, scope: Scope) => boolean,
    end: () => Promise<void>,
  ): void {
    const follower = followChanges(unlocked, clock, log, {
      changed: (change) => itemChanged(unlocked.account.id, change, mayKnow),
      // Cached answers would go on else, to whom the service has shut out.
      shutOut: () => void end().catch((error: unknown) => log.incident("shut out", error)),
    });
    followers.set(unlocked, follower);
  }

  function forget(unlocked: Unlocked): void {
    followers.get(unlocked)?.stop();
    followers.delete(unlocked);
    handles.lock(unlocked);
  }

  function promptOpened(prompt: Prompt): void {
    const { audit } = sessions.pick(prompt.account);
    audit.keep({
      event: "prompt.opened",
      outcome: prompt.verb,
      ...askerOf(prompt),
      ids: [prompt.id],
      names: prompt.text,
    });
    for (const approver of approvers.of(prompt.account))
      approver.notify("prompt.opened", { prompt: prompt.id, code: prompt.code, hash: prompt.hash, text: prompt.text });
  }

  function promptClosed(prompt: Prompt, ending: string): void {
    const { audit } = sessions.pick(prompt.account);
    recordAnyway(() => audit.keep({ event: "prompt.closed", outcome: ending, ...askerOf(prompt), ids: [prompt.id] }));
    const attached = approvers.of(prompt.account);
    for (const connection of connections) {
      if (attached.has(connection) || connection.subject.key === prompt.subject.key)
        connection.notify("prompt.closed", { prompt: prompt.id, code: prompt.code, ending });
    }
  }

  /** Of what is over already. A log that cannot be written has said so, and stops the next request; this must go on. */
  function recordAnyway(record: () => void): void {
    try {
      record();
    } catch (error) {
      if (!(error instanceof PosternError)) throw error;
    }
  }

  function tellAll(method: string, params: object): void {
    for (const connection of connections) connection.notify(method, params);
  }

  /** Only to those who could read the item anyway. */
  function itemChanged(
    account: string,
    { vault, item }: { vault?: string; item?: string },
    mayKnow: (connection: Connection, scope: Scope) => boolean,
  ): void {
    if (vault === undefined) return;
    const scope = { account, level: "names" as const, vault, ...(item === undefined ? {} : { item }) };
    for (const connection of connections) {
      if (connection.subscribed && mayKnow(connection, scope))
        connection.notify("item.changed", { vault, ...(item === undefined ? {} : { item }) });
    }
  }

  const overseer = createOverseer({ p, clock, sessions, grants, broker, log });
  const handles = createHandles(newId);
  const handlers: Handlers = {
    ...agentMethods({
      startedAt: new Date(clock.wallMs()),
      sessions,
      tokens,
      broker,
      stop: parts.stop,
      protections: () => protections(parts.native),
    }),
    ...accountMethods(p, sessions, tokens),
    ...accessMethods({ sessions, tokens, grants, broker, overseer, connections, approvers }),
    ...auditMethods(parts.home, p, sessions, overseer),
    ...secretMethods((unlocked) => followers.get(unlocked)?.isStale ?? false, p.randomBytes),
    ...itemMethods(newId, clock),
    ...fileMethods({ newId, clock, sessions, grants, handles }),
    ...backupMethods({ home: parts.home, p, sessions, handles, now: clock.wallMs }),
    ...vaultMethods,
    ...groupMethods,
    ...environmentMethods,
    ...serviceAccountMethods({ sessions, overseer, clock }),
    ...shareMethods,
  };
  const gate = createGate({ sessions, grants, broker, resolver: createResolver(clock) });
  const dispatch = createDispatch(handlers, gate, log, (call, name) => {
    // Recorded where there is an account to record it for; a refusal without one concerns nobody's secrets.
    const bearers = [...call.connection.clients.values()].flatMap(({ bearer }) => bearer?.unlocked && [bearer]);
    for (const session of [...sessions.list(), ...bearers]) session?.audit.read(happening(call, name, []));
  });

  return {
    onSocket: (socket, credentials) => {
      try {
        const peer = identifyPeer(credentials, parts.native, clock.monotonicMs);
        const connection = serveConnection({
          socket,
          peer,
          subject: subjectOf(peer.identity, parts.ours, newId),
          dispatch,
          log,
          hasHungUp: () => hasHungUp(socket, parts.native),
        });
        connections.add(connection);
        connection.onEnd(() => {
          connections.delete(connection);
          peer.release();
        });
      } catch (error) {
        socket.destroy();
        refused(error instanceof PosternError ? error.message : "unforeseen");
        if (!(error instanceof PosternError)) log.incident("accept", error);
      }
    },
    onRefused: refused,
    close: async () => {
      await tokens.close();
      await sessions.close();
      for (const connection of connections) connection.close();
    },
  };

  function refused(reason: string): void {
    log.note("connection refused", { reason });
    for (const session of sessions.list())
      recordAnyway(() => session.audit.read({ event: "peer.refused", outcome: reason }));
  }
}

function askerOf({ subject }: Prompt): Actor {
  return { program: subject.script ?? subject.program, pid: subject.pid, who: whoOf(subject) };
}

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
import { createHeldBytes } from "./held-bytes.ts";
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
import { vaultMethods } from "./methods/vaults.ts";
import type { Native } from "./native.ts";
import { createOverseer } from "./overseer.ts";
import { hasHungUp, identifyPeer, type PeerCredentials } from "./peer.ts";
import { createQuotas } from "./quotas.ts";
import { createResolver } from "./resolver.ts";
import { createSessions, type Sessions } from "./sessions.ts";
import type { Sodium } from "./sodium.ts";
import { subjectOf } from "./subject.ts";

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
  const heldBytes = createHeldBytes();
  const grants = createGrants(clock, newId);
  const approvers = createApprovers(grants);
  const followers = new Map<string, Follower>();
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
      locked: (account) => {
        followers.get(account)?.stop();
        followers.delete(account);
        grants.clear(account);
        broker.lock(account);
        approvers.lock(account);
        handles.lock(account);
        tellAll("session.changed", { account, state: "locked" });
      },
      unlocked: (account) => {
        const { unlocked } = sessions.open(account);
        followers.get(account)?.stop();
        followers.set(
          account,
          followChanges(unlocked, clock, log, (change) => itemChanged(account, change)),
        );
        tellAll("session.changed", { account, state: "unlocked" });
      },
    },
  });

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
  function itemChanged(account: string, { vault, item }: { vault?: string; item?: string }): void {
    if (vault === undefined) return;
    const scope = { account, level: "names" as const, vault, ...(item === undefined ? {} : { item }) };
    for (const connection of connections) {
      if (connection.subscribed && grants.allows(connection.subject, "read", scope))
        connection.notify("item.changed", { vault, ...(item === undefined ? {} : { item }) });
    }
  }

  const overseer = createOverseer({ p, clock, sessions, grants, broker, log });
  const handles = createHandles(newId);
  const handlers: Handlers = {
    ...agentMethods({
      startedAt: new Date(clock.wallMs()),
      sessions,
      broker,
      stop: parts.stop,
      protections: () => protections(parts.native),
    }),
    ...accountMethods(p, sessions),
    ...accessMethods({ sessions, grants, broker, overseer, connections, approvers }),
    ...auditMethods(parts.home, p, sessions, overseer),
    ...secretMethods((account) => followers.get(account)?.isStale ?? false, p.randomBytes),
    ...itemMethods(newId, clock),
    ...fileMethods({ newId, clock, sessions, grants, handles }),
    ...backupMethods({ home: parts.home, p, sessions, handles, now: clock.wallMs }),
    ...vaultMethods,
    ...groupMethods,
    ...environmentMethods,
  };
  const gate = createGate({ sessions, grants, broker, resolver: createResolver(clock) });
  const dispatch = createDispatch(handlers, gate, log, (call, name) => {
    // Recorded where there is an account to record it for; a refusal without one concerns nobody's secrets.
    for (const { audit } of sessions.list()) audit.read(happening(call, name, []));
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
          held: heldBytes.share(),
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

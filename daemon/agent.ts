// The agent, put together by hand: state, gate, methods. It has no part that is not here.

import { setImmediate as turnOfLoop } from "node:timers/promises";
import type { ServiceAddress } from "../clients/account/service-client.ts";
import { newId as makeId } from "../protocol/crypto/encoding.ts";
import type { Verb } from "../protocol/entry.ts";
import { PosternError } from "../protocol/errors.ts";
import { createItemPages } from "./account/item-pages.ts";
import type { Opened } from "./account/opened.ts";
import { createResolver } from "./account/resolver.ts";
import { scopeKey } from "./account/scope.ts";
import { type Applications, createApplications } from "./approval/applications.ts";
import { type Approvers, createApprovers } from "./approval/approvers.ts";
import { type Broker, createBroker } from "./approval/broker.ts";
import { createGate } from "./approval/gate.ts";
import { createGivenYes, type GivenYes } from "./approval/given-yes.ts";
import { COMMAND_AGE_MS, COMMAND_IDLE_MS, createGrants, type Grant, type Grants } from "./approval/grants.ts";
import { createOffers } from "./approval/offers.ts";
import { createOverseer, type Overseer } from "./approval/overseer.ts";
import { noNotes, policyNotes } from "./approval/policy-notes.ts";
import type { Asker, Given, Offer, Prompt } from "./approval/prompt.ts";
import { alsoTelling, recordAnyway, watchPrompts } from "./approval/prompt-watcher.ts";
import { createQuotas } from "./approval/quotas.ts";
import type { RoomOf } from "./approval/rooms.ts";
import { createTickets } from "./approval/tickets.ts";
import { createUnlockTelling } from "./approval/unlock-telling.ts";
import { createUnlockWaits } from "./approval/unlock-waits.ts";
import { type Authenticators, createAuthenticators } from "./authenticators/authenticators.ts";
import type { Call } from "./call/call.ts";
import { refusalDetails } from "./call/call-topic.ts";
import type { Connection } from "./call/connection.ts";
import { entryOf } from "./call/log-entry.ts";
import { protections } from "./harden.ts";
import type { Clock } from "./host/clock.ts";
import type { Log } from "./host/log.ts";
import type { Native } from "./host/native.ts";
import type { Sodium } from "./host/sodium.ts";
import type { TraceState } from "./host/trace-file.ts";
import { type LogindPrograms, logindPrograms } from "./logind/programs.ts";
import { createLogind, type Logind } from "./logind/watch-logind.ts";
import { accessMethods } from "./methods/access.ts";
import { accountMethods } from "./methods/accounts.ts";
import { agentMethods } from "./methods/agent.ts";
import { appMethods } from "./methods/app.ts";
import { auditMethods } from "./methods/audit.ts";
import { authenticatorMethods } from "./methods/authenticators.ts";
import { backupMethods } from "./methods/backup.ts";
import { environmentMethods } from "./methods/environments.ts";
import { fileMethods } from "./methods/files.ts";
import { groupMethods } from "./methods/groups.ts";
import { itemMethods } from "./methods/items.ts";
import { namesMethods } from "./methods/names.ts";
import { newAccountMethods } from "./methods/new-account.ts";
import { policyMethods } from "./methods/policy.ts";
import { promptMethods } from "./methods/prompts.ts";
import { secretMethods } from "./methods/secrets.ts";
import { serviceAccountMethods } from "./methods/service-accounts.ts";
import { shareMethods } from "./methods/shares.ts";
import { vaultMethods } from "./methods/vaults.ts";
import { createWatches, type Watches } from "./methods/watches.ts";
import type { OwnProgram } from "./peer/foreign-ancestor.ts";
import { identityAt } from "./peer/linux.ts";
import { pathsOf } from "./peer/own-programs.ts";
import type { Subject } from "./peer/subject.ts";
import { createDesk, type Desk, type DeskParts } from "./pinentry/desk.ts";
import { type Pinentries, pinentries } from "./pinentry/started.ts";
import { createPolicies, type Policies } from "./policy/policies.ts";
import { systemAuthority } from "./polkit/authority.ts";
import { createSystemDialog, type SystemDialog } from "./polkit/system-dialog.ts";
import { answerSdk } from "./sdk/answer.ts";
import type { Whose } from "./session/account-file.ts";
import type { AccountSession } from "./session/account-session.ts";
import { idleMsOf } from "./session/idle.ts";
import { createLeftRecords, type LeftRecords } from "./session/left-records.ts";
import { passwordWay } from "./session/password-proof.ts";
import { pinWay } from "./session/pin.ts";
import { createProofs, type Proofs } from "./session/proof.ts";
import { isSameService } from "./session/same-service.ts";
import { createSessions, type Sessions } from "./session/sessions.ts";
import { createTokenSessions, type TokenSessions } from "./session/token-sessions.ts";
import type { AccountOf, Unlocked } from "./session/unlocked.ts";
import { createHandles, type Handles } from "./transfer/handles.ts";
import { type Browsers, browsers, showInBrowser } from "./window/browser.ts";
import { createPageDoor, type PageDoor } from "./window/page-door.ts";
import { pageFiles } from "./window/page-files.ts";
import { createDispatch, type Dispatch, type Handlers, type OnRefused } from "./wire/dispatch.ts";
import type { PageEntrance } from "./wire/door.ts";
import { createFollowers, type Followers } from "./wire/followers.ts";
import type { AnswerSdk } from "./wire/sdk-lines.ts";
import type { Standing } from "./wire/turns.ts";

export type AgentParts = {
  readonly home: string;
  readonly crypto: Sodium;
  readonly native: Native;
  readonly clock: Clock;
  readonly log: Log;
  readonly startedAt: Date;
  /** The path of the agent's program. */
  readonly program: string;
  /** The open connections. The door adds and removes them. */
  readonly connections: ReadonlySet<Connection>;
  readonly embedded: () => Promise<ServiceAddress>;
  /** Our own programs, which are never the subject of a grant. */
  readonly ours: readonly OwnProgram[];
  /** Makes of an opened account the one that every room works with. The default makes our own kind. */
  readonly accountOf?: AccountOf | undefined;
  /** The state of the trace, where one is written. */
  readonly trace: () => TraceState | undefined;
  /** The agent's environment: whether there is a display for a window. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The programs that put a question to the person. The default are those of the system. */
  readonly pinentries?: Pinentries;
  /** The origin of the app's page, by which authenticators are used. The default is that of its door. */
  readonly origin?: () => string | undefined;
  /** The programs that open a browser. The default are those of the system. */
  readonly browsers?: Browsers;
  /** The programs that listen to logind. The default are those of the system. */
  readonly logind?: LogindPrograms;
  /** The way in for pages of the app. */
  readonly onPage: PageEntrance;
  /** The port of that page: 0 for any, undefined where it is switched off. */
  readonly appPort: number | undefined;
  /** The folder of the socket. Only this user can enter it. */
  readonly runFolder: string;
  /** Clears from memory what no code holds any more. */
  readonly collect: () => void;
  /** Called by agent.stop. */
  readonly stop: () => void;
};

export type Agent = {
  readonly dispatch: Dispatch;
  readonly answerSdk: AnswerSdk;
  /** A connection was closed before it was read. `reason` names the rule. */
  recordRefused(reason: string): void;
  /** How a program stands to the persons here. */
  standingOf(connection: Connection): Standing;
  /** Locks everything and ends every connection. */
  close(): Promise<void>;
};

export function createAgent(parts: AgentParts): Agent {
  const { home, crypto, clock, log, connections } = parts;
  const newId = () => makeId(crypto);
  const grants = createGrants(clock, newId, () => watches.grantsEnded());
  const approvers = createApprovers(grants);
  const { standingOf, roomOf } = standingsBy(grants, approvers, () => sessions);
  const isStranger = (connection: Connection) => standingOf(connection) !== "known";
  const applications = createApplications(clock, grants, newId);
  const handles = createHandles(newId);
  const followers = createFollowers({
    ...{ clock, log, connections },
    changed: (unlocked, change) => watches.changed(unlocked, change),
    isPersons: (service) => isPersons(sessions, service),
  });
  const policies = createPolicies(home);
  const unlockWaits = createUnlockWaits({
    clock,
    quotas: createQuotas(clock),
    tell: createUnlockTelling(clock, approvers),
  });
  const pages = pagesOf(parts, { newId, grants, broker: () => broker });
  const { desk, systemDialog } = askersOf(parts, {
    showPage: pages.show,
    ...{ sessions: () => sessions, broker: () => broker, overseer: () => overseer, givenYes: () => givenYes },
  });
  const broker: Broker = createBroker({
    clock,
    quotas: createQuotas(clock),
    roomOf,
    newId,
    nameOf: (account, isNamed) =>
      isNamed || sessions.list().length > 1 ? sessions.find(account)?.file.name : undefined,
    watcher: alsoTelling(watchPrompts({ sessions: () => sessions, approvers, connections, isStranger }), desk, pages),
    offers: createOffers(clock),
    lockMsOf: (account) => idleMsOf(sessions.find(account)?.unlocked?.store.state ?? {}, logind.hears()),
    changedFile: (account, connection) => applications.changedFile(sessions.open(account), connection),
    notesOf: ({ account, subject, verb }, asked) => {
      const unlocked = sessions.find(account)?.unlocked;
      return unlocked === undefined ? noNotes : policyNotes(policies, { unlocked }, { subject, verb, asked });
    },
    approve: (prompt, offer, askers) => {
      if (offer.lasting.kind !== "application") return void giveGrants(grants, prompt, offer, askers);
      const allowed = distinct(offer.verb, offer.given);
      if (allowed.length === 0) return undefined;
      return applications.allow(sessions.open(prompt.account), prompt.subject, offer.lasting.launch, allowed);
    },
  });

  const sessions: Sessions = createSessions({
    home,
    crypto,
    clock,
    log,
    embedded: parts.embedded,
    accountOf: parts.accountOf,
    hearsScreen: () => logind.hears(),
    collect: parts.collect,
    events: {
      locked: (account, unlocked) => {
        // Read first, since the end of the grants also forgets who may know of the account.
        const told = whoHears(account);
        const seeing = approvers.of(account);
        forget(unlocked);
        grants.clear(account);
        broker.lock(account);
        approvers.lock(account, seeing);
        pages.locked();
        if (sessions.list().every((one) => one.unlocked === undefined)) logind.end();
        tell(told, "session.changed", { account, state: "locked" });
      },
      removed: (account) => {
        approvers.forgetLocked(account);
        unlockWaits.removed(account);
      },
      unlocked: (account) => {
        approvers.forgetLocked(account);
        logind.begin();
        left.takeIn(sessions.open(account)).catch((error: unknown) => {
          // If some records could not be taken in now, the next request for the log tries again.
          if (!(error instanceof PosternError)) log.incident("left records", error);
        });
        followers.follow(
          sessions.open(account),
          ({ subject }, scope) => grants.covers(subject, "read", scope),
          async () => void (await sessions.lock(account, {}, "the service refuses this device")),
        );
        tell(whoHears(account), "session.changed", { account, state: "unlocked" });
        unlockWaits.unlocked(account);
      },
    },
  });

  const logind = logindOf(parts, sessions);

  const tokens = createTokenSessions({
    home,
    crypto,
    clock,
    log,
    serviceAddress: sessions.addressOf,
    accountOf: parts.accountOf,
    isPersons: (service) => isPersons(sessions, service),
    personsLog: (whose) => personOf(whose)?.audit,
    personsStore: (whose) => personOf(whose)?.file.store,
    collect: parts.collect,
    events: {
      opened: (session, end) =>
        followers.follow(
          session,
          (connection) => holds(connection, session.unlocked),
          async () => void (await end()),
        ),
      ended: forget,
    },
  });

  function personOf({ account, service }: Whose) {
    return sessions.list().find(({ file }) => file.account === account && isSameService(file.service, service));
  }

  const left = createLeftRecords({ home, crypto, flushTokens: (account) => tokens.flush(account) });

  function forget(unlocked: Unlocked): void {
    followers.stop(unlocked);
    handles.lock(unlocked);
    watches.locked(unlocked);
  }

  /** The logs of a refused call. Without a named account, it is the default account's log. A token's session writes to the person's log by itself. */
  function concerned({ about, connection }: Call): readonly Pick<AccountSession, "audit">[] {
    const persons = sessions.list();
    const { session } = about;
    // An account that was removed meanwhile has no log any more.
    const isGone = session !== undefined && "locks" in session && !persons.some((one) => one === session);
    if (session !== undefined) return isGone ? [] : [session];
    const others = bearersOf(connection).filter(
      (one) => !persons.some(({ file }) => file.account === one.file.account),
    );
    return [...persons.filter((one) => one === sessions.default()), ...others];
  }

  function tell(told: readonly Connection[], method: string, params: object): void {
    for (const connection of told) connection.notify(method, params);
  }

  /** The connections that hear of an account's opening or locking. With several accounts, only those that work on it. */
  function whoHears(account: string): Connection[] {
    const isOnly = sessions.list().length === 1;
    return [...connections].filter((connection) => isOnly || worksOn(connection, account));
  }

  function worksOn(connection: Connection, account: string): boolean {
    const { subject, clients } = connection;
    const isMeant = clients.size === 0 && sessions.default()?.file.account === account;
    return (
      isMeant ||
      subject.throughCommand ||
      // Naming an account gives no right. An event about it would reveal that it exists.
      [...clients.values()].some((client) => client.named === undefined && client.account === account) ||
      grants.list(subject).some(({ scope }) => scope.account === account) ||
      approvers.mayManage(connection, account)
    );
  }

  const resolver = createResolver(clock);
  const watches = createWatches({
    ...{ clock, crypto, log, resolver, newId },
    mayRead: (connection, unlocked, scope) =>
      holds(connection, unlocked) || grants.covers(connection.subject, "read", scope),
  });
  const authenticators = createAuthenticators(crypto, clock, parts.origin ?? pages.origin);
  const proofs = createProofs([pinWay(crypto), passwordWay(sessions)], authenticators.way);
  const overseer = createOverseer({ proofs, clock, sessions, grants, broker, log, roomOf });
  const givenYes = createGivenYes({ sessions, broker, policies });
  const state = {
    ...{ proofs, overseer, desk, systemDialog, givenYes, policies, authenticators, pages, logind },
    ...{ connections, grants, applications, approvers, handles, followers, broker, sessions, tokens, left, watches },
    roomOf,
  };
  const gate = createGate({
    ...{ clock, sessions, grants, broker, unlockWaits },
    ...{ resolver, applications, policies, isStranger },
  });
  const dispatch = createDispatch(handlersOf(parts, state), gate, log, recordingRefusals(concerned));
  return {
    dispatch,
    answerSdk,
    recordRefused: (outcome) => {
      for (const { audit } of sessions.list())
        recordAnyway(() => audit.read({ event: "peer.refused", outcome, isStranger: () => true }));
    },
    standingOf,
    close: () => {
      logind.end();
      return closeAll(state).finally(desk.close).finally(pages.close);
    },
  };
}

/** Whether an account of a person here is at this service. */
const isPersons = (sessions: Sessions, service: Whose["service"]): boolean =>
  sessions.list().some(({ file }) => isSameService(file.service, service));

/** Anybody can make a token at a service of their own. So a token counts only where a person here uses its service. */
function standingsBy(grants: Grants, approvers: Approvers, sessions: () => Sessions) {
  const standingOf = (connection: Connection): Standing => {
    const { subject } = connection;
    const isKnown =
      grants.has(subject) ||
      approvers.isAttached(connection) ||
      bearersOf(connection).some(({ file }) => isPersons(sessions(), file.service));
    if (isKnown) return "known";
    return subject.throughCommand || subject.kind === "app" ? "own" : "stranger";
  };
  /** A command without a terminal may be any program's. Whoever is at one types there, or controls it. */
  const roomOf: RoomOf = (connection) => {
    const standing = standingOf(connection);
    if (standing === "known") return "known";
    return standing === "own" && connection.terminal !== undefined ? "terminal" : "strangers";
  };
  return { standingOf, roomOf };
}

/** What of a yes leaves a grant, each scope once. An act that was asked about stands beside a wider yes of the same scope, which leaves it out. */
function distinct(verb: Verb, given: readonly Given[]): Given[] {
  const keyOf = ({ scope, isExact, also, words }: Given) =>
    JSON.stringify([scopeKey(verb, scope), isExact, also, words]);
  return [...new Map(given.filter(({ grantable }) => grantable).map((one) => [keyOf(one), one])).values()];
}

/** Gives what a person said yes to. A yes for once gives it to the waiting commands of ours, each as long as its connection lives. */
function giveGrants(
  grants: Grants,
  { subject }: Prompt,
  { verb, given, lasting, choice }: Offer,
  askers: readonly Asker[],
): void {
  const add = (holder: Subject, those: readonly Given[], terms: Pick<Grant, "idleMs" | "ageMs">) => {
    return distinct(verb, those).map(({ scope, words, also, isExact = false }) =>
      grants.add(holder, verb, scope, { ...terms, words, also, isWidened: !isExact || choice.verb !== undefined }),
    );
  };
  if (lasting.kind === "grant") return void add(subject, given, lasting);
  for (const { connection, given: own } of askers) {
    const { command } = connection.subject;
    if (command === undefined) continue;
    const made = add({ ...connection.subject, key: command }, own, { idleMs: COMMAND_IDLE_MS, ageMs: COMMAND_AGE_MS });
    connection.onEnd(() => {
      for (const { id } of made) grants.revoke(id);
    });
  }
}

/** Functions, since these parts are made later. */
type Later = Pick<DeskParts, "showPage" | "broker" | "overseer" | "givenYes"> & { readonly sessions: () => Sessions };

/** The parts that put a question to the person. */
function askersOf({ clock, log, native, env, pinentries: chosen }: AgentParts, later: Later) {
  const systemDialog = createSystemDialog({ clock, log, authority: systemAuthority(native), ...later });
  const programs = { native, env, pinentries: chosen ?? pinentries };
  return { systemDialog, desk: createDesk({ clock, log, ...programs, ...later, inSystemDialog: systemDialog.ask }) };
}

/** Records each refused call where there is an account. Without an account, a refusal concerns nobody's secrets. */
function recordingRefusals(concerned: (call: Call) => readonly Pick<AccountSession, "audit">[]): OnRefused {
  return (call, name) => {
    const { unlockWait, rule } = call.about;
    if (name === "locked" && unlockWait !== undefined) unlockWait.sawOpen = false;
    const told = { ...entryOf(call, name, []), ...refusalDetails(call.about) };
    const byRule = rule === undefined ? [] : [{ ...told, event: "policy.denied", outcome: `rule ${rule}` }];
    for (const { audit } of concerned(call)) for (const one of [...byRule, told]) audit.read(one);
  };
}

/** Locks the accounts of persons with the screen and before a sleep. As when idle, a token's session goes on: no person's answer is behind it. */
function logindOf(parts: AgentParts, sessions: Sessions): Logind {
  const lock = async (why: string) => void (await sessions.lock(undefined, {}, why));
  const { clock, log, logind: programs = logindPrograms } = parts;
  return createLogind({ clock, log, uid: process.getuid?.() ?? 0, programs, lock });
}

/** The door of the app's pages. */
function pagesOf(
  parts: AgentParts,
  { newId, grants, broker }: { newId: () => string; grants: Grants; broker: () => Broker },
): PageDoor {
  const { clock, log, env } = parts;
  return createPageDoor({
    ...{ clock, log, newId, files: pageFiles, serve: parts.onPage, folder: parts.runFolder, port: parts.appPort },
    uid: process.geteuid?.() ?? 0,
    sessionEnded: (subject) => {
      for (const { id } of grants.list(subject)) grants.revoke(id);
    },
    usedTwice: (id) => {
      const prompt = broker().find(id);
      for (const asker of prompt?.askers() ?? []) asker.notify("prompt.usedTwice", { prompt: id, code: prompt?.code });
    },
    browse: (file, code, signal) => showInBrowser(parts.browsers ?? browsers, { file, code, env, signal }),
    refused: (rule, count) => log.note("a page was refused", { rule, count }),
  });
}

/** The state that the parts share, built once. */
type State = {
  readonly proofs: Proofs;
  readonly overseer: Overseer;
  readonly desk: Desk;
  readonly systemDialog: SystemDialog;
  readonly authenticators: Authenticators;
  readonly pages: PageDoor;
  readonly logind: Logind;
  readonly givenYes: GivenYes;
  readonly connections: ReadonlySet<Connection>;
  readonly grants: Grants;
  readonly applications: Applications;
  readonly approvers: Approvers;
  readonly handles: Handles;
  readonly followers: Followers;
  readonly broker: Broker;
  readonly sessions: Sessions;
  readonly tokens: TokenSessions;
  readonly left: LeftRecords;
  readonly watches: Watches;
  readonly policies: Policies;
  readonly roomOf: RoomOf;
};

function handlersOf(parts: AgentParts, state: State): Handlers {
  const { home, crypto, clock } = parts;
  const { connections, grants, applications, approvers, handles, followers, broker, sessions, tokens, left } = state;
  const { policies, proofs, overseer, givenYes, authenticators } = state;
  const newId = () => makeId(crypto);
  return {
    ...agentMethods({
      startedAt: parts.startedAt,
      program: parts.program,
      sessions,
      proofs,
      tokens,
      broker,
      followers,
      mayManage: approvers.mayManage,
      policyOf: policies.stateOf,
      whyUnavailable: (approver) => (approver === "polkit" ? state.systemDialog.whyNot() : undefined),
      bears: holds,
      stop: parts.stop,
      trace: parts.trace,
      hearsScreen: state.logind.hears,
      protections: () => protections(parts.native),
    }),
    ...accountMethods(crypto, sessions, tokens),
    ...newAccountMethods({ crypto, sessions, overseer }),
    ...accessMethods({ sessions, tokens, grants, applications, overseer, connections }),
    ...promptMethods({
      ...{ sessions, broker, overseer, tickets: createTickets(clock), approvers, givenYes },
      isTerminalTaken: state.desk.isAskingAt,
    }),
    ...authenticatorMethods({ crypto, clock, sessions, overseer, broker, ...authenticators }),
    ...appMethods({ sessions, roomOf: state.roomOf, open: state.pages.open }),
    ...policyMethods({
      ...{ sessions, overseer, policies, home, ours: parts.ours, newId },
      identityOf: (pid) => identityAt(pid, pathsOf(parts.ours)),
    }),
    ...auditMethods({ home, crypto, sessions, overseer, left }),
    ...secretMethods(followers.isStale, crypto.randomBytes),
    ...state.watches.handlers,
    ...itemMethods({ clock, pages: createItemPages({ crypto, isStale: followers.isStale }) }),
    ...fileMethods({ clock, sessions, grants, handles }),
    ...backupMethods({ home, crypto, sessions, tokens, handles, clock, overseer }),
    ...vaultMethods,
    ...groupMethods,
    ...namesMethods,
    ...environmentMethods(followers.isStale),
    ...serviceAccountMethods({ crypto, sessions, overseer }),
    ...shareMethods,
  };
}

/** The sessions that this connection's tokens opened. */
function bearersOf({ clients }: Connection): AccountSession[] {
  return [...clients.values()].flatMap(({ bearer }) => (bearer?.unlocked === undefined ? [] : [bearer]));
}

function holds(connection: Connection, unlocked: Opened): boolean {
  return bearersOf(connection).some((bearer) => bearer.unlocked === unlocked);
}

async function closeAll({ connections, sessions, tokens, watches }: State): Promise<void> {
  watches.forget();
  await tokens.close();
  await sessions.close();
  // What the lock told everybody leaves first. A page's line needs a turn of the loop for it.
  await turnOfLoop();
  for (const connection of connections) connection.close();
}

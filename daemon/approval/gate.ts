// Satisfies the need of every method. Targets become scopes of ids, grants are looked up, and a person is asked for the missing ones. The
// target of a reference, or that it leads nowhere, is answered only within a granted scope.
import { catalogue, type MethodName } from "../../protocol/catalogue.ts";
import type { Need, Right, Target, Verb } from "../../protocol/entry.ts";
import { PosternError } from "../../protocol/errors.ts";
import { findNamed } from "../account/named-things.ts";
import { isMissing, type Located, type Resolver } from "../account/resolver.ts";
import { covers, type Scope } from "../account/scope.ts";
import type { Call } from "../call/call.ts";
import type { OpenClient } from "../call/connection.ts";
import { type Clock, type Moment, momentOf } from "../host/clock.ts";
import type { Subject } from "../peer/subject.ts";
import type { AccountSession, OpenSession } from "../session/account-session.ts";
import type { Sessions } from "../session/sessions.ts";
import type { Unlocked } from "../session/unlocked.ts";
import type { Applications } from "./applications.ts";
import type { Broker } from "./broker.ts";
import type { Grant, Grants } from "./grants.ts";
import { mayLookUp, wordsOf } from "./known-names.ts";
import { foundNamed, foundScope, type NamedTarget } from "./named-lines.ts";
import {
  isQuestion,
  meant,
  missingScope,
  type Outcome,
  outcomesOf,
  scopesOf,
  sorted,
  type Wanted,
} from "./outcomes.ts";
import type { Asked } from "./prompt.ts";
import { missingLines } from "./prompt-lines.ts";
import { promptNames } from "./prompt-names.ts";
import { sentForm, sentLines } from "./sent-lines.ts";
import { askedOfNobody, deniedOrNone } from "./unknown-account.ts";
import type { UnlockWaits } from "./unlock-waits.ts";
import { unlockWaiterOf, waiterOf } from "./waiter.ts";

export type GateParts = {
  readonly clock: Clock;
  readonly sessions: Sessions;
  readonly grants: Grants;
  readonly broker: Broker;
  readonly unlockWaits: UnlockWaits;
  readonly resolver: Resolver;
  readonly applications: Pick<Applications, "know">;
};

type GrantNeed = Extract<Need<never>, { kind: "grant" }>;

type AccountParams = { client?: string; noWait?: boolean };

type Gate = (method: MethodName, params: never, call: Call) => Call | Promise<Call>;

export function createGate(parts: GateParts): Gate {
  const { clock, sessions, grants, broker, unlockWaits, resolver, applications } = parts;

  const gate: Gate = (method, params, call) => {
    const { need: declared, activity } = catalogue[method];
    if (declared.kind !== "grant") return concerning(method, params, call);
    const need = rightOf(declared as GrantNeed, params);
    const now = momentOf(clock);
    const client = call.connection.clientOf((params as AccountParams).client);
    const living = client?.unlockWait === undefined ? livingOf(client, now) : openOrLocked(client, now, call);
    // As if it had been made after the unlock.
    if (living === undefined) return unlocking(client, params, call).then(() => gate(method, params, call));
    const byToken = client?.bearer !== undefined;
    const isNobody = isUnknown(client);
    const { file, audit, unlocked } = living;
    const session = { file, audit, unlocked } as OpenSession;
    const holds = () => living.unlocked === unlocked;
    session.audit.demandWritable();
    const targets = (declared.scopeOf as (params: never) => readonly Target[])(params);
    Object.assign(call.about, { session: living, targets });
    const pass = (found: readonly Outcome[], at: Moment): Call | Promise<Call> => {
      // It may have been locked during a look-up.
      demandHeld(holds);
      call.connection.demandSame();
      const { subject } = call.connection;
      const wanted = scopesOf(session.file.account, targets, found);
      // An unknown one is recorded in the asker's own words.
      if (!isNobody && !found.includes("unknown")) call.about.wanted = wanted;
      const coversIt = (held: Grant, { scope }: Wanted) => covers(held, { verb: need.verb, scope });
      // Only an allowed call is activity. A program without an approval cannot keep the account open by asking, nor by asking for nothing.
      const passed = (sure: readonly Outcome[], since: Moment, still: () => boolean): Call => {
        if (activity && wanted.length > 0) sessions.touch(session.unlocked, since);
        const demandStill = () => {
          demandHeld(holds);
          call.connection.demandSame();
          if (!still()) throw new PosternError("approvalRequired", "the grant ended meanwhile");
        };
        const knows = (scope: Scope) => byToken || grants.allows(subject, "read", scope, momentOf(clock));
        const isMakers = (held: Grant) => !byToken && wanted.every((one) => coversIt(held, one));
        const own = (vault: string) =>
          ownAs(grants, subject, { account: file.account, level: "values", vault }, isMakers);
        return { ...call, access: { session, holds, demandStill, byToken, knows, own, ...sorted(targets, sure) } };
      };
      if (byToken) return passed(found, at, always);
      if (isNobody && wanted.length > 0)
        return askOfNobody(session, need, targets.filter(isQuestion(found)), params, call);
      const isAllowed = ({ scope, isUnknown }: Wanted, now: Moment) =>
        isUnknown !== true && grants.allows(subject, need.verb, scope, now, need.alone === true);
      const isLacking = (one: Wanted) => !isAllowed(one, at);
      const ungranted = wanted.filter(isLacking);
      if (need.verb === "read") applications.know(session, call.connection, ungranted);
      const lacking = ungranted.filter(isLacking);
      if (lacking.length === 0) return passed(found, at, () => wanted.every((one) => isAllowed(one, momentOf(clock))));
      return ask(session, need, lacking, params, call).then(async (approved) => {
        demandHeld(holds);
        const agreed = wanted.map((one) => ({ ...one, ...approved.get(one) }));
        const sure = await sameAgain(session, targets, agreed);
        demandHeld(holds);
        return passed(sure, momentOf(clock), always);
      });
    };
    // An account that is not on this agent has no names. A token knows those of its own.
    const mayFind = async (target: NamedTarget) =>
      byToken || (!isNobody && mayLookUp(session.unlocked.account, grants.list(call.connection.subject), target));
    const pending = outcomesOf(resolver, session.unlocked, targets, mayFind);
    // This lets a warm request be answered in the same turn of the event loop.
    if (!pending.some((one) => one instanceof Promise)) return pass(pending as Located[], now);
    return Promise.all(pending).then((found) => pass(found, momentOf(clock)));
  };
  return gate;

  /** Whether a client names an account that is not on this agent. It is treated as an existing one, and gets nothing. */
  function isUnknown(client: OpenClient | undefined): boolean {
    return client !== undefined && client.bearer === undefined && sessions.find(client.account) === undefined;
  }

  /** The session of a request. For an account that is not on this agent, an open one stands in, and its person is asked. */
  function livingOf(client: OpenClient | undefined, now: Moment): AccountSession {
    if (client?.bearer !== undefined) return client.bearer.demandOpen();
    return isUnknown(client) ? sessions.someOpen(now) : sessions.open(client?.account, now);
  }

  /** The same for a client whose calls wait for an unlock; undefined where they must. */
  function openOrLocked(client: OpenClient, now: Moment, { about }: Call): AccountSession | undefined {
    const { unlockWait } = client;
    if (unlockWait !== undefined) about.unlockWait = unlockWait;
    try {
      const living = livingOf(client, now);
      if (unlockWait !== undefined) unlockWait.sawOpen = true;
      return living;
    } catch (error) {
      if (error instanceof PosternError && error.name === "locked") return undefined;
      throw error;
    }
  }

  /** Waits for the unlock of a client's account. A name that no account here has waits as that of a locked one does. */
  async function unlocking(client: OpenClient | undefined, { noWait }: AccountParams, call: Call): Promise<void> {
    const wait = client?.unlockWait;
    if (client === undefined || wait === undefined || wait.sawOpen || noWait === true) throw new PosternError("locked");
    const account = sessions.find(client.account)?.file.account;
    const askedMs = performance.now();
    wait.gaveUp = true;
    await unlockWaits.wait(account, call.connection.subject, unlockWaiterOf(call));
    wait.gaveUp = false;
    call.timing.waitedMs += performance.now() - askedMs;
    wait.sawOpen = true;
  }

  /** Notes the account for a refusal of a method without a grant: the named account, or else the default. */
  function concerning(method: MethodName, params: { account?: string }, call: Call): Call {
    const { required = [] } = catalogue[method].params as { required?: readonly string[] };
    // A required account is a new one, or becomes the default.
    const named = required.includes("account") ? undefined : params.account;
    const session = named === undefined ? sessions.default() : (sessions.find(named) ?? sessions.default());
    if (session !== undefined) call.about.session = session;
    return call;
  }

  /** Asks a person about an account that is not on this agent. Whatever the answer, the asker is denied. */
  async function askOfNobody(
    { file }: OpenSession,
    { verb, also }: Right,
    targets: readonly Target[],
    params: AccountParams,
    call: Call,
  ): Promise<never> {
    if (params.noWait === true) throw new PosternError("approvalRequired");
    const named = call.connection.clientOf(params.client)?.account ?? "";
    await waited(file.account, verb, askedOfNobody(file.account, named, targets, beforeOf(also)), params, call);
    throw deniedOrNone();
  }

  /**
   * Locates the references again after a person's answer. That took time, and the items may have changed. The yes was for certain fields. It does
   * not hold where a reference leads to another field now.
   */
  async function sameAgain(
    session: OpenSession,
    targets: readonly Target[],
    wanted: readonly Wanted[],
  ): Promise<Outcome[]> {
    const found = await Promise.all(outcomesOf(resolver, session.unlocked, targets, async () => true));
    const now = scopesOf(session.file.account, targets, found);
    if (JSON.stringify(now.map(meant)) !== JSON.stringify(wanted.map(meant)))
      throw new PosternError("approvalRequired", "what the reference names changed while a person was asked");
    return found;
  }

  async function ask(
    session: OpenSession,
    { verb, also, alone }: Right,
    wanted: readonly Wanted[],
    params: AccountParams,
    call: Call,
  ): Promise<Map<Wanted, Pick<Wanted, "scope" | "grantable">>> {
    if (params.noWait === true) throw new PosternError("approvalRequired");
    const before = beforeOf(also);
    const asked = await Promise.all(
      wanted.map(async (one): Promise<Asked> => {
        const { target, scope, grantable } = one;
        const form = sentForm(session.file.account, target);
        const common = { scope, form, sent: sentLines(target, before), alone };
        if ("named" in target) return askedByName(session.unlocked, target, common, before);
        return { ...common, shown: await nameOf(session.unlocked, one, before), grantable };
      }),
    );
    const approved = await waited(session.file.account, verb, asked, params, call);
    return new Map(
      wanted.map((one, index) => {
        const { scope = one.scope, grantable = one.grantable } = approved[index] ?? {};
        return [one, { scope, grantable }];
      }),
    );
  }

  async function waited(
    account: string,
    verb: Verb,
    asked: readonly Asked[],
    { client }: AccountParams,
    call: Call,
  ): Promise<readonly Asked[]> {
    const isNamed = call.connection.clientOf(client)?.named !== undefined;
    const askedMs = performance.now();
    const { subject } = call.connection;
    const approved = await broker.ask(account, subject, verb, asked, waiterOf(call, client)).catch((error: unknown) => {
      const isDenied = error instanceof PosternError && error.name === "approvalDenied";
      throw isNamed && isDenied ? deniedOrNone() : error;
    });
    call.timing.waitedMs += performance.now() - askedMs;
    // While the person decided, the peer may have become another program.
    call.connection.demandSame();
    return approved;
  }
}

/** Gives the maker of a vault a grant of it, which lasts as long as the yes to making it. */
function ownAs(grants: Grants, subject: Subject, scope: Scope, isMakers: (held: Grant) => boolean): void {
  const held = grants.list(subject).find(isMakers);
  if (held !== undefined) grants.addOn(held, "write", scope);
}

/** The right that a call needs. Of some methods the parameters decide. */
function rightOf({ by, verb, also, alone }: GrantNeed, params: never): Right {
  if (by !== undefined) return (by as (params: never) => Right)(params);
  return { verb, ...(also === undefined ? {} : { also }), ...(alone === undefined ? {} : { alone }) };
}

/** The question about a named thing. It is looked up after the proof. */
function askedByName(
  { account }: Unlocked,
  target: NamedTarget,
  common: Pick<Asked, "scope" | "form" | "sent" | "alone">,
  before: string,
): Asked {
  const find = async () => {
    const found = await findNamed(account, target.named);
    if (isMissing(found))
      return { scope: missingScope(account.id, found), shown: [...common.sent, found.error.message], grantable: false };
    const scope = foundScope(account.id, target, found);
    return { scope, shown: await foundNamed(account, target, found, before), grantable: true };
  };
  const { form } = common;
  return { ...common, scope: form, shown: common.sent, grantable: false, words: wordsOf(account.id, target), find };
}

/** The first line of the question. */
const beforeOf = (also: string | undefined) => (also === undefined ? "" : `and ${also}: `);

const always = () => true;

function demandHeld(holds: () => boolean): void {
  if (!holds()) throw new PosternError("locked");
}

/** The lines of a question. Extra effects beside the verb come first, so that no long title pushes them away. */
async function nameOf({ account }: Unlocked, wanted: Wanted, before: string): Promise<string[]> {
  const { missing } = wanted;
  return missing === undefined
    ? promptNames(account, wanted, before)
    : missingLines(missing.reference, missing.why, before);
}

// Satisfies the need of every method. Targets become scopes of ids, grants are looked up, and a person is asked for the missing ones. The
// target of a reference, or that it leads nowhere, is answered only within a granted scope.
import { catalogue, type MethodName } from "../../protocol/catalogue.ts";
import type { Need, Right, Target, Verb } from "../../protocol/entry.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { FoundThing } from "../account/named-things.ts";
import type { Located, Resolver } from "../account/resolver.ts";
import { covers, type Scope } from "../account/scope.ts";
import type { Call } from "../call/call.ts";
import type { Connection } from "../call/connection.ts";
import { whoOf } from "../call/log-entry.ts";
import { type Clock, type Moment, momentOf } from "../host/clock.ts";
import type { Subject } from "../peer/subject.ts";
import type { Policies } from "../policy/policies.ts";
import type { OpenSession } from "../session/account-session.ts";
import type { Sessions } from "../session/sessions.ts";
import type { Unlocked } from "../session/unlocked.ts";
import type { Applications } from "./applications.ts";
import type { Broker } from "./broker.ts";
import { type ByPolicy, byPolicy } from "./by-policy.ts";
import type { Grant, Grants } from "./grants.ts";
import { isOfWords, type MayLookUp, mayLookUp, type WordsTarget, wordsOf } from "./known-names.ts";
import { meantAccounts } from "./meant-accounts.ts";
import { foundNamed } from "./named-lines.ts";
import { isQuestion, meant, type Outcome, outcomeOf, outcomesOf, scopesOf, sorted, type Wanted } from "./outcomes.ts";
import type { Asked } from "./prompt.ts";
import { missingLines } from "./prompt-lines.ts";
import { promptNames } from "./prompt-names.ts";
import { sentForm, sentLines } from "./sent-lines.ts";
import { askedOfNobody, deniedOrNone } from "./unknown-account.ts";
import type { UnlockWaits } from "./unlock-waits.ts";
import { waiterOf } from "./waiter.ts";

export type GateParts = {
  readonly clock: Clock;
  readonly sessions: Sessions;
  readonly grants: Grants;
  readonly broker: Broker;
  readonly unlockWaits: UnlockWaits;
  readonly resolver: Resolver;
  readonly applications: Pick<Applications, "know" | "knowsWords">;
  readonly policies: Policies;
  readonly isStranger: (connection: Connection) => boolean;
};

type GrantNeed = Extract<Need<never>, { kind: "grant" }>;

type Allowed = {
  readonly byToken: boolean;
  readonly holds: () => boolean;
  readonly verb: Verb;
  readonly wanted: readonly Wanted[];
  readonly still: () => boolean;
};

type AccountParams = { client?: string; noWait?: boolean };

type Gate = (method: MethodName, params: never, call: Call) => Call | Promise<Call>;

export function createGate(parts: GateParts): Gate {
  const { clock, sessions, grants, broker, resolver, applications } = parts;
  const accounts = meantAccounts(parts);
  const gate: Gate = (method, params, call) => {
    const { need: declared, activity } = catalogue[method];
    call.about.isStranger = later(parts.isStranger, call.connection);
    if (declared.kind !== "grant") return accounts.concerning(method, params, call);
    const need = rightOf(declared as GrantNeed, params);
    const now = momentOf(clock);
    const client = call.connection.clientOf((params as AccountParams).client);
    // The record is for the token's own log, and for that of its person.
    if (client?.bearer !== undefined) call.about.isStranger = never;
    const living = accounts.livingOf(client, now, call);
    // As if it had been made after the unlock.
    if (living === undefined) return accounts.unlocking(client, params, call).then(() => gate(method, params, call));
    const byToken = client?.bearer !== undefined;
    const isNobody = accounts.isUnknown(client);
    const { file, audit, unlocked } = living;
    const session = { file, audit, unlocked } as OpenSession;
    const holds = () => living.unlocked === unlocked;
    session.audit.demandWritable(whoOf(call.connection.subject));
    const targets = (declared.scopeOf as (params: never) => readonly Target[])(params);
    Object.assign(call.about, { session: living, targets });
    const policy = byPolicy(parts, session, { need, targets, client }, call);
    const pass = (found: readonly Outcome[], at: Moment): Call | Promise<Call> => {
      // It may have been locked during a look-up.
      demandHeld(holds);
      call.connection.demandSame();
      const { subject } = call.connection;
      const wanted = scopesOf(session.file.account, targets, found);
      // An unknown one is recorded in the asker's own words.
      if (!isNobody && !found.includes("unknown")) call.about.wanted = wanted;
      // Only a call that a person allowed is activity. Nobody keeps the account open by asking, by asking for nothing, or by a rule.
      const passed = (sure: readonly Outcome[], since: Moment, still: () => boolean): Call => {
        if (activity && wanted.length > 0 && !policy.isUsed()) sessions.touch(session.unlocked, since);
        const access = accessTo(session, { byToken, holds, verb: need.verb, wanted, still }, call);
        return { ...call, access: { ...access, ...sorted(targets, sure) } };
      };
      if (byToken) return passed(found, at, always);
      if (isNobody && wanted.length > 0)
        return askOfNobody(session, need, targets.filter(isQuestion(found)), params, call);
      const isAllowed = ({ scope, isUnknown }: Wanted, now: Moment) =>
        isUnknown !== true &&
        policy.isEnough(scope) &&
        grants.allows(subject, need.verb, scope, now, need.alone === undefined ? undefined : need);
      const isFree = (one: Wanted, now: Moment) => isAllowed(one, now) || policy.allows(one);
      const isLacking = (one: Wanted) => !isFree(one, at);
      const ungranted = wanted.filter(isLacking);
      if (need.verb === "read") applications.know(session, call.connection, ungranted);
      const lacking = ungranted.filter(isLacking);
      if (lacking.length === 0) {
        policy.settle(wanted);
        return passed(found, at, () => wanted.every((one) => isFree(one, momentOf(clock))));
      }
      return ask(session, need, lacking, params, call).then(async (approved) => {
        demandHeld(holds);
        const agreed = wanted.map((one) => ({ ...one, ...approved.get(one) }));
        await policy.settleAgain(agreed);
        const sure = await sameAgain(session, targets, agreed);
        demandHeld(holds);
        return passed(sure, momentOf(clock), always);
      });
    };
    const mayFind = byToken ? always : lookUpBy(session, { isNobody, verb: need.verb, policy }, call);
    return policy.begin(() => {
      demandHeld(holds);
      const pending = outcomesOf(resolver, session.unlocked, targets, mayFind);
      // This lets a warm request be answered in the same turn of the event loop.
      if (!pending.some((one) => one instanceof Promise)) return pass(pending as Located[], now);
      return Promise.all(pending).then((found) => pass(found, momentOf(clock)));
    });
  };
  return gate;

  /** Whether a person's program may have something looked up before the person is asked. An account that is not on this agent has no names. */
  function lookUpBy(
    session: OpenSession,
    { isNobody, verb, policy }: { isNobody: boolean; verb: Verb; policy: ByPolicy },
    { connection }: Call,
  ): (target: WordsTarget) => MayLookUp | Promise<MayLookUp> {
    const { unlocked } = session;
    const holding = {
      grants: isNobody ? [] : grants.list(connection.subject),
      knows: (words: string) => verb === "read" && applications.knowsWords(session, connection, words),
    };
    return (target) => {
      const words = wordsOf(unlocked, target);
      if (words === undefined) return true;
      return !isNobody && (policy.mayFind(target) || mayLookUp(unlocked.account, holding, target, words));
    };
  }

  /** What the handler of an allowed call may know and do. `still` says whether what allowed it holds. */
  function accessTo(session: OpenSession, allowed: Allowed, { connection }: Call) {
    const { byToken, holds, verb, wanted, still } = allowed;
    const { subject } = connection;
    const demandStill = () => {
      demandHeld(holds);
      connection.demandSame();
      if (!still()) throw new PosternError("approvalRequired", "the grant ended meanwhile");
    };
    const knows = (scope: Scope) => byToken || grants.allows(subject, "read", scope, momentOf(clock));
    const isMakers = (held: Grant) => !byToken && wanted.every(({ scope }) => covers(held, { verb, scope }));
    const own = (vault: string) =>
      ownAs(grants, subject, { account: session.file.account, level: "values", vault }, isMakers);
    return { session, holds, demandStill, byToken, knows, own };
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
    const found = await Promise.all(outcomesOf(resolver, session.unlocked, targets, always));
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
  ): Promise<Map<Wanted, Pick<Wanted, "scope" | "grantable" | "why">>> {
    if (params.noWait === true) throw new PosternError("approvalRequired");
    const before = beforeOf(also);
    const asked = wanted.map(({ target }) => ({ ...askedUnresolved(session, target, before), alone, also }));
    const approved = await waited(session.file.account, verb, asked, params, call);
    return new Map(wanted.map((one, index) => [one, approved[index] ?? one]));
  }

  /** The question in the asker's own words. What it leads to is looked up after the proof, and no sooner. */
  function askedUnresolved({ file, unlocked }: OpenSession, target: Target, before: string): Asked {
    const form = sentForm(file.account, target);
    const sent = sentLines(target, before);
    const words = isOfWords(target) ? wordsOf(unlocked, target) : {};
    const find = async () => {
      const found = isOfWords(target) ? [await outcomeOf(resolver, unlocked, target)] : [];
      const [wanted] = scopesOf(file.account, [target], found);
      if (wanted === undefined) throw new Error("it was a question, and is none any more");
      const { scope, grantable, why } = wanted;
      return { scope, grantable, why, shown: await shownLines(unlocked, wanted, { found: found[0], sent }, before) };
    };
    // Ids that were sent are known. A title leaves no grant before it was looked up.
    return { scope: form, form, sent, shown: sent, grantable: !isOfWords(target), ...words, find };
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

/** The first line of the question. */
const beforeOf = (also: string | undefined) => (also === undefined ? "" : `and ${also}: `);

/** A look at a connection, to be taken later. It is made here so that it holds the connection alone: what holds a call must not hold its parameters. */
const later = (look: (connection: Connection) => boolean, connection: Connection) => () => look(connection);

const always = () => true;
const never = () => false;

function demandHeld(holds: () => boolean): void {
  if (!holds()) throw new PosternError("locked");
}

/** The lines of a question with what it leads to. Extra effects beside the verb come first, so that no long title pushes them away. */
async function shownLines(
  { account }: Unlocked,
  wanted: Wanted,
  { found, sent }: { readonly found: Outcome | undefined; readonly sent: readonly string[] },
  before: string,
): Promise<readonly string[]> {
  const { target, missing, why = "" } = wanted;
  if ("named" in target) return why === "" ? foundNamed(account, target, found as FoundThing, before) : [...sent, why];
  return missing === undefined ? promptNames(account, wanted, before) : missingLines(missing, why, before);
}

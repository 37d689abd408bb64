// Satisfies the need of every method. Targets become scopes of ids, grants are looked up, and a person is asked for the missing ones. The
// target of a reference, or that it leads nowhere, is answered only within a granted scope.
import { catalogue, type MethodName } from "../../protocol/catalogue.ts";
import type { Need, Target, Verb } from "../../protocol/entry.ts";
import { PosternError } from "../../protocol/errors.ts";
import { isMissing, type Located, type Missing, type Resolver } from "../account/resolver.ts";
import { covers, type Scope } from "../account/scope.ts";
import type { Call } from "../call/call.ts";
import type { OpenClient } from "../call/connection.ts";
import { type Clock, type Moment, momentOf } from "../host/clock.ts";
import type { Policies } from "../policy/policies.ts";
import type { AccountSession, OpenSession } from "../session/account-session.ts";
import type { Sessions } from "../session/sessions.ts";
import type { Unlocked } from "../session/unlocked.ts";
import type { Broker } from "./broker.ts";
import { byPolicy } from "./by-policy.ts";
import type { Grant, Grants } from "./grants.ts";
import type { Asked } from "./prompt.ts";
import { missingLines } from "./prompt-lines.ts";
import { promptNames } from "./prompt-names.ts";
import { idScope, sentForm, sentLines } from "./sent-lines.ts";
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
  readonly policies: Policies;
};

type GrantNeed = Pick<Extract<Need<never>, { kind: "grant" }>, "verb" | "also" | "alone">;
type AccountParams = { client?: string; noWait?: boolean };

type Gate = (method: MethodName, params: never, call: Call) => Call | Promise<Call>;

export function createGate(parts: GateParts): Gate {
  const { clock, sessions, grants, broker, unlockWaits, resolver } = parts;

  const gate: Gate = (method, params, call) => {
    const { need, activity } = catalogue[method];
    if (need.kind !== "grant") return concerning(method, params, call);
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
    const targets = (need.scopeOf as (params: never) => readonly Target[])(params);
    Object.assign(call.about, { session: living, targets });
    const policy = byPolicy(parts, session, { need, targets, client }, call);
    const pass = (found: readonly (Located | Missing)[], at: Moment): Call | Promise<Call> => {
      // It may have been locked during a look-up.
      demandHeld(holds);
      call.connection.demandSame();
      const { subject } = call.connection;
      const wanted = scopesOf(session.file.account, targets, found);
      if (!isNobody) call.about.wanted = wanted;
      const coversIt = (held: Grant, { scope }: Wanted) => covers(held, { verb: need.verb, scope });
      // Only a call that a person allowed is activity. Nobody keeps the account open by asking, by asking for nothing, or by a rule.
      const passed = (sure: readonly (Located | Missing)[], since: Moment, still: () => boolean): Call => {
        if (activity && wanted.length > 0 && !policy.isUsed()) sessions.touch(session.unlocked, since);
        const demandStill = () => {
          demandHeld(holds);
          call.connection.demandSame();
          if (!still()) throw new PosternError("approvalRequired", "the grant ended meanwhile");
        };
        const knows = (scope: Scope) => byToken || grants.allows(subject, "read", scope, momentOf(clock));
        const own = (vault: string) => {
          const { account } = session.file;
          const held = byToken
            ? undefined
            : grants.list(subject).find((one) => wanted.every((it) => coversIt(one, it)));
          if (held !== undefined) grants.addOn(held, "write", { account, level: "values", vault });
        };
        return { ...call, access: { session, holds, demandStill, byToken, knows, own, found: sure } };
      };
      if (byToken) return passed(found, at, always);
      if (isNobody && wanted.length > 0)
        return askOfNobody(session, need, targets.filter(isQuestion(found)), params, call);
      const isAllowed = ({ scope }: Wanted, now: Moment) =>
        policy.isEnough(scope) && grants.allows(subject, need.verb, scope, now, need.alone === true);
      const isFree = (one: Wanted, now: Moment) => isAllowed(one, now) || policy.allows(one);
      const lacking = wanted.filter((one) => !isFree(one, at));
      if (lacking.length === 0) {
        policy.settle(wanted);
        return passed(found, at, () => wanted.every((one) => isFree(one, momentOf(clock))));
      }
      return ask(session, need, lacking, params, call).then(async () => {
        demandHeld(holds);
        await policy.settleAgain(wanted);
        const sure = await sameAgain(session, targets, wanted);
        demandHeld(holds);
        return passed(sure, momentOf(clock), always);
      });
    };
    return policy.begin(() => {
      demandHeld(holds);
      const pending = locate(session, targets);
      // This lets a warm request be answered in the same turn of the event loop.
      if (!pending.some((one) => one instanceof Promise)) return pass(pending as Located[], now);
      return Promise.all(pending).then((found) => pass(found, momentOf(clock)));
    });
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
    { verb, also }: GrantNeed,
    targets: readonly Target[],
    params: AccountParams,
    call: Call,
  ): Promise<never> {
    if (params.noWait === true) throw new PosternError("approvalRequired");
    const named = call.connection.clientOf(params.client)?.account ?? "";
    await waited(file.account, verb, askedOfNobody(file.account, named, targets, beforeOf(also)), params, call);
    throw deniedOrNone();
  }

  function locate(
    { unlocked }: OpenSession,
    targets: readonly Target[],
  ): (Located | Missing | Promise<Located | Missing>)[] {
    return targets.flatMap((target) => ("reference" in target ? [resolver.locate(unlocked, target.reference)] : []));
  }

  /**
   * Locates the references again after a person's answer. That took time, and the items may have changed. The yes was for certain fields. It does
   * not hold where a reference leads to another field now.
   */
  async function sameAgain(
    session: OpenSession,
    targets: readonly Target[],
    wanted: readonly Wanted[],
  ): Promise<(Located | Missing)[]> {
    const found = await Promise.all(locate(session, targets));
    const now = scopesOf(session.file.account, targets, found);
    if (JSON.stringify(now.map(meant)) !== JSON.stringify(wanted.map(meant)))
      throw new PosternError("approvalRequired", "what the reference names changed while a person was asked");
    return found;
  }

  async function ask(
    session: OpenSession,
    { verb, also }: GrantNeed,
    wanted: readonly Wanted[],
    params: AccountParams,
    call: Call,
  ): Promise<void> {
    if (params.noWait === true) throw new PosternError("approvalRequired");
    const before = beforeOf(also);
    const shown = await Promise.all(wanted.map((one) => nameOf(session.unlocked, one, before)));
    const asked: Asked[] = wanted.map((one, index) => ({
      scope: one.scope,
      form: sentForm(session.file.account, one.target),
      sent: sentLines(one.target, before),
      shown: shown[index] ?? [],
      grantable: one.grantable,
    }));
    await waited(session.file.account, verb, asked, params, call);
  }

  async function waited(
    account: string,
    verb: Verb,
    asked: readonly Asked[],
    { client }: AccountParams,
    call: Call,
  ): Promise<void> {
    const isNamed = call.connection.clientOf(client)?.named !== undefined;
    const askedMs = performance.now();
    await broker.ask(account, call.connection.subject, verb, asked, waiterOf(call, client)).catch((error: unknown) => {
      const isDenied = error instanceof PosternError && error.name === "approvalDenied";
      throw isNamed && isDenied ? deniedOrNone() : error;
    });
    call.timing.waitedMs += performance.now() - askedMs;
    // While the person decided, the peer may have become another program.
    call.connection.demandSame();
  }
}

/** Whether a target asks for something. A text that is no reference asks for nothing. */
function isQuestion(found: readonly (Located | Missing)[]): (target: Target) => boolean {
  let next = 0;
  return (target) => {
    if (!("reference" in target)) return true;
    const outcome = found[next++];
    return outcome === undefined || !isMissing(outcome) || !outcome.harmless;
  };
}

/** The first line of the question. */
const beforeOf = (also: string | undefined) => (also === undefined ? "" : `and ${also}: `);

const always = () => true;

function demandHeld(holds: () => boolean): void {
  if (!holds()) throw new PosternError("locked");
}

/** A needed scope, and the target that needs it. A missing thing is asked about too, but leaves no grant behind. */
type Wanted = {
  readonly target: Target;
  readonly scope: Scope;
  readonly grantable: boolean;
  readonly found?: Pick<Located, "place">;
  readonly missing?: { reference: string; why: string };
};

function scopesOf(account: string, targets: readonly Target[], found: readonly (Located | Missing)[]): Wanted[] {
  let next = 0;
  return targets.flatMap((target): Wanted[] => {
    if (!("reference" in target)) return [{ target, scope: idScope(account, target), grantable: true }];
    const outcome = found[next++];
    if (outcome === undefined) throw new Error("a reference was not looked up");
    // Keeps the place only. The found value may hold a whole item, and a person takes minutes to answer.
    if (!isMissing(outcome))
      return [{ target, scope: outcome.scope, grantable: true, found: { place: outcome.place } }];
    if (outcome.harmless) return [];
    // Knowing that a thing is missing is knowledge about names: those of the vault, or those of the account's vaults.
    const scope: Scope = { account, level: "names", ...(outcome.vault === undefined ? {} : { vault: outcome.vault }) };
    return [{ target, scope, grantable: false, missing: { reference: target.reference, why: outcome.error.message } }];
  });
}

/** The part of a target that a person's yes is about. */
function meant({ scope, missing }: Wanted): unknown {
  return [scope, missing?.why];
}

/** The lines of a question. Extra effects beside the verb come first, so that no long title pushes them away. */
async function nameOf({ account }: Unlocked, wanted: Wanted, before: string): Promise<string[]> {
  const { missing } = wanted;
  return missing === undefined
    ? promptNames(account, wanted, before)
    : missingLines(missing.reference, missing.why, before);
}

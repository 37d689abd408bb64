// The one place where a need is satisfied: ask. Targets become scopes of ids, grants are looked up, what is missing is
// put to a person. What a reference leads to, and that it leads nowhere, is told only within a granted scope.
import { catalogue, type MethodName } from "../../protocol/catalogue.ts";
import type { Need, Target, Verb } from "../../protocol/entry.ts";
import { PosternError } from "../../protocol/errors.ts";
import { isMissing, type Located, type Missing, type Resolver } from "../account/resolver.ts";
import { covers, type Scope } from "../account/scope.ts";
import type { Call } from "../call/call.ts";
import type { OpenClient } from "../call/connection.ts";
import { type Clock, type Moment, momentOf } from "../host/clock.ts";
import type { AccountSession, OpenSession } from "../session/account-session.ts";
import type { Sessions } from "../session/sessions.ts";
import type { Unlocked } from "../session/unlocked.ts";
import type { Broker } from "./broker.ts";
import type { Grant, Grants } from "./grants.ts";
import type { Asked } from "./prompt.ts";
import { missingLines } from "./prompt-lines.ts";
import { promptNames } from "./prompt-names.ts";
import { askedOfNobody, deniedOrNone } from "./unknown-account.ts";
import { waiterOf } from "./waiter.ts";

export type GateParts = {
  readonly clock: Clock;
  readonly sessions: Sessions;
  readonly grants: Grants;
  readonly broker: Broker;
  readonly resolver: Resolver;
};

type GrantNeed = Pick<Extract<Need<never>, { kind: "grant" }>, "verb" | "also">;
type AccountParams = { client?: string; noWait?: boolean };

export function createGate(parts: GateParts): (method: MethodName, params: never, call: Call) => Call | Promise<Call> {
  const { clock, sessions, grants, broker, resolver } = parts;

  return (method, params, call) => {
    const { need, activity } = catalogue[method];
    if (need.kind !== "grant") return concerning(method, params, call);
    const now = momentOf(clock);
    const client = call.connection.clientOf((params as AccountParams).client);
    const byToken = client?.bearer !== undefined;
    const isNobody = isUnknown(client);
    const living = livingOf(client, now);
    const { file, audit, unlocked } = living;
    const session = { file, audit, unlocked } as OpenSession;
    const holds = () => living.unlocked === unlocked;
    session.audit.demandWritable();
    const targets = (need.scopeOf as (params: never) => readonly Target[])(params);
    Object.assign(call.about, { session: living, targets });
    const pass = (found: readonly (Located | Missing)[], at: Moment): Call | Promise<Call> => {
      // It may have been locked while something was looked up.
      demandHeld(holds);
      call.connection.demandSame();
      const { subject } = call.connection;
      const wanted = scopesOf(session.file.account, targets, found);
      if (!isNobody) call.about.wanted = wanted;
      const coversIt = (held: Grant, { scope }: Wanted) => covers(held, { verb: need.verb, scope });
      // Only what was allowed is activity: a program that nobody approved cannot keep the account open by asking, nor by
      // asking for nothing.
      const passed = (sure: readonly (Located | Missing)[], since: Moment, still: () => boolean): Call => {
        if (activity && wanted.length > 0) sessions.touch(session.unlocked, since);
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
      const isAllowed = ({ scope }: Wanted, now: Moment) => grants.allows(subject, need.verb, scope, now);
      const lacking = wanted.filter((one) => !isAllowed(one, at));
      if (lacking.length === 0) return passed(found, at, () => wanted.every((one) => isAllowed(one, momentOf(clock))));
      return ask(session, need, lacking, params, call).then(async () => {
        demandHeld(holds);
        const sure = await sameAgain(session, targets, wanted);
        demandHeld(holds);
        return passed(sure, momentOf(clock), always);
      });
    };
    const pending = locate(session, targets);
    // A warm request is answered in the same turn of the event loop.
    if (!pending.some((one) => one instanceof Promise)) return pass(pending as Located[], now);
    return Promise.all(pending).then((found) => pass(found, momentOf(clock)));
  };

  /** Whether a client names an account that is not here. It is treated as if it were, and gets nothing. */
  function isUnknown(client: OpenClient | undefined): boolean {
    return client !== undefined && client.bearer === undefined && sessions.find(client.account) === undefined;
  }

  /** The session that a request works on. Of an account that is not here an open one stands in, whose person is asked. */
  function livingOf(client: OpenClient | undefined, now: Moment): AccountSession {
    if (client?.bearer !== undefined) return client.bearer.demandOpen();
    return isUnknown(client) ? sessions.someOpen(now) : sessions.open(client?.account, now);
  }

  /** Notes whose log a refusal of a method without a grant belongs to: the account that it names, or else the default. */
  function concerning(method: MethodName, params: { account?: string }, call: Call): Call {
    const { required = [] } = catalogue[method].params as { required?: readonly string[] };
    // A required one is about to come, or to be the default.
    const named = required.includes("account") ? undefined : params.account;
    const session = named === undefined ? sessions.default() : (sessions.find(named) ?? sessions.default());
    if (session !== undefined) call.about.session = session;
    return call;
  }

  /** Puts to a person what is asked of an account that is not here. Whatever they answer, the asker is denied. */
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
   * What the references lead to once a person has answered: that took time, and what was read before may have changed.
   * The yes was to certain fields; where a reference leads elsewhere by now, it was not to that.
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
    const isNamed = call.connection.clientOf(client)?.named === true;
    const askedMs = performance.now();
    await broker.ask(account, call.connection.subject, verb, asked, waiterOf(call)).catch((error: unknown) => {
      const isDenied = error instanceof PosternError && error.name === "approvalDenied";
      throw isNamed && isDenied ? deniedOrNone() : error;
    });
    call.timing.waitedMs += performance.now() - askedMs;
    // A person took their time; meanwhile the peer may have become another program.
    call.connection.demandSame();
  }
}

/** Whether something is asked with a target: with a text that is no reference nothing is. */
function isQuestion(found: readonly (Located | Missing)[]): (target: Target) => boolean {
  let next = 0;
  return (target) => {
    if (!("reference" in target)) return true;
    const outcome = found[next++];
    return outcome === undefined || !isMissing(outcome) || !outcome.harmless;
  };
}

/** What a person reads first. */
const beforeOf = (also: string | undefined) => (also === undefined ? "" : `and ${also}: `);

const always = () => true;

function demandHeld(holds: () => boolean): void {
  if (!holds()) throw new PosternError("locked");
}

/** A scope that is needed, and how it came up. What is missing is asked about, but leaves no grant behind. */
type Wanted = {
  readonly scope: Scope;
  readonly grantable: boolean;
  readonly found?: Pick<Located, "place">;
  readonly missing?: { reference: string; why: string };
};

function scopesOf(account: string, targets: readonly Target[], found: readonly (Located | Missing)[]): Wanted[] {
  let next = 0;
  return targets.flatMap((target): Wanted[] => {
    if (!("reference" in target)) return [{ scope: idScope(account, target), grantable: true }];
    const outcome = found[next++];
    if (outcome === undefined) throw new Error("a reference was not looked up");
    // Its place alone: what it reads may hold a whole item, and a person takes minutes to answer.
    if (!isMissing(outcome)) return [{ scope: outcome.scope, grantable: true, found: { place: outcome.place } }];
    if (outcome.harmless) return [];
    // That something is missing is itself knowledge about names: of the vault, or of the account's vaults.
    const scope: Scope = { account, level: "names", ...(outcome.vault === undefined ? {} : { vault: outcome.vault }) };
    return [{ scope, grantable: false, missing: { reference: target.reference, why: outcome.error.message } }];
  });
}

/** What of it a person said yes to. */
function meant({ scope, missing }: Wanted): unknown {
  return [scope, missing?.why];
}

function idScope(account: string, target: Exclude<Target, { reference: string }>): Scope {
  const level = target.names === true ? "names" : "values";
  if ("account" in target) return { account, level, ...("act" in target ? { act: target.act } : {}) };
  return { account, level, vault: target.vault, ...(target.item === undefined ? {} : { item: target.item }) };
}

/** How a person sees what is asked for. What is asked beside the verb comes first: no long title pushes it away. */
async function nameOf({ account }: Unlocked, wanted: Wanted, before: string): Promise<string[]> {
  const { missing } = wanted;
  return missing === undefined
    ? promptNames(account, wanted, before)
    : missingLines(missing.reference, missing.why, before);
}

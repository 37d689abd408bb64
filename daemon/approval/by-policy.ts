// One call and the policy: what the rules say of it, the answer of a refusal, and the records. Without a policy all of it costs one look.
import type { Target, Verb } from "../../protocol/entry.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { Scope } from "../account/scope.ts";
import type { Call } from "../call/call.ts";
import type { OpenClient } from "../call/connection.ts";
import { entryOf } from "../call/log-entry.ts";
import { recordedPlaces } from "../call/recorded-places.ts";
import type { Policies, Verdict } from "../policy/policies.ts";
import type { OpenSession } from "../session/account-session.ts";
import type { UnlockedSession } from "../session/session.ts";
import type { Sessions } from "../session/sessions.ts";
import type { WordsTarget } from "./known-names.ts";
import { sentForm } from "./sent-lines.ts";
import { deniedOrNone } from "./unknown-account.ts";

/** A thing that nobody may look up yet is unknown: what its words lead to cannot be compared with the rules. */
type Wanted = { readonly target: Target; readonly scope: Scope; readonly isUnknown?: true };

export type ByPolicy = {
  /** Goes on with the call. Throws the error of a person's no where a rule denies what was sent. Nothing was looked up by then. */
  begin<T>(goOn: () => T | Promise<T>): T | Promise<T>;
  /** Whether a grant is enough for this scope. A minimum strength may ask for more than any grant was given with. */
  isEnough(scope: Scope): boolean;
  /** Whether a rule allows all that a look at this thing tells, by what was sent. */
  mayFind(target: WordsTarget): boolean;
  /** Whether a rule allows this without a question. */
  allows(wanted: Wanted): boolean;
  /** Whether a rule has allowed some of it. */
  isUsed(): boolean;
  /** Records what rules have allowed. Throws where a rule denies one of the ids. */
  settle(wanted: readonly Wanted[]): void;
  /** The same after a person was asked: the policy may be another one by now. */
  settleAgain(wanted: readonly Wanted[]): Promise<void>;
};

export type PolicyParts = { readonly policies: Policies; readonly sessions: Pick<Sessions, "list"> };

export type Asking = {
  readonly need: { readonly verb: Verb; readonly alone?: true };
  readonly targets: readonly Target[];
  readonly client: OpenClient | undefined;
};

/** Where a token permits, nobody's policy is asked. */
export function byPolicy(
  { policies, sessions }: PolicyParts,
  session: OpenSession,
  { need, targets, client }: Asking,
  call: Call,
): ByPolicy {
  const isNamed = client?.named !== undefined;
  let verdict: Verdict | undefined;
  const allowed = new Map<Wanted, number>();

  function judge(): Verdict | Promise<Verdict> | undefined {
    if (client?.bearer !== undefined) return undefined;
    const request = { verb: need.verb, alone: need.alone === true, targets };
    // A named account may be one that is not here. By the refusals of a single account a program could tell a wrong name from a right one.
    const others = isNamed ? sessions.list().filter((one) => isOtherOpen(one, session)) : [];
    return policies.judge(session, others as UnlockedSession[], request, call.connection);
  }

  function refuse(rule: number | undefined): void {
    if (rule === undefined) return;
    call.about.rule = rule;
    throw isNamed ? deniedOrNone() : new PosternError("approvalDenied");
  }

  function settle(wanted: readonly Wanted[]): void {
    if (verdict === undefined) return;
    for (const { scope } of wanted) refuse(verdict.denies(scope));
    for (const [rule, those] of Map.groupBy(allowed, ([, number]) => number)) {
      const { ids, names } = recordedPlaces(those.map(([{ scope }]) => scope));
      session.audit.read({ ...entryOf(call, `rule ${rule}`, ids, names), event: "policy.allowed" });
    }
  }

  return {
    begin: (goOn) => {
      const begin = (found: Verdict | undefined) => {
        verdict = found;
        refuse(verdict?.denied);
        return goOn();
      };
      const found = judge();
      return found instanceof Promise ? found.then(begin) : begin(found);
    },
    isEnough: (scope) => verdict === undefined || verdict.isEnough(scope),
    mayFind: (target) =>
      ("reference" in target || Object.keys(target.named).every((part) => inVault.has(part))) &&
      verdict?.allows(target, sentForm(session.file.account, target)) !== undefined,
    allows: (wanted) => {
      const rule = wanted.isUnknown === true ? undefined : verdict?.allows(wanted.target, wanted.scope);
      if (rule !== undefined) allowed.set(wanted, rule);
      return rule !== undefined;
    },
    isUsed: () => allowed.size > 0,
    settle,
    settleAgain: async (wanted) => {
      verdict = await judge();
      refuse(verdict?.denied);
      settle(wanted);
    },
  };
}

/** The parts of a name that lead nowhere but into its vault. A rule is for no more than a vault. */
const inVault: ReadonlySet<string> = new Set(["vault", "item", "archived"]);

const isOtherOpen = ({ unlocked }: { unlocked?: unknown }, session: OpenSession) =>
  unlocked !== undefined && unlocked !== session.unlocked;

// The policy of each account: the content that its person approved, from the sealed device store, and the file as it lies there now. What was approved
// and only narrows goes on whatever becomes of the file. An allow counts only while the file is exactly what was approved.
import type { Target, Verb } from "../../protocol/entry.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { Scope } from "../account/scope.ts";
import type { PeerIdentity } from "../peer/peer.ts";
import type { Subject } from "../peer/subject.ts";
import type { DeviceState, DeviceStore } from "../session/device-store.ts";
import type { Strength } from "../session/proof.ts";
import { type Asker, factsBehind, unseenBecause } from "./asker.ts";
import { createExecutableHashes, type ExecutableHashes } from "./executable-hash.ts";
import { allowedBy, deniedAsSent, deniedById, isWeaker, minimumOf, needsHash, type Request } from "./judge.ts";
import { brokenPolicy, parsePolicy, type Rules } from "./parse.ts";
import { type Found, readPolicyFile, sha256Of } from "./policy-file.ts";

/** The strength of every yes so far, and so of every grant: the PIN, or the account password, which counts as much and more. */
export const GIVEN: Strength = "pin";

/**
 * How the file stands to what was approved. `broken`: it cannot be read, or is no policy. `restored`: the approved content came back with an older
 * copy of the device store.
 */
export type PolicyState = "none" | "unapproved" | "active" | "changed" | "missing" | "broken" | "restored";

/** The open account that a policy is of. */
export type Holder = { readonly unlocked: { readonly store: DeviceStore } };

/** What the policies say of one request. It is asked again after a person was. */
export type Verdict = {
  /** The number of the rule that denies it by what was sent. */
  readonly denied: number | undefined;
  /** The rule that allows a target without a question. */
  allows(target: Target, scope: Scope): number | undefined;
  /** The rule that denies a scope by its ids. */
  denies(scope: Scope): number | undefined;
  /** Whether a grant is enough for this scope. */
  isEnough(scope: Scope): boolean;
};

/** Why a person's yes is answered as a no: a rule, or a minimum strength. `text` is for that person alone. */
export type Refusal = { readonly outcome: string; readonly text: string };

export type Policies = {
  /**
   * Undefined where no policy was approved. `others` are further accounts whose refusals hold too. It is a promise only where an executable must be
   * hashed first.
   */
  judge(
    holder: Holder,
    others: readonly Holder[],
    request: Request,
    connection: { readonly subject: Subject; readonly peer: { readonly identity: PeerIdentity } },
  ): Verdict | Promise<Verdict> | undefined;
  /** Why a yes to these scopes does not count. `given` is the strength of its proof. */
  refusalOf(
    holder: Holder,
    question: { subject: Subject; verb: Verb; scopes: readonly Scope[] },
    given: Strength,
  ): Refusal | undefined;
  stateOf(holder: Holder): PolicyState;
  /** The file as it lies there, and its rules where it has some. */
  file(): Found & { readonly rules?: Rules };
  approved(holder: Holder): { readonly text: string; readonly rules: Rules | undefined } | undefined;
  /** What the rules say of any process. For `policy test`. */
  askerOf(subject: Subject, identity: PeerIdentity): Promise<Asker>;
  /** Approves the file as it lies there. `shown` is the hash of what a person saw; undefined for no file. Throws conflict where it is another by now. */
  approve(holder: Holder, shown: string | undefined): Promise<void>;
};

export function createPolicies(home: string, hashes: ExecutableHashes = createExecutableHashes()): Policies {
  /** By the object in the state, which is a new one after each approval. */
  const parsed = new WeakMap<object, Rules | "broken">();
  /** A connection is of one program, so each is looked at once. */
  const askers = new WeakMap<Subject, Asker & { readonly isHashed: boolean }>();

  function rulesOf({ unlocked }: Holder): Rules | "broken" | undefined {
    const { policy } = unlocked.store.state;
    if (policy === undefined) return undefined;
    let rules = parsed.get(policy);
    if (rules === undefined) {
      // Another version of Postern may have approved it.
      rules = parsedOr("broken", new TextEncoder().encode(policy.text));
      parsed.set(policy, rules);
    }
    return rules;
  }

  function readableRules(holder: Holder): Rules | undefined {
    const rules = rulesOf(holder);
    return rules === "broken" ? undefined : rules;
  }

  /** Whether the file is exactly what was approved. It is read each time, and only where an allow would count. */
  function isActive({ unlocked }: Holder): boolean {
    const { policy } = unlocked.store.state;
    const found = readPolicyFile(home);
    return (
      policy !== undefined && policy.isRestored !== true && found.kind === "content" && isSame(found.bytes, policy)
    );
  }

  function askerNow(subject: Subject, identity: PeerIdentity): Asker & { readonly isHashed: boolean } {
    const before = askers.get(subject);
    if (before !== undefined) return before;
    const facts = factsBehind(subject, identity);
    const made = { facts, executable: undefined, unseen: unseenBecause(subject, facts), isHashed: false };
    askers.set(subject, made);
    return made;
  }

  async function hashed(subject: Subject, identity: PeerIdentity): Promise<Asker> {
    const asker = askerNow(subject, identity);
    if (asker.isHashed) return asker;
    const whole = { ...asker, executable: await hashes.of(asker.facts), isHashed: true };
    askers.set(subject, whole);
    return whole;
  }

  function verdictOf(holder: Holder, all: readonly Rules[], request: Request, asker: Asker): Verdict {
    const own = readableRules(holder);
    const { verb } = request;
    const denied = all.map((rules) => deniedAsSent(rules, request, asker)).find((rule) => rule !== undefined);
    return {
      denied: denied?.number,
      allows: (target, scope) => {
        const rule = own === undefined ? undefined : allowedBy(own, request, target, scope, asker);
        return rule !== undefined && isActive(holder) ? rule.number : undefined;
      },
      denies: (scope) => (own === undefined ? undefined : deniedById(own, verb, scope, asker)?.number),
      isEnough: (scope) => {
        const minimum = own === undefined ? undefined : minimumOf(own, scope);
        return minimum === undefined || !isWeaker(GIVEN, minimum);
      },
    };
  }

  function file(): Found & { readonly rules?: Rules } {
    const found = readPolicyFile(home);
    if (found.kind !== "content") return found;
    try {
      return { ...found, rules: parsePolicy(found.bytes) };
    } catch (error) {
      if (!(error instanceof PosternError)) throw error;
      return { kind: "unusable", why: error.message };
    }
  }

  return {
    judge: (holder, others, request, connection) => {
      // A warm read without a policy costs no more than this look.
      if (holder.unlocked.store.state.policy === undefined && others.length === 0) return undefined;
      const all = [holder, ...others].flatMap((one) => readableRules(one) ?? []);
      if (all.length === 0) return undefined;
      const { subject, peer } = connection;
      const asker = askerNow(subject, peer.identity);
      if (asker.isHashed || !all.some((rules) => needsHash(rules, request, asker)))
        return verdictOf(holder, all, request, asker);
      return hashed(subject, peer.identity).then((whole) => verdictOf(holder, all, request, whole));
    },
    refusalOf: (holder, { subject, verb, scopes }, given) => {
      const rules = readableRules(holder);
      if (rules === undefined || verb === "manage") return undefined;
      const asker = askers.get(subject);
      for (const scope of scopes) {
        const rule = asker && deniedById(rules, verb, scope, asker);
        if (rule !== undefined)
          return { outcome: `rule ${rule.number}`, text: `rule ${rule.number} of your policy denies this` };
        const minimum = minimumOf(rules, scope);
        if (minimum !== undefined && isWeaker(given, minimum))
          return {
            outcome: `minimum ${minimum}`,
            text: `your policy asks for a proof of the strength ${minimum} here, and this one is ${given}`,
          };
      }
      return undefined;
    },
    stateOf: (holder) => stateOf(holder.unlocked.store.state, rulesOf(holder), file()),
    file,
    approved: (holder) => {
      const { policy } = holder.unlocked.store.state;
      return policy === undefined ? undefined : { text: policy.text, rules: readableRules(holder) };
    },
    askerOf: hashed,
    approve: async ({ unlocked }, shown) => {
      const found = readPolicyFile(home);
      if (found.kind === "unusable") throw brokenPolicy(found.why);
      const sha256 = found.kind === "missing" ? undefined : found.sha256;
      if (sha256 !== shown)
        throw new PosternError("conflict", undefined, {
          text: "policy.json is not the one that was shown",
          hint: "run `postern policy approve` again, and read what it shows",
        });
      if (found.kind === "content") parsePolicy(found.bytes);
      // Only after parsing: then it is UTF-8, and its text is exactly its bytes.
      const policy = found.kind === "missing" ? undefined : { text: new TextDecoder().decode(found.bytes) };
      await unlocked.store.change(({ policy: _before, ...state }) =>
        policy === undefined ? state : { ...state, policy },
      );
    },
  };
}

type Kept = NonNullable<DeviceState["policy"]>;

const isSame = (bytes: Uint8Array, { text }: Kept) => sha256Of(bytes) === sha256Of(new TextEncoder().encode(text));

function stateOf(
  { policy }: DeviceState,
  rules: Rules | "broken" | undefined,
  found: ReturnType<Policies["file"]>,
): PolicyState {
  if (found.kind === "unusable" || rules === "broken") return "broken";
  if (policy === undefined) return found.kind === "missing" ? "none" : "unapproved";
  if (found.kind === "missing") return "missing";
  if (!isSame(found.bytes, policy)) return "changed";
  return policy.isRestored === true ? "restored" : "active";
}

function parsedOr<T>(otherwise: T, bytes: Uint8Array): Rules | T {
  try {
    return parsePolicy(bytes);
  } catch (error) {
    if (error instanceof PosternError) return otherwise;
    throw error;
  }
}

/** What a state means, in one line for a person. */
export const policyWords: Readonly<Record<Exclude<PolicyState, "none" | "active">, string>> = {
  unapproved: "The policy file waits for your approval, and counts for nothing: `postern policy`.",
  changed: "The policy file was changed, so it allows nothing: `postern policy`.",
  missing: "The policy file is gone, so it allows nothing: `postern policy`.",
  broken: "The policy file is broken, so it allows nothing: `postern policy`.",
  restored: "An older policy was put back, so it allows nothing: `postern policy`.",
};

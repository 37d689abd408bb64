// Reads a policy. Its errors name the place and the rule that it breaks, and never a value.
import { Check, Errors } from "typebox/value";
import { PosternError } from "../../protocol/errors.ts";
import { POLICY_DEPTH_MAX, type Policy, PolicyFile, type PolicyRule } from "../../protocol/policy.ts";
import { describeFault, startOf } from "../../protocol/schema-fault.ts";
import { type Pattern, parsePattern } from "./pattern.ts";
import { parseStrictJson } from "./strict-json.ts";

/** A rule that is ready to be compared. `number` counts from 1, as people count. */
export type Rule = Pick<PolicyRule, "effect" | "who" | "because"> & {
  readonly number: number;
  /** What the rule is for. An allow is for `read` unless it says more. An ask or a deny of reading is for changing too, which includes it. */
  readonly verbs: ReadonlySet<"read" | "write">;
  readonly pattern?: Pattern;
  readonly reference?: string;
  readonly vault?: string;
  readonly item?: string;
};

export type Rules = { readonly rules: readonly Rule[]; readonly strengths: NonNullable<Policy["strengths"]> };

/** The error of a file that is no policy. */
export const brokenPolicy = (why: string): PosternError =>
  new PosternError("fileUnusable", undefined, {
    text: `policy.json is broken: ${why}`,
    hint: "mend the file, then run `postern policy approve`; docs/policy.md has examples",
  });

/** Throws fileUnusable where the content is no policy. */
export function parsePolicy(bytes: Uint8Array): Rules {
  const value = parseStrictJson(bytes, POLICY_DEPTH_MAX, brokenPolicy);
  if (!Check(PolicyFile, value)) throw brokenPolicy(faultOf(value));
  const { rules = [], strengths = [] } = value;
  for (const [at, { item, vault }] of strengths.entries())
    if (strengths.findIndex((one) => one.item === item && one.vault === vault) !== at)
      throw brokenPolicy(`strengths[${at}] is about what an earlier one is about`);
  return { rules: rules.map(readyRule), strengths };
}

function faultOf(value: unknown): string {
  const start = startOf(value);
  const faults = Errors(PolicyFile, start);
  const unknown = faults.find(({ keyword }) => keyword === "additionalProperties");
  const place = placeOf(unknown?.instancePath ?? "");
  return describeFault(PolicyFile, start, faults, {
    whole: "the file",
    unknown: `${place} has a field that no policy has`,
  });
}

/** "/rules/0/who" as `rules[0].who`. It leads through keys of our schema alone. */
const placeOf = (path: string): string =>
  path === ""
    ? "the file"
    : path
        .slice(1)
        .replaceAll(/\/(\d+)/g, "[$1]")
        .replaceAll("/", ".");

const VERBS = { read: ["read"], write: ["write"], both: ["read", "write"] } as const;

function verbsOf({ effect, verb }: PolicyRule): readonly ("read" | "write")[] {
  if (effect === "allow") return verb === "write" ? VERBS.both : VERBS.read;
  return verb === "write" ? VERBS.write : VERBS.both;
}

function readyRule(rule: PolicyRule, at: number): Rule {
  const { effect, who, what = {}, because } = rule;
  const place = `rules[${at}]`;
  const { reference, vault, item } = what;
  if (reference !== undefined && (vault ?? item) !== undefined)
    throw brokenPolicy(`${place}.what has a reference or ids, not both`);
  if (item !== undefined && vault === undefined) throw brokenPolicy(`${place}.what.item needs its vault beside it`);
  const pattern = reference === undefined ? undefined : parsePattern(reference);
  if (reference !== undefined && pattern === undefined)
    throw brokenPolicy(
      `${place}.what.reference must be op:// and three or four parts of letters, digits, blanks, - _ . and *`,
    );
  if (effect === "allow") {
    if (who?.executable === undefined) throw brokenPolicy(`${place}.who.executable is required: it allows`);
    if (rule.what === undefined) throw brokenPolicy(`${place}.what is required: it allows`);
  }
  return {
    number: at + 1,
    effect,
    verbs: new Set(verbsOf(rule)),
    ...(who === undefined ? {} : { who }),
    ...(because === undefined ? {} : { because }),
    ...(pattern === undefined || reference === undefined ? {} : { pattern, reference }),
    ...(vault === undefined ? {} : { vault }),
    ...(item === undefined ? {} : { item }),
  };
}

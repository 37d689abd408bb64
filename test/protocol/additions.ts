// Checks that one state of the catalogue only adds to another. The agent must still accept everything that an older client sends. Everything that an
// older client reads must still be there. A new parameter must be announced.
import type { NamedTypes } from "../../clients/generate/named-types.ts";
import { nameOf, type Schema } from "../../clients/generate/schema.ts";

/** A state of the catalogue: its named types, and the schemas of its methods. */
export type State = NamedTypes;

/** Whether a schema is sent to the agent, answered by it, or both. */
type Use = { readonly sent: boolean; readonly answered: boolean };

/** Limits on sent values, and whether a larger number makes each limit wider. */
const LIMITS = [
  ["maxLength", true],
  ["maxItems", true],
  ["maximum", true],
  ["minLength", false],
  ["minItems", false],
  ["minimum", false],
] as const;

/** Every way in which `now` takes something away from `before`, and every added parameter that `announced` lacks. */
export function breaks(before: State, now: State, announced: ReadonlySet<string>): string[] {
  const uses = usesOf(now);
  const types = Object.entries(before.types).flatMap(([name, type]) => {
    const same = now.types[name];
    const use = uses.get(name) ?? { sent: false, answered: false };
    return same === undefined ? [`the type ${name} is gone`] : compared(type, same, use, name, announced);
  });
  const methods = Object.entries(before.methods).flatMap(([name, { params, result }]) => {
    const same = now.methods[name];
    if (same === undefined) return [`the method ${name} is gone`];
    return [
      ...compared(params, same.params, { sent: true, answered: false }, name, announced),
      ...compared(result, same.result, { sent: false, answered: true }, `${name} result`, announced),
    ];
  });
  return [...types, ...methods];
}

function compared(before: Schema, now: Schema, use: Use, at: string, announced: ReadonlySet<string>): string[] {
  const [named, nowNamed] = [nameOf(before), nameOf(now)];
  if (named !== undefined || nowNamed !== undefined)
    return named === nowNamed ? [] : [`${at} was ${named ?? "without a name"}, and is ${nowNamed ?? "without one"}`];
  if (before.const !== undefined || before.enum !== undefined || before.anyOf !== undefined)
    return formsCompared(before, now, use, at, announced);
  if (before.type !== now.type) return [`${at} was ${before.type}, and is ${now.type ?? "of several forms"}`];
  const narrower = LIMITS.filter(([limit, wider]) => use.sent && isNarrower(before[limit], now[limit], wider));
  return [
    ...narrower.map(([limit]) => `${at} has another ${limit}, which takes less`),
    ...(before.items === undefined ? [] : compared(before.items, now.items ?? {}, use, `${at}[]`, announced)),
    ...fieldsCompared(before, now, use, at, announced),
  ];
}

function isNarrower(before: number | undefined, now: number | undefined, isLargerWider: boolean): boolean {
  if (now === undefined) return false;
  return before === undefined || (isLargerWider ? now < before : now > before);
}

/** Words and forms may be added, but every old one must remain. */
function formsCompared(before: Schema, now: Schema, use: Use, at: string, announced: ReadonlySet<string>): string[] {
  const words = wordsOf(now);
  const gone = wordsOf(before).filter((word) => !words.includes(word));
  const forms = (before.anyOf ?? []).filter(({ const: word }) => word === undefined);
  const nowForms = (now.anyOf ?? [now]).filter(({ const: word }) => word === undefined);
  const changed = forms.flatMap((form) => {
    const tries = nowForms.map((other) => compared(form, other, use, at, announced));
    return tries.toSorted((a, b) => a.length - b.length)[0] ?? [`${at} has lost a form`];
  });
  return [...gone.map((word) => `${at} has lost the word ${String(word)}`), ...changed];
}

const wordsOf = ({ const: word, enum: words = [], anyOf = [] }: Schema): unknown[] => [
  ...(word === undefined ? [] : [word]),
  ...words,
  ...anyOf.flatMap((one) => (one.const === undefined ? [] : [one.const])),
];

function fieldsCompared(before: Schema, now: Schema, use: Use, at: string, announced: ReadonlySet<string>): string[] {
  const { properties = {}, required = [] } = before;
  const { properties: nowProperties = {}, required: nowRequired = [] } = now;
  const kept = Object.entries(properties).flatMap(([key, field]) => {
    const same = nowProperties[key];
    return same === undefined ? [`${at} ${key} is gone`] : compared(field, same, use, `${at} ${key}`, announced);
  });
  const isMissing = (key: string) => Object.hasOwn(properties, key) && !nowRequired.includes(key);
  const mayBeMissing = use.answered ? required.filter(isMissing) : [];
  const mustBeSent = use.sent ? nowRequired.filter((key) => !required.includes(key)) : [];
  const added = use.sent ? Object.keys(nowProperties).filter((key) => !Object.hasOwn(properties, key)) : [];
  return [
    ...kept,
    ...mayBeMissing.map((key) => `${at} ${key} may be missing`),
    ...mustBeSent.map((key) => `${at} ${key} must be sent`),
    ...added.filter((key) => !announced.has(`${at} ${key}`)).map((key) => `${at} ${key} is brought by no feature`),
  ];
}

/** The uses of each named type, found through everything that refers to it. */
function usesOf({ types, methods }: State): Map<string, Use> {
  const uses = new Map<string, Use>();
  const visit = (schema: Schema, use: Use): void => {
    const name = nameOf(schema);
    if (name !== undefined) {
      const known = uses.get(name) ?? { sent: false, answered: false };
      const both = { sent: known.sent || use.sent, answered: known.answered || use.answered };
      if (known.sent === both.sent && known.answered === both.answered) return;
      uses.set(name, both);
      return visit(types[name] ?? {}, use);
    }
    const { properties = {}, patternProperties = {}, items, anyOf = [] } = schema;
    const parts = [...Object.values(properties), ...Object.values(patternProperties), ...anyOf];
    for (const part of items === undefined ? parts : [...parts, items]) visit(part, use);
  };
  for (const { params, result } of Object.values(methods)) {
    visit(params, { sent: true, answered: false });
    visit(result, { sent: false, answered: true });
  }
  return uses;
}

// Resolves references: it replaces their variables and asks the agent in batches. An error names the variable or line that holds the
// reference, and never a value.

import { PosternError } from "../../typescript/generated.ts";
import { limits } from "../../typescript/generated-limits.ts";
import type { Agent } from "../agent/session.ts";
import { escaped, WrongPlace } from "../terminal/escape.ts";
import { UsageError } from "../terminal/exit-code.ts";
import {
  almostLines,
  bracedPlaces,
  expanded,
  linesOf,
  looksLikeReference,
  NotExpanded,
  type Place,
  PREFIX,
  placesOf,
  replaced,
} from "./reference-text.ts";

/**
 * A secret, and whether it is concealed in a program's output. Where the service could not be reached, it also has the age of the
 * answer.
 */
export type Secret = { readonly value: string; readonly concealed: boolean; readonly staleMs: number | undefined };

/** The age of the oldest answer that the service could not confirm. */
export function oldest(ages: readonly (number | undefined)[]): number | undefined {
  return ages.reduce((most, age) => (age === undefined ? most : Math.max(most ?? 0, age)), undefined);
}

type Environment = Readonly<Record<string, string>>;

/** References resolved by one request. */
const { references: BATCH } = limits;

export type Options = {
  /** Fails at once where a person would have to approve. */
  readonly noWait?: boolean;
  /** The work that was not done. An error names it. */
  readonly undone: string;
};

/** A reference with its variables replaced, and its holder: the name of a variable, or a line. */
type Wanted = { readonly reference: string; readonly by: string };

/** The secret behind each reference, by the reference. */
async function look(agent: Agent, wanted: readonly Wanted[], options: Options): Promise<Map<string, Secret>> {
  const references = [...new Set(wanted.map(({ reference }) => reference))];
  const secrets = new Map<string, Secret>();
  const failed = new Map<string, { name: string; message: string; hint?: string }>();
  for (let at = 0; at < references.length; at += BATCH) {
    const batch = references.slice(at, at + BATCH);
    const { outcomes } = await agent.call("secrets.resolveAll", {
      references: batch,
      ...(options.noWait === true ? { noWait: true } : {}),
    });
    outcomes.forEach((outcome, index) => {
      const reference = batch[index] ?? "";
      if ("error" in outcome) failed.set(reference, outcome.error);
      else {
        const { secret: value, concealed, stale, ageMs } = outcome;
        secrets.set(reference, { value, concealed, staleMs: stale ? ageMs : undefined });
      }
    });
  }
  const [first] = failed.values();
  if (first === undefined) return secrets;
  const isOne = failed.size === 1;
  const told = [...failed].map(([reference, { message, hint }]) => {
    const names = wanted.filter((one) => one.reference === reference).map(({ by }) => by);
    return `${[...new Set(names)].join(", ")}: ${message}${isOne || hint === undefined ? "" : ` (${hint})`}`;
  });
  const hint = isOne ? first.hint : undefined;
  throw new PosternError(`${options.undone}; ${told.join("; ")}`, {
    errorName: first.name,
    code: 0,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Throws UsageError with the holder of the reference. */
function expandedFor(by: string, reference: string, variables: ReadonlyMap<string, string>, undone: string): string {
  return naming(by, undone, () => expanded(reference, variables));
}

function naming<T>(by: string, undone: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof NotExpanded)
      throw new UsageError(`${undone}; ${by}: ${error.message}`, "set it, or give a word for it with :- in the braces");
    if (error instanceof WrongPlace)
      throw new UsageError(`${undone}; ${by}: ${error.message}`, "put it between double quotes, or between none");
    throw error;
  }
}

/**
 * The variables with every reference resolved: whole values, and `{{ op://… }}` inside a value. Variables in references come from
 * `environment`. Returns the changed values and the secrets. Prints the name of a variable whose value looks like a reference and stays
 * as it is.
 */
export async function resolveVariables(
  agent: Agent,
  variables: Environment,
  options: Options & { readonly environment?: Environment; readonly tell: (text: string) => void },
): Promise<{ values: Map<string, string>; secrets: Secret[] }> {
  const { undone } = options;
  const known = new Map(Object.entries({ ...options.environment, ...variables }));
  const texts = Object.entries(variables).map(([name, value]) => ({
    name,
    value,
    places: placesIn(name, value, undone),
  }));
  const wanted = texts.flatMap(({ name, places }) =>
    places.map(({ reference }) => ({ by: name, reference: expandedFor(name, reference, known, undone) })),
  );
  const secrets = await look(agent, wanted, options);
  const values = new Map<string, string>();
  for (const { name, value, places } of texts) {
    if (looksLikeReference(replaced(value, places, () => ""))) options.tell(resemblance(name));
    if (places.length === 0) continue;
    const text = naming(name, undone, () =>
      replaced(value, places, (place) => filled(place, value, secrets.get(expanded(place.reference, known)))),
    );
    if (text.includes("\0"))
      throw new UsageError(
        `${undone}; ${name}: what its reference leads to holds a zero byte`,
        "write it to a file instead: `postern read --out-file FILE`",
      );
    values.set(name, text);
  }
  return { values, secrets: [...secrets.values()] };
}

/** The message about a value that a person may take for a reference. */
export const resemblance = (name: string): string =>
  `postern: the value of ${name} looks like a reference and is none: it begins with op://, or stands in {{ }}`;

function placesIn(name: string, value: string, undone: string): Place[] {
  if (value.startsWith(PREFIX)) return [{ at: 0, length: value.length, reference: value }];
  try {
    return bracedPlaces(value);
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`${undone}; ${name}: ${error.message}`, error.hint);
    throw error;
  }
}

/** The secret of a place in the form of that place. */
function filled({ at, form }: Place, text: string, secret: Secret | undefined): string {
  const value = secret?.value ?? "";
  return form === undefined ? value : escaped(value, form, text.slice(text.lastIndexOf("\n", at - 1) + 1, at));
}

/** Lines that a message names. A text about references has many. */
const LINES_TOLD_MAX = 10;

function tellAlmost(template: string, places: readonly Place[], tell: (text: string) => void): void {
  const lines = almostLines(template, places);
  if (lines.length === 0) return;
  const more = lines.length > LINES_TOLD_MAX ? ` and ${lines.length - LINES_TOLD_MAX} more` : "";
  const told = `${lines.length === 1 ? "line" : "lines"} ${lines.slice(0, LINES_TOLD_MAX).join(", ")}${more}`;
  tell(
    `postern: ${told}: what looks like a reference there is none, and stays as it is: one is op://vault/item/field, or stands in {{ }}`,
  );
}

/**
 * A template with its secrets filled in. `secrets` is the number of different ones. Errors name the line. So does `tell`, for a text that
 * looks like a reference and stays as it is.
 */
export async function fillTemplate(
  agent: Agent,
  template: string,
  environment: Environment,
  options: Options & { readonly tell: (text: string) => void },
): Promise<{ text: string; secrets: number; staleMs: number | undefined }> {
  const { undone } = options;
  const known = new Map(Object.entries(environment));
  const found = placesOf(template);
  const numbers = linesOf(template, found);
  const places = found.map((place, index) => {
    const by = `line ${numbers[index]}`;
    return { ...place, by, reference: expandedFor(by, place.reference, known, undone) };
  });
  const secrets = await look(agent, places, options);
  tellAlmost(template, places, options.tell);
  const lines = new Map(places.map(({ at, by }) => [at, by]));
  const text = replaced(template, places, (place) =>
    naming(lines.get(place.at) ?? "", undone, () => filled(place, template, secrets.get(place.reference))),
  );
  return { text, secrets: secrets.size, staleMs: oldest([...secrets.values()].map(({ staleMs }) => staleMs)) };
}

// The functions of the official SDK's core, on the agent. The official JavaScript package calls them and is not changed. Texts go in and come
// out, as in the official core: results are JSON, and errors are thrown as texts.
import { randomBytes } from "node:crypto";
import { PosternError } from "../typescript/generated.ts";
import { generatePassword, type PasswordRecipe } from "../typescript/generated-generate-password.ts";
import { parseReference } from "../typescript/generated-reference.ts";
import { createPool } from "./pool.ts";

const pool = createPool();

const MALFORMED = "data did not match any variant of untagged enum Invocation";

/** Opens a client with the configuration, and returns its id. Starts an agent where none runs. */
export function init_client(config: string): Promise<string> {
  return pool.ask("init_client", config);
}

/** The agent has no workload identity. */
export function init_client_oidc(_config: string, _fetcher: unknown): Promise<string> {
  return Promise.reject(
    failure(
      "InvalidConfiguration",
      "the agent has no workload identity; use `auth` with the token of a service account",
    ),
  );
}

/** Carries out an operation. */
export function invoke(invocation: string): Promise<string> {
  return pool.ask("invoke", invocation);
}

/** Carries out one of the two helpers that need no client, in this process. */
export function invoke_sync(invocation: string): string {
  const { name, parameters } = callOf(invocation);
  try {
    if (name === "ValidateSecretReference") return validated(parameters);
    if (name === "GeneratePassword") return generated(parameters);
  } catch (error) {
    if (!(error instanceof PosternError)) throw error;
    throw failure(
      error.errorName === "invalidRecipe" ? "InvalidConfiguration" : "ParsingSecretReference",
      error.message,
    );
  }
  throw MALFORMED;
}

/** Closes a client. The official package does not wait for it, and an agent closes what is not used by itself. */
export function release_client(client: string): void {
  pool.ask("release_client", client).catch(() => undefined);
}

const failure = (name: string, message: string): string => JSON.stringify({ name, message });

type StaticCall = { readonly name?: unknown; readonly parameters?: Readonly<Record<string, unknown>> };

function callOf(invocation: string): StaticCall {
  try {
    const { invocation: inner } = JSON.parse(invocation) as { invocation?: { parameters?: StaticCall } };
    return inner?.parameters ?? {};
  } catch {
    // The parser's own text would quote the invocation.
    throw MALFORMED;
  }
}

function validated({ secret_reference: reference }: NonNullable<StaticCall["parameters"]> = {}): string {
  if (typeof reference !== "string") throw MALFORMED;
  parseReference(reference);
  return "";
}

function generated({ recipe }: NonNullable<StaticCall["parameters"]> = {}): string {
  if (!isRecipe(recipe)) throw MALFORMED;
  return JSON.stringify({ password: generatePassword(recipe, randomBytes) });
}

type Rule = (value: unknown) => boolean;

/** An unsigned number of 32 bits, as the official core's parser takes it. */
const isCount: Rule = (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffff_ffff;
const isFlag: Rule = (value) => typeof value === "boolean";
const oneOf =
  (...words: string[]): Rule =>
  (value) =>
    words.includes(value as string);

/** The parameters of each kind of recipe. The official core demands all of them. */
const recipes: Readonly<Record<string, Readonly<Record<string, Rule>>>> = {
  Memorable: {
    separatorType: oneOf("digits", "digitsAndSymbols", "spaces", "hyphens", "underscores", "periods", "commas"),
    capitalize: isFlag,
    wordListType: oneOf("fullWords", "syllables", "threeLetters"),
    wordCount: isCount,
  },
  Pin: { length: isCount },
  Random: { includeDigits: isFlag, includeSymbols: isFlag, length: isCount },
};

function isRecipe(value: unknown): value is PasswordRecipe {
  const { type, parameters } = (value ?? {}) as { type?: unknown; parameters?: Readonly<Record<string, unknown>> };
  if (typeof type !== "string" || !Object.hasOwn(recipes, type)) return false;
  return Object.entries(recipes[type] ?? {}).every(([name, rule]) => rule(parameters?.[name]));
}

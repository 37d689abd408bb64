// The token of a service account in the environment. A token of 1Password under its own name is not used.
import { fromOfficialForm } from "../generated-official-form.ts";
import { UsageError } from "../terminal/exit-code.ts";

/** The variable with the token, and the token. Undefined where the command works on a person's account. */
export function tokenOf(env: NodeJS.ProcessEnv): { variable: string; token: string } | undefined {
  const { POSTERN_SERVICE_ACCOUNT_TOKEN: own, OP_SERVICE_ACCOUNT_TOKEN: shared } = env;
  if (own !== undefined && !isBlank(own)) return { variable: "POSTERN_SERVICE_ACCOUNT_TOKEN", token: own };
  if (shared !== undefined && isOurs(shared)) return { variable: "OP_SERVICE_ACCOUNT_TOKEN", token: shared };
  return undefined;
}

const isOurs = (token: string) => token.startsWith("postern_") || fromOfficialForm(token) !== undefined;

const isBlank = (value: string) => value.trim() === "";

/**
 * Throws UsageError where a variable for a token is set and empty. Otherwise a command meant for a service account would wait for a person.
 */
export function demandNoEmptyToken(env: NodeJS.ProcessEnv): void {
  const empty = ["POSTERN_SERVICE_ACCOUNT_TOKEN", "OP_SERVICE_ACCOUNT_TOKEN"].find((name) => isBlank(env[name] ?? "-"));
  if (empty === undefined) return;
  throw new UsageError(
    `${empty} is set, and empty: there is no token in it`,
    "a CI gives no secrets to the pull request of a fork, so look where it runs; unset it to work on your own account",
  );
}

/** Whether this command works as a service account. */
export const hasToken = (env: NodeJS.ProcessEnv): boolean => tokenOf(env) !== undefined;

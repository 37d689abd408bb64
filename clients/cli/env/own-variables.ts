// The variables that the command was started with, as programs and references may have them.

/** Tokens that open accounts; a child started by us has no use for them, and no reference a place. */
export const TOKENS = ["OP_SERVICE_ACCOUNT_TOKEN", "OP_CONNECT_TOKEN", "POSTERN_SERVICE_ACCOUNT_TOKEN"];

/** Our own variables without the tokens that open accounts. */
export function ownVariables(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined || TOKENS.includes(name) ? [] : [[name, value]],
    ),
  );
}

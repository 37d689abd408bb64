// The command's own variables, for programs and references.

/** Tokens that open accounts. No child of the command needs them, and no reference may use them. */
export const TOKENS = ["OP_SERVICE_ACCOUNT_TOKEN", "OP_CONNECT_TOKEN", "POSTERN_SERVICE_ACCOUNT_TOKEN"];

/** The command's own variables without the tokens that open accounts. */
export function ownVariables(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined || TOKENS.includes(name) ? [] : [[name, value]],
    ),
  );
}

// What programs give to open a client, right and wrong. The clients of all languages say the same to it, as the official core does.
import { usable } from "../../clients/typescript/configuration.ts";

const long = (bytes: number) => "a".repeat(bytes);

/** The names and versions of an integration, at each limit and beside it. */
const integrations = [
  ["shop", "1.0.0"],
  [" ", "-_."],
  [long(40), long(20)],
  [long(41), long(21)],
  // 40 and 20 characters, and more bytes.
  [`${long(39)}é`, `${long(18)}😀`],
  ["", ""],
  ["a/b:c", "1+2"],
  ["éé", "1.0\n"],
  ["\u0000'", "\u0301\u200b"],
] as const;

/** The auth of a program: a token, or none. */
const tokens = ["", " ", "token", "Postern_x", "ops_x", "postern_x"];

export const configurations = tokens.flatMap((token) =>
  integrations.map(([integrationName, integrationVersion]) => ({ token, integrationName, integrationVersion })),
);

/** What the TypeScript client says to each in the words of the official core. Empty where it is usable. */
export const verdicts = configurations.map(({ token, ...integration }) => {
  try {
    // Without an auth the official JavaScript package has words of its own. Those of its core are the same in all languages.
    usable({ auth: token === "" ? ({} as never) : token, ...integration });
    return "";
  } catch (error) {
    return (error as Error).message;
  }
});

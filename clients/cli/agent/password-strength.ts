// Rates a password against guessing, by zxcvbn. It is advice and no rule, since the Secret Key protects the account too.
import type { Score } from "@zxcvbn-ts/core";

const words: Readonly<Record<Score, string>> = { 0: "very weak", 1: "weak", 2: "fair", 3: "good", 4: "strong" };

/** One line about the password, with advice where it is not strong. It holds no part of the password. */
export async function strengthHint(password: string): Promise<string> {
  const [{ ZxcvbnFactory }, common] = await Promise.all([
    import("@zxcvbn-ts/core"),
    import("@zxcvbn-ts/language-common"),
  ]);
  const { score } = new ZxcvbnFactory({ dictionary: common.dictionary, graphs: common.adjacencyGraphs }).check(
    password,
  );
  const advice = score < 4 ? "; four or more random words are stronger and easier to type" : "";
  return `strength: ${words[score]}${advice}`;
}

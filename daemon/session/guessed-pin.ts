// Finds PINs that are guessed first: rows of keys, steps, repeats, dates, years, common words, the account's name. zxcvbn knows them, with the
// passwords that leaked most often. A list of our own would always lack some. The agent checks each new PIN, whatever client sends it. The command
// checks it too, so that a person is asked again at once. A PIN that was set before goes on working.

/**
 * Guesses below which a PIN is refused: the days of a century. Dates are the largest group of PINs that people choose for themselves. Twenty tries at
 * such a group succeed once in 1,800 times, and at six random digits once in 50,000 times.
 */
const GUESSES_MIN = 100 * 365;

/** Characters that are looked at. The time for it grows faster than the length, and the rest makes no PIN easier to guess. */
const CHARACTERS_MAX = 32;

/** The wrong thing about such a PIN, and the next step. They hold no part of it. */
export const GUESSED_PIN = {
  fault: "guessed first: a date, a word, a name, a row of keys or a pattern",
  hint: "choose another one, best eight random digits",
} as const;

/** Whether a PIN is guessed first. */
export type PinGuessing = (pin: string) => boolean;

/** Loads what zxcvbn knows: some megabytes, which only a new PIN needs. `names` are what an attacker knows of the person. */
export async function loadPinGuessing(names: readonly string[]): Promise<PinGuessing> {
  const [{ ZxcvbnFactory }, common] = await Promise.all([
    import("@zxcvbn-ts/core"),
    import("@zxcvbn-ts/language-common"),
  ]);
  const rating = new ZxcvbnFactory({ dictionary: common.dictionary, graphs: common.adjacencyGraphs });
  const known = names.flatMap((name) => [plain(name), ...plain(name).split(/\s+/u)]).filter(isKnown);
  const isGuessed = (text: string) => rating.check(text, known).guesses < GUESSES_MIN;
  return (pin) => {
    const text = plain(pin).slice(0, CHARACTERS_MAX);
    return isGuessed(text) || isGuessed(text.replace(SEPARATORS, ""));
  };
}

/** They make no date harder to guess. */
const SEPARATORS = /[\s./_-]/gu;

/** Shorter parts of a name are in every other PIN. */
const isKnown = (part: string) => part.length > 2;

/** The form that the PIN's verifier is made of. Other digits of Unicode are the same PIN. */
const plain = (text: string) => text.normalize("NFKC");

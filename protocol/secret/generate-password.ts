// Passwords by the recipes of the official SDKs: the same ranges, alphabets, guarantees and texts. The word lists are our own.
// Every password that a recipe allows is equally likely. Characters are drawn without bias. A draw that lacks a promised kind of
// character is thrown away whole: mending it would make some passwords likelier than others.
import { PosternError } from "../errors.ts";
import { WORDS } from "./word-list.ts";

/** The source of randomness: `size` bytes of the system's generator. */
export type RandomBytes = (size: number) => Uint8Array;

export type SeparatorType = "digits" | "digitsAndSymbols" | "spaces" | "hyphens" | "underscores" | "periods" | "commas";
export type WordListType = "fullWords" | "syllables" | "threeLetters";

/** A recipe in the official shape. Lengths and counts are whole numbers. */
export type PasswordRecipe =
  | {
      readonly type: "Memorable";
      readonly parameters: {
        readonly separatorType: SeparatorType;
        readonly capitalize: boolean;
        readonly wordListType: WordListType;
        readonly wordCount: number;
      };
    }
  | { readonly type: "Pin"; readonly parameters: { readonly length: number } }
  | {
      readonly type: "Random";
      readonly parameters: {
        readonly includeDigits: boolean;
        readonly includeSymbols: boolean;
        readonly length: number;
      };
    };

/** Ranges, both ends included. The official text for PINs says 4; both published versions take 3, so ours does. */
export const recipeRanges = {
  pin: { min: 3, max: 12 },
  random: { min: 8, max: 100 },
  words: { min: 3, max: 15 },
} as const;

/** Letters that look like no other letter or digit: no I, O, S, l. */
export const LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZabcdefghijkmnopqrstuvwxyz";
/** Digits that look like no letter. */
export const DIGITS = "2346789";
export const SYMBOLS = "!*-.@_";
const ALL_DIGITS = "0123456789";

const FIXED_SEPARATORS: Readonly<Record<string, string>> = {
  spaces: " ",
  hyphens: "-",
  underscores: "_",
  periods: ".",
  commas: ",",
};

/** Makes a password. Throws invalidRecipe, with the official text, for a length or count out of range. */
export function generatePassword(recipe: PasswordRecipe, randomBytes: RandomBytes): string {
  const draw = drawing(randomBytes);
  if (recipe.type === "Pin") return pin(recipe.parameters.length, draw);
  if (recipe.type === "Random") return random(recipe.parameters, draw);
  return memorable(recipe.parameters, draw);
}

/** A whole number below `limit`, each equally likely. Bytes past the last whole multiple are drawn again. */
type Draw = (limit: number) => number;

function drawing(randomBytes: RandomBytes): Draw {
  return (limit) => {
    const whole = 0x1_0000_0000 - (0x1_0000_0000 % limit);
    for (;;) {
      const bytes = randomBytes(4);
      const number = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
      if (number < whole) return number % limit;
    }
  };
}

function demandRange(value: number, range: { min: number; max: number }, text: string): void {
  if (value < range.min || value > range.max) throw new PosternError("invalidRecipe", text);
}

const characters = (alphabet: string, length: number, draw: Draw): string =>
  Array.from({ length }, () => alphabet[draw(alphabet.length)]).join("");

const holdsAny = (text: string, of: string): boolean => [...text].some((character) => of.includes(character));

function pin(length: number, draw: Draw): string {
  demandRange(length, recipeRanges.pin, "PIN length must be between 4 and 12");
  return characters(ALL_DIGITS, length, draw);
}

function random(
  { includeDigits, includeSymbols, length }: { includeDigits: boolean; includeSymbols: boolean; length: number },
  draw: Draw,
): string {
  demandRange(length, recipeRanges.random, "Password length must be between 8 and 100");
  const alphabet = LETTERS + (includeDigits ? DIGITS : "") + (includeSymbols ? SYMBOLS : "");
  for (;;) {
    const made = characters(alphabet, length, draw);
    const fits = (!includeDigits || holdsAny(made, DIGITS)) && (!includeSymbols || holdsAny(made, SYMBOLS));
    if (fits) return made;
  }
}

function memorable(
  parameters: { separatorType: SeparatorType; capitalize: boolean; wordListType: WordListType; wordCount: number },
  draw: Draw,
): string {
  const { wordCount, capitalize } = parameters;
  demandRange(wordCount, recipeRanges.words, "Word count must be between 3 and 15");
  const list = wordList(parameters.wordListType);
  const words = Array.from({ length: wordCount }, () => list[draw(list.length)] ?? "");
  const raised = capitalize ? draw(wordCount) : -1;
  const gaps = separators(parameters.separatorType, wordCount - 1, draw);
  return words.map((word, index) => (index === raised ? word.toUpperCase() : word) + (gaps[index] ?? "")).join("");
}

function separators(type: SeparatorType, count: number, draw: Draw): string {
  const fixed = FIXED_SEPARATORS[type];
  if (fixed !== undefined) return fixed.repeat(count);
  if (type === "digits") return characters(DIGITS, count, draw);
  for (;;) {
    const made = characters(ALL_DIGITS + SYMBOLS, count, draw);
    if (holdsAny(made, ALL_DIGITS) && holdsAny(made, SYMBOLS)) return made;
  }
}

const lists = new Map<WordListType, readonly string[]>();

/** The chunks of a list, in order: 7,776 words, 9,445 syllables of 2 to 4 letters, 9,702 chunks of three letters. */
export function wordList(type: WordListType): readonly string[] {
  const known = lists.get(type);
  if (known !== undefined) return known;
  const made = type === "fullWords" ? WORDS.trim().split(/\s+/) : type === "syllables" ? syllables() : threeLetters();
  lists.set(type, made);
  return made;
}

/** Three letters of a–z without i l o s, no two neighbours equal. */
function threeLetters(): string[] {
  const letters = [..."abcdefghjkmnpqrtuvwxyz"];
  return letters.flatMap((a) =>
    letters.filter((b) => b !== a).flatMap((b) => letters.filter((c) => c !== b).map((c) => a + b + c)),
  );
}

const LONGEST_SYLLABLE = 4;

/** The beginnings, vowels and ends of syllables. The list has every combination of at most four letters. */
const ONSETS =
  " b c d f g h j k l m n p r s t v w y z bl br ch cl cr dr fl fr gl gr pl pr sh sk sl sm sn sp st sw th tr tw wh";
const NUCLEI = "a e i o u ai au ea ee ie oa oi oo ou";
const CODAS =
  " b d f g k l m n p r s t v x z ck ct ft ld lf lk lm lp lt mp nd ng nk nt pt rd rk rm rn rp rt sh sk sp st th";

function syllables(): string[] {
  const all = ONSETS.split(" ").flatMap((onset) =>
    NUCLEI.split(" ").flatMap((nucleus) => CODAS.split(" ").map((coda) => onset + nucleus + coda)),
  );
  return [...new Set(all)].filter(({ length }) => length >= 2 && length <= LONGEST_SYLLABLE);
}

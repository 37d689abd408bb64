// The recipe of a password, as a person chooses it.
import type { PasswordRecipe } from "../../../typescript/generated.ts";
import { recipeRanges } from "../../../typescript/generated-generate-password.ts";

type Kind = PasswordRecipe["type"];
type Memorable = Extract<PasswordRecipe, { type: "Memorable" }>["parameters"];

export type Chosen = {
  readonly kind: Kind;
  /** The length, or the number of words, as typed for each kind. */
  readonly counts: Readonly<Record<Kind, string>>;
  readonly hasDigits: boolean;
  readonly hasSymbols: boolean;
  readonly words: Memorable["wordListType"];
  readonly separator: Memorable["separatorType"];
  readonly isCapital: boolean;
};

export const FIRST: Chosen = {
  kind: "Random",
  counts: { Random: "20", Memorable: "4", Pin: "6" },
  hasDigits: true,
  hasSymbols: true,
  words: "fullWords",
  separator: "hyphens",
  isCapital: false,
};

export const kinds: readonly (readonly [Kind, string])[] = [
  ["Random", "random characters"],
  ["Memorable", "memorable words"],
  ["Pin", "PIN of digits"],
];

export const wordLists: readonly (readonly [Chosen["words"], string])[] = [
  ["fullWords", "whole words"],
  ["syllables", "syllables"],
  ["threeLetters", "three letters each"],
];

export const separators: readonly (readonly [Chosen["separator"], string])[] = [
  ["hyphens", "hyphens"],
  ["spaces", "spaces"],
  ["periods", "periods"],
  ["commas", "commas"],
  ["underscores", "underscores"],
  ["digits", "digits"],
  ["digitsAndSymbols", "digits and symbols"],
];

const ranges: Readonly<Record<Kind, { readonly min: number; readonly max: number }>> = {
  Random: recipeRanges.random,
  Memorable: recipeRanges.words,
  Pin: recipeRanges.pin,
};

export const rangeOf = (kind: Kind) => ranges[kind];

/** The recipe, or the sentence about what is wrong with it. */
export function recipeOf({ kind, counts, ...chosen }: Chosen): PasswordRecipe | string {
  const count = Number(counts[kind]);
  const { min, max } = ranges[kind];
  if (!Number.isInteger(count) || count < min || count > max) return `Write a whole number from ${min} to ${max}.`;
  if (kind === "Pin") return { type: kind, parameters: { length: count } };
  if (kind === "Random")
    return {
      type: kind,
      parameters: { includeDigits: chosen.hasDigits, includeSymbols: chosen.hasSymbols, length: count },
    };
  return {
    type: kind,
    parameters: {
      separatorType: chosen.separator,
      capitalize: chosen.isCapital,
      wordListType: chosen.words,
      wordCount: count,
    },
  };
}

// The width and the length of a yes, by single keys at a question and by options of `approve`. Each choice makes another text, which is shown
// before the proof.
import type { Methods } from "../../typescript/generated.ts";
import { UsageError } from "../terminal/exit-code.ts";

export type Choice = NonNullable<Methods["prompts.answer"]["params"]["choice"]>;

const widths = { i: "item", v: "vault", a: "account" } as const;
const lengths = { o: "once", t: "tenMinutes", u: "untilLock", d: "workingDay" } as const;

/** The lines that name the keys. A PIN is longer than a key, so neither is taken for the other. */
export const KEYS = [
  "(or a key and Enter: n no, o once, t ten minutes, u until lock,",
  " d working day, i item, v vault, a account, w write, x as asked)",
].join("\n");

/** The line about what the agent offers. Undefined where it offers nothing. */
export function offerLine(offered: Choice | undefined): string | undefined {
  return offered === undefined ? undefined : `(key l: ${wordsOf(offered)}, as last time or for several questions)`;
}

const lengthWords = {
  once: "once",
  tenMinutes: "for ten minutes",
  untilLock: "until the lock",
  workingDay: "for a working day",
} as const;

function wordsOf({ width, verb, lasts, idleMinutes, holder }: Choice): string {
  const words = [
    ...(holder === undefined ? [] : ["this program each time it starts, for a day"]),
    ...(width === undefined ? [] : [`the ${width}`]),
    ...(verb === undefined ? [] : ["writing too"]),
    ...(lasts === undefined ? [] : [lengthWords[lasts]]),
    ...(idleMinutes === undefined ? [] : [`until ${idleMinutes} minutes without use`]),
  ];
  return words.join(", ");
}

/** The choice after a key. Undefined where it is none. */
export function withKey(choice: Choice, typed: string, offered?: Choice): Choice | undefined {
  const key = typed.toLowerCase();
  if (key === "x") return {};
  if (key === "l" && offered !== undefined) return offered;
  if (key === "w") return { ...choice, verb: "write" };
  if (Object.hasOwn(widths, key)) return { ...choice, width: widths[key as keyof typeof widths] };
  if (Object.hasOwn(lengths, key)) return { ...choice, lasts: lengths[key as keyof typeof lengths] };
  return undefined;
}

export type ChoiceOptions = {
  once?: boolean;
  tenMinutes?: boolean;
  untilLock?: boolean;
  workingDay?: boolean;
  minutes?: string;
  item?: boolean;
  vault?: boolean;
  wholeAccount?: boolean;
  write?: boolean;
  application?: boolean;
};

/** The options of a choice. */
export const choiceOptions = [
  ["--once", "allow this one command, or this one request of a program, and nothing after it"],
  ["--ten-minutes", "allow it for ten minutes"],
  ["--until-lock", "allow it until the account locks"],
  ["--working-day", "allow it for eight hours, and no longer than the account is open"],
  ["--minutes <n>", "end the grant after this many minutes without use (10)"],
  ["--item", "allow to read everything in the item"],
  ["--vault", "allow to read everything in the vault"],
  ["--whole-account", "allow to read everything in the account"],
  ["--write", "allow to change it too, where the question is about reading"],
  ["--application", "allow it to this program each time it starts, for a day or until you lock"],
] as const;

/** The options of `approve` for a choice. */
export function optionsFor({ width, verb, lasts, idleMinutes, holder }: Choice): string {
  const widthOptions = { item: "--item", vault: "--vault", account: "--whole-account" } as const;
  const lengthOptions = {
    once: "--once",
    tenMinutes: "--ten-minutes",
    untilLock: "--until-lock",
    workingDay: "--working-day",
  } as const;
  return [
    ...(width === undefined ? [] : [widthOptions[width]]),
    ...(verb === undefined ? [] : ["--write"]),
    ...(lasts === undefined ? [] : [lengthOptions[lasts]]),
    ...(idleMinutes === undefined ? [] : [`--minutes ${idleMinutes}`]),
    ...(holder === undefined ? [] : ["--application"]),
  ].join(" ");
}

/** The choice of the options. Throws UsageError where two of them exclude each other. */
export function choiceOf(options: ChoiceOptions): Choice {
  const width = onlyOne({ item: options.item, vault: options.vault, account: options.wholeAccount }, "a width", [
    "--item, --vault and --whole-account",
  ]);
  const { once, tenMinutes, untilLock, workingDay, minutes } = options;
  const given = { once, tenMinutes, untilLock, workingDay, minutes: minutes !== undefined };
  const length = onlyOne(given, "a length", ["--once, --ten-minutes, --until-lock, --working-day and --minutes"]);
  const isOther = width !== undefined || length !== undefined || options.write === true;
  if (options.application === true && isOther)
    throw new UsageError("--application stands alone", "it is for reading what was asked, for a day");
  if (options.application === true) return { holder: "application" };
  return {
    ...(width === undefined ? {} : { width }),
    ...(options.write === true ? { verb: "write" as const } : {}),
    ...(length === undefined || length === "minutes" ? {} : { lasts: length }),
    ...(minutes === undefined ? {} : { idleMinutes: minutesFrom(minutes) }),
  };
}

/** Minutes of the longest grant. */
const MINUTES_MAX = 720;

function minutesFrom(typed: string): number {
  const minutes = /^[0-9]{1,3}$/.test(typed) ? Number(typed) : 0;
  if (minutes < 1 || minutes > MINUTES_MAX)
    throw new UsageError(`--minutes takes a whole number from 1 to ${MINUTES_MAX}`, "for one, --minutes 30");
  return minutes;
}

function onlyOne<K extends string>(
  given: Record<K, boolean | undefined>,
  what: string,
  [names]: [string],
): K | undefined {
  const chosen = (Object.keys(given) as K[]).filter((key) => given[key] === true);
  if (chosen.length > 1) throw new UsageError(`there is more than one option for ${what}`, `give one of ${names}`);
  return chosen[0];
}

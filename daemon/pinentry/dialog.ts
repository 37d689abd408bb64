// One question, put through a running pinentry: the PIN or the password, then a yes or no where the agent has more to say. Before the proof only
// what the asker sent is shown.
import { PASSWORD_LENGTH_MIN, PIN_LENGTH_MIN } from "../../protocol/catalogue/accounts.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { GivenProof, TypedKind } from "../session/proof.ts";
import type { Answer, Assuan } from "./assuan.ts";
import { dialogText } from "./dialog-text.ts";
import { Unavailable } from "./started.ts";

export type Question = {
  readonly code: string;
  /** The asker and its own words. */
  readonly sent: readonly string[];
  /** The text with what was looked up. Read after the proof alone. */
  shown(): readonly string[];
  /** The kind of proof to ask for. */
  kind(): TypedKind;
  /** Throws PosternError where the proof is refused. */
  prove(proof: GivenProof): Promise<void>;
  /** Milliseconds until the prompt ends. */
  leftMs(): number;
};

/** The place where it is asked. */
export type Place = {
  /** Options of the pinentry, such as the terminal's name. */
  readonly options: readonly string[];
  /** Whether a full cancel is a person's: a window was closed. On a terminal it is a signal. */
  readonly closingIsNo: boolean;
  /** Puts one question. */
  whileAsking<T>(ask: () => Promise<T>): Promise<T>;
};

/** `left` means that nobody answered here, and that nobody should be asked elsewhere either. */
export type Verdict = "yes" | "no" | "left";

/** Wrong proofs at one question, as at the terminal of our own command. After them the prompt still waits for an answer by its code. */
export const WRONG_MAX = 3;

/** Questions in all: a slip of the finger costs no try. */
export const ASKED_MAX = 10;

/** Milliseconds that a person has for the yes after the proof: as long as a proof serves an answer elsewhere. */
const CONFIRM_MS_MAX = 60_000;

/** Codes of libgpg-error. */
const TIMED_OUT = 62;
const CANCELLED = 99;
const NOT_CONFIRMED = 114;
const FULLY_CANCELLED = 198;

const labels = { pin: "PIN:", password: "Account password:" } as const;
const lengths = { pin: PIN_LENGTH_MIN, password: PASSWORD_LENGTH_MIN } as const;

/** Errors of a proof after which the person may try again. */
const AGAIN = ["proofRefused", "pinDisabled", "tryLater", "busy", "invalidParams"];

/** Asks. Throws Unavailable where the pinentry cannot, AssuanBroken where it has ended, and PosternError where the prompt has. */
export async function askThrough(assuan: Assuan, question: Question, place: Place): Promise<Verdict> {
  for (const option of place.options) await demand(assuan.send("OPTION", option));
  await demand(assuan.send("SETTITLE", "Postern"));
  await demand(assuan.send("SETOK", "Allow"));
  await demand(assuan.send("SETCANCEL", "Deny"));
  const given = await askProof(assuan, question, place);
  if (given !== "yes") return given;
  const { sent } = question;
  const shown = question.shown();
  const addsNothing = shown.length === sent.length && shown.every((line, at) => line === sent[at]);
  return addsNothing ? "yes" : confirm(assuan, question, shown, place);
}

async function askProof(assuan: Assuan, question: Question, place: Place): Promise<Verdict> {
  let fault: string | undefined;
  for (let wrong = 0, asked = 0; wrong < WRONG_MAX && asked < ASKED_MAX; asked++) {
    const kind = question.kind();
    await show(assuan, question, question.sent, question.leftMs());
    await demand(assuan.send("SETPROMPT", labels[kind]));
    if (fault !== undefined) await demand(assuan.send("SETERROR", fault));
    const answer = await place.whileAsking(() => assuan.send("GETPIN"));
    if (!answer.ok) return refusal(answer, place);
    if ([...answer.data].length < lengths[kind]) {
      fault = `that is too short for ${kind === "pin" ? "a PIN" : "a password"}; it counts as no try`;
      continue;
    }
    const refused = await refusedBy(question, kind, answer.data);
    if (refused === undefined) return "yes";
    if (refused.name === "proofRefused") wrong++;
    fault = refused.message;
  }
  return "left";
}

/** The refusal of a proof after which the person may try again. Throws any other. */
async function refusedBy(question: Question, kind: TypedKind, typed: string): Promise<PosternError | undefined> {
  try {
    await question.prove(kind === "pin" ? { kind, pin: typed } : { kind, password: typed });
    return undefined;
  } catch (error) {
    if (error instanceof PosternError && AGAIN.includes(error.name)) return error;
    throw error;
  }
}

async function confirm(assuan: Assuan, question: Question, shown: readonly string[], place: Place): Promise<Verdict> {
  await show(assuan, question, shown, Math.min(CONFIRM_MS_MAX, question.leftMs()));
  const answer = await place.whileAsking(() => assuan.send("CONFIRM"));
  return answer.ok ? "yes" : refusal(answer, place);
}

async function show(assuan: Assuan, { code }: Question, lines: readonly string[], ms: number): Promise<void> {
  // Zero would mean no end at all.
  await demand(assuan.send("SETTIMEOUT", `${Math.max(1, Math.ceil(ms / 1000))}`));
  await demand(assuan.send("SETDESC", dialogText(code, lines)));
}

function refusal({ code }: Extract<Answer, { ok: false }>, { closingIsNo }: Place): "no" {
  if (code === CANCELLED || code === NOT_CONFIRMED || (closingIsNo && code === FULLY_CANCELLED)) return "no";
  throw new Unavailable(code === TIMED_OUT ? "nobody answered in time" : `it cannot ask (error ${code})`);
}

async function demand(answer: Promise<Answer>): Promise<void> {
  const { ok } = await answer;
  if (!ok) throw new Unavailable("it refuses a setting");
}

// The question of a prompt, asked where its command waits. Before the proof a person reads the command's own words. What the agent has looked
// up is shown after it, and takes a yes of its own where it says more.
import type { Channel } from "../../typescript/channel.ts";
import { PosternError, ProofRequiredError } from "../../typescript/generated.ts";
import { accountLimits } from "../../typescript/generated-limits.ts";
import { type ApprovalProof, approvalProof, type Proof, passwordProof, proofOf } from "./approval-proof.ts";
import { type Choice, KEYS, offerLine, withKey } from "./choice-keys.ts";
import { type LineTerminal, openLineTerminal } from "./line-terminal.ts";

export type Question = {
  readonly prompt: string;
  readonly code: string;
  /** The question in this command's own words. */
  readonly asked: readonly string[];
  /** A choice that the agent offers. */
  readonly offered?: Choice | undefined;
};

/** Wrong proofs at one question. After them the prompt still waits for an answer by its code. */
const WRONG_MAX = 3;

/** Characters of a PIN, as the agent takes it. */
const PIN_MAX = 128;

/** Lines of a small terminal. By the end of a longer question its first line has scrolled away. */
const SCREEN_LINES = 20;

/** Errors after which the person may try again. */
const TRY_AGAIN = ["proofRefused", "pinDisabled"];

/**
 * Asks at the terminal, and sends the answer to the agent. `signal` ends the question: somebody else has answered. False where nothing was
 * answered here. `answering` is called before the answer is sent.
 */
export async function askHere(
  channel: Channel,
  question: Question,
  { account, signal, answering }: { account: string | undefined; signal: AbortSignal; answering: () => void },
): Promise<boolean> {
  const terminal = openLineTerminal();
  if (terminal === undefined) return false;
  let answer: Answer | undefined;
  try {
    answer = await answerAt(terminal, channel, question, account, signal);
  } finally {
    // Before the answer is sent: what is typed once the command goes on belongs to whoever reads the terminal then.
    terminal.close();
  }
  if (answer === undefined) return false;
  answering();
  await send(channel, question, answer);
  return true;
}

async function answerAt(
  terminal: LineTerminal,
  channel: Channel,
  question: Question,
  account: string | undefined,
  signal: AbortSignal,
): Promise<Answer | undefined> {
  const given = await askProof(terminal, channel, question, account, signal);
  if (given === undefined) return undefined;
  if (given === "no") return { answer: "no" };
  const { asked, text, ...yes } = given;
  const isSame = text.length === asked.length && text.every((line, at) => line === asked[at]);
  if (isSame) return { answer: "yes", ...yes };
  const typed = await terminal.readLine(() => terminal.write(`${screenOf(text)}\nAllow? [y/N] `), "shown", signal);
  if (typed === undefined) return undefined;
  return /^y(es)?$/i.test(typed.trim()) ? { answer: "yes", ...yes } : { answer: "no" };
}

type Yes = { readonly hash: string; readonly choice: Choice; readonly proof: Proof };
type Answer = { readonly answer: "no" } | ({ readonly answer: "yes" } & Yes);

/** A right proof with the choice that it is for: the words that were shown before it, and the text that it opened. */
type Opened = Yes & { readonly asked: readonly string[]; readonly text: readonly string[] };

async function askProof(
  terminal: LineTerminal,
  channel: Channel,
  question: Question,
  account: string | undefined,
  signal: AbortSignal,
): Promise<Opened | "no" | undefined> {
  let { asked } = question;
  const keys = [KEYS, offerLine(question.offered)].filter((line) => line !== undefined).join("\n");
  let choice: Choice = {};
  let isNew = true;
  let usesPassword = false;
  for (let wrong = 0; wrong < WRONG_MAX; ) {
    const status = await channel.call("agent.status", {});
    const next: ApprovalProof = usesPassword ? passwordProof(status, account) : approvalProof(status, account);
    const ask = (again: boolean) =>
      terminal.write(`${isNew || again ? `${screenOf(asked)}\n${keys}\n` : ""}${next.label}: `);
    const typed = await terminal.readLine(ask, "hidden", signal);
    isNew = false;
    if (typed === undefined) return undefined;
    if (/^no?$/i.test(typed)) return "no";
    if (typed === "") {
      usesPassword ||= next.orPassword;
      continue;
    }
    const chosen = withKey(choice, typed, question.offered);
    try {
      if (chosen !== undefined) {
        const words = await askedWith(channel, question, chosen);
        if (words === undefined) return undefined;
        asked = words;
        choice = chosen;
        isNew = true;
        continue;
      }
      const slip = slipOf(typed, next.kind);
      if (slip !== undefined) {
        terminal.write(`postern: ${slip}\n`);
        continue;
      }
      const proof = proofOf(next.kind, typed);
      const [found] = (await channel.call("prompts.list", { code: question.code, choice, proof })).prompts;
      if (found?.text === undefined || found.hash === undefined) return undefined;
      return { proof, choice, asked, text: found.text, hash: found.hash };
    } catch (error) {
      if (!(error instanceof PosternError)) throw error;
      // Answered elsewhere meanwhile.
      if (signal.aborted || error.errorName === "promptNotFound") return undefined;
      // The hint of a wrong proof is for a command that has ended.
      const hint = error.errorName === "proofRefused" ? undefined : error.hint;
      terminal.write(`postern: ${error.message}\n${hint === undefined ? "" : `  next: ${hint}\n`}`);
      if (chosen !== undefined || error.errorName === "invalidParams") continue;
      if (!TRY_AGAIN.includes(error.errorName)) return undefined;
      wrong++;
    }
  }
  return undefined;
}

/** The fault of a line that cannot be a proof. A slip of the finger or of the clipboard must not cost a try. */
function slipOf(typed: string, kind: Proof["kind"]): string | undefined {
  if (typed.length < accountLimits.pinMin) return "that is no key, and too short for a PIN or a password";
  if (kind === "pin" && typed.length > PIN_MAX) return "that is longer than a PIN can be";
  return undefined;
}

/** The command's own words with another width or length. Undefined where the question has ended meanwhile. */
async function askedWith(channel: Channel, { prompt }: Question, choice: Choice): Promise<string[] | undefined> {
  const { prompts } = await channel.call("prompts.list", { choice });
  return prompts.find((one) => one.prompt === prompt)?.asked;
}

function screenOf(lines: readonly string[]): string {
  return [...lines, ...(lines.length > SCREEN_LINES ? ["", lines[0] ?? ""] : [])].join("\n");
}

async function send(channel: Channel, { prompt }: Question, how: Answer): Promise<void> {
  if (how.answer === "no") return void (await channel.call("prompts.answer", { prompt, answer: "no" }));
  const { proof, ...yes } = how;
  // The proof of the listing also serves the answer for a minute. After that it is given again.
  await channel.call("prompts.answer", { prompt, ...yes }).catch((error: unknown) => {
    if (!(error instanceof ProofRequiredError)) throw error;
    return channel.call("prompts.answer", { prompt, ...yes, proof });
  });
}

// Puts an open prompt to the person through polkit: the dialogue of the desktop, with the password or the finger that the system asks for. Before
// the proof only what the asker sent is shown.
import { PosternError } from "../../protocol/errors.ts";
import type { Broker } from "../approval/broker.ts";
import type { GivenYes } from "../approval/given-yes.ts";
import type { Offer, Prompt } from "../approval/prompt.ts";
import type { Clock } from "../host/clock.ts";
import type { Log } from "../host/log.ts";
import { usersOf } from "../peer/process-facts.ts";
import { dialogText } from "../pinentry/dialog-text.ts";
import type { Sessions } from "../session/sessions.ts";
import { whyNoAction } from "./action.ts";
import type { Asker, Authority, Verdict } from "./authority.ts";
import { Unavailable } from "./bus.ts";

/** Milliseconds that a person has for the second question: as long as a proof serves an answer elsewhere. */
export const CONFIRM_MS_MAX = 60_000;

/** The answerer in the record. polkit does not say which of its programs has asked. */
const by = { program: "polkit" } as const;

export type SystemDialog = {
  /** Asks, until it is answered or the signal came. */
  ask(prompt: Prompt, signal: AbortSignal): Promise<"settled" | "unavailable">;
  /** Why it cannot ask on this machine, for a person. Undefined where it can. */
  whyNot(): string | undefined;
};

export type SystemDialogParts = {
  readonly clock: Clock;
  readonly log: Log;
  readonly authority: Authority;
  readonly sessions: () => Pick<Sessions, "open">;
  readonly broker: () => Pick<Broker, "decide">;
  readonly givenYes: () => GivenYes;
};

export function createSystemDialog(parts: SystemDialogParts): SystemDialog {
  const { clock, log, authority } = parts;
  const whyNot = () => whyNoAction(process.geteuid?.());

  async function ask(prompt: Prompt, signal: AbortSignal): Promise<"settled" | "unavailable"> {
    try {
      const verdict = await answered(prompt, signal);
      if (signal.aborted) return "settled";
      // A failed one is nobody's yes and nobody's no: a wrong password or finger, or a dialogue that crashed. No other window asks after it. A terminal
      // does, since any program of the user can register such a dialogue.
      if (verdict === "dismissed") await deny(prompt);
      return "settled";
    } catch (error) {
      if (signal.aborted || error instanceof PosternError) return "settled";
      if (!(error instanceof Unavailable)) throw error;
      log.note("an approver cannot ask", { program: by.program, why: error.message });
      return "unavailable";
    }
  }

  async function answered(prompt: Prompt, signal: AbortSignal): Promise<Verdict> {
    const sent = prompt.sent();
    const verdict = await proven(prompt, sent, signal);
    if (verdict !== "proven") return verdict;
    await prompt.find();
    const offer = prompt.offer();
    const isSame = offer.text.length === sent.length && offer.text.every((line, at) => line === sent[at]);
    if (isSame) return approve(prompt, offer, signal);
    const again = await inTime(signal, (both) => proven(prompt, offer.text, both));
    return again === "proven" ? approve(prompt, offer, signal) : again;
  }

  /** One question with its proof. Each try is recorded before it counts. */
  async function proven(prompt: Prompt, lines: readonly string[], signal: AbortSignal): Promise<Verdict> {
    const why = whyNot();
    if (why !== undefined) throw new Unavailable(why);
    const verdict = await authority.ask(askerOf(prompt), shownText(prompt.code, lines), signal);
    if (verdict !== "dismissed") {
      const outcome = verdict === "proven" ? "ok" : "proofRefused";
      parts
        .sessions()
        .open(prompt.account)
        .audit.keep({ event: "proof.polkit", outcome, ...by, ids: [] });
    }
    return verdict;
  }

  async function approve(prompt: Prompt, offer: Offer, signal: AbortSignal): Promise<Verdict> {
    if (!signal.aborted) await parts.givenYes()(prompt, offer, "system", by);
    return "proven";
  }

  async function deny(prompt: Prompt): Promise<void> {
    const { audit } = parts.sessions().open(prompt.account);
    audit.keep({ event: "prompts.answer", outcome: "denied", ...by, ids: [prompt.id] });
    await parts.broker().decide(prompt, "no");
  }

  async function inTime(signal: AbortSignal, act: (signal: AbortSignal) => Promise<Verdict>): Promise<Verdict> {
    const late = new AbortController();
    const cancel = clock.after(CONFIRM_MS_MAX, () => late.abort(new Unavailable("nobody answered in time")));
    try {
      return await act(AbortSignal.any([signal, late.signal]));
    } finally {
      cancel();
    }
  }

  return { ask, whyNot };
}

/**
 * The process that polkit takes as the subject: one that asks. polkit then looks for the dialogue of that process or of its session, so a program of an
 * SSH session raises no window on a desk where nobody sits, and polkit's own log names it. Throws Unavailable where it is not wholly this user's. What
 * polkit is asked about root's process it always allows.
 */
function askerOf(prompt: Prompt): Asker {
  // A page of the app is no process that the system could look at.
  const asker = [...prompt.askers()].find((one) => one.isSame() && one.peer.identity.pid > 0);
  if (asker === undefined) throw new Unavailable("no program asks that the system could know");
  const { pid, startTicks, uid } = asker.peer.identity;
  const users = usersOf(pid);
  const isUsers = users !== undefined && [users.real, users.effective, users.saved].every((one) => one === uid);
  if (uid === 0 || uid !== process.geteuid?.() || !isUsers)
    throw new Unavailable("the program that asks is not only this user's");
  return { pid, startTicks, uid };
}

/**
 * The text as it is handed over. Some dialogues take a text as markup. There a name could hide a line, or bring the whole text to nothing. So the two
 * characters that begin markup are shown as others that look like them.
 */
export const shownText = (code: string, lines: readonly string[]): string =>
  dialogText(code, lines).replaceAll("&", "＆").replaceAll("<", "‹");

// One question and the person's way through it: read the asker's words, choose a width and a length, give the proof, and where that shows more
// than was asked, say yes to it. Everything that is drawn is in `view`. Nothing typed is kept.
import type { AgentStatus, Proof, RequestOptions } from "../typescript/generated.ts";
import { ConnectionLost, isAgentError, SessionEnded } from "./agent-error.ts";
import { hasAuthenticators } from "./authenticator.ts";
import { signed } from "./authenticator-call.ts";
import type { Channel } from "./channel.ts";
import { keepChoice, keptChoice } from "./choice.ts";
import { type Ending, endingOf } from "./ending.ts";
import type { Choice, Prompt } from "./prompt.ts";
import { type AskedProof, askedProof, proofOf, slipOf } from "./proof.ts";

/** A question before its proof. `lines` are the asker's own words, or the whole text where the page may see that already. */
export type Asking = {
  readonly kind: "asking";
  readonly prompt: Prompt;
  readonly lines: readonly string[];
  readonly choice: Choice;
  readonly proof: AskedProof;
  /** Whether a fingerprint reader or a security key may answer it in this browser. */
  readonly hasKey: boolean;
  readonly fault: string | undefined;
  readonly isBusy: boolean;
};

/** After the proof, where the text says more than was asked. */
export type Shown = {
  readonly kind: "shown";
  readonly prompt: Prompt;
  readonly lines: readonly string[];
  readonly choice: Choice;
  readonly hash: string;
  readonly isBusy: boolean;
};

export type QuestionView =
  | { readonly kind: "waiting" }
  | Asking
  | Shown
  | { readonly kind: "ended"; readonly ending: Ending; readonly why?: string };

export type Question = {
  readonly view: QuestionView;
  onView(listener: (view: QuestionView) => void): () => void;
  /** Reads the question anew. The choice that the person made stays. */
  read(): Promise<void>;
  choose(choice: Choice): Promise<void>;
  /** Whether a choice fits the question. Looks nothing up. */
  fits(choice: Choice): Promise<boolean>;
  /** Takes the typed proof. Says yes where the text adds nothing to what was asked. */
  prove(typed: string): Promise<void>;
  /** The same with a fingerprint reader or a security key. It signs for this question, and for the choice as it stands. */
  proveByKey(): Promise<void>;
  /** Says yes to the shown text. */
  allow(): Promise<void>;
  deny(): Promise<void>;
  usePassword(): Promise<void>;
  close(): void;
};

/** Errors after which the question is read again. The proof serves for a minute, and only on its own connection. */
const AGAIN = ["proofRefused", "pinDisabled", "tryLater", "busy", "invalidParams", "proofRequired", "conflict"];

const same = (one: readonly string[], other: readonly string[]) =>
  one.length === other.length && one.every((line, at) => line === other[at]);

/** Opens a question by its id. It reads itself at once, and again after a lost connection. */
export function openQuestion(channel: Channel, id: string): Question {
  const listeners = new Set<(view: QuestionView) => void>();
  let view: QuestionView = { kind: "waiting" };
  let answering: "yes" | "no" | undefined;
  let usesPassword = false;

  function become(next: QuestionView): void {
    if (view.kind === "ended") return;
    view = next;
    for (const listener of [...listeners]) listener(next);
  }

  /** The end that the agent named. Its notice may come before the answer to our own call. */
  function closedAs(closed: unknown): void {
    const isOurs = (answering === "yes" && closed === "approved") || (answering === "no" && closed === "denied");
    become({ kind: "ended", ending: isOurs ? (answering === "yes" ? "approved" : "denied") : endingOf(closed) });
  }

  async function status(): Promise<AskedProof> {
    const told: AgentStatus = await channel.call("agent.status", {});
    return askedProof(told, usesPassword);
  }

  /** The question with a choice. Undefined where it is open no more. */
  async function listed(choice: Choice): Promise<Prompt | undefined> {
    const code = view.kind === "asking" && view.prompt.asked === undefined ? { code: view.prompt.code } : {};
    const { prompts } = await channel.call("prompts.list", { ...code, choice });
    const found = prompts.find(({ prompt }) => prompt === id);
    if (found === undefined) return undefined;
    // With several questions the agent gives the texts without a choice.
    const isPlain = found.asked !== undefined || prompts.length === 1 || Object.keys(choice).length === 0;
    return isPlain ? found : (await channel.call("prompts.list", { code: found.code, choice })).prompts[0];
  }

  /** What an authenticator is to sign. Undefined where none can be used. */
  async function challengeFor(choice: Choice): Promise<RequestOptions | undefined> {
    if (!hasAuthenticators()) return undefined;
    try {
      return (await channel.call("authenticators.challenge", { prompt: id, choice })).options;
    } catch (error) {
      if (isAgentError(error, "authenticatorUnavailable", "promptNotFound")) return undefined;
      throw error;
    }
  }

  async function readWith(choice: Choice, fault?: string): Promise<void> {
    const [prompt, proof, challenge] = await Promise.all([listed(choice), status(), challengeFor(choice)]);
    const lines = prompt?.asked ?? prompt?.text;
    if (prompt === undefined || lines === undefined) return become({ kind: "ended", ending: "answered" });
    keepChoice(id, choice);
    become({ kind: "asking", prompt, lines, choice, proof, hasKey: challenge !== undefined, fault, isBusy: false });
  }

  /** Runs a step, and turns its error into what the person reads. `isAgain` is a reading after an error: it is tried once. */
  async function step(work: () => Promise<void>, isAgain = false): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (error instanceof SessionEnded) return become({ kind: "ended", ending: "sessionEnded" });
      // The page says that the agent is away. When it is back, the question is read again.
      if (error instanceof ConnectionLost) return idle();
      if (isAgentError(error, "promptNotFound")) return become({ kind: "ended", ending: "answered" });
      if (isAgentError(error, "locked", "signedOut")) return become({ kind: "ended", ending: "locked" });
      if (isAgentError(error, "approvalDenied")) return become({ kind: "ended", ending: "policy", why: error.message });
      const fault = faultOf(error);
      if (isAgain || !isAgentError(error, ...AGAIN)) return idle(fault);
      if (error.name === "pinDisabled") usesPassword = true;
      // A choice that does not fit is left out.
      const choice = error.name === "invalidParams" ? {} : chosen();
      await step(() => readWith(choice, fault), true);
    }
  }

  /** The choice that the person made. A page that was loaded again has it from before. */
  const chosen = (): Choice => (view.kind === "asking" || view.kind === "shown" ? view.choice : keptChoice(id));

  function idle(fault?: string): void {
    if (view.kind === "asking") become({ ...view, isBusy: false, fault });
    if (view.kind === "shown") become({ ...view, isBusy: false });
  }

  function busy(): void {
    if (view.kind === "asking") become({ ...view, isBusy: true, fault: undefined });
    if (view.kind === "shown") become({ ...view, isBusy: true });
  }

  async function yes(prompt: Prompt, more: { hash: string; choice: Choice; proof?: Proof }) {
    answering = "yes";
    try {
      await channel.call("prompts.answer", { code: prompt.code, answer: "yes", ...more });
    } catch (error) {
      answering = undefined;
      throw error;
    }
    become({ kind: "ended", ending: "approved" });
  }

  async function proven({ prompt, lines, choice }: Asking, proof: Proof): Promise<void> {
    // The whole text was shown already, so the proof is the answer.
    if (prompt.asked === undefined && prompt.hash !== undefined)
      return yes(prompt, { hash: prompt.hash, choice, proof });
    const [found] = (await channel.call("prompts.list", { code: prompt.code, proof, choice })).prompts;
    if (found?.text === undefined || found.hash === undefined) return become({ kind: "ended", ending: "answered" });
    if (same(found.text, lines)) return yes(prompt, { hash: found.hash, choice });
    become({
      kind: "shown",
      prompt: { ...prompt, ...found },
      lines: found.text,
      choice,
      hash: found.hash,
      isBusy: false,
    });
  }

  const unlisten = [
    channel.onNotification(({ method, params }) => {
      if (method === "prompt.closed" && params.prompt === id) closedAs(params.ending);
    }),
    channel.onState((state) => {
      if (state === "ended") become({ kind: "ended", ending: "sessionEnded" });
      // A ticket of the proof belongs to its connection. So a shown text is asked about anew.
      if (state === "open") step(() => readWith(chosen()));
    }),
  ];

  return {
    get view() {
      return view;
    },
    onView: (listener) => {
      listeners.add(listener);
      listener(view);
      return () => listeners.delete(listener);
    },
    read: () => step(() => readWith(chosen())),
    choose: (choice) => step(() => readWith(choice)),
    fits: (choice) =>
      listed(choice).then(
        (found) => found !== undefined,
        () => false,
      ),
    prove: async (typed) => {
      if (view.kind !== "asking" || view.isBusy) return;
      const asking = view;
      const slip = slipOf(typed, asking.proof.kind);
      if (slip !== undefined) return become({ ...asking, fault: slip });
      busy();
      await step(() => proven(asking, proofOf(asking.proof.kind, typed)));
    },
    proveByKey: async () => {
      if (view.kind !== "asking" || view.isBusy) return;
      const asking = view;
      busy();
      await step(async () => {
        const options = await challengeFor(asking.choice);
        if (options === undefined) throw new Error("no fingerprint reader or security key can be used now");
        await proven(asking, { kind: "webauthn", assertion: await signed(options) });
      });
    },
    allow: async () => {
      if (view.kind !== "shown" || view.isBusy) return;
      const { prompt, hash, choice } = view;
      busy();
      await step(() => yes(prompt, { hash, choice }));
    },
    deny: async () => {
      if (view.kind !== "asking" && view.kind !== "shown") return;
      busy();
      answering = "no";
      await step(async () => {
        await channel.call("prompts.answer", { prompt: id, answer: "no" });
        become({ kind: "ended", ending: "denied" });
      });
    },
    usePassword: () => {
      usesPassword = true;
      return step(() => readWith(chosen()));
    },
    close: () => {
      for (const end of unlisten) end();
      listeners.clear();
    },
  };
}

/** The sentence of an error. The part before a colon of a refused proof only says that it was refused. */
function faultOf(error: unknown): string {
  if (isAgentError(error, "proofRequired")) return "Too much time has passed since your proof. Give it again.";
  if (isAgentError(error, "conflict")) return "The question has changed. Read it again.";
  const told = (error instanceof Error ? error.message : "something went wrong").replace(
    /^the proof was refused: /,
    "",
  );
  const sentence = `${told.charAt(0).toUpperCase()}${told.slice(1)}`;
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}

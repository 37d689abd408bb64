// The prompts that a command waits for. It prints the code of each, and asks the person at its own terminal where the agent lets it: while it is
// in the foreground there, one question at a time. The first answer counts, wherever it is given.
import type { Channel } from "../../typescript/channel.ts";
import { PosternError } from "../../typescript/generated.ts";
import type { Terminal } from "../terminal/terminal.ts";
import type { InstallationWatch } from "./installation.ts";
import type { Question } from "./question.ts";

/** Milliseconds between two looks whether a question can be asked here now. Nobody announces that a job came to the foreground. */
export const LOOK_MS = 250;

export type PromptWatch = {
  /** The chosen account. */
  readonly account: string | undefined;
  readonly installation: InstallationWatch;
  /** The words for the account of the waiting call. */
  readonly words: () => Promise<string | undefined>;
};

/** A prompt of this command that is open. `ended` is aborted when it has an answer. */
type Waiting = {
  readonly code: string;
  readonly ended: AbortController;
  state: "waiting" | "asked" | "answered" | "left";
};

/** Prints and asks as prompts open. A lost connection is reported by the call that waits. */
export function watchPrompts(terminal: Terminal, channel: Channel, watch: PromptWatch): void {
  const waiting = new Map<string, Waiting>();
  const here = questionsHere(terminal, channel, watch, waiting);

  /** An answer that the agent refused, or a terminal that failed. The call that waits reports a lost connection, and the code still answers. */
  function report(error: unknown): undefined {
    if (!channel.isOpen) return;
    const why = error instanceof PosternError ? error.message : "the question cannot be asked at this terminal";
    terminal.tell(`postern: ${why}`);
    terminal.tell("  next: run `postern approve` in another terminal");
  }

  async function opened(prompt: string): Promise<void> {
    const words = await watch.words();
    // The code is printed whatever comes of the question here.
    const question = await here.next().catch(report);
    const one = waiting.get(prompt);
    if (one === undefined) return;
    const isHere = question?.prompt === prompt;
    const named = words === undefined ? "" : `, in ${words}`;
    terminal.tell(`postern: waiting for approval${named}, code ${terminal.bold(one.code)}`);
    terminal.tell(`  next: ${isHere ? "answer here, or " : ""}run \`postern approve ${one.code}\` in another terminal`);
    if (isHere) await here.ask(question);
    look();
  }

  /** Asks what is left, as soon as it can be asked here. */
  function look(): void {
    const isLeft = [...waiting.values()].some(({ state }) => state === "waiting");
    if (!isLeft || here.isAsking) return;
    const again = async () => {
      const question = await here.next();
      if (question !== undefined) await here.ask(question);
      look();
    };
    setTimeout(() => again().catch(report), LOOK_MS).unref();
  }

  channel.onNotification((method, params) => {
    const prompt = String(params.prompt);
    if (method === "prompt.closed") return closed(terminal, waiting, prompt, String(params.ending));
    // Whoever came first has seen the question. It is not the person who opened the window, or not the person alone.
    if (method === "prompt.usedTwice")
      return terminal.tell(
        `postern: the window of the question ${String(params.code)} was opened twice; if that was not you, another program of yours has read the question`,
      );
    if (method !== "prompt.opened" || params.request === undefined || waiting.has(prompt)) return;
    waiting.set(prompt, { code: String(params.code), ended: new AbortController(), state: "waiting" });
    // First says why each command needs an approval, since a person can change that.
    const show = () => opened(prompt);
    watch.installation.prompted().then(show, show).catch(report);
  });
  channel.onEnd(() => {
    for (const { ended } of waiting.values()) ended.abort();
    waiting.clear();
  });
}

function closed(terminal: Terminal, waiting: Map<string, Waiting>, prompt: string, ending: string): void {
  const one = waiting.get(prompt);
  if (one === undefined) return;
  waiting.delete(prompt);
  one.ended.abort();
  // The command itself reports any other end.
  if (one.state === "asked" && ending === "approved") terminal.tell("\npostern: allowed elsewhere");
  if (one.state === "asked" && ending === "denied") terminal.tell("\npostern: denied elsewhere");
}

/** The questions that are asked at this terminal, one at a time. */
function questionsHere(
  terminal: Terminal,
  channel: Channel,
  { account }: PromptWatch,
  waiting: ReadonlyMap<string, Waiting>,
) {
  let isAsking = false;
  return {
    get isAsking() {
      return isAsking;
    },
    /** The question that the agent lets this command ask now. */
    next: async (): Promise<Question | undefined> => {
      const { isAtTerminal } = await import("./line-terminal.ts");
      if (isAsking || !isAtTerminal()) return undefined;
      const { prompts } = await channel.call("prompts.list", {});
      return prompts.flatMap(({ prompt, code, asked, offered }) =>
        asked !== undefined && waiting.get(prompt)?.state === "waiting" ? [{ prompt, code, asked, offered }] : [],
      )[0];
    },
    ask: async (question: Question): Promise<void> => {
      const one = waiting.get(question.prompt);
      if (one === undefined || isAsking) return;
      isAsking = true;
      one.state = "asked";
      try {
        const { askHere } = await import("./question.ts");
        const { signal } = one.ended;
        const answering = () => {
          one.state = "answered";
        };
        const answered = await askHere(channel, question, { account, signal, answering });
        if (answered || signal.aborted) return;
        one.state = "left";
        terminal.tell(`postern: not answered here; it waits for \`postern approve ${one.code}\``);
      } finally {
        isAsking = false;
      }
    },
  };
}

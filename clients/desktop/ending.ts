// Every end of a question and of a session, with the person's next step. A page that is loaded again still says how it ended.

export type Ending =
  | "approved"
  | "denied"
  | "approvedElsewhere"
  | "deniedElsewhere"
  | "timedOut"
  | "withdrawn"
  | "locked"
  | "answered"
  | "policy"
  | "sessionEnded"
  | "endedUnsaved"
  | "spent"
  | "none";

type Text = {
  readonly title: string;
  readonly text: string;
  /** Good: the program goes on. Quiet: it was told no, or nobody waits any more. */
  readonly tone: "good" | "quiet";
};

export const endings: Readonly<Record<Ending, Text>> = {
  approved: { title: "Approved", text: "The program goes on. You can close this page.", tone: "good" },
  denied: { title: "Denied", text: "The program was told no. You can close this page.", tone: "quiet" },
  approvedElsewhere: {
    title: "Approved elsewhere",
    text: "It was answered in a terminal or in another window. If that was not you, run `postern grants` and end its grant.",
    tone: "good",
  },
  deniedElsewhere: {
    title: "Denied elsewhere",
    text: "It was answered in a terminal or in another window. The program was told no.",
    tone: "quiet",
  },
  timedOut: {
    title: "The time is over",
    text: "Nobody answered in time, and the program was told so. Start it again to be asked again.",
    tone: "quiet",
  },
  withdrawn: {
    title: "Nobody waits any more",
    text: "The program ended, or it stopped waiting. Nothing was given to it.",
    tone: "quiet",
  },
  locked: {
    title: "The account was locked",
    text: "A lock ends every question. Unlock the account with `postern unlock`, and start the program again.",
    tone: "quiet",
  },
  answered: {
    title: "This question has ended",
    text: "It was answered elsewhere, or its time is over. `postern grants` shows what is allowed.",
    tone: "quiet",
  },
  policy: {
    title: "The policy does not take this yes",
    text: "The program was told no. `postern policy` shows the rules.",
    tone: "quiet",
  },
  sessionEnded: {
    title: "This page has ended",
    text: "The agent was locked, stopped or started again. Run `postern app` to open another page.",
    tone: "quiet",
  },
  endedUnsaved: {
    title: "This page has ended",
    text: "The agent was locked, stopped or started again before your changes were saved. What you had typed is gone from this page. Run `postern app` to open another page, and look at the item before you type it again.",
    tone: "quiet",
  },
  spent: {
    title: "This address was used before",
    text: "It opens one page, once, within a minute. If you did not open that page, deny the question in the terminal that asked. Run `postern app` to open another page.",
    tone: "quiet",
  },
  none: {
    title: "This page was opened without its address",
    text: "The agent opens it with a one-time code. Run `postern app` in a terminal.",
    tone: "quiet",
  },
};

/** The ends that the agent names in `prompt.closed`, where this page did not answer. */
export function endingOf(closed: unknown): Ending {
  if (closed === "approved") return "approvedElsewhere";
  if (closed === "denied") return "deniedElsewhere";
  if (closed === "timedOut" || closed === "withdrawn" || closed === "locked") return closed;
  return "answered";
}

const isEnding = (value: unknown): value is Ending => typeof value === "string" && Object.hasOwn(endings, value);

/** The place of the end in sessionStorage. */
const PLACE = "postern ending";

/** Keeps the end for a page that is loaded again. */
export function keepEnding(ending: Ending): void {
  sessionStorage.setItem(PLACE, ending);
}

export function keptEnding(): Ending | undefined {
  const kept = sessionStorage.getItem(PLACE);
  return isEnding(kept) ? kept : undefined;
}

export function forgetEnding(): void {
  sessionStorage.removeItem(PLACE);
}

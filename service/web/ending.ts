// Every reason why the page shows no item, with the person's next step.
import { PosternError } from "../../protocol/errors.ts";

export type Ending =
  | "expired"
  | "usedUp"
  | "revoked"
  | "notFound"
  | "tampered"
  | "offline"
  | "busy"
  | "incomplete"
  | "openedBefore"
  | "tooOld";

type Text = {
  readonly title: string;
  readonly text: string;
  /** Whether asking again may help. */
  readonly again: boolean;
  /** Whether the link can open nothing any more. The page then says so after it is loaded again too. */
  readonly over: boolean;
};

export const endings: Readonly<Record<Ending, Text>> = {
  expired: {
    title: "This share has expired",
    text: "Its time is over, and what was shared has been removed. Ask whoever sent you the link for a new one.",
    again: false,
    over: true,
  },
  usedUp: {
    title: "This share has been used up",
    text: "It could be shown once, and was. If that was not you, tell whoever sent you the link: somebody else may have seen it.",
    again: false,
    over: true,
  },
  revoked: {
    title: "This share was revoked",
    text: "Whoever shared it has ended it, and what was shared has been removed.",
    again: false,
    over: true,
  },
  notFound: {
    title: "Nothing is behind this link",
    text: "The link is wrong or not whole, or its share ended long ago. Check that you have copied all of it.",
    again: false,
    over: false,
  },
  tampered: {
    title: "This share was altered",
    text: "What the server sent is not what was shared, so nothing of it is shown. Tell whoever sent you the link, by other means than the link came.",
    again: false,
    over: false,
  },
  offline: {
    title: "The server cannot be reached",
    text: "Nothing was lost: trying again spends no second view.",
    again: true,
    over: false,
  },
  busy: {
    title: "Many are opening this share",
    text: "Try again in some minutes. Nothing was lost.",
    again: true,
    over: false,
  },
  incomplete: {
    title: "This link is not whole",
    text: "Some of it is missing or was changed on its way. Its last part, behind the #, is the key to what was shared: open the link exactly as it was sent to you.",
    again: false,
    over: false,
  },
  openedBefore: {
    title: "Open the link once more",
    text: "Its key went out of the address when this page opened, so that it does not stay in your browser's history. Follow the link again from the message that it came in.",
    again: false,
    over: false,
  },
  tooOld: {
    title: "This browser cannot open shares",
    text: "It is too old, or WebAssembly is switched off. Use a current Firefox, Safari, Chrome or Edge.",
    again: false,
    over: false,
  },
};

/** Turns an error into an ending. An error that nobody foresaw does not prove that the data is unaltered. */
export function endingOf(error: unknown): Ending {
  if (!(error instanceof PosternError)) return "tampered";
  switch (error.name) {
    case "shareExpired":
      return "expired";
    case "shareUsedUp":
      return "usedUp";
    case "shareRevoked":
      return "revoked";
    case "shareNotFound":
    case "sharingUnavailable":
      return "notFound";
    case "offline":
    case "internal":
      return "offline";
    case "busy":
      return "busy";
    default:
      return "tampered";
  }
}

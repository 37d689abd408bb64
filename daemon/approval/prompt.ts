// A question to a person, as the other rooms see it: what is asked, how it ended, who waits.
import type { Verb } from "../../protocol/entry.ts";
import type { Scope } from "../account/scope.ts";
import type { Subject } from "../peer/subject.ts";

/** One scope to ask for, the lines that name it to a person, and whether a yes leaves a grant of it behind. */
export type Asked = { readonly scope: Scope; readonly shown: readonly string[]; readonly grantable: boolean };

/** How an approval lasts: for this request alone, or as a grant with an idle end. */
export type Lasting = { readonly kind: "once" } | { readonly kind: "grant"; readonly idleMs: number };

/** A question as it stands. `text` and `hash` are set when it is shown, and never change after. */
export type Prompt = {
  readonly id: string;
  readonly code: string;
  readonly account: string;
  readonly subject: Subject;
  readonly verb: Verb;
  readonly asked: readonly Asked[];
  readonly text: readonly string[];
  readonly hash: string;
  readonly expiresAtMs: number;
  readonly waiters: number;
};

/** How a prompt ended. */
export type Ending = "approved" | "denied" | "timedOut" | "withdrawn" | "locked";

/** Told of prompts as they open and close; shows them, never decides. `closed` must not throw: it cannot be undone any more. */
export type Watcher = { opened(prompt: Prompt): void; closed(prompt: Prompt, ending: Ending): void };

/** Who waits. `shown` is called when the prompt it waits for opens, so that the asker can print the match code. */
export type Waiter = { readonly signal: AbortSignal; shown(prompt: Prompt): void };

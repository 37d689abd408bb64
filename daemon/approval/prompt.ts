// A question to a person, as the other rooms see it: its targets, its end, and the waiting calls.
import type { Verb } from "../../protocol/entry.ts";
import type { Scope } from "../account/scope.ts";
import type { Subject } from "../peer/subject.ts";

/** One scope of a question, the lines that name it to a person, and whether a yes leaves a grant of it. */
export type Asked = { readonly scope: Scope; readonly shown: readonly string[]; readonly grantable: boolean };

/** The duration of an approval: this request alone, or a grant with an idle end. */
export type Lasting = { readonly kind: "once" } | { readonly kind: "grant"; readonly idleMs: number };

/** A question. `text` and `hash` are set when it is shown, and never change after that. */
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

/** The end of a prompt. */
export type Ending = "approved" | "denied" | "timedOut" | "withdrawn" | "locked";

/** Called as prompts open and close. It shows them and never decides. `closed` must not throw, since the end cannot be undone. */
export type Watcher = { opened(prompt: Prompt): void; closed(prompt: Prompt, ending: Ending): void };

/** A waiting call. `shown` is called when its prompt opens, so that the asker can print the match code. */
export type Waiter = { readonly signal: AbortSignal; shown(prompt: Prompt): void };

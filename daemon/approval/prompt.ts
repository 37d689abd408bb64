// A question to a person, as the other rooms see it: its targets, its end, and the waiting calls.
import type { ParamsOf } from "../../protocol/catalogue.ts";
import type { Verb } from "../../protocol/entry.ts";
import type { Scope } from "../account/scope.ts";
import type { Connection } from "../call/connection.ts";
import type { Launch } from "../peer/launch.ts";
import type { Subject } from "../peer/subject.ts";
import type { WhoAsks } from "./who-asks.ts";

/**
 * One scope of a question, and whether a yes leaves a grant of it. `form` is the scope by what was sent alone: a reference is a field there, whether
 * it leads to one or not. `sent` are the lines in the asker's own words, which may be shown before a proof. `shown` are the lines with what was
 * looked up.
 */
export type Asked = {
  readonly scope: Scope;
  readonly form: Scope;
  readonly sent: readonly string[];
  readonly shown: readonly string[];
  readonly grantable: boolean;
  /** Set where the question is about an act that no wider yes covers. */
  readonly alone?: true | undefined;
  /** The effect beside the verb that the question names. */
  readonly also?: string | undefined;
  /** The hash by which a later request finds the grant, and the one of the item's own words, for a yes to all of the item. */
  readonly words?: string | undefined;
  readonly itemWords?: string | undefined;
  /** Why it leads nowhere, once it was looked up. */
  readonly why?: string | undefined;
  /** Looks up what was asked for. Called once a proof was given. Until then the scope is the form, and nothing but the sent words is shown. */
  readonly find?: (() => Promise<Pick<Asked, "scope" | "shown" | "grantable" | "why">>) | undefined;
  /** Set where no choice leaves a grant either: the account is not on this agent. */
  readonly ofNobody?: true;
};

/** A width, a verb and a length. What is left out is as narrow as the question, and ends after ten minutes without use. */
export type Choice = NonNullable<ParamsOf<"prompts.answer">["choice"]>;

/** The duration of an approval: this request alone, a grant, or every later start of the program. `idleMs` is without use, `ageMs` in any case. */
export type Lasting =
  | { readonly kind: "once" }
  | { readonly kind: "grant"; readonly idleMs: number; readonly ageMs: number }
  | { readonly kind: "application"; readonly launch: Launch };

/** One scope of a yes. `isExact` says that it is for the very act that was asked about, which may be one that asks by itself. */
export type Given = Pick<Asked, "scope" | "grantable" | "words" | "also"> & { readonly isExact?: true };

/** The connection of our own command that waits, and what a yes to its own question gives. */
export type Asker = { readonly connection: Connection; readonly given: readonly Given[] };

/** A question with the width and length that a person chose: its text, its hash, and what a yes to it gives. */
export type Offer = {
  readonly choice: Choice;
  readonly text: readonly string[];
  /** Covers the text, the askers' own words, and what is given. */
  readonly hash: string;
  readonly verb: Verb;
  readonly given: readonly Given[];
  readonly lasting: Lasting;
};

/** A question. All of it is set when it is shown, and never changes after that. */
export type Prompt = {
  readonly id: string;
  readonly code: string;
  readonly account: string;
  readonly subject: Subject;
  readonly verb: Verb;
  /** Who asks, part by part. */
  who(): WhoAsks;
  readonly asked: readonly Asked[];
  readonly expiresAtMs: number;
  readonly waiters: number;
  /** A choice that the person is offered beside the question. */
  readonly offered: Choice | undefined;
  /** Looks up what was named, where that is not done yet. Called after a proof, before the question is told with titles. */
  find(): Promise<void>;
  isFound(): boolean;
  /** The question with a choice. Throws invalidParams where the choice does not fit it. */
  offer(choice?: Choice): Offer;
  /** The same in this connection's own words. Nothing in it was looked up, and nothing that others sent. */
  sentBy(connection: Connection, choice?: Choice): string[];
  /** The same in the words of all who wait, for who is asked beside the askers. Nothing in it was looked up. */
  sent(choice?: Choice): string[];
  /**
   * The hash of the question in the askers' words, with a choice. It is salted as the hash of an offer is, and is sent to nobody. Throws invalidParams where the
   * choice does not fit.
   */
  question(choice?: Choice): string;
  /** The connections that wait. */
  askers(): ReadonlySet<Connection>;
  /** The first waiting command of ours in the foreground of this terminal session. */
  askerAt(terminalSession: string): Connection | undefined;
};

/** The end of a prompt. */
export type Ending = "approved" | "denied" | "timedOut" | "withdrawn" | "locked";

/** Called as prompts open and close. It shows them and never decides. `closed` must not throw, since the end cannot be undone. */
export type Watcher = { opened(prompt: Prompt): void; closed(prompt: Prompt, ending: Ending): void };

/**
 * A waiting call, and its connection. `named` is its own word for the account, where it named one. `shown` is called when its prompt opens, so
 * that the asker can print the match code.
 */
export type Waiter = {
  readonly signal: AbortSignal;
  readonly connection: Connection;
  readonly named?: string | undefined;
  /** Whether it is a program's client, as the SDKs open one. It may be offered the account as a whole, as their own app asks for it. */
  readonly isClient?: boolean;
  shown(prompt: Prompt): void;
};

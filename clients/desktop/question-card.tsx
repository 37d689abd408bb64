// A question as a person reads it: who, what, for how long, and two answers. The safe answer has the focus.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Channel } from "./channel.ts";
import { Choices } from "./choices.tsx";
import { KeyButton } from "./key-button.tsx";
import { nameOf, questionText, shown } from "./prompt.ts";
import { ProofField } from "./proof-field.tsx";
import type { Asking, Question, Shown } from "./question.ts";
import { TimeLeft } from "./time-left.tsx";
import { askerClaim, askerName, WhoAsks } from "./who.tsx";

/** Milliseconds in which a fresh question takes no answer: the keys of somebody who typed in another window must not answer it. */
const UNARMED_MS = 500;

type Drawn = {
  readonly channel: Channel;
  readonly question: Question;
  readonly view: Asking | Shown;
  /** Whether the agent cannot be reached just now. */
  readonly isAway: boolean;
  readonly level: 1 | 2;
};

export function QuestionCard({ channel, question, view, isAway, level }: Drawn) {
  const { prompt, lines } = view;
  const { wish, things, terms } = questionText(lines);
  const isArmed = useArmed(view.kind);
  const Heading = `h${level}` as const;
  const name = prompt.who === undefined ? nameOf(shown(lines[0] ?? "").split(",")[0] ?? "") : askerName(prompt.who);
  const claim = prompt.who === undefined ? undefined : askerClaim(prompt.who);
  useEffect(() => {
    if (level === 1) document.title = `${name} ${wish} – Postern`;
  }, [name, wish, level]);
  // This page asks itself: there is no program to be told apart from others.
  const isOwn = prompt.own === true;
  const isStill = isAway || view.isBusy || !isArmed;
  return (
    <section class="question" aria-label={`Question ${prompt.code}`}>
      {!isOwn && (
        <p class="match">
          <span class="soft">The program shows the same code</span> <strong class="code">{prompt.code}</strong>
        </p>
      )}
      <Heading>
        <bdi>{name}</bdi>
        {claim !== undefined && (
          <span class="wish">
            , which says it runs <bdi>{claim}</bdi>,
          </span>
        )}{" "}
        <span class="wish">{wish}</span>
      </Heading>
      {view.kind === "shown" && <p class="notice">This is what it would get. Read it, and say yes or no.</p>}
      <Things things={things} />
      <ul class="terms">
        {terms.map((line) => (
          <li>{line}</li>
        ))}
      </ul>
      {prompt.who !== undefined && !isOwn && <WhoAsks who={prompt.who} prompt={prompt} />}
      {view.kind === "asking" ? (
        <AnswerByProof question={question} view={view} isAway={isAway} isStill={isStill} />
      ) : (
        <AnswerToText question={question} isStill={isStill} isBusy={view.isBusy} />
      )}
      <TimeLeft channel={channel} prompt={prompt} onOver={question.read} />
    </section>
  );
}

function Things({ things }: { things: readonly (readonly string[])[] }) {
  if (things.length === 0) return null;
  return (
    <ul class="things">
      {things.map(([first = "", ...others]) => (
        <li>
          <bdi>{first}</bdi>
          {others.map((line) => (
            <div class="part">
              <bdi>{line}</bdi>
            </div>
          ))}
        </li>
      ))}
    </ul>
  );
}

type Answering = { readonly question: Question; readonly isStill: boolean };

function AnswerByProof({ question, view, isAway, isStill }: Answering & { view: Asking; isAway: boolean }) {
  const [typed, setTyped] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const send = (event: Event) => {
    event.preventDefault();
    if (isStill) return;
    // What was typed is for one try.
    setTyped("");
    question.prove(typed);
  };
  useEffect(() => {
    if (view.fault !== undefined && !view.isBusy) field.current?.focus();
  }, [view.fault, view.isBusy]);
  return (
    <form onSubmit={send}>
      <Choices question={question} view={view} isStill={isAway || view.isBusy} />
      <ProofField
        proof={view.proof}
        typed={typed}
        fault={view.fault}
        isStill={isAway || view.isBusy}
        field={field}
        onTyped={setTyped}
        onPassword={question.usePassword}
      />
      {view.hasKey && <KeyButton isStill={isStill} onPressed={question.proveByKey} />}
      <div class="answers">
        <Deny question={question} isStill={isStill} />
        <button type="submit" class="main" disabled={isStill}>
          {view.isBusy ? "Checking …" : "Approve"}
        </button>
      </div>
    </form>
  );
}

function AnswerToText({ question, isStill, isBusy }: Answering & { isBusy: boolean }) {
  return (
    <div class="answers">
      <Deny question={question} isStill={isStill} />
      <button type="button" class="main" disabled={isStill} onClick={question.allow}>
        {isBusy ? "Sending …" : "Approve"}
      </button>
    </div>
  );
}

/** The safe answer. It has the focus as soon as it can be given, unless the person is somewhere else already. */
function Deny({ question, isStill }: Answering) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!isStill && (document.activeElement === null || document.activeElement === document.body))
      button.current?.focus({ preventScroll: true, focusVisible: true } as FocusOptions);
  }, [isStill]);
  return (
    <button type="button" ref={button} disabled={isStill} onClick={question.deny}>
      Deny
    </button>
  );
}

/** Whether the question has stood long enough to be answered. The second step is a question of its own. */
function useArmed(kind: string): boolean {
  const [armed, setArmed] = useState<string>();
  useEffect(() => {
    const timer = setTimeout(() => setArmed(kind), UNARMED_MS);
    return () => clearTimeout(timer);
  }, [kind]);
  return armed === kind;
}

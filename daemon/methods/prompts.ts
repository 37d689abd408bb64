// prompts.*: who is shown a question, and who answers it. Without a manage grant or a proof, a peer sees only its own, and no text.
import type { ParamsOf } from "../../protocol/catalogue.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { Approvers } from "../approval/approvers.ts";
import type { Broker } from "../approval/broker.ts";
import type { GivenYes } from "../approval/given-yes.ts";
import type { Overseer } from "../approval/overseer.ts";
import type { Choice, Offer, Prompt } from "../approval/prompt.ts";
import type { Tickets } from "../approval/tickets.ts";
import type { Call } from "../call/call.ts";
import type { Connection } from "../call/connection.ts";
import { actorOf, entryOf } from "../call/log-entry.ts";
import type { Strength } from "../session/proof.ts";
import type { Sessions } from "../session/sessions.ts";
import type { Handlers } from "../wire/dispatch.ts";

type PromptHandlers = Pick<Handlers, "prompts.attach" | "prompts.list" | "prompts.answer">;

export type PromptParts = {
  readonly sessions: Sessions;
  readonly broker: Broker;
  readonly overseer: Overseer;
  readonly tickets: Tickets;
  readonly approvers: Approvers;
  readonly givenYes: GivenYes;
  /** Whether another program asks at the terminal of this connection now. */
  readonly isTerminalTaken: (connection: Connection) => boolean;
};

export function promptMethods(parts: PromptParts): PromptHandlers {
  const { sessions, broker, overseer, tickets, approvers, givenYes, isTerminalTaken } = parts;
  return {
    "prompts.attach": async (params, call) => {
      if (!(await overseer.oversees(params, call))) throw new PosternError("proofRequired");
      const { file } = sessions.open(params.account);
      approvers.attach(call.connection, file.account);
      call.connection.subscribe();
      call.connection.onEnd(() => approvers.detach(call.connection));
      sessions.pick(params.account).audit.keep(entryOf(call, "ok", []));
      return {};
    },

    "prompts.list": async (params, call) => {
      const { proof } = params;
      const code = params.only === true ? onlyCode(params) : params.code;
      // The page of one question means the account of that question, whichever is the default.
      const meant = code ?? call.connection.shows;
      const account = overseer.accountOf({ ...params, ...(meant === undefined ? {} : { code: meant }) });
      const given = {
        ...params,
        ...(code === undefined ? {} : { code }),
        ...(account === undefined ? {} : { account }),
      };
      const strength =
        proof === undefined || code === undefined
          ? undefined
          : await overseer.prove(
              { proof, prompt: code, choice: params.choice, ...(account === undefined ? {} : { account }) },
              call,
            );
      // An approver has the texts already, and asks for those of another choice.
      const isApprover = () => approvers.of(sessions.pick(account).file.account).has(call.connection);
      const seesAll = strength !== undefined || isApprover() || (await overseer.oversees(given, call));
      const whole = seesAll ? sessions.pick(account).file.account : undefined;
      const own = (prompt: Prompt) => prompt.subject.key === call.connection.subject.key;
      const shown = broker
        .list()
        .filter((prompt) => (whole === undefined ? own(prompt) || isShownTo(prompt, call) : prompt.account === whole))
        .filter((prompt) => code === undefined || prompt.code === code);
      if (code !== undefined && shown.length === 0) throw new PosternError("promptNotFound");
      const isWhole = ({ account: of }: Prompt) => of === whole;
      await Promise.all(shown.filter(isWhole).map((prompt) => prompt.find()));
      // The proof that came with the code of a prompt also serves the answer to that prompt.
      for (const { id, offer } of shown)
        if (strength !== undefined) tickets.issue(call.connection, { id, hash: offer(params.choice).hash }, strength);
      // One choice does not fit each of several questions. So their texts are as they were asked.
      const choice = shown.length === 1 ? params.choice : undefined;
      return {
        prompts: shown.map((prompt) => ({
          ...shownPrompt(prompt, isWhole(prompt) ? prompt.offer(choice) : undefined),
          ...(isShownTo(prompt, call) ? onPage(prompt, call, params.choice) : {}),
          ...(isAskedHere(prompt, call) ? askedHere(prompt, call, params.choice) : {}),
        })),
      };
    },

    "prompts.answer": async (params, call) => {
      if (params.answer === "no") await deny(params, call);
      else await approve(params, call);
      return {};
    },
  };

  /**
   * Whether the caller may ask the person at its own terminal. It is our command, in the foreground there. One question at a
   * time is asked at a terminal: the oldest.
   */
  function isAskedHere(prompt: Prompt, { connection }: Call): boolean {
    const { terminal } = connection;
    if (terminal === undefined || !connection.isInFront() || isTerminalTaken(connection)) return false;
    const oldest = broker.list().find((one) => one.askerAt(terminal) !== undefined);
    return oldest === prompt && prompt.askerAt(terminal) === connection;
  }

  /** The code of the one open prompt. How many are open is no secret, and which code it has takes a proof. */
  function onlyCode({ code, proof }: ParamsOf<"prompts.list">): string {
    if (code !== undefined) throw new PosternError("invalidParams", "code and only must not both be given");
    if (proof === undefined) throw new PosternError("proofRequired");
    const [prompt, second] = broker.list();
    if (prompt === undefined || second !== undefined)
      throw new PosternError("promptNotFound", prompt === undefined ? "none is open" : "several are open");
    return prompt.code;
  }

  /**
   * Who knows the prompt's id, or sits at the asker's terminal, needs no proof for a no. From elsewhere a code is not enough: any program could
   * end the questions of others by it. Such a caller does not learn either whether the code is open.
   */
  async function deny(params: ParamsOf<"prompts.answer">, call: Call): Promise<void> {
    const named = namedPrompt(params);
    const { code, proof, choice } = params;
    if (proof !== undefined) await overseer.prove({ proof, prompt: named, choice }, call);
    const prompt = broker.find(named);
    const isKnown = code === undefined || proof !== undefined || (prompt !== undefined && isAtTerminalOf(prompt, call));
    if (prompt === undefined || !isKnown) {
      // An open code from elsewhere counts too, so that nothing tells it from another.
      overseer.demandCodeTry(call);
      overseer.wrongCode(call);
      throw new PosternError(isKnown ? "promptNotFound" : "proofRequired");
    }
    sessions.pick(prompt.account).audit.keep(entryOf(call, "denied", [prompt.id]));
    await broker.decide(prompt, "no");
  }

  /** The prompt of a yes. Without a proof nobody learns which codes are open. */
  async function provenPrompt(
    params: ParamsOf<"prompts.answer">,
    call: Call,
  ): Promise<{ prompt: Prompt; strength: Strength }> {
    const { proof, choice } = params;
    const named = namedPrompt(params);
    const proven = proof === undefined ? undefined : await overseer.prove({ proof, prompt: named, choice }, call);
    const prompt = broker.find(named);
    const redeemed = () => (prompt === undefined ? undefined : redeem(prompt, params, call));
    const strength = proven ?? redeemed();
    if (strength === undefined) throw new PosternError("proofRequired");
    if (prompt === undefined) throw new PosternError("promptNotFound");
    call.connection.demandSame();
    return { prompt, strength };
  }

  /** The choice is looked at only beside a ticket: its refusal would tell anybody that the prompt is open. */
  function redeem({ id, offer }: Prompt, { choice }: ParamsOf<"prompts.answer">, call: Call) {
    return tickets.redeem(call.connection, id, () => offer(choice).hash);
  }

  async function approve(params: ParamsOf<"prompts.answer">, call: Call): Promise<void> {
    const { prompt, strength } = await provenPrompt(params, call);
    await prompt.find();
    const offer = prompt.offer(params.choice);
    if (params.hash !== offer.hash) throw new PosternError("conflict", "hash must be that of the text that was shown");
    const refusal = await givenYes(prompt, offer, strength, actorOf(call));
    if (refusal === undefined) return;
    // Only this person, who has given a proof, is told why.
    throw new PosternError("approvalDenied", undefined, {
      text: `${refusal.text}; the program was told no`,
      hint: "`postern policy` shows its rules",
    });
  }
}

function isAtTerminalOf({ subject }: Prompt, { connection }: Call): boolean {
  const here = connection.subject;
  if (subject.key === here.key) return true;
  return subject.terminalSession !== undefined && subject.terminalSession === here.terminalSession;
}

/** The id or match code by which an answer names its prompt. */
function namedPrompt({ code, prompt }: ParamsOf<"prompts.answer">): string {
  const named = code ?? prompt;
  if (named === undefined) throw new PosternError("invalidParams", "code or prompt is required");
  if (code !== undefined && prompt !== undefined)
    throw new PosternError("invalidParams", "code and prompt must not both be given");
  return named;
}

/**
 * Whether the caller is the page of the app that was opened for this question, or that asked it itself. It may ask the person. The words of all who
 * wait are shown there: the page is the person's own, and no asker reads it.
 */
function isShownTo({ id, subject }: Prompt, { connection }: Call): boolean {
  return connection.shows === id || (connection.subject.kind === "app" && subject.key === connection.subject.key);
}

function onPage(prompt: Prompt, { connection }: Call, choice: Choice | undefined) {
  const isOwn = prompt.subject.key === connection.subject.key;
  return {
    asked: prompt.sent(choice),
    who: prompt.who(),
    ...(isOwn ? { own: true as const } : {}),
    ...offeredBy(prompt),
  };
}

function askedHere(prompt: Prompt, { connection }: Call, choice: Choice | undefined) {
  return { asked: prompt.sentBy(connection, choice), who: prompt.who(), ...offeredBy(prompt) };
}

const offeredBy = ({ offered }: Prompt) => (offered === undefined ? {} : { offered });

function shownPrompt(prompt: Prompt, offer: Offer | undefined) {
  return {
    prompt: prompt.id,
    code: prompt.code,
    expiresAt: new Date(prompt.expiresAtMs).toISOString(),
    waiters: prompt.waiters,
    ...(offer === undefined
      ? {}
      : { hash: offer.hash, text: [...offer.text], who: prompt.who(), ...offeredBy(prompt) }),
  };
}

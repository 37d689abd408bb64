// Questions to a person. Each subject and scope has one prompt, which all waiting calls share. Scopes that one subject asks for within 50 ms go
// into one prompt. An open prompt delays only the calls that wait for it.

import type { Verb } from "../../protocol/entry.ts";
import { PosternError } from "../../protocol/errors.ts";
import { limits } from "../../protocol/limits.ts";
import { scopeKey } from "../account/scope.ts";
import type { Connection } from "../call/connection.ts";
import type { Clock } from "../host/clock.ts";
import type { Subject } from "../peer/subject.ts";
import { chosenLasting, chosenScopes, demandFitting, fits, type LaunchOf } from "./choice.ts";
import { createMatchCodes } from "./match-code.ts";
import type { Offers } from "./offers.ts";
import type { Asked, Asker, Choice, Ending, Offer, Prompt, Waiter, Watcher } from "./prompt.ts";
import { newSalt, promptHash, promptText } from "./prompt-text.ts";
import type { Quotas } from "./quotas.ts";
import type { Room, RoomOf } from "./rooms.ts";
import { type WhoAsks, whoAsks } from "./who-asks.ts";

/** Milliseconds in which further scopes of a subject are gathered before the prompt is shown. A program often asks in a burst. */
export const GATHER_MS = 50;

/** Milliseconds that a shown prompt waits for a person. */
export const PROMPT_MS = 120_000;

/** Lines in the askers' words of a prompt that requests still join: those of as many ids as references, and some beside them. */
export const GATHERED_LINES_MAX = 5 * limits.references;

/** A command is shown its own words alone. Others that asked at the same time may have sent what it does not know. */
const OF_OTHERS = "and more, for other commands here: you see it after the proof";

export type Broker = {
  /**
   * Asks a person for all of `asked`. Resolves when approved, with what was found for each. Throws approvalDenied, approvalTimedOut, promptQuota, coolingDown, locked, or the
   * abort of the waiter's signal.
   */
  ask(
    account: string,
    subject: Subject,
    verb: Verb,
    asked: readonly Asked[],
    waiter: Waiter,
  ): Promise<readonly Asked[]>;
  /** The shown prompts: all, or those of one account. */
  list(account?: string): Prompt[];
  /** The shown prompt with this match code or id. No code looks like an id. */
  find(codeOrId: string): Prompt | undefined;
  /** Ends a shown prompt by a person's answer. The caller has verified the proof. */
  decide(prompt: Prompt, answer: { yes: Offer } | "no"): Promise<void> | undefined;
  /** Withdraws every prompt of an account, which was locked. */
  lock(account: string): void;
};

/** What all of a prompt has in common. */
type Topic = {
  readonly account: string;
  readonly subject: Subject;
  readonly verb: Verb;
  /** Whether the prompt is about acts. An act and a read need different sentences, so they never share a prompt. */
  readonly isAct: boolean;
  /** The asker's own word for the account. */
  readonly named: string | undefined;
};

type Open = Topic & {
  readonly id: string;
  readonly code: string;
  /** Whether a program's client asked first. */
  readonly isClient: boolean;
  /** That of the first asker. */
  readonly room: Room;
  asked: Map<string, Asked>;
  finding?: Promise<void>;
  waiters: Set<{ keys: readonly string[]; resolve(): void; reject(error: Error): void; waiter: Waiter }>;
  frozen?: Prompt;
  cancelTimer(): void;
};

type Notes = { readonly file: readonly string[]; readonly yes: readonly string[] };

export type BrokerParts = {
  readonly clock: Clock;
  readonly quotas: Quotas;
  readonly roomOf: RoomOf;
  readonly watcher: Watcher;
  readonly newId: () => string;
  /** The account's name, where a prompt must show it: on an agent with several accounts, and where the asker named one. */
  readonly nameOf?: (account: string, isNamed: boolean) => string | undefined;
  readonly offers: Offers;
  /** Milliseconds without use after which the account locks. */
  readonly lockMsOf: (account: string) => number;
  /** The file that has changed since the program of this connection was allowed. */
  readonly changedFile?: (account: string, connection: Connection) => "script" | "executable" | undefined;
  /** What the policy says, in lines: of its file, and of a yes to these things, which only a person who gave a proof may read. */
  readonly notesOf?: (question: Pick<Topic, "account" | "subject" | "verb">, asked: readonly Asked[]) => Notes;
  /** Records an approval as a grant. Called before the waiting calls continue. Fulfilled when what outlives the agent is on disk. */
  readonly approve: (prompt: Prompt, offer: Offer, askers: readonly Asker[]) => Promise<void> | undefined;
};

export function createBroker(parts: BrokerParts): Broker {
  const { clock, quotas, roomOf, watcher, newId } = parts;
  const prompts = new Set<Open>();
  const codes = createMatchCodes();

  /** The prompt that this request can join: one that asks for all of it already, or one that still gathers. */
  function joinable(topic: Topic, keys: readonly string[], asked: readonly Asked[]): Open | undefined {
    const own = [...prompts].filter((open) => isSameTopic(open, topic));
    const same = own.find((open) => keys.every((key) => open.asked.has(key)));
    if (same !== undefined) return same;
    const hasRoom = (open: Open) =>
      new Set([...open.asked.keys(), ...keys]).size <= limits.references &&
      linesOf([...open.asked.values(), ...asked]) <= GATHERED_LINES_MAX;
    return own.find((open) => open.frozen === undefined && hasRoom(open));
  }

  function open(topic: Topic, { connection, isClient = false }: Waiter): Open {
    const room = roomOf(connection);
    quotas.opening(topic.subject.family, room);
    const made: Open = {
      id: newId(),
      code: codes.take(),
      ...topic,
      isClient,
      room,
      asked: new Map(),
      waiters: new Set(),
      cancelTimer: clock.after(GATHER_MS, () => show(made)),
    };
    prompts.add(made);
    return made;
  }

  function show(open: Open): void {
    try {
      open.frozen = freeze(open);
      open.cancelTimer = clock.after(PROMPT_MS, () => end(open, "timedOut"));
      // Recorded first, since a question that cannot be recorded is not asked.
      watcher.opened(open.frozen);
    } catch (error) {
      return fail(open, error instanceof Error ? error : new Error("a prompt could not be opened"));
    }
    for (const { waiter } of open.waiters) waiter.shown(open.frozen);
  }

  function freeze(open: Open): Prompt {
    const launch = launchOf(open);
    return {
      id: open.id,
      code: open.code,
      account: open.account,
      subject: open.subject,
      verb: open.verb,
      who: whoOnce(open),
      get asked() {
        return [...open.asked.values()];
      },
      find: () => (open.finding ??= findAll(open)),
      isFound: () => isFound(open),
      offered: parts.offers.next({ subject: open.subject, place: placeOf(open), isClient: open.isClient }, (choice) =>
        fits(choice, open.verb, [...open.asked.values()], launch),
      ),
      ...textsOf(open, parts, launch),
      expiresAtMs: clock.wallMs() + PROMPT_MS,
      get waiters() {
        return open.waiters.size;
      },
      askers: () => connectionsOf(open),
      askerAt: (terminal) => [...connectionsOf(open)].find((one) => one.terminal === terminal && one.isInFront()),
    };
  }

  function fail(open: Open, error: Error): void {
    // The account may have been found to be over its time, which ended the prompt.
    if (!prompts.delete(open)) return;
    open.cancelTimer();
    codes.give(open.code);
    quotas.closed(open.subject.family, "withdrawn", open.room);
    for (const waiting of open.waiters) waiting.reject(error);
    open.waiters.clear();
  }

  function end(open: Open, ending: Ending): void {
    if (!prompts.delete(open)) return;
    open.cancelTimer();
    codes.give(open.code);
    quotas.closed(open.subject.family, ending, open.room);
    // The waiting calls come first, so that they continue even if a watcher fails. They run in a later turn.
    for (const waiting of open.waiters) {
      if (ending === "approved") waiting.resolve();
      else waiting.reject(errorOf(ending));
    }
    open.waiters.clear();
    if (open.frozen !== undefined) watcher.closed(open.frozen, ending);
  }

  function wait(open: Open, keys: readonly string[], waiter: Waiter): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        open.waiters.delete(waiting);
        reject(new PosternError("cancelled"));
        // Nobody waits for it any more. Such a prompt would only teach people to answer without reading.
        if (open.waiters.size === 0) end(open, "withdrawn");
      };
      const done = (settle: () => void) => () => {
        waiter.signal.removeEventListener("abort", leave);
        settle();
      };
      const waiting = {
        keys,
        waiter,
        resolve: done(resolve),
        reject: (error: Error) => done(() => reject(error))(),
      };
      open.waiters.add(waiting);
      waiter.signal.addEventListener("abort", leave, { once: true });
      if (open.frozen !== undefined) waiter.shown(open.frozen);
    });
  }

  function frozenOf(prompt: Prompt): Open | undefined {
    return [...prompts].find((open) => open.frozen?.id === prompt.id);
  }

  function listFrozen(account?: string): Prompt[] {
    return [...prompts].flatMap((open) =>
      open.frozen !== undefined && (account === undefined || open.account === account) ? [open.frozen] : [],
    );
  }

  return {
    // Async, so that a refusal by the quotas is a rejection like other outcomes.
    ask: async (account, subject, verb, asked, waiter) => {
      if (waiter.signal.aborted) throw new PosternError("cancelled");
      if (asked.length > limits.references) {
        throw new PosternError("tooLarge", `one prompt holds ${limits.references} references`);
      }
      // By what was sent alone. Two spellings of one reference do not share a question: the common match code would tell that both lead to one
      // thing, and so that it exists.
      const keys = asked.map(({ form, sent, words }) => JSON.stringify([scopeKey(verb, form), sent, words]));
      const isAct = asked.some(({ form }) => form.act !== undefined);
      const topic: Topic = { account, subject, verb, isAct, named: waiter.named };
      const prompt = joinable(topic, keys, asked) ?? open(topic, waiter);
      if (prompt.frozen === undefined) {
        for (const [index, one] of asked.entries()) prompt.asked.set(keys[index] ?? "", one);
      }
      await wait(prompt, keys, waiter);
      return keys.flatMap((key) => prompt.asked.get(key) ?? []);
    },
    list: listFrozen,
    find: (codeOrId) => listFrozen().find(({ code, id }) => code === codeOrId || id === codeOrId),
    decide: (prompt, answer) => {
      const open = frozenOf(prompt);
      if (open === undefined) throw new PosternError("promptNotFound");
      if (answer !== "no") parts.offers.chose(prompt.subject, placeOf(open), answer.yes.choice);
      const written =
        answer === "no" ? undefined : parts.approve(prompt, answer.yes, askersOf(open, answer.yes.choice));
      end(open, answer === "no" ? "denied" : "approved");
      return written;
    },
    lock: (account) => {
      for (const open of [...prompts]) if (open.account === account) end(open, "locked");
    },
  };
}

const connectionsOf = ({ waiters }: Open): ReadonlySet<Connection> =>
  new Set([...waiters].map(({ waiter }) => waiter.connection));

/** The texts of a prompt that is shown now. Whatever its waiters do later, a choice always has the same text and the same hash. */
function textsOf(
  open: Open,
  { nameOf, lockMsOf, changedFile, notesOf }: BrokerParts,
  launch: LaunchOf,
): Pick<Prompt, "offer" | "question" | "sentBy" | "sent"> {
  const { subject, isAct, account } = open;
  const [first] = open.waiters;
  const changed = first === undefined ? undefined : changedFile?.(account, first.waiter.connection);
  const salt = newSalt();
  const name = nameOf?.(account, open.named !== undefined);
  const told = { subject, isAct, verb: open.verb };
  const lockMs = lockMsOf(account);
  const ofPolicy = () => notesOf?.(open, [...open.asked.values()]) ?? { file: [], yes: [] };
  const { file: ofFile } = ofPolicy();
  const launchFor = (choice: Choice) => launchOfChoice(choice, launch);
  /** What could tell a named account from a name that no account here has is left out. */
  const toldBefore = (choice: Choice) => ({
    choice,
    launch: launchFor(choice),
    ...(open.named === undefined ? { lockMs, changed, notes: ofFile } : { lockMs: undefined }),
  });
  const sentTextOf = (things: readonly (readonly string[])[], choice: Choice) =>
    promptText({ ...told, ...toldBefore(choice), things, account: open.named });
  const sent = (choice: Choice = {}) => {
    const asked = [...open.asked.values()];
    demandFitting(choice, open.verb, asked, launch);
    return sentTextOf(
      asked.map((one) => one.sent),
      choice,
    );
  };
  return {
    offer: (choice = {}) => {
      const asked = [...open.asked.values()];
      demandFitting(choice, open.verb, asked, launch);
      const shown = asked.map((one) => one.shown);
      const started = launchFor(choice);
      // Looked at again: what was named is known only after a proof.
      const notes = [...ofFile, ...ofPolicy().yes];
      const more = { launch: started, changed, notes };
      const text = promptText({ ...told, things: shown, account: name, choice, lockMs, ...more });
      const sentText = sent(choice);
      const verb = choice.verb ?? open.verb;
      const given = chosenScopes(asked, choice);
      const scopes = given.map(({ scope }) => scope);
      return {
        choice,
        text,
        hash: promptHash({ account, verb, scopes, sentText, text, choice, launch: started }, salt),
        verb,
        given,
        lasting: subject.kind === "once" ? { kind: "once" } : chosenLasting(choice, launch),
      };
    },
    sent,
    question: (choice = {}) => {
      const bound = { account, verb: choice.verb ?? open.verb, sentText: sent(choice), text: [], choice };
      const scopes = [...open.asked.values()].map(({ form }) => form);
      return promptHash({ ...bound, scopes, launch: launchFor(choice) }, salt);
    },
    sentBy: (connection, choice = {}) => {
      const asked = [...open.asked.values()];
      demandFitting(choice, open.verb, asked, launch);
      const waiting = [...open.waiters].filter(({ waiter }) => waiter.connection === connection);
      const keys = new Set(waiting.flatMap((one) => one.keys));
      const own = [...open.asked].flatMap(([key, one]) => (keys.has(key) ? [one.sent] : []));
      return sentTextOf(own.length === asked.length ? own : [...own, [OF_OTHERS]], choice);
    },
  };
}

function launchOfChoice(choice: Choice, launch: LaunchOf) {
  const lasting = chosenLasting(choice, launch);
  return lasting.kind === "application" ? lasting.launch : undefined;
}

/** Who asks. Most questions are told in lines, so it is found out when it is first told, and then stays. */
function whoOnce(open: Open): () => WhoAsks {
  const [first] = connectionsOf(open);
  let found: WhoAsks | undefined;
  return () => (found ??= whoAsks(open.subject, first));
}

/** How the program was started. It is found out once, so that all texts of a prompt are about one launch. */
function launchOf({ waiters }: Open): LaunchOf {
  const [first] = waiters;
  let found: ReturnType<LaunchOf> | undefined;
  return () => {
    found ??= first === undefined ? { why: "nobody asks any more" } : first.waiter.connection.launch();
    return found;
  };
}

const linesOf = (asked: readonly Asked[]) => asked.flatMap(({ sent }) => sent).length;

const isFound = ({ asked }: Open) => [...asked.values()].every(({ find }) => find === undefined);

/** Looks up what was named. All of it changes at once, so that no half of a text is ever told. Whatever cannot be looked up leaves no grant. */
async function findAll(open: Open): Promise<void> {
  const found = await Promise.all(
    [...open.asked].map(async ([key, one]): Promise<[string, Asked]> => {
      const { find, ...rest } = one;
      if (find === undefined) return [key, one];
      return [key, { ...rest, ...(await find().catch((error: unknown) => unfound(one, error))) }];
    }),
  );
  open.asked = new Map(found);
}

function unfound({ sent }: Asked, error: unknown): Pick<Asked, "shown"> {
  if (!(error instanceof PosternError)) throw error;
  return { shown: [...sent, `it cannot be looked up now: ${error.message}`] };
}

/** The waiting commands of ours, each with what a yes to its own question gives. */
function askersOf({ waiters, asked }: Open, choice: Choice): Asker[] {
  return [...waiters].map(({ waiter: { connection }, keys }) => ({
    connection,
    given: chosenScopes(
      keys.flatMap((key) => asked.get(key) ?? []),
      choice,
    ),
  }));
}

/** Where a choice is remembered. A named account is known by the asker's word, so that a wrong name is offered what a right one is. */
const placeOf = ({ account, named }: Topic) => (named === undefined ? account : JSON.stringify([named]));

function isSameTopic(one: Topic, other: Topic): boolean {
  return (
    one.account === other.account &&
    one.subject.key === other.subject.key &&
    one.verb === other.verb &&
    one.isAct === other.isAct &&
    one.named === other.named
  );
}

function errorOf(ending: Ending): PosternError {
  if (ending === "denied") return new PosternError("approvalDenied");
  if (ending === "timedOut") return new PosternError("approvalTimedOut");
  if (ending === "locked") return new PosternError("locked");
  return new PosternError("cancelled");
}

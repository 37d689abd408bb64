// Puts open prompts to the person: on the desktop, and on the asker's own terminal. Each prompt also waits for `postern approve` all the time, and the
// first answer ends the others. Nothing waits for a person here but the question itself.
import { setTimeout as pause } from "node:timers/promises";
import { PosternError } from "../../protocol/errors.ts";
import type { Broker } from "../approval/broker.ts";
import type { GivenYes } from "../approval/given-yes.ts";
import type { Overseer } from "../approval/overseer.ts";
import type { Offer, Prompt } from "../approval/prompt.ts";
import type { Actor } from "../audit/entry.ts";
import type { Connection } from "../call/connection.ts";
import type { Clock } from "../host/clock.ts";
import type { Log } from "../host/log.ts";
import type { Native } from "../host/native.ts";
import { approversOf } from "../session/approver-order.ts";
import type { Strength } from "../session/proof.ts";
import type { Trier } from "../session/session.ts";
import type { Sessions } from "../session/sessions.ts";
import { type TryPlace, tryPlaceOf, WINDOW_PLACE } from "../session/try-place.ts";
import { AssuanBroken } from "./assuan.ts";
import { askThrough, type Place, type Question, type Verdict } from "./dialog.ts";
import { type HeldTerminal, holdTerminal } from "./held-terminal.ts";
import { type Pinentries, type Pinentry, type Started, startPinentry, Unavailable } from "./started.ts";
import { createTurns } from "./turns.ts";

/** Milliseconds between two looks at the foreground of a terminal. Nobody announces that a job came there, or left. */
export const LOOK_MS = 250;

/** The one place of all windows, and of the system's dialogue. */
const DESKTOP = "desktop";

/** What the pinentries shall take for the character set of a terminal. They would not show other letters at all otherwise. */
const LETTERS = "lc-ctype=C.UTF-8";

export type DeskParts = {
  readonly clock: Clock;
  readonly log: Log;
  readonly native: Native;
  readonly pinentries: Pinentries;
  /** The agent's environment, which says whether there is a display. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly sessions: () => Pick<Sessions, "find">;
  readonly broker: () => Pick<Broker, "decide" | "list">;
  readonly overseer: () => Pick<Overseer, "proveTyped" | "offered">;
  readonly givenYes: () => GivenYes;
  /** Asks by the system's own dialogue. After `settled` no other window asks. */
  readonly inSystemDialog: (prompt: Prompt, signal: AbortSignal) => Promise<Ended>;
  /** Shows a question in the app. Fulfilled at its end, and when no page shows it any more. */
  readonly showPage: (prompt: Prompt, signal: AbortSignal) => Promise<void>;
};

type Proven = { readonly offer: Offer; readonly strength: Strength };

export type Desk = {
  opened(prompt: Prompt): void;
  closed(prompt: Prompt): void;
  /** Whether a pinentry asks at this peer's terminal now. Our own command must not ask there then. */
  isAskingAt(connection: Connection): boolean;
  /** Ends every question, and waits until the terminals are given back. */
  close(): Promise<void>;
};

/** The end of one way: a person answered or the prompt ended, or the next way is to be tried; or the asker has left its terminal. */
type Ended = "settled" | "unavailable" | "away";

export function createDesk(parts: DeskParts): Desk {
  const { clock, log, env, pinentries } = parts;
  const asking = new Map<string, { readonly end: AbortController; readonly done: Promise<void> }>();
  const turns = createTurns();

  /** Asks in the order that the account's person has set. */
  async function ask(prompt: Prompt, end: AbortController): Promise<void> {
    const order = approversOf(parts.sessions().find(prompt.account)?.unlocked?.store.state ?? {});
    const onDesktop = order.filter((way) => way !== "terminal");
    // One question in two windows would only teach people to answer quickly. So the next one comes where the one before could not.
    const ways = { app: inApp, window: inWindow, polkit: inSystem };
    const ofDesktop = () => firstOf(onDesktop, (way) => ways[way](prompt, end));
    if (order[0] === "terminal" && onDesktop.length > 0) {
      if ((await onTerminal(prompt, end, false)) === "unavailable") await ofDesktop();
      return;
    }
    // A window may be on a desk where nobody sits. So it keeps no terminal waiting.
    await Promise.all([ofDesktop(), order.includes("terminal") ? onTerminal(prompt, end, true) : "unavailable"]);
  }

  const hasDisplay = () => [env.DISPLAY, env.WAYLAND_DISPLAY].some((name) => (name ?? "") !== "");

  /** A page of the app answers by itself. So this only waits until the question has ended, or no page shows it any more. */
  async function inApp(prompt: Prompt, { signal }: AbortController): Promise<Ended> {
    if (!hasDisplay() || isAskedByOurs(prompt)) return "unavailable";
    await parts.showPage(prompt, signal);
    return signal.aborted ? "settled" : "unavailable";
  }

  /** The dialogue of the system, as one of the windows. */
  async function inSystem(prompt: Prompt, end: AbortController): Promise<Ended> {
    if (isAskedByOurs(prompt)) return "unavailable";
    return inTurn(DESKTOP, end, () => parts.inSystemDialog(prompt, end.signal));
  }

  async function inWindow(prompt: Prompt, end: AbortController): Promise<Ended> {
    if (!hasDisplay() || isAskedByOurs(prompt)) return "unavailable";
    return inTurn(DESKTOP, end, () =>
      firstOf(pinentries.window, (pinentry) =>
        run(pinentry, prompt, end, { options: ["no-grab", LETTERS], place: WINDOW_PLACE }),
      ),
    );
  }

  /** `patient` waits until the asker is in the foreground of its terminal. */
  async function onTerminal(prompt: Prompt, end: AbortController, patient: boolean): Promise<Ended> {
    for (;;) {
      const asker = [...prompt.askers()].find(isForeignInFront);
      if (asker === undefined && !patient) return "unavailable";
      if (asker !== undefined && !oursAsksAt(placeOf(asker))) {
        const ended = await inTurn(placeOf(asker), end, () =>
          isForeignInFront(asker) && !oursAsksAt(placeOf(asker)) ? at(asker, prompt, end) : Promise.resolve("away"),
        );
        if (ended !== "away") return ended;
      }
      if (end.signal.aborted) return "settled";
      await pause(LOOK_MS, undefined, { signal: end.signal, ref: false }).catch(() => undefined);
    }
  }

  async function at(asker: Connection, prompt: Prompt, end: AbortController): Promise<Ended> {
    const terminal = holdTerminal(parts.native, asker);
    if (terminal === undefined) {
      log.note("no approver asks at a terminal", { why: "it is not the one that the program sees" });
      return "unavailable";
    }
    const { name, kind } = terminal;
    // Only the last one works without knowing the kind.
    const usable = kind === undefined ? pinentries.terminal.slice(-1) : pinentries.terminal;
    const options = [`ttyname=${name}`, `ttytype=${kind ?? "dumb"}`, LETTERS];
    try {
      return await firstOf(usable, (pinentry) =>
        run(pinentry, prompt, end, { options, terminal, place: tryPlaceOf(asker.subject) }),
      );
    } finally {
      terminal.close();
    }
  }

  const oursAsksAt = (place: string) =>
    parts
      .broker()
      .list()
      .some((prompt) => [...prompt.askers()].some((one) => isOursInFront(one) && placeOf(one) === place));

  async function inTurn(place: string, { signal }: AbortController, act: () => Promise<Ended>): Promise<Ended> {
    const give = await turns.take(place, signal);
    if (give === undefined) return "settled";
    try {
      return await act();
    } finally {
      give();
    }
  }

  /** Asks through one pinentry. Its terminal is as before when this returns, and when the asker hears the answer. */
  async function run(
    pinentry: Pinentry,
    prompt: Prompt,
    end: AbortController,
    where: { readonly options: readonly string[]; readonly terminal?: HeldTerminal; readonly place: TryPlace },
  ): Promise<Ended> {
    const by = { program: pinentry.path };
    try {
      const started = await startPinentry(pinentry, pinentries.starter, env, end.signal);
      const held = { terminal: where.terminal, takesScreen: pinentry.takesScreen === true };
      const question = questionOf(prompt, { by: { ...by, pid: started.pid }, place: where.place });
      const verdict = await withStarted(started, held, end.signal, (place) =>
        askThrough(started.assuan, question, { ...place, options: where.options }),
      );
      if (end.signal.aborted) return "settled";
      if (verdict === "away") return "away";
      await decide(prompt, question, verdict, { ...by, pid: started.pid });
      if (verdict === "left") end.abort();
      return "settled";
    } catch (error) {
      if (end.signal.aborted) return "settled";
      if (error instanceof PosternError) return "settled";
      if (!(error instanceof AssuanBroken) && !(error instanceof Unavailable)) throw error;
      log.note("an approver cannot ask", { program: pinentry.path, why: error.message });
      return "unavailable";
    }
  }

  /** `proven` is what was shown after the proof, so that a yes is to that and to nothing later. */
  function questionOf(prompt: Prompt, from: Trier): Question & { proven(): Proven | undefined } {
    let proven: Proven | undefined;
    return {
      code: prompt.code,
      sent: prompt.sent(),
      shown: () => proven?.offer.text ?? [],
      kind: () => parts.overseer().offered(prompt.account),
      prove: async (proof) => {
        const strength = await parts.overseer().proveTyped(prompt, proof, from);
        await prompt.find();
        proven = { offer: prompt.offer(), strength };
      },
      proven: () => proven,
      leftMs: () => prompt.expiresAtMs - clock.wallMs(),
    };
  }

  async function decide(
    prompt: Prompt,
    { proven }: Pick<ReturnType<typeof questionOf>, "proven">,
    verdict: Verdict,
    by: Actor,
  ): Promise<void> {
    const audit = parts.sessions().find(prompt.account)?.audit;
    if (audit === undefined || verdict === "left") return;
    const yes = verdict === "yes" ? proven() : undefined;
    if (yes !== undefined) return void (await parts.givenYes()(prompt, yes.offer, yes.strength, by));
    audit.keep({ event: "prompts.answer", outcome: "denied", ...by, ids: [prompt.id] });
    await parts.broker().decide(prompt, "no");
  }

  return {
    opened: (prompt) => {
      // A page of the app asks for itself, there. Elsewhere nothing would tell one page from another's.
      if (prompt.subject.kind === "app") return;
      const end = new AbortController();
      const done = ask(prompt, end).catch((error: unknown) => log.incident("pinentry", error));
      asking.set(prompt.id, { end, done });
    },
    closed: ({ id }) => {
      asking.get(id)?.end.abort();
      const done = asking.get(id)?.done;
      // Kept until its programs have ended, for `close`.
      void done?.then(() => asking.delete(id));
    },
    isAskingAt: (connection) => turns.isTaken(placeOf(connection)),
    close: async () => {
      for (const { end } of asking.values()) end.abort();
      await Promise.all([...asking.values()].map(({ done }) => done));
    },
  };
}

/** Our own command asks where it stands, and one question in two places would only teach people to answer quickly. */
const isAskedByOurs = (prompt: Prompt) => [...prompt.askers()].some(isOursInFront);

/** A program that is not ours, in the foreground of its terminal. */
const isForeignInFront = (one: Connection) =>
  !one.subject.throughCommand && one.peer.identity.terminal?.name !== undefined && one.isInFront();

/** A command of ours that asks at its own terminal. */
const isOursInFront = (one: Connection) => one.terminal !== undefined && one.isInFront();

const placeOf = ({ peer }: Connection) => `terminal ${peer.identity.terminal?.device}`;

/** What is typed after the first time belongs to another program. */
function onlyOnce(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    act();
  };
}

/** Tries one after the other until one could ask. */
async function firstOf<T>(all: readonly T[], run: (one: T) => Promise<Ended>): Promise<Ended> {
  for (const one of all) {
    const ended = await run(one);
    if (ended !== "unavailable") return ended;
  }
  return "unavailable";
}

/**
 * Asks, and ends the program whatever happens: at the end of the prompt, and when the asker leaves its terminal. Throws Unavailable for a no from a
 * terminal that is not there any more: that was nobody's.
 */
async function withStarted(
  started: Started,
  { terminal, takesScreen }: { terminal: HeldTerminal | undefined; takesScreen: boolean },
  signal: AbortSignal,
  ask: (place: Omit<Place, "options">) => Promise<Verdict>,
): Promise<Verdict | "away"> {
  let isAway = false;
  /** What a killed pinentry leaves on the terminal at this moment. */
  let drawn: "line" | "screen" | undefined;
  // All at once, before the asker hears of an answer from elsewhere: what it prints belongs on its own screen.
  const stop = onlyOnce(() => {
    started.kill();
    terminal?.giveBack(drawn);
  });
  const looking = setInterval(() => {
    if (terminal === undefined || terminal.isHeld()) return;
    isAway = true;
    stop();
  }, LOOK_MS).unref();
  signal.addEventListener("abort", stop, { once: true });
  try {
    if (signal.aborted) throw new Unavailable("the question has ended");
    const verdict = await ask({
      closingIsNo: terminal === undefined,
      whileAsking: async (put) => {
        terminal?.dropTyped();
        drawn = takesScreen ? "screen" : "line";
        const answer = await put();
        drawn = undefined;
        return answer;
      },
    });
    if (verdict === "no" && terminal?.isHeld() === false) isAway = true;
    return isAway ? "away" : verdict;
  } catch (error) {
    if (isAway && error instanceof AssuanBroken) return "away";
    throw error;
  } finally {
    clearInterval(looking);
    signal.removeEventListener("abort", stop);
    stop();
    await started.ended;
  }
}

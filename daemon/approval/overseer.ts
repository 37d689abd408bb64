// Decides who may see the whole: the holder of a manage grant, or a caller that gives a proof in the same call. Every proof passes here, so that
// each try is recorded, right or wrong.

import { PosternError } from "../../protocol/errors.ts";
import type { Scope } from "../account/scope.ts";
import type { Actor, LogEntry } from "../audit/entry.ts";
import type { Call } from "../call/call.ts";
import { actorOf } from "../call/log-entry.ts";
import { type Clock, type Moment, momentOf, passedMs } from "../host/clock.ts";
import type { Log } from "../host/log.ts";
import type { Asking, GivenProof, Proofs, Strength, TypedKind } from "../session/proof.ts";
import type { Trier, UnlockedSession } from "../session/session.ts";
import type { Sessions } from "../session/sessions.ts";
import { tryPlaceOf } from "../session/try-place.ts";
import { repeatCounter } from "../session/unlocked.ts";
import type { Broker } from "./broker.ts";
import type { Grants } from "./grants.ts";
import type { Choice, Prompt } from "./prompt.ts";
import type { RoomOf } from "./rooms.ts";
import { waiterOf } from "./waiter.ts";

/** Wrong match codes of one family in a minute before it must wait. A person's slips need no more. A family has a count in each room. */
export const WRONG_CODES_MAX = 5;
/** Wrong match codes of all strangers together in a minute. There are a million codes, and forks of one program share this. */
export const WRONG_CODES_STRANGERS_MAX = 20;
/** Milliseconds for which a wrong code counts. */
export const WRONG_CODE_MS = 60_000;
/** Families whose wrong codes are remembered. */
const FAMILIES_MAX = 1_000;

export type Overseer = {
  /** Whether this call may see the whole. Checks the proof of the call, or asks a person. Throws the errors of a wrong proof. */
  oversees(
    params: { proof?: GivenProof; account?: string; code?: string; ask?: boolean },
    call: Call,
  ): Promise<boolean>;
  /**
   * Checks a proof, and returns its strength. A PIN or an authenticator must name an open prompt by its code or id, since it decides about prompts only. What
   * an authenticator signs is about one choice.
   */
  prove(given: ToProve, call: Call): Promise<Strength>;
  /** Checks a proof for a shown prompt that a person gave to a program which the agent itself started. Returns its strength. */
  proveTyped(prompt: Prompt, proof: GivenProof, from: Trier): Promise<Strength>;
  /** The kind of proof to ask a person for first. */
  offered(account: string): TypedKind;
  /** The account of a call: the named one, or else that of the prompt with this code. A wrong code means any open account. */
  accountOf(params: { account?: string; code?: string }): string | undefined;
  /** Throws tryLater where this program named too many wrong codes or ids. */
  demandCodeTry(call: Call): void;
  wrongCode(call: Call): void;
};

/** A proof, and what it names. */
export type ToProve = {
  readonly proof: GivenProof;
  readonly account?: string;
  readonly prompt?: string;
  readonly choice?: Choice | undefined;
};

export type OverseerParts = {
  readonly proofs: Proofs;
  readonly clock: Clock;
  readonly sessions: Sessions;
  readonly grants: Grants;
  readonly broker: Broker;
  readonly log: Log;
  readonly roomOf: RoomOf;
};

export function createOverseer(parts: OverseerParts): Overseer {
  const { proofs, clock, sessions, grants, broker, log, roomOf } = parts;
  const wrongCodes = new Map<string, Moment[]>();

  async function prove({ proof, account, prompt: named, choice }: ToProve, call: Call): Promise<Strength> {
    call.connection.demandSame();
    const session = sessions.open(accountOf({ account, code: named }));
    call.about.session = session;
    const strength = await check(session, proof, actorOf(call), () => {
      const place = tryPlaceOf(call.connection.subject);
      if (named === undefined) return { by: call.connection, place };
      const prompt = openPrompt(named, session.file.account, call);
      return { by: call.connection, place, prompt: { id: prompt.id, question: () => prompt.question(choice) } };
    });
    call.connection.demandSame();
    return strength;
  }

  /** Verifies a proof, and records the try, right or wrong. `askingOf` may refuse it unchecked. */
  async function check(
    session: UnlockedSession,
    proof: GivenProof,
    by: Actor,
    askingOf: () => Asking,
  ): Promise<Strength> {
    const entryWith = (outcome: string) => ({ event: `proof.${proof.kind}`, outcome, ...by, ids: [] });
    try {
      const strength = await proofs.verify(session, proof, askingOf());
      session.audit.keep(entryWith("ok"));
      return strength;
    } catch (error) {
      if (error instanceof PosternError) await recordRefusal(session, proof, error, entryWith(error.name));
      throw error;
    }
  }

  function accountOf({
    account,
    code,
  }: {
    account?: string | undefined;
    code?: string | undefined;
  }): string | undefined {
    if (account !== undefined || code === undefined) return account;
    // Not always the default: if that is locked, its error would tell a wrong code from a right one.
    return broker.find(code)?.account ?? sessions.someOpen().file.account;
  }

  /** A code or id that no prompt of the account has counts as a wrong one, whatever proof came with it. Otherwise an answer would show which codes are open. */
  function openPrompt(named: string, account: string, call: Call): Prompt {
    demandCodeTry(call);
    const prompt = broker.find(named);
    if (prompt?.account === account) return prompt;
    wrongCode(call);
    throw new PosternError("promptNotFound");
  }

  /** A checked and wrong proof is on disk before the answer. A proof that was not checked may fold. */
  async function recordRefusal(
    session: UnlockedSession,
    proof: GivenProof,
    error: PosternError,
    refused: LogEntry,
  ): Promise<void> {
    // What an authenticator signs cannot be guessed, so its tries are not counted, and any program may make as many as it likes.
    if (error.name !== "proofRefused" || proof.kind === "webauthn") {
      session.audit.read(refused);
      return;
    }
    session.audit.keep(refused);
    // The service gets the counter too, so that an older copy of the store with fewer counted tries is noticed. If the service cannot take it,
    // the refusal stands all the same.
    if (proofs.countsInStore(proof))
      await repeatCounter(session.unlocked, session.file.device).catch((thrown: unknown) =>
        log.incident("counter", thrown),
      );
  }

  function demandCodeTry(call: Call): void {
    if (placesOf(call).some(([place, most]) => recentWrong(place).length >= most))
      throw new PosternError("tryLater", "too many wrong match codes; a minute");
  }

  /** Where the wrong codes of a call count, with the most of each place. */
  function placesOf({ connection }: Call): [place: string, most: number][] {
    const room = roomOf(connection);
    const own: [string, number] = [`${room}|${connection.subject.family}`, WRONG_CODES_MAX];
    return room === "strangers" ? [["strangers", WRONG_CODES_STRANGERS_MAX], own] : [own];
  }

  function recentWrong(place: string): Moment[] {
    const now = momentOf(clock);
    return (wrongCodes.get(place) ?? []).filter((moment) => passedMs(now, moment) < WRONG_CODE_MS);
  }

  function wrongCode(call: Call): void {
    for (const [place] of placesOf(call)) {
      const recent = recentWrong(place);
      wrongCodes.delete(place);
      if (wrongCodes.size >= FAMILIES_MAX) wrongCodes.delete(wrongCodes.keys().next().value ?? "");
      wrongCodes.set(place, [...recent, momentOf(clock)]);
    }
  }

  return {
    oversees: async ({ proof, account, code, ask }, call) => {
      const session = sessions.open(accountOf({ account, code }));
      call.about.session = session;
      session.audit.demandWritable();
      call.connection.demandSame();
      const scope: Scope = { account: session.file.account, level: "values" };
      if (grants.allows(call.connection.subject, "manage", scope)) return true;
      if (ask === true) {
        await broker.ask(
          session.file.account,
          call.connection.subject,
          "manage",
          [{ scope, form: scope, sent: ["the whole account"], shown: ["the whole account"], grantable: true }],
          waiterOf(call),
        );
        call.connection.demandSame();
        return true;
      }
      if (proof === undefined) return false;
      await prove({ proof, account: session.file.account, ...(code === undefined ? {} : { prompt: code }) }, call);
      return true;
    },
    prove,
    proveTyped: (prompt, proof, { by = {}, place }) =>
      check(sessions.open(prompt.account), proof, by, () => {
        if (broker.find(prompt.id) === undefined) throw new PosternError("promptNotFound");
        return { by: prompt, place, prompt: { id: prompt.id, question: () => prompt.question() } };
      }),
    offered: (account) => proofs.offered(sessions.open(account)),
    accountOf,
    demandCodeTry,
    wrongCode,
  };
}

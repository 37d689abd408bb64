// authenticators.*: enrols, lists and removes fingerprint readers and security keys, and makes the challenges that they answer. Enrolment and removal need
// the account password: a PIN never makes a way in.
import type { ParamsOf, ResultOf } from "../../protocol/catalogue.ts";
import { newId, toBase64 } from "../../protocol/crypto/encoding.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { Broker } from "../approval/broker.ts";
import type { Overseer } from "../approval/overseer.ts";
import { enrolledKey, prfOf, unanswered } from "../authenticators/assertion-proof.ts";
import type { Challenges, Purposes } from "../authenticators/challenges.ts";
import { creationOptions, requestOptions } from "../authenticators/options.ts";
import type { Verifier } from "../authenticators/verifier.ts";
import type { Call } from "../call/call.ts";
import { actorOf, entryOf } from "../call/log-entry.ts";
import type { Clock } from "../host/clock.ts";
import type { AccountFile } from "../session/account-file.ts";
import {
  addAuthenticator,
  authenticatorById,
  authenticatorName,
  authenticatorsOf,
  demandRoom,
  noteUse,
  removeAuthenticator,
  renameAuthenticator,
} from "../session/authenticators.ts";
import type { Authenticator } from "../session/device-store.ts";
import { copyOf } from "../session/key-unlock.ts";
import type { GivenAssertion } from "../session/proof.ts";
import type { Session, UnlockedSession } from "../session/session.ts";
import type { Sessions } from "../session/sessions.ts";
import { repeatCounter } from "../session/unlocked.ts";
import type { Handlers } from "../wire/dispatch.ts";
import { provenAccount } from "./proven.ts";
import { toldAtUnlock } from "./told-at-unlock.ts";

type AuthenticatorHandlers = Pick<Handlers, Extract<keyof Handlers, `authenticators.${string}`>>;

export type AuthenticatorParts = {
  readonly crypto: Primitives;
  readonly clock: Clock;
  readonly sessions: Sessions;
  readonly overseer: Overseer;
  readonly broker: Broker;
  readonly challenges: Challenges;
  readonly verifier: Verifier;
};

/** Bytes of the salt that an authenticator's extension prf is asked for. */
const PRF_SALT_BYTES = 32;

export function authenticatorMethods(parts: AuthenticatorParts): AuthenticatorHandlers {
  const { crypto, clock, sessions, overseer, broker, challenges, verifier } = parts;
  const newSalt = () => toBase64(crypto.randomBytes(PRF_SALT_BYTES));

  /** What this connection was challenged for, of this account. It is used up. */
  function taken<K extends Exclude<keyof Purposes, "prompt">>(kind: K, session: Session, call: Call) {
    const held = challenges.take(call.connection, kind);
    if (held === undefined || held.purpose.account !== session.file.account) throw unanswered();
    return held;
  }

  /** The account, in whose log a refusal of this call is recorded. */
  function opened(account: string | undefined, call: Call): UnlockedSession {
    const session = sessions.open(account);
    call.about.session = session;
    return session;
  }

  async function register(
    { account, registration }: ParamsOf<"authenticators.register">,
    call: Call,
  ): Promise<ResultOf<"authenticators.register">> {
    const session = opened(account, call);
    const { purpose, challenge } = taken("enrolment", session, call);
    const credential = await verifier.registration(challenge, registration);
    // A lock may have come meanwhile.
    const { unlocked, file, audit } = sessions.open(account);
    const added = { id: newId(crypto), name: purpose.name, createdMs: clock.wallMs(), ...credential };
    await addAuthenticator(unlocked.store, added);
    audit.keep(entryOf(call, "enrolled", [file.account], [added.name]));
    await repeatCounter(unlocked, file.device);
    if (registration.clientExtensionResults.prf?.enabled === false) return { authenticator: added.id };
    const copy = { credential: added.credential, salt: purpose.salt };
    const next = challenges.issue(call.connection, "unlockCopy", { account: file.account, ...copy });
    return { authenticator: added.id, options: requestOptions(next, [added], [copy]) };
  }

  async function enableUnlock(
    { account, assertion }: ParamsOf<"authenticators.enableUnlock">,
    call: Call,
  ): Promise<{ unlocks: boolean }> {
    const session = opened(account, call);
    const { purpose, challenge } = taken("unlockCopy", session, call);
    if (purpose.credential !== assertion.id) throw unanswered();
    const counter = await verifier.assertion(challenge, assertion, enrolledKey(session, assertion.id));
    const { unlocked, audit, file } = sessions.open(account);
    const { name } = await noteUse(unlocked.store, assertion.id, counter, clock.wallMs());
    const prf = prfOf(assertion);
    if (prf === undefined) return { unlocks: false };
    try {
      await sessions.unlockCopies.add(session, { credential: assertion.id, prf, salt: purpose.salt });
    } finally {
      crypto.wipe(prf);
    }
    audit.keep(entryOf(call, "unlocks", [file.account], [name]));
    return { unlocks: true };
  }

  /** Verifies an assertion while the account may be locked. What the account file says of the authenticator is checked against the sealed store later. */
  async function provenByKey(file: AccountFile, challenge: string, assertion: GivenAssertion) {
    const copy = copyOf(file, assertion.id);
    if (copy === undefined) throw new PosternError("proofRefused", "this authenticator does not unlock the account");
    const counter = await verifier.assertion(challenge, assertion, { ...copy, counter: 0 });
    const prf = prfOf(assertion);
    if (prf === undefined) throw new PosternError("proofRefused", "the authenticator's output did not come along");
    return { credential: assertion.id, prf, counter };
  }

  async function unlock({ account, assertion }: ParamsOf<"authenticators.unlock">, call: Call) {
    const session = sessions.pick(account);
    call.about.session = session;
    const wrongPasswordTries = session.file.wrongPasswords;
    // Before the queue of tries, so that a call that answers nothing takes no place in it.
    const { challenge } = taken("unlock", session, call);
    let counter = 0;
    const unlocked = await sessions.unlockByKey(
      session,
      {
        prove: async (file) => {
          const given = await provenByKey(file, challenge, assertion);
          counter = given.counter;
          return given;
        },
        demand: async ({ store }) => void (await noteUse(store, assertion.id, counter, clock.wallMs())),
      },
      actorOf(call),
    );
    return toldAtUnlock(sessions, session as UnlockedSession, unlocked, wrongPasswordTries);
  }

  return {
    "authenticators.list": async (params, call) => {
      if (!(await overseer.oversees(params, call))) throw new PosternError("proofRequired");
      const { unlocked, file, audit } = sessions.open(params.account);
      audit.read(entryOf(call, "ok", []));
      return { authenticators: authenticatorsOf(unlocked.store.state).map((one) => listed(one, file)) };
    },

    "authenticators.enrol": async (params, call) => {
      const { unlocked, file } = await provenAccount(sessions, params, call);
      verifier.demandOpen();
      const { state } = unlocked.store;
      demandRoom(state);
      const name = authenticatorName(params.name, state);
      const salt = newSalt();
      const challenge = challenges.issue(call.connection, "enrolment", { account: file.account, name, salt });
      return { options: creationOptions(challenge, file, authenticatorsOf(state), salt) };
    },

    "authenticators.register": register,
    "authenticators.enableUnlock": enableUnlock,

    "authenticators.rename": async (params, call) => {
      const { unlocked, audit } = await provenAccount(sessions, params, call);
      const { id } = authenticatorById(unlocked.store.state, params.authenticator);
      const name = authenticatorName(params.name, unlocked.store.state, id);
      await renameAuthenticator(unlocked.store, id, name);
      audit.keep(entryOf(call, "ok", [id], [name]));
      return { authenticator: id, name };
    },

    "authenticators.remove": async (params, call) => {
      const session = await provenAccount(sessions, params, call);
      const { unlocked, file, audit } = session;
      const { id, name } = authenticatorById(unlocked.store.state, params.authenticator);
      await removeAuthenticator(unlocked.store, id);
      await sessions.unlockCopies.tidy(session);
      audit.keep(entryOf(call, "ok", [id], [name]));
      await repeatCounter(unlocked, file.device);
      return {};
    },

    "authenticators.challenge": ({ prompt: named, choice }, call) => {
      overseer.demandCodeTry(call);
      const prompt = broker.find(named);
      if (prompt === undefined || prompt.id !== named) {
        overseer.wrongCode(call);
        throw new PosternError("promptNotFound");
      }
      verifier.demandOpen();
      const { unlocked, file } = sessions.open(prompt.account);
      const those = demandSome(authenticatorsOf(unlocked.store.state));
      const purpose = { account: file.account, prompt: prompt.id, question: prompt.question(choice) };
      const challenge = challenges.issue(call.connection, "prompt", purpose);
      return { options: requestOptions(challenge, those, file.keyUnlock?.copies ?? []) };
    },

    "authenticators.unlockChallenge": ({ account }, call) => {
      const { file } = sessions.pick(account);
      verifier.demandOpen();
      const copies = demandSome(file.keyUnlock?.copies ?? []);
      const challenge = challenges.issue(call.connection, "unlock", { account: file.account });
      // How the browser reaches them lies in the sealed store. Without it the browser tries every way.
      const those = copies.map(({ credential }) => ({ credential, transports: [] }));
      return { options: requestOptions(challenge, those, copies) };
    },

    "authenticators.unlock": unlock,
  };
}

function demandSome<T>(those: readonly T[]): readonly T[] {
  if (those.length === 0) throw new PosternError("authenticatorUnavailable", "none is enrolled for this");
  return those;
}

function listed({ id, name, createdMs, lastUsedMs, credential }: Authenticator, file: AccountFile) {
  return {
    authenticator: id,
    name,
    createdAt: new Date(createdMs).toISOString(),
    ...(lastUsedMs === undefined ? {} : { lastUsedAt: new Date(lastUsedMs).toISOString() }),
    unlocks: copyOf(file, credential) !== undefined,
  };
}

// The approval PIN. Its verifier and its wrong tries lie in the sealed device store. It never wraps a key.
import { pinVerifier } from "../../protocol/crypto/derivation.ts";
import { fromBase64 } from "../../protocol/crypto/encoding.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { PosternError } from "../../protocol/errors.ts";
import { oneAtATime } from "../host/one-at-a-time.ts";
import { inThread } from "../host/thread.ts";
import type { DeviceStore, PinState } from "./device-store.ts";
import { GUESSED_PIN } from "./guessed-pin.ts";
import type { ProofWay } from "./proof.ts";

/** Wrong PINs in a row that switch the PIN off until the account password is given. An ATM allows three; a keyboard slips more often. */
export const WRONG_IN_ROW_MAX = 5;

/** Wrong PINs since the last account password that do the same. A right PIN in between does not reset this count. */
export const WRONG_SINCE_PASSWORD_MAX = 20;

const SALT_BYTES = 16;

/** The PIN as a proof. It must name an open prompt, so that nobody can try it on anything else. */
export function pinWay(crypto: Primitives): ProofWay {
  return {
    kind: "pin",
    strength: "pin",
    needsPrompt: true,
    countedInStore: true,
    isReady: ({ unlocked }) => pinWorks(unlocked.store.state.pin),
    verify: ({ unlocked, tries }, typed, place) =>
      tries(
        place,
        () => demandWorking(unlocked.store.state.pin),
        () => checkPin(crypto, unlocked.store, typed),
      ),
  };
}

/** Whether the PIN works now. */
function pinWorks(pin: PinState | undefined): boolean {
  return pin !== undefined && pin.wrongInRow < WRONG_IN_ROW_MAX && pin.wrongSincePassword < WRONG_SINCE_PASSWORD_MAX;
}

function demandWorking(pin: PinState | undefined): PinState {
  if (pin === undefined) throw new PosternError("proofRefused", "no PIN is set", { hint: "use the account password" });
  if (!pinWorks(pin)) throw new PosternError("pinDisabled");
  return pin;
}

/** Checks a PIN. Throws pinDisabled, or proofRefused with the remaining tries. The try is durable before the answer. */
async function checkPin(crypto: Primitives, store: DeviceStore, typed: string): Promise<void> {
  const before = demandWorking(store.state.pin);
  await store.change(countTry);
  const salt = fromBase64(before.salt) ?? new Uint8Array();
  const expected = fromBase64(before.verifier) ?? new Uint8Array();
  const given = await pinVerifier(crypto, typed, salt);
  const right = crypto.equal(given, expected);
  crypto.wipe(given, expected);
  if (!right) throw refusal(store.state.pin);
  await store.change(forgiveTry);
}

/** Every try counts as wrong until it is known to be right. */
function countTry<S extends { pin: PinState | undefined; wrongPinsToTell: number }>(state: S): S {
  if (state.pin === undefined) return state;
  const pin = {
    ...state.pin,
    wrongInRow: state.pin.wrongInRow + 1,
    wrongSincePassword: state.pin.wrongSincePassword + 1,
  };
  return { ...state, pin, wrongPinsToTell: state.wrongPinsToTell + 1 };
}

function forgiveTry<S extends { pin: PinState | undefined; wrongPinsToTell: number }>(state: S): S {
  if (state.pin === undefined) return state;
  const pin = { ...state.pin, wrongInRow: 0, wrongSincePassword: state.pin.wrongSincePassword - 1 };
  return { ...state, pin, wrongPinsToTell: state.wrongPinsToTell - 1 };
}

function refusal(pin: PinState | undefined): PosternError {
  if (!pinWorks(pin)) return new PosternError("pinDisabled");
  const left = Math.min(
    WRONG_IN_ROW_MAX - (pin?.wrongInRow ?? 0),
    WRONG_SINCE_PASSWORD_MAX - (pin?.wrongSincePassword ?? 0),
  );
  return new PosternError("proofRefused", `wrong PIN, ${left} ${left === 1 ? "try" : "tries"} left`);
}

/** Throws invalidParams where a new PIN is guessed first. `names` are what an attacker knows of the person. */
export async function demandUnguessed(pin: string | undefined, names: readonly string[]): Promise<void> {
  if (pin === undefined) return;
  const { fault, hint } = GUESSED_PIN;
  if (await isGuessed(pin, names)) throw new PosternError("invalidParams", `pin is ${fault}`, { hint });
}

/**
 * New PINs that may wait to be looked at. An agent without an account takes them from any program, and each needs a thread of 30 MB: so one is looked at
 * at a time. At a third of a second each, the last one is done within five seconds.
 */
export const NEW_PINS_WAITING_MAX = 16;

const inTurn = oneAtATime(NEW_PINS_WAITING_MAX);

/** Looked at in a thread: what zxcvbn knows would stay in the agent's memory otherwise. Throws `busy` past the limit. */
function isGuessed(pin: string, names: readonly string[]): Promise<boolean> {
  return inTurn(() => inThread<boolean>(new URL("./pin-worker.ts", import.meta.url), { pin, names }));
}

/** Sets the PIN or removes it. The counts start again. */
export async function setPin(crypto: Primitives, store: DeviceStore, typed: string | undefined): Promise<void> {
  if (typed === undefined) return store.change((state) => ({ ...state, pin: undefined }));
  const salt = crypto.randomBytes(SALT_BYTES);
  const verifier = await pinVerifier(crypto, typed, salt);
  const pin: PinState = { salt: salt.toBase64(), verifier: verifier.toBase64(), wrongInRow: 0, wrongSincePassword: 0 };
  crypto.wipe(verifier);
  await store.change((state) => ({ ...state, pin }));
}

/** Makes the PIN work again after a right account password. */
export async function forgivePin(store: DeviceStore): Promise<void> {
  const pin = store.state.pin;
  if (pin === undefined || (pin.wrongInRow === 0 && pin.wrongSincePassword === 0)) return;
  await store.change((state) =>
    state.pin === undefined ? state : { ...state, pin: { ...state.pin, wrongInRow: 0, wrongSincePassword: 0 } },
  );
}

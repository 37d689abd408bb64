// The authenticators that may approve on this device: fingerprint readers and security keys. They lie in the sealed device store, so no program adds one,
// and an older copy of the store brings back none that was removed.
import { AUTHENTICATOR_NAME_LENGTH_MAX } from "../../protocol/catalogue/authenticators.ts";
import { cleanText } from "../../protocol/clean-text.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { Authenticator, DeviceState, DeviceStore } from "./device-store.ts";

/** Authenticators of one account on one device: a reader, and some keys. The account file holds what they need while the account is locked. */
export const AUTHENTICATORS_MAX = 8;

export const authenticatorsOf = ({ authenticators }: Pick<DeviceState, "authenticators">): readonly Authenticator[] =>
  authenticators ?? [];

/** The stored form of a name. Throws invalidParams where nothing of it can be shown, and conflict where another one has it. */
export function authenticatorName(given: string, state: DeviceState, own?: string): string {
  const name = [...cleanText(given).trim()].slice(0, AUTHENTICATOR_NAME_LENGTH_MAX).join("").trim();
  if (name === "") throw new PosternError("invalidParams", "the name has nothing that can be shown");
  const isTaken = authenticatorsOf(state).some((one) => one.id !== own && one.name === name);
  if (isTaken) throw new PosternError("conflict", "an authenticator of this name is enrolled");
  return name;
}

/** Throws tooLarge where no further one has room. */
export function demandRoom(state: DeviceState): void {
  if (authenticatorsOf(state).length >= AUTHENTICATORS_MAX)
    throw new PosternError("tooLarge", `an account has at most ${AUTHENTICATORS_MAX} authenticators on a device`);
}

/** Adds one. Fulfilled once it is on disk. Throws conflict where it is enrolled already. */
export async function addAuthenticator({ state, change }: DeviceStore, added: Authenticator): Promise<void> {
  demandRoom(state);
  authenticatorName(added.name, state);
  if (authenticatorsOf(state).some(({ credential }) => credential === added.credential))
    throw new PosternError("conflict", "this authenticator is enrolled");
  await change((now) => ({ ...now, authenticators: [...authenticatorsOf(now), added] }));
}

/** Throws authenticatorNotFound. */
export function authenticatorById(state: DeviceState, id: string): Authenticator {
  const found = authenticatorsOf(state).find((one) => one.id === id);
  if (found === undefined) throw new PosternError("authenticatorNotFound");
  return found;
}

export async function renameAuthenticator({ change }: DeviceStore, id: string, name: string): Promise<void> {
  await change((state) => withOne(state, id, (one) => ({ ...one, name })));
}

/** Removes one. Fulfilled once that is on disk. */
export async function removeAuthenticator({ change }: DeviceStore, id: string): Promise<void> {
  await change((state) => ({ ...state, authenticators: authenticatorsOf(state).filter((one) => one.id !== id) }));
}

/**
 * Notes a use of a verified authenticator. Throws proofRefused where it was removed, and where its counter did not go up: then there are two of it (WebAuthn
 * Level 3, section 6.1.1). Many never count, and stay at zero.
 */
export async function noteUse(
  { state, change }: DeviceStore,
  credential: string,
  counter: number,
  wallMs: number,
): Promise<Authenticator> {
  const used = authenticatorsOf(state).find((one) => one.credential === credential);
  if (used === undefined) throw new PosternError("proofRefused", "this authenticator is not enrolled");
  if ((counter > 0 || used.counter > 0) && counter <= used.counter)
    throw new PosternError("proofRefused", "the authenticator's counter went back: it may have been copied");
  await change((now) => withOne(now, used.id, (one) => ({ ...one, counter, lastUsedMs: wallMs })));
  return used;
}

function withOne(state: DeviceState, id: string, next: (one: Authenticator) => Authenticator): DeviceState {
  return { ...state, authenticators: authenticatorsOf(state).map((one) => (one.id === id ? next(one) : one)) };
}

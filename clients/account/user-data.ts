// A user's own sealed data. The service must not decide it: the account's name, the identities that this user has verified, and the
// counters of the device stores.
import { subkey } from "../../protocol/crypto/derivation.ts";
import { fromBase64, toBase64 } from "../../protocol/crypto/encoding.ts";
import { type Context, openText, sealText } from "../../protocol/crypto/envelope.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { SignedIn } from "./signed-in.ts";

export type UserData = {
  readonly name: string;
  /** Ed25519 identities of other principals, in base64, by their ids. */
  readonly pins: Readonly<Record<string, string>>;
  /** The counter of each device store, by device id. A lower counter on disk means that somebody put back an old copy. */
  readonly deviceCounters: Readonly<Record<string, number>>;
  /** The names of the user's devices, by their ids. Older data has none. */
  readonly deviceNames?: Readonly<Record<string, string>>;
  /** Revoked service accounts that could make vaults. They give no vault a key any more. */
  readonly endedMakers?: readonly string[];
  /** Of a service account that may make vaults: the person who made it, with the X25519 key to seal to. Base64. */
  readonly maker?: { readonly user: string; readonly box: string };
};

/** The stored form of the data. */
export type SealedUserData = { revision: number; sealed: string };

export function newUserData(name: string): UserData {
  return { name, pins: {}, deviceCounters: {} };
}

type Owner = { readonly account: string; readonly user: string };

const context = (owner: Owner, revision: number): Context => ({
  part: "user data",
  account: owner.account,
  user: owner.user,
  revision,
});

/** Seals under a key derived from the root key. */
export function sealUserData(
  crypto: Primitives,
  rootKey: Uint8Array,
  owner: Owner,
  revision: number,
  data: UserData,
): SealedUserData {
  const key = subkey(crypto, rootKey, "postern/1 user data");
  const sealed = toBase64(sealText(crypto, key, context(owner, revision), JSON.stringify(data)));
  crypto.wipe(key);
  return { revision, sealed };
}

/** Opens the output of `sealUserData`. Throws sealBroken. */
export function openUserData(crypto: Primitives, rootKey: Uint8Array, owner: Owner, stored: SealedUserData): UserData {
  const envelope = fromBase64(stored.sealed);
  if (envelope === undefined) throw new PosternError("sealBroken", "user data");
  const key = subkey(crypto, rootKey, "postern/1 user data");
  try {
    return JSON.parse(openText(crypto, key, context(owner, stored.revision), envelope)) as UserData;
  } catch (error) {
    // The key was right, but the content is no JSON. Without the cause, which would quote the content.
    throw error instanceof SyntaxError ? new PosternError("sealBroken", "user data") : error;
  } finally {
    crypto.wipe(key);
  }
}

/** Times that a write may lose to another device before it fails. No person has so many devices at work at once. */
export const CONFLICT_TRIES_MAX = 5;

export type OwnData = {
  get(): UserData;
  /** The revision of the data, which every change makes greater. */
  revision(): number;
  change(next: (data: UserData) => UserData): Promise<void>;
};

/** Throws where the service does not have what it said that it took. Another device may have written after us. */
function demandWritten(sent: SealedUserData, found: SealedUserData): void {
  if (found.revision > sent.revision || (found.revision === sent.revision && found.sealed === sent.sealed)) return;
  throw new PosternError("serviceRefused", "it said that the write is done, and does not have it");
}

/** The data of a signed-in user, and changes to it. A change is repeated when another device wrote in between. */
export function openOwnData(crypto: Primitives, owner: Owner, { session, rootKey, record }: SignedIn): OwnData {
  let stored = record.data;
  let data = openUserData(crypto, rootKey, owner, stored);

  async function change(next: (data: UserData) => UserData): Promise<void> {
    for (let tries = 0; ; tries++) {
      const changed = next(data);
      const sealed = sealUserData(crypto, rootKey, owner, stored.revision + 1, changed);
      try {
        await session.call("users.putData", { data: sealed });
        demandWritten(sealed, (await session.call("users.get", {})).data);
        stored = sealed;
        data = changed;
        return;
      } catch (error) {
        if (!(error instanceof PosternError) || error.name !== "versionConflict" || tries >= CONFLICT_TRIES_MAX)
          throw error;
        const later = (await session.call("users.get", {})).data;
        // A conflict means that another device wrote later. A service that shows an older copy would have its changes undone by ours.
        if (later.revision < stored.revision)
          throw new PosternError("serviceRefused", "it shows an older copy of your own data");
        stored = later;
        data = openUserData(crypto, rootKey, owner, stored);
      }
    }
  }

  return { get: () => data, revision: () => stored.revision, change };
}

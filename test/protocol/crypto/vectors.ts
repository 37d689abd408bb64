// The content of the frozen vectors. The tests fix the randomness, so most results repeat byte for byte. Sealed boxes
// and stream headers do not, because libsodium draws their randomness itself. So the tests check those two by opening
// the stored ones. Run as a program, this file writes the vectors. It never overwrites one: a suite that gives other
// bytes is another suite.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ARGON2_COST, deriveUserKeys, pinVerifier, subkey } from "../../../protocol/crypto/derivation.ts";
import { newId, toBase64 } from "../../../protocol/crypto/encoding.ts";
import { seal } from "../../../protocol/crypto/envelope.ts";
import { sealFile } from "../../../protocol/crypto/file.ts";
import { sealDeletion, sealItem } from "../../../protocol/crypto/item.ts";
import { newKeyset } from "../../../protocol/crypto/keyset.ts";
import { lookupTag } from "../../../protocol/crypto/lookup-tag.ts";
import type { Primitives } from "../../../protocol/crypto/primitives.ts";
import { formatSecretKey } from "../../../protocol/crypto/secret-key.ts";
import { passwordChangeBytes, signInBytes, signInKeyPair } from "../../../protocol/crypto/sign-in.ts";
import {
  type CopyPlace,
  type CopySecrets,
  sealRootKeyCopy,
  sealSignInSeed,
} from "../../../protocol/crypto/unlock-copy.ts";
import { grantVaultKey, newVaultKey, sealVaultOverview } from "../../../protocol/crypto/vault-key.ts";
import { ACCOUNT, ascii, FILE, ITEM, native, repeat, USER, VAULT } from "./implementations.ts";

/** The same primitives, with randomness from SHA-256 of a counter that starts at zero. */
export function fixed(crypto: Primitives): Primitives {
  let count = 0;
  const randomBytes = (size: number) => {
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size; at += 32)
      bytes.set(crypto.sha256(ascii(`vector ${count++}`)).subarray(0, size - at), at);
    return bytes;
  };
  return { ...crypto, randomBytes };
}

export const ROOT_KEY = repeat(0x42, 32);
export const PLACE = { account: ACCOUNT, vault: VAULT, item: ITEM };
export const FILE_CONTENT = ascii("the content of a small file");

/** All vectors that do not depend on libsodium's own randomness, as JSON. */
export async function deterministic(crypto: Primitives) {
  const random = fixed(crypto);
  const { keyset, sealed: sealedKeyset } = newKeyset(random, ROOT_KEY, ACCOUNT, USER);
  const vaultKey = newVaultKey(random);
  const itemKey = random.randomBytes(32);
  const user = { part: "user data", account: ACCOUNT, user: USER, revision: 5 } as const;
  return {
    id: newId(random),
    derivation: await derived(crypto),
    signIn: signed(crypto),
    envelope: toBase64(seal(random, ROOT_KEY, user, ascii("some content"))),
    longEnvelope: toBase64(seal(random, ROOT_KEY, user, repeat(0x61, 1000))),
    keyset: sealedKeyset,
    vault: {
      key: toBase64(vaultKey.key),
      id: vaultKey.id,
      indexKey: toBase64(vaultKey.indexKey),
      overview: sealVaultOverview(random, {
        account: ACCOUNT,
        vault: VAULT,
        vaultKey,
        writer: keyset,
        revision: 1,
        content: ascii('{"title":"Work"}'),
      }),
      lookupTag: toBase64(lookupTag(crypto, vaultKey.indexKey, "Caf\u00e9 \u0130stanbul")),
    },
    item: sealItem(random, {
      place: PLACE,
      vaultKey,
      writer: keyset,
      revision: 3,
      state: "active",
      itemKey,
      title: "GitHub",
      overview: ascii('{"title":"GitHub"}'),
      details: ascii('{"fields":[]}'),
      files: [{ id: FILE, sealedKey: "a2V5", size: 27, chunks: 1, header: "aGVhZGVy" }],
    }),
    deletion: sealDeletion(random, { place: PLACE, vaultKey, writer: keyset, revision: 4 }),
  };
}

async function derived(crypto: Primitives) {
  const secretKey = Uint8Array.from({ length: 16 }, (_, index) => index);
  const input = { password: "correct horse battery staple \u00e9", secretKey, account: ACCOUNT, user: USER };
  const { unlockKey, signInSeed } = await deriveUserKeys(crypto, input);
  return {
    cost: ARGON2_COST,
    secretKey: formatSecretKey(crypto, secretKey),
    unlockKey: toBase64(unlockKey),
    signInSeed: toBase64(signInSeed),
    pinVerifier: toBase64(await pinVerifier(crypto, "482913", repeat(7, 16))),
    subkey: toBase64(subkey(crypto, ROOT_KEY, "postern/1 device store")),
  };
}

function signed(crypto: Primitives) {
  const pair = signInKeyPair(crypto, repeat(3, 32));
  const challenge = signInBytes({
    origin: "https://postern.example",
    account: ACCOUNT,
    user: USER,
    device: "d".repeat(26),
    serverNonce: repeat(1, 32),
    clientNonce: repeat(2, 32),
    expiresAt: "2026-11-24T12:00:00.000Z",
  });
  const change = passwordChangeBytes({
    account: ACCOUNT,
    user: USER,
    rootKey: repeat(1, 40),
    signInKey: repeat(2, 32),
  });
  return {
    publicKey: toBase64(pair.publicKey),
    challenge: toBase64(challenge),
    signature: toBase64(crypto.sign(pair.secretKey, challenge)),
    passwordChange: toBase64(change),
  };
}

/** The secrets of the stored copy of a root key. The credential and its public key are none that an authenticator made. */
export const COPY_PLACE: CopyPlace = {
  account: ACCOUNT,
  user: USER,
  credential: "AQIDBA",
  publicKey: repeat(0x50, 77),
};
export const COPY_SECRETS: CopySecrets = { prf: repeat(0x11, 32), salt: repeat(0x22, 32), secret: repeat(0x33, 32) };

/** A copy of the root key for an authenticator, and the sign-in seed beside it. */
export function unlockCopy(crypto: Primitives) {
  const random = fixed(crypto);
  return {
    rootKey: toBase64(sealRootKeyCopy(random, COPY_PLACE, COPY_SECRETS, ROOT_KEY)),
    signInSeed: toBase64(sealSignInSeed(random, ROOT_KEY, { account: ACCOUNT, user: USER }, repeat(3, 32))),
  };
}

/** The vectors that depend on libsodium's own randomness. They are made once, and then only opened. */
export function drawn(crypto: Primitives) {
  const random = fixed(crypto);
  const { keyset } = newKeyset(random, ROOT_KEY, ACCOUNT, USER);
  const vaultKey = newVaultKey(random);
  const recipient = { identity: keyset.identity.publicKey, box: keyset.box.publicKey };
  const itemKey = repeat(0x24, 32);
  const file = sealFile(random, { place: PLACE, file: FILE, itemKey });
  const chunk = file.push(FILE_CONTENT, true);
  return {
    grant: grantVaultKey(random, {
      account: ACCOUNT,
      vault: VAULT,
      vaultKey,
      granter: keyset,
      recipient,
      permissions: 7,
    }),
    file: { itemKey: toBase64(itemKey), header: file.end(), chunks: [toBase64(chunk)] },
  };
}

const folder = join(import.meta.dirname, "../../vectors/crypto");

/** The files under test/vectors/crypto. */
export const paths = {
  made: join(folder, "suite-1.json"),
  drawn: join(folder, "suite-1-drawn.json"),
  unlockCopy: join(folder, "suite-1-unlock-copy.json"),
};

if (import.meta.main) {
  const write = (path: string, content: unknown) => {
    if (!existsSync(path)) writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`, { flag: "wx" });
  };
  write(paths.made, await deterministic(native));
  write(paths.drawn, drawn(native));
  write(paths.unlockCopy, unlockCopy(native));
}

// The copy of a root key opens by the authenticator's output with the agent's salt and secret, in its own place. Every other case is a named refusal.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { fields, fromBase64 } from "../../../protocol/crypto/encoding.ts";
import { open } from "../../../protocol/crypto/envelope.ts";
import {
  openRootKeyCopy,
  openSignInSeed,
  sealRootKeyCopy,
  sealSignInSeed,
} from "../../../protocol/crypto/unlock-copy.ts";
import { ACCOUNT, flipped, implementations, OTHER_ACCOUNT, refusal, repeat, USER } from "./implementations.ts";
import { COPY_PLACE, COPY_SECRETS, paths, ROOT_KEY, unlockCopy } from "./vectors.ts";

const stored = JSON.parse(readFileSync(paths.unlockCopy, "utf8")) as ReturnType<typeof unlockCopy>;
const bytes = (text: string) => fromBase64(text) ?? expect.fail("a vector is no base64");
const owner = { account: ACCOUNT, user: USER };

describe.each(implementations)("$name", ({ crypto }) => {
  const sealed = bytes(stored.rootKey);
  const opened = (place = COPY_PLACE, secrets = COPY_SECRETS, envelope = sealed) =>
    openRootKeyCopy(crypto, place, secrets, envelope);

  test("makes every stored byte again from the same randomness, and opens it", () => {
    expect(unlockCopy(crypto)).toEqual(stored);
    expect(new Uint8Array(opened())).toEqual(ROOT_KEY);
    expect(new Uint8Array(openSignInSeed(crypto, ROOT_KEY, owner, bytes(stored.signInSeed)))).toEqual(repeat(3, 32));
  });

  test("derives the key as the README says: HKDF over output and secret, with the salt and the place", () => {
    const { account, user, credential, publicKey } = COPY_PLACE;
    const { prf, salt, secret } = COPY_SECRETS;
    const info = fields("postern/1 root key copy", account, user, credential, publicKey);
    const key = crypto.hkdfSha256(Uint8Array.of(...prf, ...secret), salt, info, 32);
    const context = { part: "root key copy", account, user, keyId: credential } as const;
    expect(open(crypto, key, context, sealed)).toEqual(ROOT_KEY);
  });

  test.each([
    ["another output", () => opened(COPY_PLACE, { ...COPY_SECRETS, prf: flipped(COPY_SECRETS.prf, 0) })],
    ["an output that is too short", () => opened(COPY_PLACE, { ...COPY_SECRETS, prf: repeat(0x11, 31) })],
    [
      "bytes moved from the output to the secret",
      () =>
        opened(COPY_PLACE, {
          ...COPY_SECRETS,
          prf: repeat(0x11, 31),
          secret: Uint8Array.of(0x11, ...repeat(0x33, 32)),
        }),
    ],
    ["another salt", () => opened(COPY_PLACE, { ...COPY_SECRETS, salt: flipped(COPY_SECRETS.salt, 31) })],
    ["another secret", () => opened(COPY_PLACE, { ...COPY_SECRETS, secret: flipped(COPY_SECRETS.secret, 31) })],
    ["another account", () => opened({ ...COPY_PLACE, account: OTHER_ACCOUNT })],
    ["another user", () => opened({ ...COPY_PLACE, user: "x" })],
    ["another credential", () => opened({ ...COPY_PLACE, credential: "AQIDBQ" })],
    ["another public key", () => opened({ ...COPY_PLACE, publicKey: flipped(COPY_PLACE.publicKey, 76) })],
    ["a changed byte", () => opened(COPY_PLACE, COPY_SECRETS, flipped(sealed, sealed.length - 1))],
    ["a cut envelope", () => opened(COPY_PLACE, COPY_SECRETS, sealed.slice(0, 30))],
    ["nothing", () => opened(COPY_PLACE, COPY_SECRETS, new Uint8Array())],
    ["the sign-in seed in its place", () => opened(COPY_PLACE, COPY_SECRETS, bytes(stored.signInSeed))],
  ])("does not open with %s", (_what, act) => {
    expect(refusal(act)).toBe("sealBroken");
  });

  test("opens no seed of another account, nor the copy as a seed, nor under another root key", () => {
    const seed = bytes(stored.signInSeed);
    expect(refusal(() => openSignInSeed(crypto, ROOT_KEY, { ...owner, account: OTHER_ACCOUNT }, seed))).toBe(
      "sealBroken",
    );
    expect(refusal(() => openSignInSeed(crypto, ROOT_KEY, owner, sealed))).toBe("sealBroken");
    expect(refusal(() => openSignInSeed(crypto, repeat(1, 32), owner, seed))).toBe("sealBroken");
  });

  test("wraps nothing under a root key that a lock has wiped", () => {
    expect(refusal(() => sealSignInSeed(crypto, repeat(0, 32), owner, repeat(3, 32)))).toBe("locked");
  });

  test("two copies of one root key have nothing in common", () => {
    const one = sealRootKeyCopy(crypto, COPY_PLACE, COPY_SECRETS, ROOT_KEY);
    expect(sealRootKeyCopy(crypto, COPY_PLACE, COPY_SECRETS, ROOT_KEY)).not.toEqual(one);
  });
});

// A user's keys depend on every part of the input, and not on how a person typed it.
import { describe, expect, test } from "vitest";
import { ARGON2_COST, deriveUserKeys, pinVerifier, subkey } from "../../../protocol/crypto/derivation.ts";
import type { Primitives } from "../../../protocol/crypto/primitives.ts";
import { signInKeyPair } from "../../../protocol/crypto/sign-in.ts";
import { ACCOUNT, implementations, OTHER_ACCOUNT, repeat, USER } from "./implementations.ts";

const input = { password: "correct horse", secretKey: repeat(5, 16), account: ACCOUNT, user: USER };

/** Argon2id at a small cost. These tests check its inputs. The cost has its own test and the vectors. */
function cheap(crypto: Primitives): Primitives {
  return {
    ...crypto,
    argon2id: (password, salt, cost) => crypto.argon2id(password, salt, { ...cost, memoryKiB: 64, passes: 1 }),
  };
}

async function keysOf(crypto: Primitives, change: Partial<typeof input>): Promise<string[]> {
  const { unlockKey, signInSeed } = await deriveUserKeys(crypto, { ...input, ...change });
  return [unlockKey.toHex(), signInSeed.toHex()];
}

test("the cost is 128 MiB, three passes, one lane, 32 bytes", () => {
  expect(ARGON2_COST).toEqual({ memoryKiB: 131072, passes: 3, lanes: 1, size: 32 });
});

describe.each(implementations)("$name", ({ crypto: full }) => {
  const crypto = cheap(full);

  test.each([
    ["the password", { password: "correct horsf" }],
    ["a space before the password", { password: " correct horse" }],
    ["a space behind the password", { password: "correct horse " }],
    ["the password's case", { password: "Correct horse" }],
    ["the Secret Key", { secretKey: repeat(6, 16) }],
    ["the account", { account: OTHER_ACCOUNT }],
    ["the user", { user: "x".repeat(26) }],
    ["account and user swapped", { account: USER, user: ACCOUNT }],
  ])("another key for each purpose comes out when %s differs", async (_name, change) => {
    const before = await keysOf(crypto, {});
    const after = await keysOf(crypto, change);
    expect(after[0]).not.toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
  });

  test.each([
    ["composed and decomposed letters", "caf\u00e9", "cafe\u0301"],
    ["wide and narrow letters", "\uff50\uff57", "pw"],
    ["a ligature and its letters", "o\ufb03ce", "office"],
  ])("NFKC makes one password of %s", async (_name, a, b) => {
    expect(await keysOf(crypto, { password: a })).toEqual(await keysOf(crypto, { password: b }));
    expect(await pinVerifier(crypto, a, repeat(1, 16))).toEqual(await pinVerifier(crypto, b, repeat(1, 16)));
  });

  test("unlock key and sign-in seed have nothing in common", async () => {
    const [unlockKey, signInSeed] = await keysOf(crypto, {});
    expect(unlockKey).not.toBe(signInSeed);
    expect(unlockKey).toHaveLength(64);
  });

  test("a key per label and per key", () => {
    const root = repeat(9, 32);
    expect(subkey(crypto, root, "one")).not.toEqual(subkey(crypto, root, "two"));
    expect(subkey(crypto, root, "one")).not.toEqual(subkey(crypto, repeat(8, 32), "one"));
    expect(subkey(crypto, root, "one")).toHaveLength(32);
  });

  test("a PIN verifier depends on PIN and salt", async () => {
    const verifier = await pinVerifier(crypto, "123456", repeat(1, 16));
    expect(await pinVerifier(crypto, "123457", repeat(1, 16))).not.toEqual(verifier);
    expect(await pinVerifier(crypto, "123456", repeat(2, 16))).not.toEqual(verifier);
  });

  test("the password's bytes are wiped, also when stretching fails", async () => {
    const seen: Uint8Array[] = [];
    const failing = {
      ...crypto,
      argon2id: (password: Uint8Array) => {
        seen.push(password);
        return Promise.reject(new Error("no memory"));
      },
    };
    await expect(deriveUserKeys(failing, input)).rejects.toThrow("no memory");
    await expect(pinVerifier(failing, "123456", repeat(1, 16))).rejects.toThrow("no memory");
    expect(seen.map((bytes) => bytes.every((byte) => byte === 0))).toEqual([true, true]);
  });

  test("the sign-in pair follows from its seed alone", () => {
    expect(signInKeyPair(crypto, repeat(3, 32))).toEqual(signInKeyPair(crypto, repeat(3, 32)));
    expect(signInKeyPair(crypto, repeat(3, 32)).publicKey).not.toEqual(signInKeyPair(crypto, repeat(4, 32)).publicKey);
  });
});

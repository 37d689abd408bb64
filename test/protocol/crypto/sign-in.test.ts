// A signature of a sign-in key fits one challenge of one service. A consent to a new password fits only that change.
import { describe, expect, test } from "vitest";
import { type Challenge, passwordChangeBytes, signInBytes, signInKeyPair } from "../../../protocol/crypto/sign-in.ts";
import { ACCOUNT, implementations, OTHER_ACCOUNT, repeat, USER } from "./implementations.ts";

const challenge: Challenge = {
  origin: "https://postern.example",
  account: ACCOUNT,
  user: USER,
  device: "d".repeat(26),
  serverNonce: repeat(1, 32),
  clientNonce: repeat(2, 32),
  expiresAt: "2026-11-24T12:00:00.000Z",
};
const change = { account: ACCOUNT, user: USER, rootKey: repeat(1, 40), signInKey: repeat(2, 32) };

describe.each(implementations)("a sign-in ($name)", ({ crypto }) => {
  const pair = signInKeyPair(crypto, repeat(3, 32));
  const signature = crypto.sign(pair.secretKey, signInBytes(challenge));

  test("is verified with the key of its seed", () => {
    expect(crypto.verify(pair.publicKey, signInBytes(challenge), signature)).toBe(true);
  });

  test.each([
    ["origin", { origin: "https://postern.example:8443" }],
    ["scheme", { origin: "http://postern.example" }],
    ["account", { account: OTHER_ACCOUNT }],
    ["user", { user: "x".repeat(26) }],
    ["device", { device: "e".repeat(26) }],
    ["server nonce", { serverNonce: repeat(9, 32) }],
    ["client nonce", { clientNonce: repeat(9, 32) }],
    ["pair of nonces, swapped", { serverNonce: repeat(2, 32), clientNonce: repeat(1, 32) }],
    ["expiry", { expiresAt: "2026-11-24T12:00:01.000Z" }],
  ] as [string, Partial<Challenge>][])("is refused with another %s", (_name, other) => {
    expect(crypto.verify(pair.publicKey, signInBytes({ ...challenge, ...other }), signature)).toBe(false);
  });

  test("is refused with another key, and is no consent to a new password", () => {
    expect(crypto.verify(signInKeyPair(crypto, repeat(4, 32)).publicKey, signInBytes(challenge), signature)).toBe(
      false,
    );
    expect(crypto.verify(pair.publicKey, passwordChangeBytes(change), signature)).toBe(false);
  });
});

test.each([
  ["account", { account: OTHER_ACCOUNT }],
  ["user", { user: "x" }],
  ["wrapped root key", { rootKey: repeat(9, 40) }],
  ["sign-in key", { signInKey: repeat(9, 32) }],
])("consent to a new password names its %s", (_name, other) => {
  expect(passwordChangeBytes({ ...change, ...other })).not.toEqual(passwordChangeBytes(change));
});

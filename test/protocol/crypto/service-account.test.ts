// Service accounts. Their keys, tokens and custody open what they should. A part in another's place never opens.
import { describe, expect, test } from "vitest";
import { openKeyset } from "../../../protocol/crypto/keyset.ts";
import {
  newServiceAccount,
  openCustody,
  openTokenRootKey,
  type ServiceAccountKeys,
  sealCustody,
  sealToken,
  TOKEN_SECRET_BYTES,
  tokenKeys,
  verifyServiceAccount,
} from "../../../protocol/crypto/service-account.ts";
import {
  ACCOUNT,
  aKeyset,
  flippedBase64,
  implementations,
  OTHER_ACCOUNT,
  refusal,
  USER,
  VAULT,
} from "./implementations.ts";

const TOKEN = "t".repeat(26);
const OTHER_TOKEN = "s".repeat(26);

describe.each(implementations)("with $name, a service account", ({ crypto }) => {
  const maker = aKeyset(crypto);
  const place = { account: ACCOUNT, serviceAccount: USER };
  const made = newServiceAccount(crypto, { place, maker });
  const secret = crypto.randomBytes(TOKEN_SECRET_BYTES);
  const { unlockKey } = tokenKeys(crypto, secret);
  const token = sealToken(crypto, { place, token: TOKEN, secret, rootKey: made.rootKey });
  const owner = crypto.randomBytes(32);
  const custody = sealCustody(crypto, { place, owner, rootKey: made.rootKey, title: "CI — été" });

  test("is opened by its token, keys and all", () => {
    const rootKey = openTokenRootKey(crypto, { place, token: TOKEN, unlockKey, sealed: token.rootKey });
    expect(crypto.equal(rootKey, made.rootKey)).toBe(true);
    const keyset = openKeyset(crypto, rootKey, ACCOUNT, USER, made.keyset);
    expect(keyset.identity.publicKey.toBase64()).toBe(made.keys.identity);
  });

  test("keeps its root key and title with who made it", () => {
    const opened = openCustody(crypto, { place, owner, sealed: custody });
    expect(opened.title).toBe("CI — été");
    expect(crypto.equal(opened.rootKey, made.rootKey)).toBe(true);
  });

  test("is vouched for by its maker", () => {
    expect(verifyServiceAccount(crypto, place, made.keys)).toBe(true);
  });

  const stranger = newServiceAccount(crypto, { place, maker: aKeyset(crypto) });
  const forged: [string, Partial<ServiceAccountKeys>][] = [
    ["another identity", { identity: stranger.keys.identity }],
    ["another box", { box: stranger.keys.box }],
    ["another's box with its own signature", { box: stranger.keys.box, boxSignature: stranger.keys.boxSignature }],
    ["another maker", { maker: stranger.keys.maker }],
    ["another maker's signature", { makerSignature: stranger.keys.makerSignature }],
    ["an altered signature", { makerSignature: flippedBase64(made.keys.makerSignature) }],
    ["a cut signature", { makerSignature: made.keys.makerSignature.slice(0, 40) }],
    ["no base64", { identity: "*" }],
  ];
  test.each(forged)("with %s is not", (_what, change) => {
    expect(verifyServiceAccount(crypto, place, { ...made.keys, ...change })).toBe(false);
  });

  test.each([
    ["account", { ...place, account: OTHER_ACCOUNT }],
    ["service account", { ...place, serviceAccount: VAULT }],
  ])("in another %s is neither vouched for, nor opened by token or custody", (_what, elsewhere) => {
    expect(verifyServiceAccount(crypto, elsewhere, made.keys)).toBe(false);
    const opening = { place: elsewhere, token: TOKEN, unlockKey, sealed: token.rootKey };
    expect(refusal(() => openTokenRootKey(crypto, opening))).toBe("sealBroken");
    expect(refusal(() => openCustody(crypto, { place: elsewhere, owner, sealed: custody }))).toBe("sealBroken");
  });

  const other = tokenKeys(crypto, crypto.randomBytes(TOKEN_SECRET_BYTES)).unlockKey;
  test.each([
    ["another token's secret", { unlockKey: other }],
    ["another token's id", { token: OTHER_TOKEN }],
    ["an altered envelope", { sealed: flippedBase64(token.rootKey) }],
    ["a cut envelope", { sealed: Uint8Array.fromBase64(token.rootKey).slice(0, 40).toBase64() }],
    ["no base64", { sealed: "*" }],
  ])("is not opened with %s", (_what, change) => {
    const opening = { place, token: TOKEN, unlockKey, sealed: token.rootKey, ...change };
    expect(refusal(() => openTokenRootKey(crypto, opening))).toBe("sealBroken");
  });

  test("of an unknown suite is refused as such", () => {
    const envelope = Uint8Array.fromBase64(token.rootKey);
    envelope[0] = 2;
    const opening = { place, token: TOKEN, unlockKey, sealed: envelope.toBase64() };
    expect(refusal(() => openTokenRootKey(crypto, opening))).toBe("unknownSuite");
  });

  test("is not given to somebody with another root key", () => {
    expect(refusal(() => openCustody(crypto, { place, owner: crypto.randomBytes(32), sealed: custody }))).toBe(
      "sealBroken",
    );
  });
});

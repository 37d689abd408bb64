// Shares: the secret gives two separate keys. The copy opens only at its own place. A link is read back or refused.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openFile, sealFile } from "../../../protocol/crypto/file.ts";
import {
  accessKeyHash,
  openShare,
  SHARE_SECRET_BYTES,
  sealShare,
  secretOf,
  shareKeys,
  shareLink,
  sharePlace,
} from "../../../protocol/crypto/share.ts";
import {
  ascii,
  FILE,
  flipped,
  flippedBase64,
  hex,
  implementations,
  native,
  OTHER_ITEM as OTHER_SHARE,
  refusal,
  repeat,
  ITEM as SHARE,
} from "./implementations.ts";

const secret = Uint8Array.from({ length: SHARE_SECRET_BYTES }, (_, index) => index);
const content = ascii('{"title":"Wi-Fi"}');

/**
 * Frozen values: the keys of the secret 00 01 … 1f, by CPython's hashlib.blake2b, and a copy sealed with sodium-native.
 */
const frozen = {
  accessKey: "1c92ed2fa653a6413b34fac14f309067222fd81d2d4fb8e45d190a7a9a9193b1",
  contentKey: "ec81b6efb52f817c4448d7cc19016a6071af912070f8bd7c98c2d7a616266805",
  accessKeyHash: "bb9ae4fd9064aee6277ef55a020fa771d813042012d76caa0a8bc6b049942931",
  sealed:
    "AS2VXBsTskfze0W7y4dFaX/R48PD5QgDQuI2SjKoMuQTF3umh/xiKl52ghQs+ePg3JCf5NJBWfV7Z/zJb4PayCAgVfsTTOf4AiDViSV/+KopC/bh/0ycctCDDXs2SIsbqIgXKq2DquWB",
};

describe.each(implementations)("a share ($name)", ({ crypto }) => {
  const { accessKey, contentKey } = shareKeys(crypto, secret);
  const sealed = sealShare(crypto, SHARE, contentKey, content);
  const outcome = (text: string, share = SHARE, key = contentKey) => refusal(() => openShare(crypto, share, key, text));

  test("has the frozen keys, and opens the frozen copy", () => {
    expect(accessKey.toHex()).toBe(frozen.accessKey);
    expect(contentKey.toHex()).toBe(frozen.contentKey);
    expect(accessKeyHash(crypto, SHARE, accessKey).toHex()).toBe(frozen.accessKeyHash);
    expect(openShare(crypto, SHARE, contentKey, frozen.sealed)).toEqual(content);
  });

  test("opens with its key at its place, whichever implementation sealed it", () => {
    for (const { crypto: other } of implementations) {
      expect(openShare(other, SHARE, contentKey, sealed)).toEqual(content);
    }
  });

  test("does not open with the access key, which the service has seen", () => {
    expect(outcome(sealed, SHARE, accessKey)).toBe("sealBroken");
  });

  test("does not open as another share, nor with another share's key", () => {
    expect(outcome(sealed, OTHER_SHARE)).toBe("sealBroken");
    expect(outcome(sealed, SHARE, shareKeys(crypto, flipped(secret, 31)).contentKey)).toBe("sealBroken");
  });

  test.each([
    ["cut by a byte", (text: string) => Uint8Array.fromBase64(text).subarray(0, -1).toBase64(), "sealBroken"],
    ["cut to its header", (text: string) => Uint8Array.fromBase64(text).subarray(0, 25).toBase64(), "sealBroken"],
    ["empty", () => "", "sealBroken"],
    ["no base64", () => "not base64!", "sealBroken"],
    ["altered at its end", (text: string) => flippedBase64(text), "sealBroken"],
    ["altered in its nonce", (text: string) => flippedBase64(text, 5), "sealBroken"],
    ["of another suite", (text: string) => flippedBase64(text, 0), "unknownSuite"],
  ])("is refused when it is %s", (_how, change, error) => {
    expect(outcome(change(sealed))).toBe(error);
  });

  test("is refused with a wiped secret or key", () => {
    expect(refusal(() => shareKeys(crypto, repeat(0, SHARE_SECRET_BYTES)))).toBe("locked");
    expect(outcome(sealed, SHARE, repeat(0, 32))).toBe("locked");
  });

  test("has files that open under its key, and not as another share's", () => {
    const stream = sealFile(crypto, { place: sharePlace(SHARE), file: FILE, itemKey: contentKey });
    const chunk = stream.push(content, true);
    const header = stream.end();
    const at = (share: string, key = contentKey) =>
      openFile(crypto, { place: sharePlace(share), header, itemKey: key });
    expect(at(SHARE).pull(chunk)).toEqual({ chunk: content, final: true });
    expect(refusal(() => at(OTHER_SHARE))).toBe("sealBroken");
    expect(refusal(() => at(SHARE, accessKey))).toBe("sealBroken");
    expect(refusal(() => at(SHARE).pull(flipped(chunk, 3)))).toBe("sealBroken");
  });
});

describe("a link", () => {
  test("has the secret in its fragment and nowhere else", () => {
    const link = new URL(shareLink("https://share.example", SHARE, secret));
    expect(link.pathname).toBe(`/s/${SHARE}`);
    expect(link.search).toBe("");
    expect(secretOf(link.hash)).toEqual(secret);
  });

  test.each([
    ["nothing", ""],
    ["a sign alone", "#"],
    [
      "a secret cut by a character",
      shareLink("https://share.example", SHARE, secret).split("#")[1]?.slice(0, -1) ?? "",
    ],
    ["one character more", `${shareLink("https://share.example", SHARE, secret).split("#")[1]}A`],
    ["padding", `${shareLink("https://share.example", SHARE, secret).split("#")[1]}=`],
    ["standard base64", `${"/".repeat(42)}8`],
    [
      "a second spelling of the same bytes",
      shareLink("https://share.example", SHARE, secret).split("#")[1]?.replace(/.$/, "9") ?? "",
    ],
    ["white space", ` ${shareLink("https://share.example", SHARE, secret).split("#")[1]}`],
  ])("is not read from %s", (_what, fragment) => {
    expect(secretOf(fragment)).toBeUndefined();
  });

  test("gives every secret back, and any other text gives none or itself", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: SHARE_SECRET_BYTES, maxLength: SHARE_SECRET_BYTES }), (bytes) => {
        expect(secretOf(new URL(shareLink("https://share.example", SHARE, bytes)).hash)).toEqual(new Uint8Array(bytes));
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        const found = secretOf(text);
        if (found !== undefined)
          expect(`#${text.replace("#", "")}`).toBe(new URL(shareLink("https://a.example", SHARE, found)).hash);
      }),
    );
  });
});

test("the hash that the service keeps is bound to the share", () => {
  const { accessKey } = shareKeys(native, secret);
  expect(accessKeyHash(native, SHARE, accessKey)).not.toEqual(accessKeyHash(native, OTHER_SHARE, accessKey));
  expect(hex(frozen.accessKeyHash)).toHaveLength(32);
});

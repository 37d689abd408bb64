// An envelope opens only in its own place, under its own key, and unchanged. Every other case is a named refusal.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Context, open, type Part, seal } from "../../../protocol/crypto/envelope.ts";
import {
  ACCOUNT,
  ascii,
  FILE,
  flipped,
  ITEM,
  implementations,
  OTHER_ACCOUNT,
  OTHER_ITEM,
  OTHER_VAULT,
  refusal,
  repeat,
  USER,
  VAULT,
} from "./implementations.ts";

const key = repeat(1, 32);
const here: Context = {
  part: "item details",
  account: ACCOUNT,
  user: USER,
  vault: VAULT,
  item: ITEM,
  file: FILE,
  keyId: "k",
  revision: 3,
};

const elsewhere: readonly [string, Context][] = [
  ["another account", { ...here, account: OTHER_ACCOUNT }],
  ["another user", { ...here, user: "x" }],
  ["another vault", { ...here, vault: OTHER_VAULT }],
  ["another item", { ...here, item: OTHER_ITEM }],
  ["another file", { ...here, file: "x" }],
  ["another key id", { ...here, keyId: "l" }],
  ["an earlier revision", { ...here, revision: 2 }],
  ["a later revision", { ...here, revision: 4 }],
  ["another part", { ...here, part: "item overview" }],
  ["item and vault swapped", { ...here, item: VAULT, vault: ITEM }],
  ["no item at all", { part: here.part, account: ACCOUNT, vault: VAULT, keyId: "k", revision: 3 }],
];

const parts: readonly Part[] = [
  "root key",
  "private keys",
  "user data",
  "device store",
  "audit names",
  "cache",
  "vault overview",
  "item key",
  "item overview",
  "item details",
  "file key",
  "backup",
];

describe.each(implementations)("an envelope ($name)", ({ crypto }) => {
  const sealed = seal(crypto, key, here, ascii("content"));

  test("gives back what was sealed, whatever it was", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (content) => {
        expect(open(crypto, key, here, seal(crypto, key, here, content))).toEqual(content);
      }),
    );
  });

  test("is suite, nonce, padded ciphertext, tag: 105 bytes for any short content", () => {
    expect(sealed.length).toBe(1 + 24 + 64 + 16);
    expect(seal(crypto, key, here, new Uint8Array()).length).toBe(sealed.length);
    expect(sealed[0]).toBe(1);
  });

  test("is new each time", () => {
    expect(seal(crypto, key, here, ascii("content"))).not.toEqual(sealed);
  });

  test.each(elsewhere)("does not open as that of %s", (_name, context) => {
    expect(refusal(() => open(crypto, key, context, sealed))).toBe("sealBroken");
  });

  test("of one part opens as no other", () => {
    for (const made of parts) {
      const envelope = seal(crypto, key, { ...here, part: made }, ascii("content"));
      for (const read of parts) {
        const outcome = refusal(() => open(crypto, key, { ...here, part: read }, envelope));
        expect(outcome, `${made} as ${read}`).toBe(made === read ? undefined : "sealBroken");
      }
    }
  });

  test("does not open under another key", () => {
    expect(refusal(() => open(crypto, repeat(2, 32), here, sealed))).toBe("sealBroken");
  });

  test("does not open with any one byte changed", () => {
    for (let at = 1; at < sealed.length; at++)
      expect(
        refusal(() => open(crypto, key, here, flipped(sealed, at))),
        `byte ${at}`,
      ).toBe("sealBroken");
  });

  test("does not open when it is cut, at any length", () => {
    for (let size = 0; size < sealed.length; size++)
      expect(
        refusal(() => open(crypto, key, here, sealed.subarray(0, size))),
        `${size} bytes`,
      ).toBe("sealBroken");
  });

  test("does not open with something behind it", () => {
    expect(refusal(() => open(crypto, key, here, new Uint8Array([...sealed, 0])))).toBe("sealBroken");
  });

  test.each([0, 2, 255])("of suite %i is refused as unknown, even when it is cut", (suite) => {
    const other = sealed.slice();
    other[0] = suite;
    expect(refusal(() => open(crypto, key, here, other))).toBe("unknownSuite");
    expect(refusal(() => open(crypto, key, here, other.subarray(0, 1)))).toBe("unknownSuite");
  });

  test("does not open when the text under the tag is not padded as we pad", () => {
    const bare = sealed.slice(0, 25);
    const bound = seal(recording(crypto), key, here, ascii("content"));
    expect(bound.length).toBe(sealed.length);
    const ciphertext = crypto.aeadSeal(key, bare.subarray(1), lastAssociated, ascii("not padded"));
    expect(refusal(() => open(crypto, key, here, new Uint8Array([...bare, ...ciphertext])))).toBe("sealBroken");
  });

  test("is refused without a word of its content in the error", () => {
    expect(() => open(crypto, key, here, flipped(sealed, 30))).toThrow(
      /^sealed data failed its check and was refused: item details$/,
    );
  });
});

let lastAssociated = new Uint8Array();

/** Records the associated data that `seal` makes, so that a test can seal another text under it. */
function recording(crypto: (typeof implementations)[number]["crypto"]): typeof crypto {
  return {
    ...crypto,
    aeadSeal: (key, nonce, associated, plaintext) => {
      lastAssociated = new Uint8Array(associated);
      return crypto.aeadSeal(key, nonce, associated, plaintext);
    },
  };
}

// The service checks signatures with Node's crypto, and clients with libsodium. If one accepted what the other refuses, a row could be stored
// that nobody can read. So the tests hold the two equal, for well-formed and malformed input.
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nodePrimitives } from "../../service/primitives.ts";
import { crypto } from "./doors.ts";

/** RFC 8032, section 7.1: seed, public key, message, signature. */
const rfc8032: [string, string, string, string][] = [
  [
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    "",
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  ],
  [
    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    "72",
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  ],
  [
    "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    "af82",
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
  ],
];

/** The order of the base point. */
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const FIELD_PRIME = 2n ** 255n - 19n;

const bytes = (hex: string) => Uint8Array.fromHex(hex);
const littleEndian = (value: bigint) => bytes(value.toString(16).padStart(64, "0")).reverse();
const numberOf = (le: Uint8Array) => BigInt(`0x${le.toReversed().toHex()}`);
const joined = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

const [, key, message, signature] = (rfc8032[1] ?? ["", "", "", ""]).map(bytes) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
const r = signature.subarray(0, 32);
const s = signature.subarray(32);

/** Points of order 1, 2, 4 and 8, in every spelling of their 32 bytes that a decoder might accept. */
const smallOrder = [
  0n,
  1n,
  FIELD_PRIME - 1n,
  FIELD_PRIME,
  FIELD_PRIME + 1n,
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd83d3d706a17c7n,
  0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
].flatMap((y) => [littleEndian(y), littleEndian(y | (1n << 255n))]);

function both(publicKey: Uint8Array, said: Uint8Array, signed: Uint8Array): boolean[] {
  return [nodePrimitives.verify(publicKey, said, signed), crypto.verify(publicKey, said, signed)];
}

describe("a signature", () => {
  test.each(rfc8032)("of RFC 8032 fits (%#)", (seed, publicKey, said, signed) => {
    const pair = crypto.signKeyPair(bytes(seed));
    expect(pair.publicKey.toHex()).toBe(publicKey);
    expect(crypto.sign(pair.secretKey, bytes(said)).toHex()).toBe(signed);
    expect(both(bytes(publicKey), bytes(said), bytes(signed))).toEqual([true, true]);
  });

  test("with any one bit of it changed does not fit", () => {
    for (let bit = 0; bit < 512; bit++) {
      const changed = Uint8Array.from(signature);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(both(key, message, changed)).toEqual([false, false]);
    }
  });

  test("does not fit a key with any one bit changed", () => {
    for (let bit = 0; bit < 256; bit++) {
      const changed = Uint8Array.from(key);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(both(changed, message, signature)).toEqual([false, false]);
    }
  });

  test.each<[string, Uint8Array, Uint8Array, Uint8Array]>([
    ["of another message", key, bytes("73"), signature],
    ["of nothing", key, bytes(""), signature],
    [
      "with S past the group's order (RFC 8032, section 5.1.7)",
      key,
      message,
      joined(r, littleEndian(numberOf(s) + ORDER)),
    ],
    ["with S all ones", key, message, joined(r, new Uint8Array(32).fill(0xff))],
    ["with S the order itself", key, message, joined(r, littleEndian(ORDER))],
    ["of zeros", key, message, new Uint8Array(64)],
    ["with its halves exchanged", key, message, joined(s, r)],
    ["one byte short", key, message, signature.subarray(0, 63)],
    ["one byte long", key, message, joined(signature, new Uint8Array(1))],
    ["empty", key, message, new Uint8Array()],
    ["under a key one byte short", key.subarray(1), message, signature],
    ["under a key one byte long", joined(key, new Uint8Array(1)), message, signature],
    ["under no key", new Uint8Array(), message, signature],
    ["under a key that is no point", littleEndian(2n), message, signature],
  ])("%s does not fit", (_what, publicKey, said, signed) => {
    expect(both(publicKey, said, signed)).toEqual([false, false]);
  });

  test("under a key of small order never fits, whatever R and S are", () => {
    for (const publicKey of smallOrder)
      for (const point of smallOrder)
        expect(both(publicKey, message, joined(point, new Uint8Array(32)))).toEqual([false, false]);
  });

  test("with R of small order does not fit", () => {
    for (const point of smallOrder) expect(both(key, message, joined(point, s))).toEqual([false, false]);
  });

  test("with R of order 1 and a matching S does not fit, though the same with another R does", () => {
    // RFC 8032, section 5.1.6, by hand: S = r + h·a. With r = 0 the equation holds, and R does not depend on the message.
    const [seed, publicKey] = (rfc8032[0] ?? ["", ""]).map(bytes) as [Uint8Array, Uint8Array];
    const scalar = createHash("sha512").update(seed).digest().subarray(0, 32);
    scalar[0] = (scalar[0] ?? 0) & 248;
    scalar[31] = ((scalar[31] ?? 0) & 127) | 64;
    const made = (nonce: bigint, point: Uint8Array) => {
      const hash = createHash("sha512").update(point).update(publicKey).update(message).digest();
      return joined(point, littleEndian((nonce + numberOf(hash) * numberOf(scalar)) % ORDER));
    };
    const base = bytes(`58${"66".repeat(31)}`);
    expect(both(publicKey, message, made(1n, base))).toEqual([true, true]);
    expect(both(publicKey, message, made(0n, littleEndian(1n)))).toEqual([false, false]);
  });

  test("with the neutral point as its key does not fit, though the equation holds for every message", () => {
    const one = littleEndian(1n);
    const base = bytes(`58${"66".repeat(31)}`);
    expect(both(one, message, joined(base, one))).toEqual([false, false]);
  });

  test("of any bytes under any key is judged alike", () => {
    const of = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });
    fc.assert(
      fc.property(of(32), fc.uint8Array({ maxLength: 100 }), of(64), (publicKey, said, signed) => {
        const [node, sodium] = both(publicKey, said, signed);
        expect(node).toBe(sodium);
      }),
    );
  });

  test("of any message by any key fits for both", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.uint8Array({ maxLength: 300 }), (seed, said) => {
        fc.pre(seed.some((byte) => byte !== 0));
        const pair = crypto.signKeyPair(seed);
        expect(both(pair.publicKey, said, crypto.sign(pair.secretKey, said))).toEqual([true, true]);
      }),
    );
  });
});

test("hashes are equal", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (said) => {
      expect(nodePrimitives.sha256(said)).toEqual(crypto.sha256(said));
    }),
  );
});

test("byte strings are equal only when sizes and bytes are", () => {
  const some = Uint8Array.of(1, 2, 3);
  expect(nodePrimitives.equal(some, Uint8Array.of(1, 2, 3))).toBe(true);
  expect(nodePrimitives.equal(some, Uint8Array.of(1, 2, 4))).toBe(false);
  expect(nodePrimitives.equal(some, Uint8Array.of(1, 2))).toBe(false);
  expect(nodePrimitives.equal(some, new Uint8Array())).toBe(false);
  expect(nodePrimitives.equal(new Uint8Array(), new Uint8Array())).toBe(true);
});

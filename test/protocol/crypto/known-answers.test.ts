// Published known answers for each primitive, through both implementations. libsodium publishes none for secretstream.
// So secretstream is compared with our implementation of its specification over Node's ChaCha20 (secretstream.ts).
import { createHash, createPrivateKey, createPublicKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import { ascii, flipped, hex, implementations, repeat } from "./implementations.ts";
import { readSecretstream } from "./secretstream.ts";

const sha256 = [
  ["FIPS 180-4, one block", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  ["the empty message", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  [
    "FIPS 180-4, two blocks",
    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  ],
] as const;

// RFC 7693 publishes no keyed answer of this length. These come from CPython: hashlib.blake2b(digest_size=32).
const keyedHash: readonly [string, Uint8Array, string][] = [
  ["nothing", ascii(""), "4e51e7a913fc80137da52880fecca175bf81e117d5c68126dc2774033517ea0d"],
  ["a text", ascii("message data"), "8ee5cabb03f4ddd0ecb3f028153834244234871102b5d641db47f2f6f0565a7c"],
];

const hmac: readonly [string, Uint8Array, Uint8Array, string][] = [
  [
    "RFC 4231, case 1",
    repeat(0x0b, 20),
    ascii("Hi There"),
    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
  ],
  [
    "RFC 4231, case 2",
    ascii("Jefe"),
    ascii("what do ya want for nothing?"),
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  ],
  [
    "RFC 4231, case 6: a key longer than a block",
    repeat(0xaa, 131),
    ascii("Test Using Larger Than Block-Size Key - Hash Key First"),
    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
  ],
];

const hkdf: readonly [string, Uint8Array, Uint8Array, Uint8Array, string][] = [
  [
    "RFC 5869, case 1",
    repeat(0x0b, 22),
    hex("000102030405060708090a0b0c"),
    hex("f0f1f2f3f4f5f6f7f8f9"),
    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
  ],
  [
    "RFC 5869, case 3: no salt, no info",
    repeat(0x0b, 22),
    new Uint8Array(),
    new Uint8Array(),
    "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
  ],
];

/**
 * From CPython's hashlib.blake2b with key, salt and personalisation, as libsodium's documentation of crypto_kdf defines
 * them.
 */
const kdf: readonly [string, Uint8Array, string, number, string][] = [
  [
    "the first subkey",
    repeat(0x0b, 32),
    "KDF test",
    1,
    "a5e975c05101cb611ead18048c08e392b06ef78b299c9a4af722d75b1257a84e",
  ],
  [
    "a later subkey",
    repeat(0x0b, 32),
    "KDF test",
    77,
    "3f2f971148dc216b94d8fd5334a5332d596fbdd8f786d6a58fe695f1609d5929",
  ],
  [
    "another context",
    repeat(0x0b, 32),
    "KDF tess",
    1,
    "a2f4079d3b3926d97e11e694817a454cb5e31e81c65da96d90b6eb8a0ce03e8b",
  ],
];

// RFC 9106's own vector uses a secret and associated data, which suite 1 does not use. These come from the reference
// programs.
const argon2id = [
  [
    "phc-winner-argon2 test.c: 256 KiB, 2 passes",
    "password",
    "somesalt",
    256,
    2,
    "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe",
  ],
  [
    "phc-winner-argon2 test.c: 64 MiB, 2 passes",
    "password",
    "somesalt",
    65536,
    2,
    "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7",
  ],
  [
    "argon2 -id -v 13 -k 1024 -t 5: a 16-byte salt",
    "123",
    "ABCDEFGHIJKLMNOP",
    1024,
    5,
    "3c5d010180ba0cf5b6b858cba23b318e42d33088983c404598599c3b029ecac6",
  ],
] as const;

/** draft-irtf-cfrg-xchacha-03, appendix A.3.1. */
const xchacha = {
  key: hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"),
  nonce: hex("404142434445464748494a4b4c4d4e4f5051525354555657"),
  associated: hex("50515253c0c1c2c3c4c5c6c7"),
  plaintext: ascii(
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
  ),
  sealed: hex(`bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39
    ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c
    97637da9768812f615c68b13b52e c0875924c1c7987947deafd8780acf49`),
};

const ed25519 = [
  [
    "RFC 8032, 7.1, test 1",
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    "",
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  ],
  [
    "RFC 8032, 7.1, test 2",
    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    "72",
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  ],
] as const;

/** Alice from RFC 7748, section 6.1. */
const alice = {
  secretKey: hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"),
  publicKey: hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"),
};

/** From PyNaCl's tests/data/sealed_box_ref.txt, which libsodium's C interface made for Alice's key. */
const sealedBox = {
  plaintext: hex(`be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c6129
    6cdc3c01233561f41db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f5
    9ffd4924ca1c60902e52f0a089bc76897040e082f937763848645e0705`),
  sealed: hex(`199c808806a62c1be56951023ad3396b0ce0ef2c5b9ca688ac96d2d06ca43f65d314400cc9bbefb23dd26f824c9cb553f81e
    8c894ea9a553f4d777c77b66d5a6925da3f5961c5f7147172db5597ac14210066ee3ee13e6230a9a9610e9cddbf24094f54fbbf6694c
    08a436cec39ff5a373656d9584f4df9dd8c817e2e597540628d0ee21a6524a3fcf3eabdc0968390bd260a47366ead7f71cc2e774d411
    d96f3497c7e10291937bc16dc46a111686b85a8c86`),
};

describe.each(implementations)("$name", ({ crypto }) => {
  test.each(sha256)("hashes: %s", (_name, message, digest) => {
    expect(crypto.sha256(ascii(message)).toHex()).toBe(digest);
  });

  test.each(hmac)("authenticates: %s", (_name, key, message, tag) => {
    expect(crypto.hmacSha256(key, message).toHex()).toBe(tag);
  });

  test.each(keyedHash)("hashes under a key: %s", (_name, message, digest) => {
    const key = Uint8Array.from({ length: 32 }, (_, index) => index);
    expect(crypto.keyedHash(key, message).toHex()).toBe(digest);
  });

  test.each(hkdf)("derives: %s", (_name, secret, salt, info, derived) => {
    expect(crypto.hkdfSha256(secret, salt, info, 42).toHex()).toBe(derived);
  });

  test.each(kdf)("derives by crypto_kdf: %s", (_name, key, context, id, subkey) => {
    expect(crypto.kdf(key, context, id).toHex()).toBe(subkey);
  });

  test.each(argon2id)("stretches: %s", async (_name, password, salt, memoryKiB, passes, tag) => {
    const cost = { memoryKiB, passes, lanes: 1, size: 32 };
    expect((await crypto.argon2id(ascii(password), ascii(salt), cost)).toHex()).toBe(tag);
  });

  test("seals and opens: draft-irtf-cfrg-xchacha-03, A.3.1", () => {
    const { key, nonce, associated, plaintext, sealed } = xchacha;
    expect(crypto.aeadSeal(key, nonce, associated, plaintext).toHex()).toBe(sealed.toHex());
    expect(crypto.aeadOpen(key, nonce, associated, sealed)).toEqual(plaintext);
  });

  test("opens nothing when key, nonce, associated data, text or tag differ by a bit", () => {
    const { key, nonce, associated, sealed } = xchacha;
    expect(crypto.aeadOpen(flipped(key, 0), nonce, associated, sealed)).toBeUndefined();
    expect(crypto.aeadOpen(key, flipped(nonce, 0), associated, sealed)).toBeUndefined();
    expect(crypto.aeadOpen(key, nonce, flipped(associated, 0), sealed)).toBeUndefined();
    expect(crypto.aeadOpen(key, nonce, associated, flipped(sealed, 0))).toBeUndefined();
    expect(crypto.aeadOpen(key, nonce, associated, flipped(sealed, sealed.length - 1))).toBeUndefined();
    expect(crypto.aeadOpen(key, nonce, associated, sealed.subarray(0, 15))).toBeUndefined();
  });

  test.each(ed25519)("signs: %s", (_name, seed, publicKey, message, signature) => {
    const pair = crypto.signKeyPair(hex(seed));
    expect(pair.publicKey.toHex()).toBe(publicKey);
    expect(crypto.sign(pair.secretKey, hex(message)).toHex()).toBe(signature);
    expect(crypto.verify(pair.publicKey, hex(message), hex(signature))).toBe(true);
    expect(crypto.verify(pair.publicKey, hex(`${message}00`), hex(signature))).toBe(false);
    expect(crypto.verify(pair.publicKey, hex(message), hex(signature).subarray(1))).toBe(false);
    expect(crypto.verify(pair.publicKey.subarray(1), hex(message), hex(signature))).toBe(false);
  });

  test("makes X25519 pairs: the secret key is half of SHA-512 of the seed, the public key is RFC 7748's", () => {
    const pair = crypto.boxKeyPair(alice.secretKey);
    expect(pair.secretKey).toEqual(
      new Uint8Array(createHash("sha512").update(alice.secretKey).digest().subarray(0, 32)),
    );
    const pkcs8 = Buffer.concat([hex("302e020100300506032b656e04220420"), pair.secretKey]);
    const key = createPublicKey(createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" }));
    expect(key.export({ format: "jwk" }).x).toBe(pair.publicKey.toBase64({ alphabet: "base64url", omitPadding: true }));
  });

  test("opens sealed boxes: PyNaCl's reference, to Alice of RFC 7748", () => {
    expect(crypto.boxOpen(alice.publicKey, alice.secretKey, sealedBox.sealed)).toEqual(sealedBox.plaintext);
    expect(crypto.boxOpen(alice.publicKey, alice.secretKey, flipped(sealedBox.sealed, 0))).toBeUndefined();
    expect(crypto.boxOpen(alice.publicKey, alice.secretKey, sealedBox.sealed.subarray(0, 47))).toBeUndefined();
    const back = crypto.boxSeal(alice.publicKey, sealedBox.plaintext);
    expect(crypto.boxOpen(alice.publicKey, alice.secretKey, back)).toEqual(sealedBox.plaintext);
  });

  test("streams as libsodium's specification says", () => {
    const key = crypto.randomBytes(32);
    const stream = crypto.streamSeal(key);
    const chunks = [ascii("first"), new Uint8Array(), crypto.randomBytes(1000)];
    const sealed = chunks.map((chunk, index) => stream.push(chunk, ascii("bound"), index === 2));
    expect(readSecretstream(key, stream.header, ascii("bound"), sealed)).toEqual(
      chunks.map((chunk, index) => ({ chunk, tag: index === 2 ? 3 : 0 })),
    );
  });

  test("compares by content and by length", () => {
    expect(crypto.equal(ascii("same"), ascii("same"))).toBe(true);
    expect(crypto.equal(ascii("same"), ascii("sane"))).toBe(false);
    expect(crypto.equal(ascii("same"), ascii("same "))).toBe(false);
  });
});

// A second implementation of libsodium's "Encrypted messages stream" specification, over Node's ChaCha20. The real
// implementations are compared with it. They share libsodium, so they could share a mistake. This one is slow and not
// constant in time, so it is for tests only.
import { createCipheriv } from "node:crypto";

/** ChaCha20 (RFC 8439) keystream, starting at a block counter. */
function keystream(key: Uint8Array, nonce: Uint8Array, counter: number, size: number): Uint8Array {
  const start = new Uint8Array(16);
  new DataView(start.buffer).setUint32(0, counter, true);
  start.set(nonce, 4);
  return new Uint8Array(createCipheriv("chacha20", key, start).update(new Uint8Array(size)));
}

/** HChaCha20 (draft-irtf-cfrg-xchacha, 2.2): rows 1 and 4 of a ChaCha20 block before its input is added again. */
function hchacha20(key: Uint8Array, input: Uint8Array): Uint8Array {
  const block = new Uint8Array(createCipheriv("chacha20", key, input).update(new Uint8Array(64)));
  const view = new DataView(block.buffer);
  const constants = new DataView(new TextEncoder().encode("expand 32-byte k").buffer);
  const added = new DataView(input.buffer, input.byteOffset);
  const out = new DataView(new ArrayBuffer(32));
  for (let word = 0; word < 4; word++) {
    out.setUint32(4 * word, view.getUint32(4 * word, true) - constants.getUint32(4 * word, true), true);
    out.setUint32(16 + 4 * word, view.getUint32(48 + 4 * word, true) - added.getUint32(4 * word, true), true);
  }
  return new Uint8Array(out.buffer);
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

/** Poly1305 (RFC 8439, 2.5). */
function poly1305(key: Uint8Array, message: Uint8Array): Uint8Array {
  const r = littleEndian(key.subarray(0, 16)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
  let sum = 0n;
  for (let at = 0; at < message.length; at += 16) {
    const block = message.subarray(at, at + 16);
    sum = ((sum + littleEndian(block) + (1n << BigInt(8 * block.length))) * r) % ((1n << 130n) - 5n);
  }
  let tag = sum + littleEndian(key.subarray(16, 32));
  return Uint8Array.from({ length: 16 }, () => {
    const byte = Number(tag & 0xffn);
    tag >>= 8n;
    return byte;
  });
}

function macInput(associated: Uint8Array, block: Uint8Array, text: Uint8Array): Uint8Array {
  const lengths = new DataView(new ArrayBuffer(16));
  lengths.setBigUint64(0, BigInt(associated.length), true);
  lengths.setBigUint64(8, BigInt(64 + text.length), true);
  // The specification pads the text by (16 - 64 + length) mod 16. This does not fill up a block, but the specification
  // kept it.
  const padding = new Uint8Array((16 - 64 + text.length) & 15);
  const aligned = new Uint8Array(-associated.length & 15);
  return Buffer.concat([associated, aligned, block, text, padding, new Uint8Array(lengths.buffer)]);
}

/** Opens every chunk of a stream. Throws when a tag does not match. */
export function readSecretstream(
  key: Uint8Array,
  header: Uint8Array,
  associated: Uint8Array,
  sealed: readonly Uint8Array[],
): { chunk: Uint8Array; tag: number }[] {
  const subkey = hchacha20(key, header.subarray(0, 16));
  const nonce = new Uint8Array(12);
  nonce[0] = 1;
  nonce.set(header.subarray(16), 4);
  return sealed.map((bytes) => {
    const text = bytes.subarray(1, -16);
    const mask = keystream(subkey, nonce, 1, 64);
    // The first block carries only the tag. The authenticated block holds the encrypted tag, and the rest of it is
    // decrypted zeros.
    const block = mask.slice();
    const tag = (bytes[0] ?? 0) ^ (mask[0] ?? 0);
    block[0] = bytes[0] ?? 0;
    const mac = poly1305(keystream(subkey, nonce, 0, 32), macInput(associated, block, text));
    if (Buffer.compare(mac, bytes.subarray(-16)) !== 0) throw new Error("a tag does not fit");
    const stream = keystream(subkey, nonce, 2, text.length);
    const chunk = text.map((byte, index) => byte ^ (stream[index] ?? 0));
    for (let index = 0; index < 8; index++) nonce[4 + index] = (nonce[4 + index] ?? 0) ^ (mac[index] ?? 0);
    new DataView(nonce.buffer).setUint32(0, new DataView(nonce.buffer).getUint32(0, true) + 1, true);
    return { chunk, tag };
  });
}

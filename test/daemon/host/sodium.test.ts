// Kept keys lie in one guarded slab, in slots that are reused. After a lock they are zeros, and nobody can use zeros as
// a key. Both implementations must refuse zeros, since the interface promises this.
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { loadSodium, SLAB_BYTES } from "../../../daemon/host/sodium.ts";
import type { Primitives } from "../../../protocol/crypto/primitives.ts";
import { implementations, refusal } from "../../protocol/crypto/implementations.ts";

const SLOTS = SLAB_BYTES / 64;
const isZero = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);

describe("a kept key", () => {
  test("is moved: the original is wiped and the copy lies in the slab", () => {
    const crypto = loadSodium();
    const key = crypto.randomBytes(32);
    const was = key.toHex();
    const kept = crypto.keep(key);
    expect(isZero(key)).toBe(true);
    expect(kept.toHex()).toBe(was);
    expect(crypto.keep(crypto.randomBytes(64)).buffer).toBe(kept.buffer);
  });

  test("has at most 64 bytes", () => {
    const crypto = loadSodium();
    expect(crypto.keep(new Uint8Array(64).fill(1))).toHaveLength(64);
    expect(() => crypto.keep(new Uint8Array(65).fill(1))).toThrow(RangeError);
  });

  test("finds room until the slab is full, and again once one was released", () => {
    const crypto = loadSodium();
    const kept = Array.from({ length: SLOTS }, (_, index) => crypto.keep(new Uint8Array(32).fill(index % 255 || 1)));
    expect(new Set(kept.map((key) => key.byteOffset)).size).toBe(SLOTS);
    expect(() => crypto.keep(crypto.randomBytes(32))).toThrow("the memory for keys is full");
    crypto.release(...kept.slice(0, 1));
    expect(crypto.keep(crypto.randomBytes(32))).toHaveLength(32);
    expect(() => crypto.keep(crypto.randomBytes(32))).toThrow("the memory for keys is full");
  });

  test("is wiped when it is released, and its slot is the last to be used again", () => {
    const crypto = loadSodium();
    const kept = crypto.keep(crypto.randomBytes(32));
    crypto.release(kept);
    expect(isZero(kept)).toBe(true);
    for (let count = 1; count < SLOTS; count++) crypto.keep(crypto.randomBytes(32));
    expect(isZero(kept)).toBe(true);
    crypto.keep(crypto.randomBytes(32));
    expect(isZero(kept)).toBe(false);
  });

  test("released twice, or after a lock, takes no other key with it", () => {
    const crypto = loadSodium();
    const kept = crypto.keep(crypto.randomBytes(32));
    crypto.release(kept);
    const others = Array.from({ length: SLOTS }, () => crypto.keep(crypto.randomBytes(32)));
    crypto.release(kept);
    expect(others.filter(isZero)).toEqual([]);
    crypto.wipeAll();
    const later = Array.from({ length: SLOTS }, () => crypto.keep(crypto.randomBytes(32)));
    crypto.release(kept, ...others);
    expect(later.filter(isZero)).toEqual([]);
    expect(() => crypto.keep(crypto.randomBytes(32))).toThrow("the memory for keys is full");
  });

  test("is zeros after wipeAll, as are all others", () => {
    const crypto = loadSodium();
    const kept = Array.from({ length: 100 }, () => crypto.keep(crypto.randomBytes(32)));
    crypto.wipeAll();
    expect(kept.every(isZero)).toBe(true);
  });

  test("is copied by slice, as any bytes are", () => {
    const crypto = loadSodium();
    const kept = crypto.keep(crypto.randomBytes(32));
    const copy = kept.slice();
    crypto.release(kept);
    expect(isZero(copy)).toBe(false);
  });

  test("that was never kept is wiped by release", () => {
    const crypto = loadSodium();
    const key = crypto.randomBytes(32);
    crypto.release(key);
    expect(isZero(key)).toBe(true);
  });
});

const secret: readonly [string, (crypto: Primitives, key32: Uint8Array, key64: Uint8Array) => unknown][] = [
  ["aeadSeal", (crypto, key) => crypto.aeadSeal(key, new Uint8Array(24), new Uint8Array(), new Uint8Array(8))],
  ["aeadOpen", (crypto, key) => crypto.aeadOpen(key, new Uint8Array(24), new Uint8Array(), new Uint8Array(24))],
  ["hmacSha256", (crypto, key) => crypto.hmacSha256(key, new Uint8Array(8))],
  ["keyedHash", (crypto, key) => crypto.keyedHash(key, new Uint8Array(8))],
  ["hkdfSha256", (crypto, key) => crypto.hkdfSha256(key, new Uint8Array(), new Uint8Array(8), 32)],
  ["sign", (crypto, _, key64) => crypto.sign(key64, new Uint8Array(8))],
  ["signKeyPair", (crypto, key) => crypto.signKeyPair(key)],
  ["boxKeyPair", (crypto, key) => crypto.boxKeyPair(key)],
  ["boxOpen", (crypto, key) => crypto.boxOpen(new Uint8Array(32).fill(9), key, new Uint8Array(100))],
  ["streamSeal", (crypto, key) => crypto.streamSeal(key)],
  ["streamOpen", (crypto, key) => crypto.streamOpen(key, new Uint8Array(24))],
];

describe.each(implementations)("a wiped key ($name)", ({ crypto }) => {
  test.each(secret)("is refused as locked by %s, and one that lives is not", (_name, use) => {
    expect(refusal(() => use(crypto, new Uint8Array(32), new Uint8Array(64)))).toBe("locked");
    expect(
      refusal(() => use(crypto, crypto.randomBytes(32), crypto.signKeyPair(crypto.randomBytes(32)).secretKey)),
    ).toBeUndefined();
  });
});

describe("an open stream", () => {
  test("seals nothing more after wipeAll", () => {
    const crypto = loadSodium();
    const { push } = crypto.streamSeal(crypto.randomBytes(32));
    push(new Uint8Array(8), new Uint8Array(), false);
    crypto.wipeAll();
    expect(refusal(() => push(new Uint8Array(8), new Uint8Array(), true))).toBe("locked");
  });

  test("opens nothing more after wipeAll", () => {
    const crypto = loadSodium();
    const key = crypto.randomBytes(32);
    const sealing = crypto.streamSeal(key);
    const chunks = [false, true].map((final) => sealing.push(new Uint8Array(8), new Uint8Array(), final));
    const { pull } = crypto.streamOpen(key, sealing.header);
    expect(pull(chunks[0] ?? new Uint8Array(), new Uint8Array())?.final).toBe(false);
    crypto.wipeAll();
    expect(refusal(() => pull(chunks[1] ?? new Uint8Array(), new Uint8Array()))).toBe("locked");
  });
});

describe.skipIf(process.platform !== "linux")("without the right to lock memory", () => {
  test("nothing is loaded, and the reason and the limit are told", () => {
    const module = resolve(import.meta.dirname, "../../../daemon/host/sodium.ts");
    const program = `import(${JSON.stringify(module)}).then((m) => m.loadSodium()).then(() => console.log("loaded"), (e) => console.log(e.message))`;
    // Root may always lock memory, so the child drops that capability.
    const asRoot =
      process.getuid?.() === 0 ? ["setpriv", "--bounding-set", "-ipc_lock", "--inh-caps", "-ipc_lock"] : [];
    const command = [...asRoot, process.execPath, "-e", program].map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
    const { stdout } = spawnSync("sh", ["-c", `ulimit -l 64 && exec ${command.join(" ")}`], { encoding: "utf8" });
    expect(stdout).toBe("256 KiB of memory for keys could not be locked\n");
  });
});

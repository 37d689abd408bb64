// Both implementations of the cryptography, so that each test runs through both, and helpers for the crypto tests.

import { loadSodium } from "../../../daemon/host/sodium.ts";
import { type Keyset, newKeyset } from "../../../protocol/crypto/keyset.ts";
import type { Primitives } from "../../../protocol/crypto/primitives.ts";
import { PosternError } from "../../../protocol/errors.ts";
import { loadSodiumWrappers } from "./sodium-wrappers.ts";

/** Loaded once per process, since every call allocates locked memory. */
export const native = loadSodium();

export const implementations: readonly { name: string; crypto: Primitives }[] = [
  { name: "sodium-native", crypto: native },
  { name: "libsodium-wrappers", crypto: await loadSodiumWrappers() },
];

export const ACCOUNT = "a".repeat(26);
export const OTHER_ACCOUNT = "b".repeat(26);
export const USER = "u".repeat(26);
export const VAULT = "v".repeat(26);
export const OTHER_VAULT = "w".repeat(26);
export const ITEM = "i".repeat(26);
export const OTHER_ITEM = "j".repeat(26);
export const FILE = "f".repeat(26);

export const hex = (text: string) => Uint8Array.fromHex(text.replaceAll(/\s/g, ""));
export const ascii = (text: string) => new TextEncoder().encode(text);
export const repeat = (byte: number, size: number) => new Uint8Array(size).fill(byte);

export function aKeyset(crypto: Primitives): Keyset {
  return newKeyset(crypto, crypto.randomBytes(32), ACCOUNT, USER).keyset;
}

/** The name of the error from our table that `act` throws. Throws any other error on. */
export function refusal(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof PosternError) return error.name;
    throw error;
  }
}

/** A copy with one bit of one byte flipped. */
export function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

/** Base64 of the same bytes with one bit of the byte `at` flipped. A negative `at` counts from the end. */
export function flippedBase64(text: string, at = -1): string {
  const bytes = Uint8Array.fromBase64(text);
  return flipped(bytes, at < 0 ? bytes.length + at : at).toBase64();
}

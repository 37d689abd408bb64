// Keeps several keys, or none of them. The memory for keys may be full, and a key that nobody holds would take its place for ever.
import type { Primitives } from "./primitives.ts";

/** The kept keys, in their order. Where one finds no room, those before it are released, and all others are wiped. */
export function keepAll<K extends readonly Uint8Array[]>(
  crypto: Pick<Primitives, "keep" | "release" | "wipe">,
  ...keys: K
): { [at in keyof K]: Uint8Array } {
  const kept: Uint8Array[] = [];
  try {
    for (const key of keys) kept.push(crypto.keep(key));
    return kept as { [at in keyof K]: Uint8Array };
  } catch (error) {
    crypto.release(...kept);
    crypto.wipe(...keys);
    throw error;
  }
}

// Lookup tags. By its tag a cold resolve finds an item with one indexed query, although the service knows no title. The service
// learns which titles within one vault are equal, and nothing else.
import { utf8 } from "./encoding.ts";
import type { Primitives } from "./primitives.ts";

/** Bytes of a tag: enough that two titles of a vault never share one by chance. */
export const TAG_BYTES = 16;

/** The normal form of a title. References ignore case, so titles that differ in case have one tag. NFC, since one title can be typed in two forms. */
export function normalTitle(title: string): string {
  return title.normalize("NFC").toLowerCase();
}

/** HMAC-SHA-256 of the normal title under the vault's index key, cut to 16 bytes. */
export function lookupTag(crypto: Primitives, indexKey: Uint8Array, title: string): Uint8Array {
  return crypto.hmacSha256(indexKey, utf8(normalTitle(title))).slice(0, TAG_BYTES);
}

// The page's cryptography: libsodium as WebAssembly, loaded once.
import sodium from "libsodium-wrappers";
import { libsodiumPrimitives } from "../../protocol/crypto/libsodium.ts";
import type { OpeningPrimitives } from "../../protocol/crypto/primitives.ts";

/** Loads and compiles the module. */
export async function loadSodium(): Promise<OpeningPrimitives> {
  await sodium.ready;
  return libsodiumPrimitives(sodium);
}

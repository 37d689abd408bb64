// The sealed names of vaults and groups, as they are read. Whoever has the keys can seal anything in their place.
import { utf8 } from "../../protocol/crypto/encoding.ts";
import { PosternError } from "../../protocol/errors.ts";

/** The name of a vault or a group whose sealed name is none. The person keeps it, and may rename it. */
export const UNREADABLE_NAME = "(a name that does not open)";

export type Names = { readonly title: string; readonly description: string };

/** Seals the names of a vault or a group by `seal`, and wipes the bytes that it was given. */
export function withNames<T>({ title, description }: Names, seal: (content: Uint8Array) => T): T {
  const content = utf8(JSON.stringify({ title, description }));
  try {
    return seal(content);
  } finally {
    content.fill(0);
  }
}

/**
 * The names of a vault or a group for lists, whatever a program with its keys has sealed. One that is none must not take the others along. The bytes
 * are wiped.
 */
export function namesIn(content: Uint8Array): Names {
  return readNames(content) ?? { title: UNREADABLE_NAME, description: "" };
}

/** Names as this program writes them. The bytes are wiped. Throws sealBroken for anything else that a maker may have sealed. */
export function demandNames(content: Uint8Array): Names {
  const names = readNames(content);
  if (names === undefined) throw new PosternError("sealBroken", "the vault's names");
  return names;
}

function readNames(content: Uint8Array): Names | undefined {
  let names: { title?: unknown; description?: unknown } | null;
  try {
    names = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(content));
  } catch {
    // The error is dropped, since its text quotes the name.
    return undefined;
  } finally {
    content.fill(0);
  }
  const { title, description } = names ?? {};
  return typeof title === "string" && typeof description === "string" ? { title, description } : undefined;
}

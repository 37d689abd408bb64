// Finds ids for a reference, and a value for ids. A cold resolve looks at the vaults in memory, sends one query and opens one item. A warm
// resolve opens one sealed value. The result leaves the agent only after the gate has found a grant for it.

import { setImmediate } from "node:timers/promises";
import { isId } from "../../protocol/crypto/encoding.ts";
import { PosternError } from "../../protocol/errors.ts";
import { ambiguous, matchField } from "../../protocol/secret/match.ts";
import { parseReference, type SecretReference } from "../../protocol/secret/reference.ts";
import { totpCode } from "../../protocol/secret/totp.ts";
import type { Clock } from "../host/clock.ts";
import { type Account, type FoundItems, offered } from "./account.ts";
import type { AccountItem } from "./account-item.ts";
import type { Place } from "./cache.ts";
import { derivedFromKey } from "./fields.ts";
import { fieldsNear, nearest } from "./near-names.ts";
import type { Opened } from "./opened.ts";
import type { Scope } from "./scope.ts";

/** A value, whether it came from the cache, and its age there. */
export type Value = { readonly value: string; readonly cached: boolean; readonly ageMs: number };

/** The target of a reference. Nothing of it leaves the agent before the gate has passed it. */
export type Located = {
  readonly place: Place;
  readonly scope: Scope;
  readonly read: () => Value | Promise<Value>;
  /** The part of the value that changes only with its item, for comparing: a code's seed. Empty for a file, whose id changes with its content. */
  readonly raw: () => string;
};

/**
 * A reference that leads nowhere: the error, and the vault in which it was looked for. The error is answered only where the asker may know it.
 * It is harmless where nothing was looked up (the text is no reference).
 */
export type Missing = {
  readonly error: PosternError;
  readonly vault: string | undefined;
  readonly harmless: boolean;
  /** Names like the part that failed, and the scope that an asker needs to see them. */
  readonly near?: { readonly scope: Scope; readonly names: () => Promise<readonly string[]> };
};

/** Whether a reference or a name led nowhere. */
export function isMissing<T extends object>(outcome: T | Missing): outcome is Missing {
  return "error" in outcome;
}

/** Errors that say something about existing things. All others (locked, offline, sealBroken) are thrown at once. */
const tellsOfNames = new Set([
  "vaultNotFound",
  "tooManyVaults",
  "itemNotFound",
  "tooManyItems",
  "noMatchingSections",
  "fieldNotFound",
  "tooManyMatchingFields",
  "incompatibleTotpQuery",
  "incompatibleSshQuery",
  "privateKeyUnreadable",
  "sshKeyMetadataNotFound",
  "unsupportedFileFormat",
]);

export type Resolver = {
  /** Throws only errors that are about no name: offline, sealBroken. */
  locate(unlocked: Opened, reference: string): Located | Missing | Promise<Located | Missing>;
  /** The error of a reference whose vault or item is missing, and undefined where both are there. Looks at no field, and at no kept value. */
  absent(unlocked: Opened, reference: string): Promise<Missing | undefined>;
};

export function createResolver(clock: Pick<Clock, "wallMs">): Resolver {
  /** One fetch at a time per vault and item part, however many ask. A fetch that began before a change is not joined after it. */
  const fetching = new WeakMap<Opened, Map<string, Promise<FoundItems>>>();

  function find(unlocked: Opened, vault: string, part: string): Promise<FoundItems> {
    const running = fetching.get(unlocked) ?? new Map<string, Promise<FoundItems>>();
    fetching.set(unlocked, running);
    const key = JSON.stringify([unlocked.cache.generation, vault, part.toLowerCase()]);
    const started = running.get(key) ?? unlocked.account.findItems(vault, part).finally(() => running.delete(key));
    running.set(key, started);
    return started;
  }

  /** Finds the vault and the item. `way` is how far it came. */
  async function itemOf(unlocked: Opened, reference: SecretReference, way: Way) {
    const vaults = await unlocked.account.matchVaults(reference.vault);
    const vault = one(vaults, "vaultNotFound", "tooManyVaults", (id) => id);
    way.vault = vault;
    const { items, seq } = await find(unlocked, vault, reference.item);
    const item = one(items, "itemNotFound", "tooManyItems", ({ id }) => id);
    way.item = item;
    return { vault, item, seq };
  }

  async function cold(unlocked: Opened, text: string, reference: SecretReference): Promise<Located | Missing> {
    const way: Way = { vault: undefined, item: undefined };
    const { generation } = unlocked.cache;
    try {
      const { vault, item: opened, seq } = await itemOf(unlocked, reference, way);
      const names = await namesOf(unlocked, vault, reference.item);
      const matched = matchField(opened, reference);
      const place: Place = { vault, item: opened.id, field: matched.id, kind: matched.kind };
      const { file } = matched;
      // A file is fetched only when it is read. It may be large, and may be opened in chunks.
      if (file !== undefined)
        return located(unlocked, place, {
          read: async () => ({ value: await textOf(unlocked, opened, file), cached: false, ageMs: 0 }),
          raw: () => "",
        });
      const { derive } = matched;
      // A code is computed each time, and the seed is kept. Values computed from a private key never change.
      const value =
        derive === undefined || derive === "totp" ? matched.value : await derivedFromKey(matched.value, derive);
      const kept: Place = derive === "totp" ? { ...place, code: true } : place;
      const raw = () => {
        // Kept only once it is read, so that refused values take no room. Not kept where its vault changed meanwhile, since the value
        // may be outdated.
        if (unlocked.cache.isSince(generation, kept.vault, seq)) unlocked.cache.set(text, kept, value, { names, seq });
        return value;
      };
      return located(unlocked, kept, { raw, read: () => ({ value: answered(kept, raw()), cached: false, ageMs: 0 }) });
    } catch (error) {
      return missingAt(unlocked, error, reference, way);
    }
  }

  function answered(place: Place, value: string): string {
    if (place.code !== true) return value;
    const made = totpCode(value, clock.wallMs());
    if ("errorMessage" in made) throw new PosternError("totpUnavailable", made.errorMessage);
    return made.code;
  }

  return {
    absent: async (unlocked, text) => {
      const reference = parseReference(text);
      const way: Way = { vault: undefined, item: undefined };
      try {
        await itemOf(unlocked, reference, way);
        return undefined;
      } catch (error) {
        return missingAt(unlocked, error, reference, way);
      }
    },
    locate: (unlocked, text) => {
      const kept = unlocked.cache.find(text);
      if (kept === undefined) {
        const reference = parsed(text);
        return reference instanceof PosternError
          ? { error: reference, vault: undefined, harmless: true }
          : cold(unlocked, text, reference);
      }
      const read = () => {
        const { value, ageMs } = kept.open();
        return { value: answered(kept.place, value), cached: true, ageMs: Math.round(ageMs) };
      };
      return located(unlocked, kept.place, { read, raw: () => kept.open().value });
    },
  };
}

/** How far a reference led. */
type Way = { vault: string | undefined; item: AccountItem | undefined };

/** What was thrown on the way, as the outcome where it says something about names. Throws it where it does not. */
function missingAt(unlocked: Opened, error: unknown, reference: SecretReference, way: Way): Missing {
  if (!(error instanceof PosternError) || !tellsOfNames.has(error.name)) throw error;
  return { error, vault: way.vault, harmless: false, ...nearOf(unlocked, error.name, reference, way) };
}

/** Pages of a vault that are searched for near names. Opening a page takes some 40 ms. */
const NEAR_PAGES_MAX = 4;

/** One search of a vault at a time, however many references of a request were not found in it. */
const looking = new WeakMap<Account, Map<string, Promise<string[]>>>();

function titlesIn(account: Account, vault: string): Promise<string[]> {
  const running = looking.get(account) ?? new Map<string, Promise<string[]>>();
  looking.set(account, running);
  const started = running.get(vault) ?? lookThrough(account, vault).finally(() => running.delete(vault));
  running.set(vault, started);
  return started;
}

async function lookThrough(account: Account, vault: string): Promise<string[]> {
  const titles: string[] = [];
  let after: string | undefined;
  for (let page = 0; page < NEAR_PAGES_MAX; page++) {
    const { items, more } = await account.listPage(vault, { active: true, archived: false }, after);
    titles.push(...items.map(({ title }) => title));
    after = items.at(-1)?.id;
    if (!more) break;
    // Other work gets its turn between two pages.
    await setImmediate();
  }
  return titles;
}

/** The place in which a part of a reference was not found, for suggesting names. */
export function nearOf(
  { account }: Pick<Opened, "account">,
  failed: string,
  { vault: vaultPart, item: itemPart, section, field }: SecretReference,
  { vault, item }: { vault: string | undefined; item: AccountItem | undefined },
): Pick<Missing, "near"> {
  if (failed === "vaultNotFound") {
    const names = async () =>
      nearest(
        vaultPart,
        (await account.vaults()).map(({ title }) => title),
      );
    return { near: { scope: { account: account.id, level: "names" }, names } };
  }
  if (vault === undefined) return {};
  if (failed === "itemNotFound") {
    const names = async () => nearest(itemPart, await titlesIn(account, vault));
    return { near: { scope: { account: account.id, level: "names", vault }, names } };
  }
  if (item === undefined) return {};
  // Only a right to values shows the names of fields.
  const scope: Scope = { account: account.id, level: "values", vault, item: item.id };
  // Searched now, so that no opened item is held while a person is asked.
  const near = fieldLike(failed, item, { section, field });
  return { near: { scope, names: async () => near } };
}

function fieldLike(failed: string, item: AccountItem, asked: { section: string | undefined; field: string }): string[] {
  if (failed === "fieldNotFound") return fieldsNear(item, asked);
  const titles = item.sections.map(({ title }) => title).filter((title) => title !== "");
  return failed === "noMatchingSections" ? nearest(asked.section ?? "", titles) : [];
}

/** The names by which the reference could mean another item too. An id may lie in clear. */
async function namesOf({ account }: Opened, vault: string, part: string): Promise<string[]> {
  const asId = part.toLowerCase();
  return [...(await account.tagsOf(vault, part)), ...(isId(asId) ? [asId] : [])];
}

function parsed(text: string): SecretReference | PosternError {
  try {
    return parseReference(text);
  } catch (error) {
    if (error instanceof PosternError && error.name === "invalidReference") return error;
    throw error;
  }
}

function located(unlocked: Opened, place: Place, how: Pick<Located, "read" | "raw">): Located {
  const scope: Scope = {
    account: unlocked.account.id,
    level: "values",
    vault: place.vault,
    item: place.item,
    field: place.field,
  };
  return { place, scope, ...how };
}

/** The official texts for a reference that leads nowhere. Elsewhere the same errors are about an id. */
const texts = {
  vaultNotFound: "no vault matched the secret reference query",
  itemNotFound: "no item matched the secret reference query",
} as const;

function one<T>(
  found: readonly T[],
  none: "vaultNotFound" | "itemNotFound",
  many: "tooManyVaults" | "tooManyItems",
  idOf: (one: T) => string,
): T {
  const [first, second] = found;
  if (first === undefined) throw new PosternError(none, undefined, { text: texts[none] });
  // The official service does not name them. Postern names them within the granted scope only, as every outcome here.
  if (second !== undefined) throw ambiguous(many, found.map(idOf));
  return first;
}

/** Bytes of a file that a reference may read. Larger ones are read in chunks. */
export const REFERENCE_FILE_BYTES_MAX = 1024 * 1024;

async function textOf({ account }: Opened, item: AccountItem, file: string): Promise<string> {
  const reader = offered(account, "files").read(item, file);
  if (reader.size > REFERENCE_FILE_BYTES_MAX)
    throw new PosternError("unsupportedFileFormat", `it is larger than ${REFERENCE_FILE_BYTES_MAX} bytes`);
  const { chunk } = await reader.next();
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(chunk);
  } catch {
    throw new PosternError("unsupportedFileFormat");
  }
}

// Item revisions: the client refuses anything that the service swapped, mixed, cut, moved or made up.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toBase64 } from "../../../protocol/crypto/encoding.ts";
import { seal } from "../../../protocol/crypto/envelope.ts";
import {
  newItemKey,
  openItem,
  openItemOverview,
  type RevisionInput,
  type SealedItem,
  sealDeletion,
  sealItem,
  verifyItemOverview,
  verifyItemRevision,
} from "../../../protocol/crypto/item.ts";
import type { Primitives } from "../../../protocol/crypto/primitives.ts";
import { newVaultKey } from "../../../protocol/crypto/vault-key.ts";
import {
  ACCOUNT,
  aKeyset,
  ascii,
  FILE,
  flippedBase64,
  ITEM,
  implementations,
  OTHER_ACCOUNT,
  OTHER_ITEM,
  OTHER_VAULT,
  refusal,
  VAULT,
} from "./implementations.ts";

const place = { account: ACCOUNT, vault: VAULT, item: ITEM };
const file = { id: FILE, sealedKey: "a2V5", size: 10, chunks: 1, header: "aGVhZGVy" };

function scene(crypto: Primitives) {
  const writer = aKeyset(crypto);
  const vaultKey = newVaultKey(crypto);
  const itemKey = newItemKey(crypto);
  const input: RevisionInput = {
    place,
    vaultKey,
    writer,
    revision: 2,
    state: "active",
    itemKey,
    title: "GitHub",
    overview: ascii('{"title":"GitHub"}'),
    details: ascii('{"password":"hunter2"}'),
    files: [file],
  };
  const sealed = sealItem(crypto, input);
  const opening = { place, vaultKey, pinnedWriters: [writer.identity.publicKey], sealed };
  return { writer, vaultKey, itemKey, input, sealed, opening };
}

/** The parts of a revision that a service could replace with another revision's. */
const mixes: readonly (keyof SealedItem)[] = ["itemKey", "tag", "overview", "details", "detailsDigest", "signature"];

describe.each(implementations)("an item revision ($name)", ({ crypto }) => {
  const { writer, vaultKey, itemKey, input, sealed, opening } = scene(crypto);
  const outcome = (change: Partial<typeof opening>) => refusal(() => openItem(crypto, { ...opening, ...change }));
  const overviewOutcome = (change: Partial<typeof opening>) =>
    refusal(() => openItemOverview(crypto, { ...opening, ...change }));

  test("opens as it was sealed, whatever it holds", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), fc.uint8Array({ maxLength: 500 }), (overview, details) => {
        const made = sealItem(crypto, { ...input, overview, details });
        expect(openItem(crypto, { ...opening, sealed: made })).toEqual({ overview, details, itemKey });
        expect(openItemOverview(crypto, { ...opening, sealed: made })).toEqual(overview);
      }),
      { numRuns: 30 },
    );
  });

  test("shows its overview in a list without the details", () => {
    const { details: _, ...listed } = sealed;
    expect(verifyItemOverview(crypto, place, listed)).toBe(true);
    expect(openItemOverview(crypto, { ...opening, sealed: listed as SealedItem })).toEqual(input.overview);
  });

  test("travels as JSON", () => {
    expect(JSON.parse(JSON.stringify(sealed))).toEqual(sealed);
    expect(verifyItemRevision(crypto, place, JSON.parse(JSON.stringify(sealed)))).toBe(true);
  });

  test.each([
    ["account", { ...place, account: OTHER_ACCOUNT }],
    ["vault", { ...place, vault: OTHER_VAULT }],
    ["item", { ...place, item: OTHER_ITEM }],
    ["pair of vault and item, swapped", { ...place, vault: ITEM, item: VAULT }],
  ])("is refused in another %s", (_name, other) => {
    expect(outcome({ place: other })).toBe("sealBroken");
    expect(overviewOutcome({ place: other })).toBe("sealBroken");
    expect(verifyItemRevision(crypto, other, sealed)).toBe(false);
  });

  const changes: readonly [string, Partial<SealedItem>][] = [
    ["an earlier number", { revision: 1 }],
    ["a later number", { revision: 3 }],
    ["another state", { state: "archived" }],
    ["the state deleted", { state: "deleted" }],
    ["another key id", { keyId: newVaultKey(crypto).id }],
    ["an altered item key", { itemKey: flippedBase64(sealed.itemKey) }],
    ["an altered lookup tag", { tag: flippedBase64(sealed.tag) }],
    ["an altered overview", { overview: flippedBase64(sealed.overview) }],
    ["overview and details swapped", { overview: sealed.details, details: sealed.overview }],
    ["no file", { files: [] }],
    ["a file twice", { files: [file, file] }],
    ["another file's size", { files: [{ ...file, size: 11 }] }],
    ["another file's key", { files: [{ ...file, sealedKey: "a2V6" }] }],
    ["an altered signature", { signature: flippedBase64(sealed.signature) }],
    ["a signature cut short", { signature: sealed.signature.slice(0, 84) }],
    ["another writer's name", { writer: toBase64(aKeyset(crypto).identity.publicKey) }],
    ["a writer that is no key", { writer: "" }],
  ];
  test.each(changes)("is refused with %s", (_name, change) => {
    expect(outcome({ sealed: { ...sealed, ...change } })).toBe("sealBroken");
    expect(overviewOutcome({ sealed: { ...sealed, ...change } })).toBe("sealBroken");
    expect(verifyItemRevision(crypto, place, { ...sealed, ...change })).toBe(false);
  });

  test.each([
    ["altered", flippedBase64(sealed.details)],
    ["cut", toBase64(Uint8Array.fromBase64(sealed.details).subarray(0, -1))],
    ["gone", ""],
  ])("is refused when its details are %s", (_name, details) => {
    expect(outcome({ sealed: { ...sealed, details } })).toBe("sealBroken");
    expect(verifyItemRevision(crypto, place, { ...sealed, details })).toBe(false);
  });

  test("is refused with any part of an earlier revision, or of another item, put into it", () => {
    const earlier = sealItem(crypto, { ...input, revision: 1 });
    const elsewhere = sealItem(crypto, { ...input, place: { ...place, item: OTHER_ITEM } });
    for (const other of [earlier, elsewhere]) {
      for (const part of mixes) {
        if (other[part] === sealed[part]) continue;
        expect(outcome({ sealed: { ...sealed, [part]: other[part] } }), part).toBe("sealBroken");
      }
    }
    expect(outcome({ sealed: elsewhere })).toBe("sealBroken");
  });

  test("is refused with details and digest that were both sealed for this very revision, by somebody else", () => {
    const other = sealItem(crypto, { ...input, writer: aKeyset(crypto), details: ascii("{}") });
    const swapped = { ...sealed, details: other.details, detailsDigest: other.detailsDigest };
    expect(outcome({ sealed: swapped })).toBe("sealBroken");
    expect(verifyItemRevision(crypto, place, swapped)).toBe(false);
  });

  test("is refused from a writer who is not pinned, however well it is signed", () => {
    expect(outcome({ sealed: sealItem(crypto, { ...input, writer: aKeyset(crypto) }) })).toBe("sealBroken");
    expect(outcome({ pinnedWriters: [] })).toBe("sealBroken");
  });

  test("is refused under another vault key, also one of the same id", () => {
    const other = newVaultKey(crypto);
    expect(outcome({ vaultKey: other })).toBe("sealBroken");
    expect(outcome({ vaultKey: { ...other, id: vaultKey.id } })).toBe("sealBroken");
  });

  test("of an unknown suite is refused as such, once its writer signed it", () => {
    const future = (part: string) => {
      const bytes = Uint8Array.fromBase64(part);
      bytes[0] = 2;
      return toBase64(bytes);
    };
    const signedFuture = resealed(crypto, input, { overview: future(sealed.overview) });
    expect(overviewOutcome({ sealed: signedFuture })).toBe("unknownSuite");
    expect(outcome({ sealed: { ...sealed, overview: future(sealed.overview) } })).toBe("sealBroken");
  });

  test("keeps its item key over revisions, in an envelope made anew", () => {
    const next = sealItem(crypto, { ...input, revision: 3 });
    expect(next.itemKey).not.toBe(sealed.itemKey);
    expect(openItem(crypto, { ...opening, sealed: next }).itemKey).toEqual(itemKey);
  });

  test("wipes the item key when a part does not open", () => {
    const opened: Uint8Array[] = [];
    const watching: Primitives = {
      ...crypto,
      aeadOpen: (...args) => {
        const padded = crypto.aeadOpen(...args);
        if (padded !== undefined) opened.push(padded);
        return padded;
      },
    };
    const broken = resealed(crypto, input, { overview: flippedBase64(sealed.overview) });
    expect(refusal(() => openItem(watching, { ...opening, sealed: broken }))).toBe("sealBroken");
    expect(opened).toHaveLength(1);
    for (const bytes of opened) expect(bytes.every((byte) => byte === 0)).toBe(true);
  });

  test("is deleted by a signed revision, which opens as nothing", () => {
    const deletion = sealDeletion(crypto, { place, vaultKey, writer, revision: 3 });
    expect(verifyItemRevision(crypto, place, deletion)).toBe(true);
    expect(deletion).toMatchObject({ state: "deleted", itemKey: "", tag: "", overview: "", details: "", files: [] });
    expect(outcome({ sealed: deletion })).toBe("sealBroken");
  });

  test.each([
    ["another item", { ...place, item: OTHER_ITEM }, {}],
    ["another revision", place, { revision: 4 }],
    ["an item that lives", place, { state: "active" }],
    ["an item with a name", place, { tag: sealed.tag }],
  ] as [string, typeof place, Partial<SealedItem>][])(
    "is not deleted by the deletion of %s",
    (_name, where, change) => {
      const deletion = sealDeletion(crypto, { place, vaultKey, writer, revision: 3 });
      expect(verifyItemRevision(crypto, where, { ...deletion, ...change })).toBe(false);
    },
  );
});

/** A revision with some parts replaced and validly signed. Only its writer could make it. */
function resealed(crypto: Primitives, input: RevisionInput, parts: Partial<SealedItem>): SealedItem {
  let bytes: Uint8Array | undefined;
  const before = sealItem(crypto, input);
  const verify = (_key: Uint8Array, message: Uint8Array) => {
    bytes = message;
    return true;
  };
  verifyItemOverview({ ...crypto, verify }, input.place, { ...before, ...parts });
  if (bytes === undefined) throw new Error("nothing was verified");
  return { ...before, ...parts, signature: toBase64(crypto.sign(input.writer.identity.secretKey, bytes)) };
}

describe.each(implementations)("one item key ($name)", ({ crypto }) => {
  test("opens no item that was sealed under another vault's key", () => {
    const { input, opening, itemKey } = scene(crypto);
    const foreign = seal(
      crypto,
      newVaultKey(crypto).key,
      { part: "item key", ...place, keyId: input.vaultKey.id },
      itemKey,
    );
    const signed = resealed(crypto, input, { itemKey: toBase64(foreign) });
    expect(refusal(() => openItem(crypto, { ...opening, sealed: signed }))).toBe("sealBroken");
  });
});

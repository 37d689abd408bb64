// Files: every chunk must be in its place, none may be missing, and all must belong to this file.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toBase64 } from "../../../protocol/crypto/encoding.ts";
import { open, seal } from "../../../protocol/crypto/envelope.ts";
import { chunksOf, FILE_CHUNK_BYTES, openFile, sealFile } from "../../../protocol/crypto/file.ts";
import type { FileHeader } from "../../../protocol/crypto/item.ts";
import type { Primitives } from "../../../protocol/crypto/primitives.ts";
import {
  ACCOUNT,
  FILE,
  flipped,
  flippedBase64,
  ITEM,
  implementations,
  OTHER_ACCOUNT,
  OTHER_ITEM,
  OTHER_VAULT,
  refusal,
  repeat,
  VAULT,
} from "./implementations.ts";

const place = { account: ACCOUNT, vault: VAULT, item: ITEM };
const itemKey = repeat(4, 32);

function sealAll(crypto: Primitives, content: Uint8Array): { header: FileHeader; sealed: Uint8Array[] } {
  const stream = sealFile(crypto, { place, file: FILE, itemKey });
  const count = chunksOf(content.length);
  const sealed = Array.from({ length: count }, (_, index) =>
    stream.push(content.subarray(index * FILE_CHUNK_BYTES, (index + 1) * FILE_CHUNK_BYTES), index === count - 1),
  );
  return { header: stream.end(), sealed };
}

function openAll(crypto: Primitives, header: FileHeader, sealed: readonly Uint8Array[], where = place, key = itemKey) {
  const stream = openFile(crypto, { place: where, header, itemKey: key });
  const chunks = sealed.map((bytes) => stream.pull(bytes));
  return { content: Buffer.concat(chunks.map(({ chunk }) => chunk)), final: chunks.at(-1)?.final };
}

test.each([
  [0, 1],
  [1, 1],
  [FILE_CHUNK_BYTES, 1],
  [FILE_CHUNK_BYTES + 1, 2],
  [5 * FILE_CHUNK_BYTES, 5],
])("%i bytes make %i chunks", (size, chunks) => expect(chunksOf(size)).toBe(chunks));

describe.each(implementations)("a file ($name)", ({ crypto }) => {
  const content = crypto.randomBytes(2 * FILE_CHUNK_BYTES + 17);
  const { header, sealed } = sealAll(crypto, content);
  const [first, second, last] = sealed as [Uint8Array, Uint8Array, Uint8Array];
  const outcome = (chunks: readonly Uint8Array[], change: Partial<FileHeader> = {}, where = place, key = itemKey) =>
    refusal(() => openAll(crypto, { ...header, ...change }, chunks, where, key));

  test("of three chunks comes back whole and ended", () => {
    const opened = openAll(crypto, header, sealed);
    expect(opened.final).toBe(true);
    expect(Buffer.compare(opened.content, content)).toBe(0);
    expect(header).toMatchObject({ id: FILE, size: content.length, chunks: 3 });
  });

  test("of any small size comes back, an empty one too", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (small) => {
        const made = sealAll(crypto, small);
        const opened = openAll(crypto, made.header, made.sealed);
        expect(new Uint8Array(opened.content)).toEqual(small);
        expect(opened.final).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  test.each([
    ["the first chunk left out", () => [second, last]],
    ["a middle chunk left out", () => [first, last]],
    ["two chunks swapped", () => [second, first, last]],
    ["a chunk twice", () => [first, first, last]],
    ["a chunk behind the end", () => [first, second, last, last]],
    ["an altered chunk", () => [first, flipped(second, 100), last]],
    ["an altered end mark", () => [first, second, flipped(last, 0)]],
    ["a chunk cut by a byte", () => [first, second.subarray(0, -1), last]],
    ["an empty chunk", () => [new Uint8Array()]],
    ["a chunk of another file", () => [first, sealAll(crypto, content).sealed[1] ?? first, last]],
  ])("is refused with %s", (_name, chunks) => expect(outcome(chunks())).toBe("sealBroken"));

  test("that ends early never counts as ended, and is refused when the header says more or less", () => {
    expect(openAll(crypto, header, [first, second]).final).toBe(false);
    expect(outcome(sealed, { chunks: 2 })).toBe("sealBroken");
    expect(outcome(sealed, { chunks: 4 })).toBe("sealBroken");
    expect(outcome(sealed, { size: content.length - 1 })).toBe("sealBroken");
  });

  test("is refused after a chunk that did not fit, even if the right one follows", () => {
    const stream = openFile(crypto, { place, header, itemKey });
    expect(refusal(() => stream.pull(second))).toBe("sealBroken");
    expect(refusal(() => stream.pull(first))).toBe("sealBroken");
  });

  test.each([
    ["another account", { ...place, account: OTHER_ACCOUNT }],
    ["another vault", { ...place, vault: OTHER_VAULT }],
    ["another item", { ...place, item: OTHER_ITEM }],
  ])("is refused in %s", (_name, where) => expect(outcome(sealed, {}, where)).toBe("sealBroken"));

  test.each([
    ["account", { ...place, account: OTHER_ACCOUNT }, FILE],
    ["vault", { ...place, vault: OTHER_VAULT }, FILE],
    ["item", { ...place, item: OTHER_ITEM }, FILE],
    ["file id", place, "g".repeat(26)],
  ])("is refused chunk by chunk in another %s, even when its key was sealed for it", (_name, where, id) => {
    const context = { part: "file key", keyId: "" } as const;
    const key = open(crypto, itemKey, { ...context, ...place, file: FILE }, Uint8Array.fromBase64(header.sealedKey));
    const sealedKey = toBase64(seal(crypto, itemKey, { ...context, ...where, file: id }, key));
    expect(outcome(sealed, { id, sealedKey }, where)).toBe("sealBroken");
    expect(
      outcome(sealed, { sealedKey: toBase64(seal(crypto, itemKey, { ...context, ...place, file: FILE }, key)) }),
    ).toBe(undefined);
  });

  test.each([
    ["another id", { id: "g".repeat(26) }],
    ["another's key", { sealedKey: sealAll(crypto, new Uint8Array()).header.sealedKey }],
    ["an altered key", { sealedKey: flippedBase64(header.sealedKey) }],
    ["a key that is no base64", { sealedKey: "!" }],
    ["another's header", { header: sealAll(crypto, new Uint8Array()).header.header }],
    ["a header cut short", { header: header.header.slice(4) }],
    ["no header", { header: "" }],
  ] as [string, Partial<FileHeader>][])("is refused with %s", (_name, change) => {
    expect(outcome(sealed, change)).toBe("sealBroken");
  });

  test("is refused under another item key", () => {
    expect(outcome(sealed, {}, place, repeat(5, 32))).toBe("sealBroken");
  });

  test("takes no chunk of another size than 1 MiB but the last, and none after it", () => {
    const stream = () => sealFile(crypto, { place, file: FILE, itemKey });
    expect(() => stream().push(repeat(1, FILE_CHUNK_BYTES - 1), false)).toThrow(RangeError);
    expect(() => stream().push(repeat(1, FILE_CHUNK_BYTES + 1), false)).toThrow(RangeError);
    expect(() => stream().push(repeat(1, FILE_CHUNK_BYTES + 1), true)).toThrow(RangeError);
    const ended = stream();
    ended.push(repeat(1, FILE_CHUNK_BYTES), true);
    expect(() => ended.push(new Uint8Array(), true)).toThrow(RangeError);
  });
});

// The valid form of a backup: its limits while bytes arrive, its lines in any pieces, and its cuts. Any bad backup
// throws only notRestorable, with the line and without a byte of the file.

import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FORMAT } from "../../clients/account/backup-beginning.ts";
import { type BackupLimits, backupLimits, createBackupBounds } from "../../clients/account/backup-bounds.ts";
import { createLineWriter, type Line, parseLine, readThrough } from "../../clients/account/backup-lines.ts";
import { linesOf, type TextLine } from "../../clients/account/backup-source.ts";
import { toBase64, utf8 } from "../../protocol/crypto/encoding.ts";
import { envelopeSize } from "../../protocol/crypto/envelope.ts";
import { PosternError } from "../../protocol/errors.ts";
import { serviceLimits } from "../../protocol/service-catalogue.ts";
import { crypto } from "../service/doors.ts";

const sourceOf = (...chunks: readonly (Uint8Array | string)[]) =>
  async function* () {
    for (const chunk of chunks) yield typeof chunk === "string" ? utf8(chunk) : chunk;
  };
const refused = (message: string | RegExp) =>
  expect.objectContaining({ name: "notRestorable", message: expect.stringMatching(message) });

async function allOf(chunks: readonly (Uint8Array | string)[]): Promise<TextLine[]> {
  const lines: TextLine[] = [];
  for await (const line of linesOf(sourceOf(...chunks))) lines.push(line);
  return lines;
}

describe("bounds", () => {
  const small: BackupLimits = { lineBytes: 8, headerBytes: 7, values: 3, depth: 2, lines: 3 };
  const pushed = (text: string, limits = small) => createBackupBounds(limits).push(utf8(text));

  test.each([
    ["the header", "1234567\n12345678\n", "12345678", "line 1 is longer than 7 bytes"],
    ["a later line", "1\n12345678", "1\n123456789", "line 2 is longer than 8 bytes"],
    ["values", "[,,", "[,,,", "line 1 has more than 3 values"],
    ["values of a later line", "[,,\n{}[],", "[,,\n{}[],,", "line 2 has more than 3 values"],
    ["nesting", "[{}]\n[[]]", "[[[", "line 1 is nested deeper than 2"],
    ["nesting of a later line", '"[["\n[[', '"[["\n[[{', "line 2 is nested deeper than 2"],
    ["the lines", "1\n2\n3\n", "1\n2\n3\n4", "it has more than 3 lines"],
    ["empty lines", "\n\n\n", "\n\n\n1", "it has more than 3 lines"],
  ])("%s are taken at the bound and refused one past it", (_what, fits, passes, why) => {
    expect(() => pushed(fits)).not.toThrow();
    expect(() => pushed(passes)).toThrow(refused(why));
  });

  test("brackets and commas in a string, also behind an escaped quote, count as no nesting and no values", () => {
    expect(() => pushed('",,,,"')).not.toThrow();
    expect(() => pushed('"[[[["')).not.toThrow();
    expect(() => pushed('"\\"[[["')).not.toThrow();
    expect(() => pushed('"\\\\"[[[')).toThrow(refused("nested"));
  });

  test("a vault granted to the greatest allowed number of members is read", () => {
    const grant = `{${Array.from({ length: 8 }, (_, at) => `"${at}":"a"`).join()}}`;
    const line = `\n[${Array.from({ length: serviceLimits.members }, () => `{"a":1,"b":${grant}}`).join()}]`;
    expect(() => createBackupBounds().push(utf8(line))).not.toThrow();
  });

  test("do not depend on the pieces", () => {
    const text = fc.string({ unit: fc.constantFrom("[", "]", "{", ",", '"', "\\", "\n", "a"), maxLength: 40 });
    const outcome = (pieces: readonly string[]) => {
      const bounds = createBackupBounds(small);
      try {
        for (const piece of pieces) bounds.push(utf8(piece));
        return "fits";
      } catch (error) {
        return (error as Error).message;
      }
    };
    fc.assert(
      fc.property(text, (whole) => {
        expect(outcome([...whole])).toBe(outcome([whole]));
      }),
    );
  });

  test("the longest line of the product is read, and one byte more is refused", async () => {
    const line = Buffer.alloc(backupLimits.lineBytes, 0x61);
    expect((await allOf(["\n", line]))[1]?.text.length).toBe(backupLimits.lineBytes);
    await expect(allOf(["\n", line, "a"])).rejects.toThrow(refused("line 2 is longer than"));
  });
});

describe("lines", () => {
  test("are the same whatever the pieces, and know their positions", async () => {
    const texts = fc.array(fc.string({ unit: "grapheme", maxLength: 6 }).map((text) => text.replaceAll("\n", "")));
    await fc.assert(
      fc.asyncProperty(texts, fc.array(fc.nat(40)), async (lines, cuts) => {
        const bytes = utf8(lines.map((line) => `${line}\n`).join(""));
        const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
        const pieces = places.slice(1).map((to, index) => bytes.subarray(places[index], to));
        const read = await allOf(pieces);
        expect(read.map(({ text }) => text)).toEqual(lines);
        for (const [index, { text, number, from, to, isEnded }] of read.entries()) {
          expect([number, isEnded]).toEqual([index + 1, true]);
          expect(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(from, to))).toBe(text);
        }
      }),
    );
  });

  test("that are no UTF-8 are reported by their number", async () => {
    await expect(allOf(["{}\n", Uint8Array.of(0x22, 0xff, 0x22, 0x0a)])).rejects.toThrow(refused("line 2 is no text"));
  });

  test.each(["null", "[]", "1", '"x"', "{}", '{"kind":null}', '{"kind":"toString"}', '{"kind":"__proto__"}'])(
    "%s is of no kind that a backup has",
    (text) => {
      expect(() => parseLine({ text, number: 7, from: 0, to: 0, isEnded: true })).toThrow(refused("line 7: .*no kind"));
    },
  );

  test("whatever JSON a line is, it is a line of a backup or is refused by its number", () => {
    const kinds = ["header", "serviceAccount", "group", "vault", "chunk", "item", "seal"];
    const values = fc.oneof(
      fc.json(),
      fc
        .record({ kind: fc.constantFrom(...kinds), vault: fc.jsonValue(), item: fc.jsonValue(), keys: fc.jsonValue() })
        .map((value) => JSON.stringify(value)),
      fc.string(),
    );
    fc.assert(
      fc.property(values, (text) => {
        expect(() => parseLine({ text, number: 3, from: 0, to: 0, isEnded: true })).toThrow(refused("line 3: "));
      }),
    );
  });
});

describe("a backup", () => {
  const id = (letter: string) => letter.repeat(26);
  const key = "A".repeat(43).concat("=");
  /** A well-formed envelope for content of this many bytes. */
  const envelope = (size: number, suite = 1) => toBase64(new Uint8Array(envelopeSize(size)).fill(7).fill(suite, 0, 1));
  const header: Extract<Line, { kind: "header" }> = {
    ...{ kind: "header", format: FORMAT, account: id("a"), user: id("b"), madeAt: "2026-11-28T00:00:00.000Z" },
    record: {
      rootKey: envelope(32),
      keyset: { identity: key, box: key, boxSignature: "", sealedPrivate: envelope(64) },
      data: { revision: 1, sealed: envelope(0) },
    },
  };
  const chunk: Line = { kind: "chunk", vault: id("c"), item: id("d"), file: id("e"), index: 0, sealed: "" };
  const writer = createLineWriter(crypto, new Uint8Array(32).fill(1));
  const lines = [writer.line(header), writer.line(chunk), writer.line(chunk)];
  lines.push(writer.seal());
  const text = lines.map((line) => `${line}\n`).join("");
  const through = (content: string) => readThrough(crypto, sourceOf(content));
  const ends = lines.map((_line, index) => lines.slice(0, index + 1).join("\n").length);

  test("is read with and without its last line end", async () => {
    expect(await through(text)).toMatchObject({ lines: 3, header: { account: id("a") } });
    expect(await through(text.slice(0, -1))).toMatchObject({ lines: 3 });
  });

  test("cut at any byte is reported as cut, with the line and the byte", async () => {
    for (let size = 1; size < text.length - 1; size++) {
      const number = ends.findIndex((end) => size <= end) + 1;
      const boundary = ends.includes(size) ? number : ends.includes(size - 1) ? number - 1 : undefined;
      const why =
        boundary === undefined
          ? `it was cut in line ${number}, which begins at byte ${number === 1 ? 0 : (ends[number - 2] ?? 0) + 1}: the file ends at byte ${size}$`
          : `it was cut behind line ${boundary}, at byte ${size}: its last line, the seal, is missing$`;
      await expect(through(text.slice(0, size))).rejects.toThrow(refused(why));
    }
  });

  test.each([
    ["nothing", "", "it is empty"],
    ["another file", "hello\n", "it is no backup"],
    ["another JSON", "null\n", "it is no backup"],
    ["an empty line first", `\n${text}`, "it is no backup"],
    ["a line in between that is none", text.replace(`\n${lines[1]}`, "\nnull"), "line 2: it is of no kind"],
    ["an empty line", text.replace("\n", "\n\n"), "line 2: it is no JSON"],
    ["a second header", text.replace("\n", `\n${lines[0]}\n`), "line 2: a header belongs in line 1 alone"],
    ["something behind the seal", `${text}{}\n`, "line 5: there is something behind its end"],
    ["a header that ends as another kind", `${lines[0]?.slice(0, -1)},"kind":"seal"}\n`, "line 1: "],
  ])("of %s is refused with its place", async (_what, content, why) => {
    await expect(through(content)).rejects.toThrow(refused(why));
  });

  const utf16 = Buffer.from(`\ufeff${text}`, "utf16le");
  test.each([
    ["packed with gzip", gzipSync(text), "it is packed with gzip", "gunzip"],
    ["saved with a byte order mark", `\ufeff${text}`, "it begins with a byte order mark", "as binary"],
    ["saved as UTF-16", utf16, "UTF-16", "as binary"],
    ["saved with CRLF", text.replaceAll("\n", "\r\n"), "its line ends were changed", "as binary"],
    ["saved with CR", text.replaceAll("\n", "\r"), "its line ends were changed", "as binary"],
    ["that is an emergency kit", "POSTERN EMERGENCY KIT\n\nAccount  a\n", "it is an emergency kit", "with --kit"],
    ["of the next format", text.replace(FORMAT, "postern backup 2"), "made by a newer Postern", "update Postern"],
    ["of a far later format", text.replace(FORMAT, "postern backup 17"), "made by a newer Postern", "update Postern"],
  ])("%s is reported as such, with a next step, whatever the pieces", async (_what, content, why, hint) => {
    const bytes = typeof content === "string" ? utf8(content) : new Uint8Array(content);
    const told = { message: expect.stringContaining(why), hint: expect.stringContaining(hint) };
    await expect(readThrough(crypto, sourceOf(bytes))).rejects.toMatchObject({ name: "notRestorable", ...told });
    const bytewise = sourceOf(...Array.from(bytes, (byte) => Uint8Array.of(byte)));
    await expect(readThrough(crypto, bytewise)).rejects.toMatchObject({ name: "notRestorable", ...told });
  });

  test.each([FORMAT.slice(0, -1), "postern backup x", "another backup 2", `${FORMAT}${"0".repeat(9)}`])(
    "of the format %s is none",
    async (format) => {
      await expect(through(text.replace(FORMAT, format))).rejects.toThrow(refused("it is no backup"));
    },
  );

  /** The same backup with another record, and a correct seal by its writer. */
  const withRecord = (record: object) =>
    text.replace(lines[0] ?? "", JSON.stringify({ ...header, record: { ...header.record, ...record } }));
  const sealedAnew = (record: object) => {
    const anew = createLineWriter(crypto, new Uint8Array(32).fill(1));
    const changed = { ...header, record: { ...header.record, ...record } };
    return `${anew.line(changed)}\n${anew.seal()}\n`;
  };
  const size = envelopeSize(32);

  test.each([
    ["cut", envelope(32).slice(0, 40), `record.rootKey has 30 bytes instead of ${size}`],
    ["one byte short", toBase64(new Uint8Array(size - 1)), `record.rootKey has ${size - 1} bytes instead of ${size}`],
    ["one byte long", toBase64(new Uint8Array(size + 1)), `record.rootKey has ${size + 1} bytes instead of ${size}`],
    ["empty", "", `record.rootKey has 0 bytes instead of ${size}`],
    ["of as many other bytes", toBase64(new Uint8Array(size).fill(9)), "it is not as it was written"],
    ["of as many other bytes under our suite", toBase64(new Uint8Array(size).fill(1)), "it is not as it was written"],
  ])("whose root key is %s is reported as damaged, with the place", async (_what, rootKey, why) => {
    await expect(through(withRecord({ rootKey }))).rejects.toThrow(refused(`it is damaged in line 1: ${why}`));
  });

  test("whose root key is no base64 is reported with its line and field", async () => {
    await expect(through(withRecord({ rootKey: "?".repeat(20) }))).rejects.toThrow(refused("line 1: .*rootKey"));
  });

  test("whose other envelopes are cut is reported with their names", async () => {
    const keyset = { ...header.record.keyset, sealedPrivate: envelope(64).slice(0, 40) };
    await expect(through(withRecord({ keyset }))).rejects.toThrow(refused("record.keyset.sealedPrivate has 30 bytes"));
    const data = { revision: 1, sealed: "AAAA" };
    await expect(through(withRecord({ data }))).rejects.toThrow(
      refused(/record.data.sealed has 3 bytes instead of \d+ or more/),
    );
  });

  test("sealed entirely by another suite is reported as one of a newer Postern", async () => {
    await expect(through(sealedAnew({ rootKey: envelope(32) }))).resolves.toMatchObject({ lines: 1 });
    await expect(through(sealedAnew({ rootKey: envelope(32, 2) }))).rejects.toMatchObject({
      message: expect.stringContaining("only a newer Postern"),
      hint: expect.stringContaining("update Postern"),
    });
  });

  test("without the digest of its first line, as older ones are, is read", async () => {
    const seal = JSON.parse(lines.at(-1) ?? "") as object;
    const older = JSON.stringify({ ...seal, header: undefined });
    await expect(through(text.replace(lines.at(-1) ?? "", older))).resolves.toMatchObject({ lines: 3 });
  });

  const hostile = ["../../../victim2", "/etc/passwd", "a\\b", "a/b", `${id("a").slice(1)}\0`, "", id("a").repeat(400)];
  const wrong: readonly unknown[] = [...hostile, undefined, null, 7, {}, [id("a")]];

  test.each(["account", "user"])(
    "with a header whose %s is no id is refused, without its bytes in the error",
    async (field) => {
      for (const value of wrong) {
        const failure = await through(`${JSON.stringify({ ...header, [field]: value })}\n`).catch((error) => error);
        expect(failure).toEqual(refused(`line 1: .*${field}`));
        expect(failure.message).not.toMatch(/victim2|passwd/);
      }
    },
  );

  test.each(["vault", "item", "file"])("with a chunk whose %s is no id is refused with its line", async (field) => {
    for (const value of wrong)
      await expect(through(`${lines[0]}\n${JSON.stringify({ ...chunk, [field]: value })}\n`)).rejects.toThrow(
        refused(`line 2: .*${field}`),
      );
  });

  test("of one row of a kind more than an account may have is refused with its line", async () => {
    const keys = { serviceAccount: id("f"), identity: key, box: key, boxSignature: "", maker: key, makerSignature: "" };
    const row = JSON.stringify({ kind: "serviceAccount", keys });
    const many = (count: number) => `${lines[0]}\n${`${row}\n`.repeat(count)}`;
    await expect(through(many(200))).rejects.toThrow(refused("it was cut behind line 201"));
    await expect(through(many(201))).rejects.toThrow(
      refused('line 202: more than 200 lines of the kind "serviceAccount"'),
    );
  });

  test("never fails in another way, whatever its bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), fc.nat(text.length), async (noise, at) => {
        const bytes = utf8(text);
        const outcome = await readThrough(crypto, sourceOf(bytes.subarray(0, at), noise, bytes.subarray(at))).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (outcome === undefined) return;
        expect(outcome).toBeInstanceOf(PosternError);
        expect(outcome).toMatchObject({ name: "notRestorable" });
      }),
    );
  });
});

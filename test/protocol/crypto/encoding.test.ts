// How bytes become fields, padded texts, ids, Secret Keys and lookup tags. Equal inputs give equal results, and
// different inputs different ones.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { base32, fields, fromBase64, isId, newId, toBase64 } from "../../../protocol/crypto/encoding.ts";
import { lookupTag, normalTitle, TAG_BYTES } from "../../../protocol/crypto/lookup-tag.ts";
import { PADDED_SIZE_MIN, pad, padmeSize, unpad } from "../../../protocol/crypto/padding.ts";
import { formatSecretKey, newSecretKey, parseSecretKey } from "../../../protocol/crypto/secret-key.ts";
import { ascii, native as crypto, flipped, implementations, refusal, repeat } from "./implementations.ts";

const part = fc.oneof(fc.string(), fc.uint8Array({ maxLength: 20 }));
const asBytes = (value: string | Uint8Array) => (typeof value === "string" ? ascii(value) : value);

describe("fields", () => {
  test("have their length in front, so moving bytes from one field to the next gives another result", () => {
    expect(fields("ab", "c")).not.toEqual(fields("a", "bc"));
    expect(fields("", "a")).not.toEqual(fields("a", ""));
    expect(fields("a")).not.toEqual(fields("a", ""));
    expect(fields("ab", 1).toHex()).toBe("0000000261620000000800000000000000" + "01");
  });

  test("are equal only for equal lists", () => {
    const list = fc.array(part, { maxLength: 5 });
    fc.assert(
      fc.property(list, list, (a, b) => {
        const same =
          a.length === b.length && a.every((one, at) => asBytes(one).toHex() === asBytes(b[at] ?? "").toHex());
        expect(fields(...a).toHex() === fields(...b).toHex()).toBe(same);
      }),
    );
  });

  test.each([-1, 0.5, Number.NaN, Number.MAX_SAFE_INTEGER + 1])("take no number like %s", (value) => {
    expect(() => fields(value)).toThrow(RangeError);
  });
});

describe("base64", () => {
  test("gives the bytes back", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(fromBase64(toBase64(bytes))).toEqual(bytes);
      }),
    );
  });

  test.each([
    ["white space inside", "YW Jj"],
    ["a line feed behind", "YWJj\n"],
    ["the web's alphabet", "-_-_"],
    ["no padding", "YWI"],
    ["padding too much", "YWJj===="],
    ["bits left over", "YWJ="],
    ["other letters", "YWJ!"],
  ])("refuses %s", (_name, text) => {
    expect(fromBase64(text)).toBeUndefined();
  });
});

describe("an id", () => {
  test("is 26 characters of lower-case base32", () => {
    expect(isId(newId(crypto))).toBe(true);
    expect(newId(crypto)).not.toBe(newId(crypto));
  });

  test.each([
    ["", ""],
    ["f", "my"],
    ["fo", "mzxq"],
    ["foo", "mzxw6"],
    ["foob", "mzxw6yq"],
    ["fooba", "mzxw6ytb"],
    ["foobar", "mzxw6ytboi"],
  ])("is written as RFC 4648, section 10, without padding: %s", (plain, text) => {
    expect(base32(ascii(plain))).toBe(text);
  });

  test.each(["a".repeat(25), "a".repeat(27), "A".repeat(26), `${"a".repeat(25)}1`, `${"a".repeat(26)}\n`, ""])(
    "is not %j",
    (text) => expect(isId(text)).toBe(false),
  );
});

describe("padding", () => {
  test("gives the content back and leaves at most 12 % more", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), (content) => {
        const padded = pad(content);
        expect(unpad(padded)).toEqual(content);
        expect(padded.length).toBeLessThanOrEqual(Math.max(PADDED_SIZE_MIN, (content.length + 4) * 1.12));
      }),
    );
  });

  test.each([
    [0, 64],
    [64, 64],
    [65, 72],
    [72, 72],
    [73, 80],
    [1000, 1024],
    [1025, 1088],
    [1024 * 1024 + 1, 1081344],
  ])("makes %i bytes %i", (size, padded) => expect(padmeSize(size)).toBe(padded));

  test("hides the length of short contents", () => {
    expect(pad(repeat(1, 0)).length).toBe(PADDED_SIZE_MIN);
    expect(pad(repeat(1, 60)).length).toBe(PADDED_SIZE_MIN);
    expect(pad(repeat(1, 61)).length).toBeGreaterThan(PADDED_SIZE_MIN);
  });

  const padded = pad(ascii("content"));
  test.each([
    ["nothing at all", new Uint8Array()],
    ["less than a length", padded.subarray(0, 3)],
    ["a text cut short", padded.subarray(0, 40)],
    ["one byte more", new Uint8Array([...padded, 0])],
    ["another step", new Uint8Array(72).fill(0).map((_, at) => padded[at] ?? 0)],
    ["something in the padding", flipped(padded, 63)],
    ["a length beyond the end", flipped(padded, 0)],
    ["a length that is one less", flipped(padded, 3)],
  ])("is refused with %s", (_name, bytes) => expect(refusal(() => unpad(bytes))).toBe("sealBroken"));
});

describe.each(implementations)("a Secret Key ($name)", ({ crypto }) => {
  const secretKey = fc.uint8Array({ minLength: 16, maxLength: 16 });

  test("is 128 random bits in P1 and five groups of six", () => {
    expect(newSecretKey(crypto).length).toBe(16);
    expect(formatSecretKey(crypto, newSecretKey(crypto))).toMatch(/^P1(-[0-9A-HJKMNP-TV-Z]{6}){5}$/);
  });

  test("is read whatever a person types for case, spaces, hyphens, 0 and O, and 1, I and L", () => {
    const spoiled = fc.array(fc.constantFrom("", " ", "-", "  ", "\t", " - "), { minLength: 40, maxLength: 40 });
    const spelled = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 40, maxLength: 40 });
    fc.assert(
      fc.property(secretKey, spoiled, spelled, (key, gaps, ways) => {
        const typed = [...formatSecretKey(crypto, key).replaceAll("-", "")]
          .map((character, at) => (gaps[at] ?? "") + respell(character, ways[at] ?? 0))
          .join("");
        expect(parseSecretKey(crypto, typed)).toEqual(key);
      }),
    );
  });

  test("is not read with one character wrong, or two swapped", () => {
    const text = formatSecretKey(crypto, repeat(0x5a, 16));
    for (let at = 3; at < text.length; at++) {
      if (text[at] === "-") continue;
      const wrong = text[at] === "7" ? "8" : "7";
      expect(parseSecretKey(crypto, text.slice(0, at) + wrong + text.slice(at + 1)), `at ${at}`).toBeUndefined();
      const next = text[at + 1] ?? "-";
      if (next === "-" || next === text[at]) continue;
      expect(
        parseSecretKey(crypto, text.slice(0, at) + next + text[at] + text.slice(at + 2)),
        `at ${at}`,
      ).toBeUndefined();
    }
  });

  const text = formatSecretKey(crypto, repeat(0x5a, 16));
  test.each([
    ["nothing", ""],
    ["the mark alone", "P1"],
    ["another version's mark", text.replace("P1", "P2")],
    ["a key without the mark", text.slice(3)],
    ["a character missing", text.slice(0, -1)],
    ["a character too many", `${text}0`],
    ["a letter the alphabet lacks", `${text.slice(0, -1)}U`],
    ["a letter of another script", text.replace(/.$/, "А")],
  ])("is not %s", (_name, typed) => expect(parseSecretKey(crypto, typed)).toBeUndefined());
});

function respell(character: string, way: number): string {
  const ways = character === "0" ? ["0", "O", "o"] : character === "1" ? ["1", "I", "i", "L", "l"] : [character];
  const chosen = ways[way % ways.length] ?? character;
  return way > 2 ? chosen.toLowerCase() : chosen;
}

describe("a lookup tag", () => {
  const key = repeat(7, 32);

  test("has 16 bytes and is the same for titles that references take for equal", () => {
    expect(lookupTag(crypto, key, "GitHub").length).toBe(TAG_BYTES);
    expect(lookupTag(crypto, key, "GITHUB")).toEqual(lookupTag(crypto, key, "github"));
    expect(lookupTag(crypto, key, "Caf\u00e9")).toEqual(lookupTag(crypto, key, "CAFE\u0301"));
  });

  test.each([
    ["another title", key, "GitLab"],
    ["a space more", key, "GitHub "],
    ["another vault's key", repeat(8, 32), "GitHub"],
  ])("differs for %s", (_name, otherKey, title) => {
    expect(lookupTag(crypto, otherKey, title)).not.toEqual(lookupTag(crypto, key, "GitHub"));
  });

  test("stays what it is when a normal title is made normal again", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (title) => {
        expect(normalTitle(normalTitle(title))).toBe(normalTitle(title));
      }),
      { numRuns: 2000 },
    );
  });

  test("stays so for every single code point", () => {
    for (let point = 0; point <= 0x10ffff; point++) {
      const once = normalTitle(String.fromCodePoint(point));
      if (normalTitle(once) !== once) expect.fail(`U+${point.toString(16)} is not stable`);
    }
  });
});

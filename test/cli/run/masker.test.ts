// The masker, compared with the simplest implementation, on bytes cut at any place.
import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  BASE64_LENGTH_MIN,
  ENCODED_LENGTH_MAX,
  FORM_BYTES_MAX,
  formsOf,
  LINE_LENGTH_MIN,
  VALUE_LENGTH_MIN,
} from "../../../clients/cli/run/forms.ts";
import { createMasker } from "../../../clients/cli/run/masker.ts";

const MASK = "<concealed by postern>";

/** Pushes the bytes in pieces of these sizes. */
function masked(forms: readonly Uint8Array[], bytes: Uint8Array, sizes: readonly number[] = []): Buffer {
  const masker = createMasker(forms);
  const shown: Uint8Array[] = [];
  let at = 0;
  for (const size of [...sizes, bytes.length]) {
    // It has its own memory, which is overwritten afterwards, like the buffer of a stream.
    const chunk = Buffer.from(bytes.subarray(at, at + size));
    shown.push(Buffer.from(masker.push(chunk)));
    chunk.fill(0);
    at += size;
  }
  shown.push(masker.end());
  return Buffer.concat(shown);
}

/** Every place of every form. Overlapping ones are one place. */
function plainly(forms: readonly Uint8Array[], bytes: Uint8Array): Buffer {
  const ends = Array.from(bytes, (_byte, at) =>
    Math.max(
      at,
      ...forms
        .filter((form) => Buffer.compare(bytes.subarray(at, at + form.length), form) === 0)
        .map((form) => at + form.length),
    ),
  );
  const shown: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    let end = ends[at] ?? at;
    for (let inner = at; inner < end; inner++) end = Math.max(end, ends[inner] ?? 0);
    shown.push(end > at ? Buffer.from(MASK) : Buffer.from(bytes.subarray(at, at + 1)));
    at = Math.max(end, at + 1);
  }
  return Buffer.concat(shown);
}

const show = (secrets: readonly string[], output: string) => masked(formsOf(secrets), Buffer.from(output)).toString();

describe("the masker", () => {
  const letters = (letters: string, minLength: number, maxLength: number) =>
    fc.string({ unit: fc.constantFrom(...letters), minLength, maxLength }).map((text) => Buffer.from(text));
  const sizes = fc.array(fc.integer({ min: 0, max: 7 }), { maxLength: 60 });

  test("conceals the same as the simplest search, however forms overlap and the output is cut", () => {
    fc.assert(
      fc.property(
        fc.array(letters("ab", 2, 8), { minLength: 1, maxLength: 6 }),
        letters("abc", 0, 80),
        sizes,
        (forms, bytes, cuts) => {
          expect(masked(forms, bytes, cuts).toString()).toBe(plainly(forms, bytes).toString());
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("leaves all bytes unchanged when no form is among them", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), sizes, (bytes, cuts) => {
        expect(masked(formsOf(["a secret that does not occur"]), bytes, cuts).equals(bytes)).toBe(true);
      }),
    );
  });

  test("holds back no more than the beginning of a form, and gives it at the end", () => {
    const masker = createMasker(formsOf(["hunters-moon"]));
    expect(Buffer.from(masker.push(Buffer.from("the hunt"))).toString()).toBe("the ");
    expect(masker.holds).toBe(true);
    expect(Buffer.from(masker.end()).toString()).toBe("hunt");
    expect(masker.holds).toBe(false);
  });
});

describe("the forms of a secret", () => {
  test(`of fewer than ${VALUE_LENGTH_MIN} characters are none`, () => {
    for (const letter of ["x", "ä", "😀"]) {
      expect(formsOf([letter.repeat(VALUE_LENGTH_MIN - 1)])).toEqual([]);
      expect(show([letter.repeat(VALUE_LENGTH_MIN)], `<${letter.repeat(4)}>`)).toBe(`<${MASK}>`);
    }
  });

  test("that overlap are concealed together", () => {
    expect(show(["hunter2", "2secretpassword"], "hunter2secretpassword")).toBe(MASK);
    expect(show(["abcdef", "cd12", "bc"], "abcdef")).toBe(MASK);
  });

  test(`of more than ${FORM_BYTES_MAX} bytes are searched in pieces`, () => {
    for (const length of [FORM_BYTES_MAX, FORM_BYTES_MAX + 1, 500_000]) {
      const value = Array.from({ length }, (_letter, index) => String.fromCharCode(97 + ((index * index) % 26))).join(
        "",
      );
      const forms = formsOf([value]);
      expect(Math.max(...forms.map((form) => form.length))).toBeLessThanOrEqual(FORM_BYTES_MAX);
      expect(
        masked(forms, Buffer.from(`<${value}>`))
          .toString()
          .replaceAll(MASK, ""),
      ).toBe("<>");
    }
  });

  test("include JSON of each line of a value of several", () => {
    const line = 'line "two" with \\ and ü';
    expect(show([`first\n${line}\nlast`], JSON.stringify(line).slice(1, -1))).toBe(MASK);
  });

  test("include the value without its last newline, and as a terminal shows it", () => {
    expect(show(["one\ntwo\n"], "X=one\ntwo")).toBe(`X=${MASK}`);
    expect(show(["one\ntwo\n"], "X=one\r\ntwo\r\n")).toBe(`X=${MASK}\r\n`);
    expect(show(["hunters\n"], "hunters\ntwo\n")).toBe(`${MASK}\ntwo\n`);
  });

  test(`include each line of ${LINE_LENGTH_MIN} characters of a long value, but no armour`, () => {
    const long = "a".repeat(LINE_LENGTH_MIN);
    const value = `-----BEGIN PRIVATE KEY-----\n${long}\n${"b".repeat(LINE_LENGTH_MIN - 1)}\n-----END PRIVATE KEY-----\n`;
    expect(show([value], `1:${long}`)).toBe(`1:${MASK}`);
    expect(show([value], "b".repeat(LINE_LENGTH_MIN - 1))).toBe("b".repeat(LINE_LENGTH_MIN - 1));
    expect(show([value], "-----BEGIN PRIVATE KEY-----")).toBe("-----BEGIN PRIVATE KEY-----");
  });

  test.each([
    ["JSON.stringify", (value: string) => JSON.stringify(value).slice(1, -1)],
    ["encodeURIComponent", encodeURIComponent],
    ["a form", (value: string) => new URLSearchParams({ x: value }).toString().slice(2)],
    ["base64", (value: string) => Buffer.from(value).toString("base64")],
    ["base64 for addresses", (value: string) => Buffer.from(value).toString("base64url")],
  ])("include the form that %s gives to any value", (_name, encode) => {
    const values = fc.string({ unit: "grapheme", minLength: BASE64_LENGTH_MIN, maxLength: 60 });
    fc.assert(
      fc.property(values, (value) => {
        fc.pre([...value].length >= VALUE_LENGTH_MIN && value.isWellFormed());
        expect(show([value], `\u0001${encode(value)}\u0001`)).toBe(`\u0001${MASK}\u0001`);
      }),
    );
  });

  test("include a value's forms by Python's json and urllib", () => {
    const value = 'pä/ss "w\\örd" & more\n€';
    const program = `
import json, sys, urllib.parse as u
v = sys.stdin.buffer.read().decode()
print("\\x01".join([json.dumps(v)[1:-1], json.dumps(v, ensure_ascii=False)[1:-1], u.quote(v), u.quote(v, safe=""), u.quote_plus(v)]), end="")`;
    const printed = execFileSync("python3", ["-c", program], { input: value }).toString();
    expect(show([value], printed)).toBe(Array(5).fill(MASK).join("\u0001"));
  });

  test("include base64 at all three offsets of a longer text, except characters shared with its neighbours", () => {
    const value = "correct horse battery staple";
    for (const before of ["", "a", "ab", "abc"]) {
      const shown = show([value], Buffer.from(`${before}${value}tail`).toString("base64"));
      expect(shown).toContain(MASK);
      expect(shown.replace(MASK, "").length).toBeLessThan(20);
    }
  });

  test("include base64 in lines, as base64 and openssl write it", () => {
    const value = `${"0123456789abcdef".repeat(20)}\n`;
    for (const [program, words] of [
      ["base64", []],
      ["openssl", ["base64"]],
    ] as const) {
      const printed = execFileSync(program, words, { input: value }).toString();
      expect(show([value], printed)).toBe(`${MASK}\n`);
      expect(show([value.trim()], printed)).toBe(`${MASK}\n`);
    }
  });

  test("leave out encodings of a value above the search length, and keep the value itself", () => {
    const fits = "é".repeat(ENCODED_LENGTH_MAX);
    const longer = `${fits}x`;
    expect(show([fits], encodeURIComponent(fits)).replaceAll(MASK, "")).toBe("");
    expect(show([longer], longer).replaceAll(MASK, "")).toBe("");
    expect(show([longer], encodeURIComponent(longer))).toBe(encodeURIComponent(longer));
  });
});

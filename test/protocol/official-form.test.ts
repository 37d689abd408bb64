// The official outer form of a token. Our token is read back from it. Anything else is refused with an error that quotes nothing.
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromOfficialForm, OFFICIAL_FORM_LENGTH_MAX, toOfficialForm } from "../../protocol/access/official-form.ts";
import { formatToken, parseToken, TOKEN_LENGTH_MAX } from "../../protocol/access/service-account-token.ts";
import { PosternError } from "../../protocol/errors.ts";

const letters = (letter: string) => letter.repeat(26);
const sample = {
  service: "embedded",
  account: letters("a"),
  serviceAccount: letters("b"),
  token: letters("c"),
  secret: new Uint8Array(32).fill(7),
};
const ours = formatToken(sample);
const random = (size: number) => Uint8Array.from(randomBytes(size));
const encode = (value: unknown) => `ops_${Buffer.from(JSON.stringify(value)).toString("base64").replace(/=+$/, "")}`;

describe("a token in the official form", () => {
  test("is read back as the token that it holds", () => {
    expect(parseToken(toOfficialForm(random, ours))).toEqual(sample);
  });

  test("begins with ops_, and is standard base64 without padding", () => {
    expect(toOfficialForm(random, ours)).toMatch(/^ops_[A-Za-z0-9+/]+$/);
  });

  test("differs from the next one in each official key", () => {
    const fieldsOf = (text: string) => JSON.parse(Buffer.from(text.slice(4), "base64").toString()) as Fields;
    type Fields = { srpX: string; secretKey: string; muk: { k: string }; email: string; deviceUuid: string };
    const [one, other] = [fieldsOf(toOfficialForm(random, ours)), fieldsOf(toOfficialForm(random, ours))];
    for (const field of ["srpX", "secretKey", "email", "deviceUuid"] as const)
      expect(one[field]).not.toBe(other[field]);
    expect(one.muk.k).not.toBe(other.muk.k);
  });

  test("has room for the longest token", () => {
    const longest = "x".repeat(TOKEN_LENGTH_MAX);
    expect(fromOfficialForm(toOfficialForm(random, longest))).toBe(longest);
  });

  test("of the longest length is read, four characters more are not", () => {
    // Base64 without padding has no length of 4 n + 1, so a whole group more is the next length for certain.
    const room = (length: number) => encode({ postern: ours, pad: "x".repeat(length) });
    let length = 0;
    while (room(length + 1).length <= OFFICIAL_FORM_LENGTH_MAX) length++;
    expect(room(length).length).toBe(OFFICIAL_FORM_LENGTH_MAX);
    expect(fromOfficialForm(room(length))).toBe(ours);
    expect(fromOfficialForm(room(length + 1))).toBeUndefined();
  });
});

describe("no token of ours is found in", () => {
  test.each([
    ["the prefix alone", "ops_"],
    ["other characters", "ops_é"],
    ["no JSON", `ops_${Buffer.from("{").toString("base64")}`],
    ["bytes that are no UTF-8", `ops_${Buffer.from([0xff]).toString("base64")}`],
    ["a list", encode([ours])],
    ["null", encode(null)],
    ["a token of 1Password", encode({ signInAddress: "my.1password.com", email: "x", srpX: "00" })],
    ["a field that is no text", encode({ postern: 1 })],
    ["a token without the form", ours],
  ])("%s", (_what, text) => {
    expect(fromOfficialForm(text)).toBeUndefined();
  });
});

describe("the agent's reader refuses", () => {
  test.each([
    ["an official token, by name", encode({ signInAddress: "my.1password.com" }), "a token of 1Password"],
    ["an official form in an official form", encode({ postern: encode({ postern: ours }) }), "invalid format"],
    ["an empty token in the form", encode({ postern: "" }), "invalid format"],
  ])("%s", (_what, text, words) => {
    expect(() => parseToken(text)).toThrow(words);
  });

  test("any text in the form, and never quotes it", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 12 }), (text) => {
        for (const tried of [`ops_${text}`, encode({ postern: text }), encode(text)])
          expect(refusalOf(tried).includes(text)).toBe(false);
      }),
    );
  });
});

function refusalOf(text: string): string {
  try {
    parseToken(text);
  } catch (error) {
    if (error instanceof PosternError && error.name === "tokenInvalid") return error.message;
    throw error;
  }
  throw new Error("it was read");
}

// The token as text. A token is read back. Any other text is refused with an error that never quotes it.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  formatToken,
  parseToken,
  type ServiceAccountToken,
  TOKEN_LENGTH_MAX,
} from "../../protocol/access/service-account-token.ts";
import { PosternError } from "../../protocol/errors.ts";

const id = fc
  .array(fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz234567"), { minLength: 26, maxLength: 26 })
  .map((letters) => letters.join(""));
const secret = fc.uint8Array({ minLength: 32, maxLength: 32 });
const tokens = fc.record({ service: fc.webUrl(), account: id, serviceAccount: id, token: id, secret });

const letters = (letter: string) => letter.repeat(26);
const sample: ServiceAccountToken = {
  service: "embedded",
  account: letters("a"),
  serviceAccount: letters("b"),
  token: letters("c"),
  secret: new Uint8Array(32).fill(7),
};
const said = { v: 1, ...sample, secret: sample.secret.toBase64() };
const encode = (value: unknown) => `postern_${Buffer.from(JSON.stringify(value)).toString("base64url")}`;

function refusal(text: string): string {
  try {
    parseToken(text);
    return "read";
  } catch (error) {
    if (error instanceof PosternError && error.name === "tokenInvalid") return error.message.split(":")[1] ?? "";
    throw error;
  }
}

const FORMAT = "  service account token had invalid format";
const BASE64 = "  service account token base64 decoding failed, please create another token";
const SHAPE = "  service account deserialization failed, please create another token";

describe("a token", () => {
  test("is read back as it was written", () => {
    fc.assert(
      fc.property(tokens, (token) => {
        fc.pre(formatToken(token).length <= TOKEN_LENGTH_MAX);
        expect(parseToken(formatToken(token))).toEqual(token);
      }),
    );
  });

  test("of the longest length is read, one character more is not", () => {
    const room = (length: number) => encode({ ...said, service: "x".repeat(length) });
    let length = 0;
    while (room(length + 1).length <= TOKEN_LENGTH_MAX) length++;
    expect(refusal(room(length))).toBe("read");
    expect(refusal(room(length + 1))).toBe(FORMAT);
  });

  test("of 1Password is refused by name", () => {
    expect(refusal("ops_eyJzaWduSW5BZGRyZXNzIjoibXkuMXBhc3N3b3JkLmNvbSJ9")).toContain("a token of 1Password");
  });

  test.each([
    ["nothing", "", FORMAT],
    ["something else", "hunter2", FORMAT],
    ["another case", formatToken(sample).toUpperCase(), FORMAT],
    ["space before it", ` ${formatToken(sample)}`, FORMAT],
    ["the prefix alone", "postern_", SHAPE],
    ["other characters", "postern_é", BASE64],
    ["no JSON", `postern_${Buffer.from("{").toString("base64url")}`, SHAPE],
    ["bytes that are no UTF-8", `postern_${Buffer.from([0xff]).toString("base64url")}`, SHAPE],
    ["a list", encode([]), SHAPE],
    ["null", encode(null), SHAPE],
    ["another version", encode({ ...said, v: 2 }), SHAPE],
    ["no service", encode({ ...said, service: undefined }), SHAPE],
    ["an account that is no id", encode({ ...said, account: "a" }), SHAPE],
    ["a service account that is a number", encode({ ...said, serviceAccount: 1 }), SHAPE],
    ["a token id of another length", encode({ ...said, token: letters("c").slice(1) }), SHAPE],
    ["a short secret", encode({ ...said, secret: new Uint8Array(31).toBase64() }), SHAPE],
    ["a long secret", encode({ ...said, secret: new Uint8Array(33).toBase64() }), SHAPE],
    ["a secret that is no base64", encode({ ...said, secret: "*" }), SHAPE],
  ])("is not %s", (_what, text, expected) => {
    expect(refusal(text)).toBe(expected);
  });

  test("refused is never quoted, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 12 }), (text) => {
        for (const tried of [text, `postern_${text}`, encode({ ...said, secret: text })]) {
          try {
            parseToken(tried);
          } catch (error) {
            expect(error).toBeInstanceOf(PosternError);
            expect((error as Error).message).not.toContain(text);
          }
        }
      }),
    );
  });
});

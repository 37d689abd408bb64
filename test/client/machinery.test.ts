// What the official package shows of its own machinery, ours beside it with the same input.
import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as sdk from "../../clients/typescript/client.ts";

type Shown = Pick<
  typeof sdk,
  | "throwError"
  | "ReviverFunc"
  | "ReplacerFunc"
  | "AuthExpiredError"
  | "RateLimitExceededError"
  | "DesktopSessionExpiredError"
>;
const official = createRequire(import.meta.url)("@1password/sdk") as Shown;
const ours: Shown = sdk;

/** The class and the text of what `throwError` throws. */
function thrown(shown: Shown, text: string): [kind: string, message: unknown] {
  const classes = ["AuthExpiredError", "RateLimitExceededError", "DesktopSessionExpiredError"] as const;
  try {
    return shown.throwError(text);
  } catch (error) {
    const kind = classes.find((name) => error instanceof shown[name]) ?? (error as Error).constructor.name;
    return [kind, kind === "TypeError" ? "" : (error as Error).message];
  }
}

// The official one leaves the message undefined where the text has none. Ours is empty then, so that it is always a text.
describe("throwError throws what the official one throws", () => {
  const names = ["DesktopSessionExpired", "RateLimitExceeded", "AuthExpired", "Internal", "", "__proto__"];
  const texts = [
    ...names.map((name) => JSON.stringify({ name, message: `of ${name}` })),
    ...["plain words", "", "null", "7", '"text"', "{}", '{"message":"m"}', "[1]"],
  ];
  test.each(texts)("for %j", (text) => {
    expect(thrown(ours, text)).toEqual(thrown(official, text));
  });
});

describe("JSON is read and written as officially", () => {
  const key = fc.constantFrom("createdAt", "updatedAt", "title", "", "content");
  const time = fc.constantFrom("2026-11-29T08:00:00Z", "2026-11-29T08:00:00.123456Z", "2026-11-29", "T", "");
  const numbers = fc.array(fc.oneof(fc.integer({ min: -1, max: 256 }), fc.double(), fc.string()), { maxLength: 3 });
  const bytes = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 3 });
  const read = fc.oneof(time, numbers, bytes, fc.jsonValue());
  const written = fc.oneof(fc.date({ noInvalidDate: true }), fc.uint8Array(), fc.jsonValue());

  test("by ReviverFunc", () => {
    fc.assert(
      fc.property(key, read, (name, value) => {
        expect(sdk.ReviverFunc(name, value)).toEqual(official.ReviverFunc(name, value));
      }),
    );
  });

  test("by ReplacerFunc", () => {
    fc.assert(
      fc.property(key, written, (name, value) => {
        expect(sdk.ReplacerFunc(name, value)).toEqual(official.ReplacerFunc(name, value));
      }),
    );
  });
});

test.each(["AuthExpiredError", "RateLimitExceededError", "DesktopSessionExpiredError"] as const)(
  "a program makes a %s with a message alone",
  (name) => {
    const error = new ours[name]("the words");
    expect(error).toBeInstanceOf(Error);
    expect(error.message).toBe("the words");
  },
);

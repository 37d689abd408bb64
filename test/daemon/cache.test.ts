// The cache: what it keeps sealed, under which names it finds it again, and everything that makes it forget.
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CACHE_AGE_MS_MAX, type Cache, createCache, LIST_BYTES_MAX, type Place } from "../../daemon/cache.ts";
import { native as p } from "../protocol/crypto/implementations.ts";
import { type FakeClock, fakeClock } from "./fake-clock.ts";

const place = (vault: string): Place => ({ vault, item: "i", field: "/password", kind: "Concealed" });
const reference = "op://Demo/DB/password";

let clock: FakeClock;
let cache: Cache;
beforeEach(() => {
  clock = fakeClock();
  cache = createCache(p, clock.monotonicMs);
});
afterEach(() => cache.close());

describe("a value", () => {
  test("is found again by its reference, with its age", () => {
    cache.set(reference, place("v"), "s3cret");
    clock.advance(5);
    expect(cache.find(reference)?.open()).toEqual({ value: "s3cret", ageMs: 5 });
  });

  test.each(["", "\ufeffwith a byte order mark", "\u0000", "\ufffd", "e\u0301 and \u00e9", "\ud83d\udddd", "line\r\n"])(
    "comes out as it went in: %j",
    (value) => {
      cache.set(reference, place("v"), value);
      expect(cache.find(reference)?.open().value).toBe(value);
    },
  );

  test("with half a character in it is not kept", () => {
    cache.set(reference, place("v"), "half \ud800");
    expect(cache.find(reference)).toBeUndefined();
  });

  test.each([
    ["another name", "op://Demo/DB/other"],
    ["a query", `${reference}?attribute=otp`],
    ["another case of the prefix", reference.replace("op", "OP")],
    ["another case of the field, which may be another field", "op://Demo/DB/Password"],
    ["a text that is no reference", "op://Demo/DB/password/"],
  ])("is not found by %s", (_what, other) => {
    cache.set(reference, place("v"), "s3cret");
    expect(cache.find(other)).toBeUndefined();
  });

  test("lies nowhere in clear, nor does its reference", () => {
    cache.set(reference, place("v"), "s3cret");
    const shown = inspect(cache.find(reference), { depth: 9, showHidden: true });
    expect(shown).not.toContain("s3cret");
    expect(shown).not.toContain("Demo");
  });

  test("is there until the end of its age", () => {
    cache.set(reference, place("v"), "s3cret");
    clock.advance(CACHE_AGE_MS_MAX);
    expect(cache.find(reference)?.open().ageMs).toBe(CACHE_AGE_MS_MAX);
  });

  test("is forgotten past the end of its age, with its vault, and with everything", () => {
    const keep = () => cache.set(reference, place("v"), "s3cret");
    keep();
    clock.advance(CACHE_AGE_MS_MAX + 1);
    expect(cache.find(reference)).toBeUndefined();
    for (const forget of [() => cache.dropVault("v"), cache.clear]) {
      keep();
      const { generation } = cache;
      forget();
      expect(cache.find(reference)).toBeUndefined();
      expect(cache.generation).toBeGreaterThan(generation);
    }
  });

  test("stays when another vault is forgotten", () => {
    cache.set(reference, place("v"), "s3cret");
    cache.dropVault("w");
    expect(cache.find(reference)?.open().value).toBe("s3cret");
  });

  test("that was found is not opened once the cache was closed", () => {
    cache.set(reference, place("v"), "s3cret");
    const kept = cache.find(reference);
    cache.close();
    expect(() => kept?.open()).toThrow("locked");
  });
});

describe("a list", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const found = (name: string) => Buffer.from(cache.findList("v", name) ?? "nothing").toString();

  test("is found by its vault and name alone, and no reference finds it", () => {
    cache.setList("v", "true false", bytes("[1]"));
    expect(found("true false")).toBe("[1]");
    expect(cache.findList("v", "true true")).toBeUndefined();
    expect(cache.findList("w", "true false")).toBeUndefined();
    expect(cache.find("list|v|true false")).toBeUndefined();
  });

  test("is forgotten with its vault", () => {
    cache.setList("v", "true false", bytes("[1]"));
    cache.dropVault("v");
    expect(cache.findList("v", "true false")).toBeUndefined();
  });

  test("stays as it was whatever becomes of the bytes it was kept from, and of those it was answered with", () => {
    const list = bytes("[1]");
    cache.setList("v", "true false", list);
    expect(Buffer.from(list).toString()).toBe("[1]");
    list.fill(0);
    expect(found("true false")).toBe("[1]");
    cache.findList("v", "true false")?.fill(0);
    expect(found("true false")).toBe("[1]");
  });

  test("that was answered stays readable when its vault is forgotten, and when the cache is closed", () => {
    cache.setList("v", "true false", bytes("[1]"));
    const answered = cache.findList("v", "true false") ?? new Uint8Array();
    cache.dropVault("v");
    cache.close();
    expect(Buffer.from(answered).toString()).toBe("[1]");
  });

  test("is not opened once the cache was closed", () => {
    cache.setList("v", "true false", bytes("[1]"));
    cache.close();
    expect(() => cache.findList("v", "true false")).toThrow("locked");
  });

  test("is replaced by the next of its name", () => {
    cache.setList("v", "true false", bytes("[1]"));
    cache.setList("v", "true false", bytes("[2]"));
    expect(found("true false")).toBe("[2]");
  });

  test("of the longest length is kept, one byte more is not", () => {
    cache.setList("v", "longest", bytes("x".repeat(LIST_BYTES_MAX)));
    cache.setList("v", "longer", bytes("x".repeat(LIST_BYTES_MAX + 1)));
    expect(cache.findList("v", "longest")?.length).toBe(LIST_BYTES_MAX);
    expect(cache.findList("v", "longer")).toBeUndefined();
  });
});

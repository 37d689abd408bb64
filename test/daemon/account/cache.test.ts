// The cache: which values it keeps sealed, under which names it finds them again, and everything that makes it forget.
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CACHE_AGE_MS_MAX, type Cache, createCache, FORGOT_MAX, type Place } from "../../../daemon/account/cache.ts";
import { native as crypto } from "../../protocol/crypto/implementations.ts";
import { type FakeClock, fakeClock } from "../host/fake-clock.ts";

const place = (vault: string): Place => ({ vault, item: "i", field: "/password", kind: "Concealed" });
const reference = "op://Demo/DB/password";

let clock: FakeClock;
let cache: Cache;
beforeEach(() => {
  clock = fakeClock();
  cache = createCache(crypto, clock.monotonicMs);
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

  test("is forgotten past the end of its age, with any vault, and with everything", () => {
    const keep = () => cache.set(reference, place("v"), "s3cret");
    keep();
    clock.advance(CACHE_AGE_MS_MAX + 1);
    expect(cache.find(reference)).toBeUndefined();
    // Another vault may by now have the title that this vault had.
    for (const forget of [() => cache.dropVault("v"), () => cache.dropVault("w"), cache.clear]) {
      keep();
      const { generation } = cache;
      forget();
      expect(cache.find(reference)).toBeUndefined();
      expect(cache.generation).toBeGreaterThan(generation);
    }
  });

  test("that was found is not opened once the cache was closed", () => {
    cache.set(reference, place("v"), "s3cret");
    const kept = cache.find(reference);
    cache.close();
    expect(() => kept?.open()).toThrow("locked");
  });
});

describe("a change of an item", () => {
  const others = { ...place("v"), item: "other" };
  const isKept = () => cache.find(reference) !== undefined;

  test.each<[string, () => void, boolean]>([
    ["forgets what was read of it", () => cache.dropItem("v", "i", "another tag"), false],
    ["forgets what was read of it when it is deleted", () => cache.dropItem("v", "i", ""), false],
    ["forgets what was read of another by its title", () => cache.dropItem("v", "new", "tag"), false],
    [
      "forgets what was read of another by its title as an older key tags it",
      () => cache.dropItem("v", "new", "old"),
      false,
    ],
    ["forgets what was read of another by its id", () => cache.dropItem("v", "id", "another tag"), false],
    [
      "forgets every value of the vault where its title is not known",
      () => cache.dropItem("v", "new", undefined),
      false,
    ],
    ["forgets nothing by a title that it has no more", () => cache.dropItem("v", "new", ""), true],
    ["forgets no other by another title", () => cache.dropItem("v", "new", "another tag"), true],
    ["forgets nothing of another vault", () => cache.dropItem("w", "i", "tag"), true],
    ["of which no title is known forgets nothing of another vault", () => cache.dropItem("w", "i", undefined), true],
  ])("%s", (_what, change, stays) => {
    cache.set(reference, place("v"), "s3cret", { names: ["tag", "old", "id"] });
    cache.set("op://Demo/Other/password", others, "s3cret", { names: ["other tag"] });
    const { generation } = cache;
    change();
    expect(isKept()).toBe(stays);
    expect(cache.generation).toBeGreaterThan(generation);
  });

  test("forgets a value whose names are unknown", () => {
    cache.set(reference, place("v"), "s3cret");
    cache.dropItem("v", "new", "tag");
    expect(isKept()).toBe(false);
  });

  test("forgets values read from it by several names, and leaves the values of other items", () => {
    cache.set(reference, place("v"), "s3cret", { names: ["tag"] });
    cache.set("op://Demo/id/password", place("v"), "s3cret", { names: ["other", "id"] });
    cache.set("op://Demo/Other/password", others, "s3cret", { names: ["other tag"] });
    cache.dropItem("v", "i", "tag");
    expect(cache.size).toBe(1);
  });

  test("forgets by the latest names", () => {
    cache.set(reference, place("v"), "s3cret", { names: ["before"] });
    cache.set(reference, place("v"), "s3cret", { names: ["after"] });
    cache.dropItem("v", "new", "before");
    expect(isKept()).toBe(true);
    cache.dropItem("v", "new", "after");
    expect(isKept()).toBe(false);
  });

  test("that arrives late leaves values read since, and forgets values read before", () => {
    cache.set(reference, place("v"), "s3cret", { names: ["tag"], seq: 7 });
    for (const seq of [1, 6, 7]) {
      cache.dropItem("v", "i", "tag", seq);
      expect(isKept()).toBe(true);
    }
    cache.dropItem("v", "i", "tag", 8);
    expect(isKept()).toBe(false);
  });

  test.each<[string, () => void]>([
    ["made here has no number, and", () => cache.dropItem("v", "i", "tag")],
    ["of its vault", () => cache.dropVault("v")],
    ["of another vault, whose title may be the same now,", () => cache.dropVault("w")],
    ["of which nobody knows what it was", () => cache.clear()],
  ])("%s forgets it, however new it is", (_what, change) => {
    cache.set(reference, place("v"), "s3cret", { names: ["tag"], seq: 7 });
    change();
    expect(isKept()).toBe(false);
  });
});

describe("what was fetched meanwhile", () => {
  const since = (change: () => void, seq?: number) => {
    const { generation } = cache;
    change();
    return cache.isSince(generation, "v", seq);
  };
  test.each<[string, () => void, number | undefined, boolean]>([
    ["where nothing happened is kept", () => undefined, undefined, true],
    ["where another vault's item changed is kept", () => cache.dropItem("w", "i", "tag"), undefined, true],
    ["where an item of its vault changed here is not", () => cache.dropItem("v", "i", "tag"), 9, false],
    ["where news came of later changes is not", () => cache.dropItem("v", "i", "tag", 10), 9, false],
    ["where news came and nobody knows its number is not", () => cache.dropItem("v", "i", "tag", 1), undefined, false],
    ["where news came of what is in it is kept", () => cache.dropItem("v", "i", "tag", 9), 9, true],
    ["where another vault changed is not", () => cache.dropVault("w"), 9, false],
    ["where all was forgotten is not", () => cache.clear(), 9, false],
  ])("%s", (_what, change, seq, kept) => expect(since(change, seq)).toBe(kept));

  test("from more vaults than the cache remembers is not kept, since it could be wrong", () => {
    expect(since(() => void Array.from({ length: FORGOT_MAX }, (_, at) => cache.dropItem(`w${at}`, "i", "")))).toBe(
      true,
    );
    expect(since(() => cache.dropItem("one more", "i", ""))).toBe(false);
  });
});

// The agent answers a reference from memory once it has read it. That answer must equal a fresh look at the account:
// the same value or the same refusal. This holds for every reference and every account of either kind.
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Account, offered } from "../../../daemon/account/account.ts";
import { type Cache, createCache } from "../../../daemon/account/cache.ts";
import { followChanges } from "../../../daemon/account/changes.ts";
import type { Opened } from "../../../daemon/account/opened.ts";
import { createResolver, isMissing } from "../../../daemon/account/resolver.ts";
import { systemClock } from "../../../daemon/host/clock.ts";
import { createLog } from "../../../daemon/host/log.ts";
import { PosternError } from "../../../protocol/errors.ts";
import type { DetailsContent, ItemField } from "../../../protocol/item/item.ts";
import { native as crypto } from "../../protocol/crypto/implementations.ts";
import { overview, details as secretDetails } from "../../service/doors.ts";
import { fakeClock } from "../host/fake-clock.ts";
import { type AccountsOfKind, kinds } from "./kinds.ts";

/** Names that differ only in case or only in Unicode form, and names that look like an id or like a built-in field. */
const NAMES = [
  "api",
  "API",
  "Api",
  "k",
  "\u212a",
  "K",
  "caf\u00e9",
  "cafe\u0301",
  "password",
  "notes",
  "notesPlain",
  "",
  "fingerprint",
];
/** The names that are also valid ids of a field or section. */
const IDS = NAMES.filter((name) => /^[A-Za-z]+$/.test(name));
/** Parts that a reference may have, and some invalid ones. */
const WORDS = [...IDS, "cafe", "caf\u00e9", "\u212a", "", "PASSWORD", "Fingerprint"];

const name = fc.constantFrom(...NAMES);
const id = fc.constantFrom(...IDS);
const sectionIds = fc.uniqueArray(fc.constantFrom("", ...IDS), { maxLength: 4 });

const details: fc.Arbitrary<DetailsContent> = sectionIds.chain((ids) =>
  fc.record({
    sections: fc.tuple(...ids.map((section) => fc.record({ id: fc.constant(section), title: name }))),
    fields: fc.uniqueArray(
      fc.record({
        id,
        title: name,
        sectionId: fc.constantFrom(undefined, ...ids),
        fieldType: fc.constantFrom<ItemField["fieldType"]>("Concealed", "Text", "Totp"),
        value: fc.constantFrom("one", "two", "\ufeffmarked", "GEZDGNBVGY3TQOJQ", "half \ud800", ""),
      }),
      { selector: (field) => field.id, minLength: 1, maxLength: 5 },
    ),
    notes: fc.constantFrom("", "some notes"),
    files: fc.constant([]),
  }),
) as fc.Arbitrary<DetailsContent>;

const world = fc.array(
  fc.record({
    title: name,
    items: fc.array(fc.record({ title: name, details }), { minLength: 1, maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 3 },
);

/** How a reference writes a part: by its title, by its id, in another case, or as any word. */
const written = fc.oneof(
  { weight: 3, arbitrary: fc.constant("title" as const) },
  { weight: 2, arbitrary: fc.constant("id" as const) },
  { weight: 2, arbitrary: fc.constantFrom("upper" as const, "lower" as const) },
  { weight: 1, arbitrary: fc.constantFrom(...WORDS.map((word) => ({ word }))) },
);
const asked = fc.array(
  fc.record({
    vault: fc.nat(2),
    item: fc.nat(2),
    field: fc.nat(4),
    write: fc.tuple(written, written, written, written),
    withSection: fc.boolean(),
    query: fc.constantFrom("", "", "", "?attribute=otp", "?attribute=totp", "?ATTRIBUTE=otp", "?ssh-format=openssh"),
  }),
  { minLength: 20, maxLength: 60 },
);

type Named = { readonly id: string; readonly title: string };

function partOf(one: Named | undefined, how: "title" | "id" | "upper" | "lower" | { word: string }): string {
  if (typeof how === "object") return how.word;
  const { id: itsId, title } = one ?? { id: "none", title: "none" };
  if (how === "id") return itsId;
  return how === "title" ? title : how === "upper" ? title.toUpperCase() : title.toLowerCase();
}

type Outcome = { readonly value: string; readonly place: object } | { readonly error: string };

const clock = fakeClock();
const resolver = createResolver(clock);

async function outcomeOf(unlocked: Opened, reference: string): Promise<Outcome> {
  try {
    const found = await resolver.locate(unlocked, reference);
    if (isMissing(found)) return { error: found.error.message };
    const { value } = await found.read();
    return { value, place: found.place };
  } catch (error) {
    if (error instanceof PosternError) return { error: error.message };
    throw error;
  }
}

/** The outcome with an empty cache. */
async function cold(account: Account, reference: string): Promise<Outcome> {
  const cache = createCache(crypto, clock.monotonicMs);
  const outcome = await outcomeOf({ account, cache }, reference);
  cache.close();
  return outcome;
}

describe.each(kinds)("of an account %s,", (_kind, open) => {
  let accounts: AccountsOfKind;
  let account: Account;
  beforeAll(async () => {
    accounts = await open();
    account = await accounts.open();
  });
  afterAll(() => accounts.close());

  const unlockedWith = (cache: Cache): Opened => ({ account, cache });

  test("an answer from memory equals a fresh look at the account, for every reference", {
    timeout: 60_000,
  }, async () => {
    let warmAnswers = 0;
    await fc.assert(
      fc.asyncProperty(world, asked, async (vaults, references) => {
        const cache = createCache(crypto, clock.monotonicMs);
        const made: (Named & { items: (Named & { details: DetailsContent })[] })[] = [];
        for (const { title, items } of vaults) {
          const { id: vault } = await account.createVault({ title, allowAdminsAccess: false });
          const its: (Named & { details: DetailsContent })[] = [];
          for (const item of items)
            its.push({
              ...item,
              id: (await account.createItem(vault, { ...overview(item.title), ...item.details })).id,
            });
          made.push({ id: vault, title, items: its });
        }
        const texts = references.map(
          ({ vault, item, field, write: [first, second, third, fourth], withSection, query }) => {
            const inVault = made[vault % made.length];
            const inItem = inVault?.items[item % inVault.items.length];
            const its = inItem?.details.fields[field % inItem.details.fields.length];
            const section = inItem?.details.sections.find((one) => one.id === its?.sectionId);
            const parts = [partOf(inVault, first), partOf(inItem, second), partOf(its, fourth)];
            if (withSection) parts.splice(2, 0, partOf(section, third));
            return `op://${parts.join("/")}${query}`;
          },
        );
        const unlocked = unlockedWith(cache);
        for (const text of [...texts, ...texts]) {
          if (cache.find(text) !== undefined) warmAnswers++;
          expect(await outcomeOf(unlocked, text), text).toEqual(await cold(account, text));
        }
        cache.close();
        for (const vault of made) await account.deleteVault(vault.id);
      }),
      { numRuns: 30 },
    );
    // Otherwise nothing came from memory, and the test would prove nothing.
    expect(warmAnswers).toBeGreaterThan(30);
  });

  test("two fields that differ only in case stay distinct, in either order of requests", async () => {
    const { id: vault } = await account.createVault({ title: "Cases" });
    const field = (fieldId: string, value: string) => ({
      id: fieldId,
      title: fieldId,
      fieldType: "Concealed" as const,
      value,
    });
    const fields = [field("api", "lower"), field("API", "upper")];
    await account.createItem(vault, { ...overview("Db"), fields, sections: [], notes: "", files: [] });
    const unlocked = unlockedWith(createCache(crypto, clock.monotonicMs));
    const value = async (end: string) => outcomeOf(unlocked, `op://Cases/Db/${end}`);
    expect([await value("api"), await value("API"), await value("Api")]).toEqual([
      expect.objectContaining({ value: "lower" }),
      expect.objectContaining({ value: "upper" }),
      { error: expect.stringContaining("candidates api, API") },
    ]);
    // Two simultaneous requests share only the look at their item.
    const fresh = unlockedWith(createCache(crypto, clock.monotonicMs));
    const both = await Promise.all(["API", "api"].map((end) => outcomeOf(fresh, `op://Cases/DB/${end}`)));
    expect(both).toEqual([expect.objectContaining({ value: "upper" }), expect.objectContaining({ value: "lower" })]);
  });

  test.each([
    ["a second vault of the title", async (elsewhere: Account) => (await elsewhere.createVault({ title: "Mine" })).id],
    [
      "another vault that gets the title",
      async (elsewhere: Account) => {
        const { id } = await elsewhere.createVault({ title: "Theirs" });
        await elsewhere.updateVault(id, { title: "Mine" });
        return id;
      },
    ],
  ])("%s, made elsewhere, makes a kept reference ambiguous", async (_what, change) => {
    const others = await open();
    const own = await others.open();
    const elsewhere = await others.open();
    const { id: vault } = await own.createVault({ title: "Mine" });
    await own.createItem(vault, { ...overview("Db"), ...secretDetails("s3cret") });
    const following = Promise.withResolvers<void>();
    const feed = offered(own, "feed");
    const watched: typeof feed = {
      ...feed,
      follow: () => {
        const followed = feed.follow();
        let looks = 0;
        return {
          next: (signal, waitMs) => {
            if (looks++ > 0) following.resolve();
            return followed.next(signal, waitMs);
          },
        };
      },
    };
    const unlocked: Opened = { account: own, cache: createCache(crypto, clock.monotonicMs) };
    const heard = new Set<string>();
    let wake: () => void = () => undefined;
    const follower = followChanges(
      unlocked,
      watched,
      { clock: systemClock(() => performance.now()), log: createLog() },
      {
        begun: () => undefined,
        changed: ({ vault: changed }) => {
          heard.add(changed ?? "");
          wake();
        },
        replaced: () => undefined,
        shutOut: () => undefined,
      },
    );
    try {
      const reference = "op://Mine/Db/password";
      await following.promise;
      expect(await outcomeOf(unlocked, reference)).toMatchObject({ value: "s3cret" });
      const other = await change(elsewhere);
      while (!heard.has(other))
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      expect(await outcomeOf(unlocked, reference)).toEqual({ error: expect.stringContaining("candidates") });
    } finally {
      follower.stop();
      await others.close();
    }
  });
});

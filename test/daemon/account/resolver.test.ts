// A reference that was read once is answered from memory. Whatever it was answered then must be what a look at the account
// would answer now, for every reference and every account: the same value, or the same refusal.
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Cache, createCache } from "../../../daemon/account/cache.ts";
import { followChanges } from "../../../daemon/account/changes.ts";
import { createResolver, isMissing } from "../../../daemon/account/resolver.ts";
import { systemClock } from "../../../daemon/host/clock.ts";
import { createLog } from "../../../daemon/host/log.ts";
import type { Unlocked } from "../../../daemon/session/unlocked.ts";
import { newId } from "../../../protocol/crypto/encoding.ts";
import { PosternError } from "../../../protocol/errors.ts";
import type { DetailsContent, ItemField } from "../../../protocol/item/item.ts";
import { native as crypto } from "../../protocol/crypto/implementations.ts";
import {
  type InProcess,
  inProcess,
  newUser,
  type Opened,
  open,
  overview,
  details as secretDetails,
} from "../../service/doors.ts";
import { fakeClock } from "../host/fake-clock.ts";

let door: InProcess;
let opened: Opened;

beforeAll(async () => {
  door = await inProcess();
  opened = await open(door, await newUser(door));
});
afterAll(async () => {
  opened.account.close();
  await door.close();
});

/** Names that differ in case alone, in form alone, or look like an id or like what an item has by itself. */
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
/** Of those, what an id of a field or section may be. */
const IDS = NAMES.filter((name) => /^[A-Za-z]+$/.test(name));
/** What a reference may say, and some that it may not. */
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

/** How a part is written: as it is called, by its id, in another case, or any word at all. */
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

async function outcomeOf(unlocked: Unlocked, reference: string): Promise<Outcome> {
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

/** What the resolver needs of an unlocked account. */
const unlockedWith = (cache: Cache) => ({ account: opened.account, cache }) as Unlocked;

async function cold(reference: string): Promise<Outcome> {
  const cache = createCache(crypto, clock.monotonicMs);
  const outcome = await outcomeOf(unlockedWith(cache), reference);
  cache.close();
  return outcome;
}

test("what is answered from memory is what a look at the account answers, for every reference", {
  timeout: 60_000,
}, async () => {
  const { account } = opened;
  let warmAnswers = 0;
  await fc.assert(
    fc.asyncProperty(world, asked, async (vaults, references) => {
      const cache = createCache(crypto, clock.monotonicMs);
      const made: (Named & { items: (Named & { details: DetailsContent })[] })[] = [];
      for (const { title, items } of vaults) {
        const { id: vault } = await account.createVault(title, "");
        const its: (Named & { details: DetailsContent })[] = [];
        for (const item of items)
          its.push({ ...item, id: (await account.createItem(vault, overview(item.title), item.details)).id });
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
        expect(await outcomeOf(unlocked, text), text).toEqual(await cold(text));
      }
      cache.close();
      for (const vault of made) await account.deleteVault(vault.id);
    }),
    { numRuns: 30 },
  );
  // Else nothing was answered from memory, and nothing shown.
  expect(warmAnswers).toBeGreaterThan(30);
});

test("two fields that differ in case are two, in whatever order they are asked for", async () => {
  const { account } = opened;
  const { id: vault } = await account.createVault("Cases", "");
  const field = (fieldId: string, value: string) => ({
    id: fieldId,
    title: fieldId,
    fieldType: "Concealed" as const,
    value,
  });
  const fields = [field("api", "lower"), field("API", "upper")];
  await account.createItem(vault, overview("Db"), { fields, sections: [], notes: "", files: [] });
  const unlocked = unlockedWith(createCache(crypto, clock.monotonicMs));
  const value = async (end: string) => outcomeOf(unlocked, `op://Cases/Db/${end}`);
  expect([await value("api"), await value("API"), await value("Api")]).toEqual([
    expect.objectContaining({ value: "lower" }),
    expect.objectContaining({ value: "upper" }),
    { error: expect.stringContaining("candidates api, API") },
  ]);
  // Asked for at once they share no look but that for their item.
  const fresh = unlockedWith(createCache(crypto, clock.monotonicMs));
  const both = await Promise.all(["API", "api"].map((end) => outcomeOf(fresh, `op://Cases/DB/${end}`)));
  expect(both).toEqual([expect.objectContaining({ value: "upper" }), expect.objectContaining({ value: "lower" })]);
});

test.each([
  ["a second vault of the title", async ({ account }: Opened) => (await account.createVault("Mine", "")).id],
  [
    "another vault that gets the title",
    async ({ account }: Opened) => {
      const { id } = await account.createVault("Theirs", "");
      await account.updateVault(id, { title: "Mine" });
      return id;
    },
  ],
])("%s, made elsewhere, makes what was kept ambiguous", async (_what, change) => {
  const who = await newUser(door, "Grace");
  const own = await open(door, who);
  const elsewhere = await open(door, { ...who, device: newId(crypto) });
  const { id: vault } = await own.account.createVault("Mine", "");
  await own.account.createItem(vault, overview("Db"), secretDetails("s3cret"));
  const following = Promise.withResolvers<void>();
  const account: Opened["account"] = {
    ...own.account,
    changes: (cursor, signal) => {
      if (cursor !== undefined) following.resolve();
      return own.account.changes(cursor, signal);
    },
  };
  const unlocked = { account, cache: createCache(crypto, clock.monotonicMs) } as Unlocked;
  const heard = new Set<string>();
  let wake: () => void = () => undefined;
  const follower = followChanges(
    unlocked,
    systemClock(() => performance.now()),
    createLog(),
    {
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
    own.account.close();
    elsewhere.account.close();
  }
});

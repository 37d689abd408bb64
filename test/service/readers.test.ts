// A link that may be opened often stays open, however often one reader opens it. Each limit is tested at it and one past it.
import { afterEach, beforeEach, expect, test } from "vitest";
import { newId, toBase64 } from "../../protocol/crypto/encoding.ts";
import { secretOf, shareKeys } from "../../protocol/crypto/share.ts";
import { serviceLimits } from "../../protocol/service-catalogue.ts";
import { VIEW_MS } from "../../service/share/share-rows.ts";
import {
  crypto,
  details,
  type InProcess,
  inProcess,
  newUser,
  type Opened,
  open,
  overview,
  PUBLIC_ADDRESS,
} from "./doors.ts";

let door: InProcess;
let hers: Opened;
let link: { share: string; accessKey: string };

beforeEach(async () => {
  door = await inProcess();
  hers = await open(door, await newUser(door));
  const vault = (await hers.account.createVault("Shared", "")).id;
  const item = await hers.account.createItem(vault, overview("DB"), details("x"));
  const { url } = await hers.account.shares.create(item, {
    expireAfter: "OneDay",
    oneTime: false,
    linkAddress: PUBLIC_ADDRESS,
  });
  const { pathname, hash } = new URL(url);
  const secret = secretOf(hash) ?? new Uint8Array();
  link = { share: pathname.slice("/s/".length), accessKey: toBase64(shareKeys(crypto, secret).accessKey) };
  door.stop();
});
afterEach(async () => {
  hers.account.close();
  await door.close();
});

async function view(from: string): Promise<string> {
  const id = newId(crypto);
  await door.from(from)("shares.open", { ...link, view: id });
  // Views of one millisecond have no order.
  door.advance(1);
  return id;
}

/** A running view may fetch files. This share has none, so only the reason of the refusal tells. */
async function isRunning(id: string): Promise<boolean> {
  const refused = await door.call("shares.getChunk", { ...link, view: id, file: newId(crypto), index: 0 }).then(
    () => "",
    (error: Error) => error.message,
  );
  return !refused.includes("this view is over");
}

const rows = () => door.store.db.selectFrom("share_views").selectAll().execute();

/** Rows as another reader's views make them. */
async function fill(count: number, reader: Uint8Array | null): Promise<void> {
  const ends = Date.parse((await door.call("service.info", {})).now) + VIEW_MS - 60_000;
  const one = (number: number) => ({
    share: link.share,
    view_hash: crypto.randomBytes(32),
    ends_at: new Date(ends + number).toISOString(),
    reader,
  });
  await door.store.db
    .insertInto("share_views")
    .values(Array.from({ length: count }, (_, number) => one(number)))
    .execute();
}

test("a reader may have views up to the limit; one more ends the oldest of that reader, and of nobody else", async () => {
  const other = await view("192.0.2.2");
  const first = await view("192.0.2.1");
  for (let made = 1; made < serviceLimits.shareViewsOfReader; made++) await view("192.0.2.1");
  expect([await isRunning(first), await isRunning(other)]).toEqual([true, true]);
  const last = await view("192.0.2.1");
  expect([await isRunning(first), await isRunning(other), await isRunning(last)]).toEqual([false, true, true]);
  expect(await rows()).toHaveLength(serviceLimits.shareViewsOfReader + 1);
});

test("a share may have views up to the limit; one more ends the oldest of the reader with most", async () => {
  const few = await view("192.0.2.1");
  await fill(serviceLimits.shareViews - 2, crypto.randomBytes(32));
  await view("192.0.2.2");
  expect(await rows()).toHaveLength(serviceLimits.shareViews);
  const [oldest] = (await rows()).toSorted((a, b) => (a.ends_at < b.ends_at ? -1 : 1));
  const next = await view("192.0.2.3");
  expect([await isRunning(few), await isRunning(next)]).toEqual([true, true]);
  const left = await rows();
  expect(left).toHaveLength(serviceLimits.shareViews);
  expect(left).not.toContainEqual(oldest);
});

test("views that an older service counted give way too", async () => {
  await fill(serviceLimits.shareViews, null);
  const next = await view("192.0.2.1");
  expect(await isRunning(next)).toBe(true);
  expect(await rows()).toHaveLength(serviceLimits.shareViews);
});

test("the store holds no address of a reader, and does not tell that two shares had the same one", async () => {
  await view("192.0.2.1");
  await view("192.0.2.1");
  const [one, two] = await rows();
  expect(one?.reader).toEqual(two?.reader);
  expect(one?.reader).toHaveLength(32);
  const item = await hers.account.createItem((await hers.account.vaults())[0]?.id ?? "", overview("B"), details("y"));
  const { url } = await hers.account.shares.create(item, {
    expireAfter: "OneDay",
    oneTime: false,
    linkAddress: PUBLIC_ADDRESS,
  });
  const secret = secretOf(new URL(url).hash) ?? new Uint8Array();
  link = { share: new URL(url).pathname.slice("/s/".length), accessKey: toBase64(shareKeys(crypto, secret).accessKey) };
  await view("192.0.2.1");
  const readers = (await rows()).map(({ reader }) => toBase64(reader ?? new Uint8Array()));
  expect(new Set(readers).size).toBe(2);
});

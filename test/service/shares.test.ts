// Shares at the service: the access by a link, and by anything less than a link. Concurrent views are counted. A share expires to the
// millisecond. A lost answer costs nobody a view.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { OpenedItem } from "../../clients/account/item-rows.ts";
import { permissionBits as bits } from "../../protocol/access/permission-names.ts";
import { newId, toBase64, utf8 } from "../../protocol/crypto/encoding.ts";
import { FILE_CHUNK_BYTES, openFile } from "../../protocol/crypto/file.ts";
import { accessKeyHash, openShare, secretOf, shareKeys, sharePlace } from "../../protocol/crypto/share.ts";
import { type ShareContent, shareDurations } from "../../protocol/item/item-share.ts";
import { type OperationName, type OperationParams, serviceLimits } from "../../protocol/service-catalogue.ts";
import { ABANDONED_MS } from "../../service/item/uploads.ts";
import { ENDED_KEPT_MS, VIEW_MS } from "../../service/share/share-rows.ts";
import {
  crypto,
  type Door,
  details,
  dump,
  type InProcess,
  inProcess,
  newUser,
  type Opened,
  open,
  overLoopback,
  overview,
  PUBLIC_ADDRESS,
} from "./doors.ts";

type Linking = Door & { readonly publicAddress: string };

/** The content of a link, as the page reads it. */
type Link = { share: string; accessKey: string; contentKey: Uint8Array };

function read(url: string, ownAddress = PUBLIC_ADDRESS): Link {
  const { origin, pathname, hash } = new URL(url);
  expect([PUBLIC_ADDRESS, ownAddress]).toContain(origin);
  const secret = secretOf(hash);
  if (secret === undefined) throw new Error("the link has no secret");
  const { accessKey, contentKey } = shareKeys(crypto, secret);
  return { share: pathname.slice("/s/".length), accessKey: toBase64(accessKey), contentKey };
}

const byLink = ({ share, accessKey }: Link) => ({ share, accessKey });
const named = (name: string) => expect.objectContaining({ name });

function contentOf(link: Link, sealed: string): ShareContent {
  return JSON.parse(new TextDecoder().decode(openShare(crypto, link.share, link.contentKey, sealed))) as ShareContent;
}

/** An item with a file of more than one chunk. */
async function itemWithFile({ account }: Opened, vault: string, content: Uint8Array): Promise<OpenedItem> {
  const itemKey = account.newItemKey();
  const id = newId(crypto);
  const stream = account.writeFile({ vault, item: id }, itemKey);
  for (let at = 0; at < content.length; at += FILE_CHUNK_BYTES)
    await stream.push(content.subarray(at, at + FILE_CHUNK_BYTES), at + FILE_CHUNK_BYTES >= content.length);
  const header = stream.end();
  const files = [
    { attributes: { name: "cert.pem", id: header.id, size: content.length }, sectionId: "", fieldId: "cert" },
  ];
  return account.createItem(vault, overview("DB"), { ...details("s3cret"), files }, { id, itemKey, files: [header] });
}

describe.each([
  ["in process", () => inProcess() as Promise<Linking>],
  ["over loopback", () => overLoopback()],
])("a share, %s,", (_way, start) => {
  let door: Linking;
  let ada: Opened;
  let vault: string;
  let item: OpenedItem;
  const file = crypto.randomBytes(FILE_CHUNK_BYTES + 17);

  beforeAll(async () => {
    door = await start();
    ada = await open(door, await newUser(door));
    vault = (await ada.account.createVault("Demo", "")).id;
    item = await itemWithFile(ada, vault, file);
  });
  afterAll(() => door.close());

  const share = async (oneTime = false) =>
    read(
      (await ada.account.shares.create(item, { expireAfter: "OneDay", oneTime, linkAddress: door.publicAddress })).url,
      door.publicAddress,
    );
  const viewsOf = async ({ share: id }: Link) =>
    (await ada.account.shares.list()).find((one) => one.share === id)?.views;

  test("gives whoever has the link the item as it was, and its file byte for byte", async () => {
    const link = await share();
    const view = newId(crypto);
    const { sealed } = await door.call("shares.open", { ...byLink(link), view });
    const content = contentOf(link, sealed);
    expect(content).toMatchObject({ title: "DB", category: "Password", fields: [{ value: "s3cret" }] });
    // The copy holds none of the vault's own ids.
    expect(JSON.stringify(content)).not.toContain(item.id);
    expect(JSON.stringify(content)).not.toContain(item.files[0]?.id);
    const [shared] = content.files;
    if (shared === undefined) throw new Error("the share has no file");
    const stream = openFile(crypto, { place: sharePlace(link.share), header: shared.header, itemKey: link.contentKey });
    const chunks: Uint8Array[] = [];
    for (let index = 0; index < shared.header.chunks; index++) {
      const asked = { ...byLink(link), view, file: shared.header.id, index };
      const chunk = await door.call("shares.getChunk", asked);
      chunks.push(stream.pull(Uint8Array.fromBase64(chunk.sealed)).chunk);
    }
    expect(Buffer.compare(Buffer.concat(chunks), file)).toBe(0);
    expect(shared.name).toBe("cert.pem");
  });

  test("is a copy: what is changed later is not in it", async () => {
    const made = await ada.account.createItem(vault, overview("Copy"), details("before"));
    const { url } = await ada.account.shares.create(made, {
      expireAfter: "OneHour",
      oneTime: false,
      linkAddress: door.publicAddress,
    });
    const content = { overview: overview("Copy"), details: details("after"), files: [], state: "active" as const };
    await ada.account.putItem(vault, made.id, 1, content);
    const link = read(url, door.publicAddress);
    const { sealed } = await door.call("shares.open", { ...byLink(link), view: newId(crypto) });
    expect(contentOf(link, sealed).fields[0]?.value).toBe("before");
  });

  test("tells its state as often as asked without spending a view", async () => {
    const link = await share(true);
    for (let count = 0; count < 3; count++)
      expect(await door.call("shares.state", byLink(link))).toMatchObject({ oneTime: true });
    expect(await viewsOf(link)).toBe(0);
  });

  test("spends nothing on a link preview, which gets the page and nothing of the share", async () => {
    const link = await share(true);
    const base = door.address.origin.startsWith("http") ? door.address.origin : "http://embedded.invalid";
    for (const method of ["GET", "HEAD"]) {
      const answer = await door.address.fetch(new Request(`${base}/s/${link.share}`, { method }));
      expect(answer.status).toBe(200);
      const other = await door.address.fetch(new Request(`${base}/s/${newId(crypto)}`, { method }));
      expect(await other.text()).toBe(await answer.text());
    }
    expect((await door.address.fetch(new Request(`${base}/v1/shares.open`))).status).toBe(404);
    expect(await viewsOf(link)).toBe(0);
  });

  test("answers an unknown id and a wrong key alike, and a wrong key spends nothing", async () => {
    const link = await share(true);
    const other = await share(true);
    const view = newId(crypto);
    const wrong = { ...byLink(link), accessKey: toBase64(crypto.randomBytes(32)) };
    const outcomes = await Promise.allSettled([
      door.call("shares.open", { ...wrong, view }),
      door.call("shares.open", { ...byLink(link), share: newId(crypto), view }),
      // Another share's key is a wrong key.
      door.call("shares.open", { ...byLink(link), accessKey: other.accessKey, view }),
      door.call("shares.state", wrong),
      door.call("shares.getChunk", { ...wrong, view, file: newId(crypto), index: 0 }),
    ]);
    const texts = outcomes.map((one) => (one.status === "rejected" ? String(one.reason) : "opened"));
    expect(new Set(texts)).toEqual(new Set(["shareNotFound: no share has this id, or the link is not whole"]));
    expect(await viewsOf(link)).toBe(0);
  });

  test("that can be opened once lets exactly one of fifty in", async () => {
    const link = await share(true);
    const opens = Array.from({ length: 50 }, () => door.call("shares.open", { ...byLink(link), view: newId(crypto) }));
    const outcomes = await Promise.allSettled(opens);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const outcome of outcomes)
      if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ name: "shareUsedUp" });
    expect(await viewsOf(link)).toBe(1);
    await expect(door.call("shares.state", byLink(link))).rejects.toEqual(named("shareUsedUp"));
  });

  test("counts every view of a link that can be opened often", async () => {
    const link = await share();
    await Promise.all(
      Array.from({ length: 7 }, () => door.call("shares.open", { ...byLink(link), view: newId(crypto) })),
    );
    expect(await viewsOf(link)).toBe(7);
  });

  test("whose answer was lost gives it again to the same view, and to no other", async () => {
    const link = await share(true);
    const view = newId(crypto);
    const first = await door.call("shares.open", { ...byLink(link), view });
    expect(await door.call("shares.open", { ...byLink(link), view })).toEqual(first);
    expect(await viewsOf(link)).toBe(1);
    await expect(door.call("shares.open", { ...byLink(link), view: newId(crypto) })).rejects.toEqual(
      named("shareUsedUp"),
    );
  });

  test("that was revoked says so to anyone with the link, also during an open view", async () => {
    const link = await share();
    const view = newId(crypto);
    await door.call("shares.open", { ...byLink(link), view });
    await ada.account.shares.revoke(link.share);
    await ada.account.shares.revoke(link.share);
    const asked = [
      door.call("shares.state", byLink(link)),
      door.call("shares.open", { ...byLink(link), view }),
      door.call("shares.getChunk", { ...byLink(link), view, file: newId(crypto), index: 0 }),
    ];
    // All at once: one that is refused before it is waited for would be an error that nobody handles.
    await Promise.all(asked.map((one) => expect(one).rejects.toEqual(named("shareRevoked"))));
  });

  test("cannot be listed or revoked from another account", async () => {
    const link = await share();
    const eve = await open(door, await newUser(door, "Eve"));
    expect(await eve.account.shares.list()).toEqual([]);
    await expect(eve.account.shares.revoke(link.share)).rejects.toEqual(named("shareNotFound"));
    expect(await door.call("shares.state", byLink(link))).toMatchObject({ oneTime: false });
  });

  test("made twice with the same bytes is made once; with other bytes it is refused", async () => {
    const made = sample(vault, item.id);
    const { call } = ada.signedIn.session;
    const times = await call("shares.create", made);
    const before = dump(door.folder);
    expect(await call("shares.create", made)).toEqual(times);
    expect(dump(door.folder)).toBe(before);
    const others: Partial<OperationParams<"shares.create">>[] = [
      { sealed: toBase64(utf8("other")) },
      { oneTime: true },
      { expireAfter: "OneHour" },
      { accessKeyHash: toBase64(crypto.randomBytes(32)) },
      { files: [{ file: newId(crypto), chunks: 1 }] },
    ];
    for (const other of others)
      await expect(call("shares.create", { ...made, ...other })).rejects.toEqual(named("conflict"));
    expect(dump(door.folder)).toBe(before);
  });
});

/** A share whose copy nobody will open. */
function sample(vault: string, item: string, more: Partial<OperationParams<"shares.create">> = {}) {
  return {
    share: newId(crypto),
    vault,
    item,
    accessKeyHash: toBase64(crypto.randomBytes(32)),
    expireAfter: "OneDay" as const,
    oneTime: false,
    sealed: toBase64(utf8("sealed")),
    files: [],
    ...more,
  };
}

describe("with a clock that stands,", () => {
  let door: InProcess;
  let ada: Opened;
  let vault: string;
  let item: OpenedItem;

  beforeAll(async () => {
    door = await inProcess();
    ada = await open(door, await newUser(door));
    door.stop();
  });
  // A vault without shares for each test. There is one account for all, since each account costs an Argon2id.
  beforeEach(async () => {
    for (const table of ["shares", "share_views", "share_chunks", "vault_grants", "vaults"] as const)
      await door.store.db.deleteFrom(table).execute();
    ada.account.forgetVaults();
    vault = (await ada.account.createVault("Demo", "")).id;
    item = await itemWithFile(ada, vault, crypto.randomBytes(10));
  });
  afterAll(() => door.close());

  const call = <N extends OperationName>(name: N, params: OperationParams<N>) =>
    ada.signedIn.session.call(name, params);
  const share = async (oneTime = false) =>
    read((await ada.account.shares.create(item, { expireAfter: "OneHour", oneTime, linkAddress: PUBLIC_ADDRESS })).url);
  const stored = async () => ({
    shares: await door.store.db.selectFrom("shares").selectAll().execute(),
    chunks: await door.store.db.selectFrom("share_chunks").selectAll().execute(),
    views: await door.store.db.selectFrom("share_views").selectAll().execute(),
  });

  test.each(Object.entries(shareDurations))("a share of %s ends at that millisecond", async (expireAfter, ms) => {
    const { url } = await ada.account.shares.create(item, {
      expireAfter: expireAfter as never,
      oneTime: false,
      linkAddress: PUBLIC_ADDRESS,
    });
    const link = read(url);
    const view = newId(crypto);
    // All but the last 15 minutes pass first, since a view lasts so long.
    door.advance(ms - 2);
    const { sealed } = await door.call("shares.open", { ...byLink(link), view });
    const file = contentOf(link, sealed).files[0]?.header.id ?? "";
    door.advance(1);
    await door.call("shares.state", byLink(link));
    await door.call("shares.getChunk", { ...byLink(link), view, file, index: 0 });
    door.advance(1);
    for (const asked of [
      () => door.call("shares.state", byLink(link)),
      () => door.call("shares.open", { ...byLink(link), view: newId(crypto) }),
      () => door.call("shares.open", { ...byLink(link), view }),
      () => door.call("shares.getChunk", { ...byLink(link), view, file, index: 0 }),
    ])
      await expect(asked()).rejects.toEqual(named("shareExpired"));
  });

  test("the content of an expired share is removed; the service reports the expiry until the row goes too", async () => {
    const link = await share();
    door.advance(shareDurations.OneHour - 1);
    await door.tidy();
    expect((await stored()).chunks).toHaveLength(1);
    door.advance(1);
    await door.tidy();
    const { shares, chunks } = await stored();
    expect(chunks).toEqual([]);
    expect(shares).toMatchObject([{ id: link.share, sealed: new Uint8Array() }]);
    door.advance(ENDED_KEPT_MS - 1);
    await door.tidy();
    await expect(door.call("shares.state", byLink(link))).rejects.toEqual(named("shareExpired"));
    door.advance(1);
    await door.tidy();
    await expect(door.call("shares.state", byLink(link))).rejects.toEqual(named("shareNotFound"));
  });

  test("a used-up share keeps its copy for the one view, and loses it at that view's end", async () => {
    const link = await share(true);
    const view = newId(crypto);
    const { sealed, viewEndsAt } = await door.call("shares.open", { ...byLink(link), view });
    const file = contentOf(link, sealed).files[0]?.header.id ?? "";
    expect(Date.parse(viewEndsAt) - Date.parse((await stored()).shares[0]?.created_at ?? "")).toBe(VIEW_MS);
    door.advance(VIEW_MS - 1);
    await door.tidy();
    await door.call("shares.getChunk", { ...byLink(link), view, file, index: 0 });
    await door.call("shares.open", { ...byLink(link), view });
    door.advance(1);
    await expect(door.call("shares.getChunk", { ...byLink(link), view, file, index: 0 })).rejects.toEqual(
      named("shareUsedUp"),
    );
    await expect(door.call("shares.open", { ...byLink(link), view })).rejects.toEqual(named("shareUsedUp"));
    await door.tidy();
    expect(await stored()).toMatchObject({ shares: [{ sealed: new Uint8Array() }], chunks: [], views: [] });
  });

  test("a revoked share loses its copy, its files and its views at once", async () => {
    const link = await share();
    await door.call("shares.open", { ...byLink(link), view: newId(crypto) });
    await ada.account.shares.revoke(link.share);
    expect(await stored()).toMatchObject({ shares: [{ sealed: new Uint8Array() }], chunks: [], views: [] });
  });

  test.each([
    ["revoked", async (link: Link) => ada.account.shares.revoke(link.share)],
    ["expired", async () => door.advance(shareDurations.OneHour)],
    [
      "used up",
      async (link: Link) => {
        await door.call("shares.open", { ...byLink(link), view: newId(crypto) });
        door.advance(VIEW_MS);
      },
    ],
  ] as const)("of a share that is %s nothing is left in any file of the store", async (_how, end) => {
    const large = await itemWithFile(ada, vault, crypto.randomBytes(FILE_CHUNK_BYTES + 10));
    const { url } = await ada.account.shares.create(large, {
      expireAfter: "OneHour",
      oneTime: true,
      linkAddress: PUBLIC_ADDRESS,
    });
    const link = read(url);
    const { shares, chunks } = await stored();
    const marks = [...shares, ...chunks].flatMap(({ sealed }) => marksOf(sealed));
    expect(marks.every((mark) => isInFiles(mark))).toBe(true);
    await end(link);
    await door.tidy();
    expect(marks.filter((mark) => isInFiles(mark))).toEqual([]);
  });

  /** Some bytes of the beginning, the middle and the end, since a large value lies on many pages. */
  function marksOf(sealed: Uint8Array): Buffer[] {
    const bytes = Buffer.from(sealed);
    return [0, bytes.length >> 1, bytes.length - 16].map((at) => bytes.subarray(at, at + 16));
  }

  function isInFiles(mark: Buffer): boolean {
    return readdirSync(door.folder).some((name) => readFileSync(join(door.folder, name)).includes(mark));
  }

  test("only a view that has not ended gets a file's chunk", async () => {
    const link = await share();
    const view = newId(crypto);
    const { sealed } = await door.call("shares.open", { ...byLink(link), view });
    const file = contentOf(link, sealed).files[0]?.header.id ?? "";
    const asked = { ...byLink(link), view, file, index: 0 };
    await expect(door.call("shares.getChunk", { ...asked, view: newId(crypto) })).rejects.toEqual(
      named("fileNotFound"),
    );
    await expect(door.call("shares.getChunk", { ...asked, index: 1 })).rejects.toEqual(named("fileNotFound"));
    await expect(door.call("shares.getChunk", { ...asked, file: newId(crypto) })).rejects.toEqual(
      named("fileNotFound"),
    );
    door.advance(VIEW_MS);
    await expect(door.call("shares.getChunk", asked)).rejects.toEqual(named("fileNotFound"));
  });

  test("nothing that opens a share lies in the store: neither the link's secret, nor its keys, nor a view", async () => {
    const { url } = await ada.account.shares.create(item, {
      expireAfter: "OneHour",
      oneTime: false,
      linkAddress: PUBLIC_ADDRESS,
    });
    const link = read(url);
    const view = newId(crypto);
    await door.call("shares.open", { ...byLink(link), view });
    const bytes = JSON.stringify(await stored(), (_key, value) =>
      value instanceof Uint8Array ? `${value.toBase64()} ${value.toHex()}` : value,
    );
    for (const secret of [secretOf(new URL(url).hash)?.toBase64(), link.accessKey, link.contentKey.toBase64(), view])
      expect(bytes).not.toContain(secret);
  });

  test("a share is made with the right to send items, and no other right gives it", async () => {
    const all = bits.READ_ITEMS | bits.REVEAL_ITEM_PASSWORD | bits.SEND_ITEMS;
    const may = (permissions: number) =>
      door.store.db.updateTable("vault_grants").set({ permissions }).where("vault", "=", vault).execute();
    const chunk = { share: newId(crypto), vault, file: newId(crypto), index: 0, sealed: toBase64(utf8("x")) };
    for (const missing of [bits.READ_ITEMS, bits.REVEAL_ITEM_PASSWORD, bits.SEND_ITEMS]) {
      await may((0xffffffff & ~missing) >>> 0);
      await expect(call("shares.create", sample(vault, item.id))).rejects.toEqual(named("notPermitted"));
    }
    await expect(call("shares.putChunk", chunk)).rejects.toEqual(named("notPermitted"));
    await may(all);
    await call("shares.create", sample(vault, item.id));
    await call("shares.putChunk", chunk);
  });

  test("a share of no item, of a deleted one, or of another vault's is refused", async () => {
    await expect(call("shares.create", sample(vault, newId(crypto)))).rejects.toEqual(named("itemNotFound"));
    await expect(call("shares.create", sample(newId(crypto), item.id))).rejects.toEqual(named("vaultNotFound"));
    const other = await ada.account.createVault("Other", "");
    await expect(call("shares.create", sample(other.id, item.id))).rejects.toEqual(named("itemNotFound"));
    await ada.account.deleteItem(vault, item.id);
    await expect(call("shares.create", sample(vault, item.id))).rejects.toEqual(named("itemNotFound"));
  });

  test("a manager of a vault sees and ends shares that others made of it; another member does neither", async () => {
    const link = await share();
    const setMaker = (user: string) => door.store.db.updateTable("shares").set({ user }).execute();
    await setMaker(newId(crypto));
    expect(await ada.account.shares.list()).toHaveLength(1);
    const rest = (0xffffffff & ~bits.MANAGE_VAULT) >>> 0;
    await door.store.db.updateTable("vault_grants").set({ permissions: rest }).execute();
    expect(await ada.account.shares.list()).toEqual([]);
    await expect(ada.account.shares.revoke(link.share)).rejects.toEqual(named("shareNotFound"));
    await door.store.db.updateTable("vault_grants").set({ permissions: 0xffffffff }).execute();
    await ada.account.shares.revoke(link.share);
    expect(await ada.account.shares.list()).toMatchObject([{ share: link.share, state: "revoked" }]);
  });

  test("a chunk sent again changes nothing, another content or owner is refused, and none is added to a share", async () => {
    const made = sample(vault, item.id);
    const file = newId(crypto);
    const chunk = { share: made.share, vault, file, index: 0, sealed: toBase64(utf8("one")) };
    await call("shares.putChunk", chunk);
    await call("shares.putChunk", chunk);
    await expect(call("shares.putChunk", { ...chunk, sealed: toBase64(utf8("two")) })).rejects.toEqual(
      named("conflict"),
    );
    const eve = await open(door, await newUser(door, "Eve"));
    const theirs = (await eve.account.createVault("Hers", "")).id;
    await expect(eve.signedIn.session.call("shares.putChunk", { ...chunk, vault: theirs })).rejects.toEqual(
      named("conflict"),
    );
    await call("shares.create", { ...made, files: [{ file, chunks: 1 }] });
    await call("shares.putChunk", chunk);
    await expect(call("shares.putChunk", { ...chunk, index: 1 })).rejects.toEqual(named("conflict"));
  });

  test("a share must name all of its chunks and no others", async () => {
    const made = sample(vault, item.id);
    const file = newId(crypto);
    const name = (files: { file: string; chunks: number }[]) => call("shares.create", { ...made, files });
    await expect(name([{ file, chunks: 1 }])).rejects.toEqual(named("fileNotFound"));
    for (const index of [0, 2])
      await call("shares.putChunk", { share: made.share, vault, file, index, sealed: toBase64(utf8("x")) });
    await expect(name([{ file, chunks: 2 }])).rejects.toEqual(named("fileNotFound"));
    await expect(name([])).rejects.toEqual(named("fileNotFound"));
    await call("shares.putChunk", { share: made.share, vault, file, index: 1, sealed: toBase64(utf8("x")) });
    await expect(name([{ file, chunks: 2 }])).rejects.toEqual(named("fileNotFound"));
    await expect(
      name([
        { file, chunks: 3 },
        { file, chunks: 3 },
      ]),
    ).rejects.toEqual(named("fileNotFound"));
    await name([{ file, chunks: 3 }]);
  });

  test("chunks that no share names go after a day", async () => {
    await call("shares.putChunk", {
      share: newId(crypto),
      vault,
      file: newId(crypto),
      index: 0,
      sealed: toBase64(utf8("x")),
    });
    await share();
    door.advance(ABANDONED_MS);
    await door.store.db.updateTable("shares").set({ expires_at: "2100-01-01T00:00:00.000Z" }).execute();
    await door.tidy();
    expect((await stored()).chunks).toHaveLength(2);
    door.advance(1);
    await door.tidy();
    expect((await stored()).chunks).toHaveLength(1);
  });

  test("an account may have open shares up to the limit and not one more, and ended ones do not count", async () => {
    const row = { account: "", user: "", vault, item: item.id, access_key_hash: new Uint8Array(32), one_time: 0 };
    const { account, user } = (
      await door.store.db.selectFrom("users").select(["account", "id as user"]).execute()
    )[0] ?? {
      account: "",
      user: "",
    };
    const times = { created_at: new Date().toISOString(), expires_at: "2100-01-01T00:00:00.000Z", revoked_at: null };
    for (let made = 0; made < serviceLimits.shares - 1; made++)
      await door.store.db
        .insertInto("shares")
        .values({
          ...row,
          ...times,
          account,
          user,
          id: newId(crypto),
          views: 0,
          sealed: new Uint8Array(1),
          files: "[]",
        })
        .execute();
    const last = await share();
    await expect(share()).rejects.toEqual(named("tooLarge"));
    expect(await ada.account.shares.list()).toHaveLength(serviceLimits.shares);
    await ada.account.shares.revoke(last.share);
    const another = await share();
    // The list is cut at its end, where the ended shares are.
    const listed = await ada.account.shares.list();
    expect(listed).toHaveLength(serviceLimits.shares);
    expect(listed.some((one) => one.share === another.share)).toBe(true);
    expect(listed.some((one) => one.share === last.share)).toBe(false);
  });

  test("a copy may have characters up to the limit and not one more", async () => {
    const exactly = (length: number) => call("shares.create", sample(vault, item.id, { sealed: "A".repeat(length) }));
    await exactly(serviceLimits.sealedShare);
    await expect(exactly(serviceLimits.sealedShare + 4)).rejects.toEqual(named("invalidParams"));
  });

  test("the files of a share may have bytes up to the limit together and not one more", async () => {
    const sealed = (size: number) => new Uint8Array(size).toBase64();
    const made = sample(vault, item.id);
    const place = (file: string, index: number) => ({ share: made.share, vault, file, index });
    const [big, small] = [newId(crypto), newId(crypto)];
    const chunks = serviceLimits.shareFileBytes / FILE_CHUNK_BYTES;
    const full = sealed(serviceLimits.chunkBytes);
    for (let index = 0; index < chunks; index++) await call("shares.putChunk", { ...place(big, index), sealed: full });
    const other = sample(vault, item.id, {
      share: made.share,
      files: [
        { file: big, chunks },
        { file: small, chunks: 1 },
      ],
    });
    await call("shares.putChunk", { ...place(small, 0), sealed: sealed(17 + 1) });
    await expect(call("shares.create", other)).rejects.toEqual(named("tooLarge"));
    // A file without bytes fits.
    await door.store.db
      .updateTable("share_chunks")
      .set({ sealed: new Uint8Array(17) })
      .where("file", "=", small)
      .execute();
    await call("shares.create", other);
  });

  test("the client refuses files that are too large before it sends any", async () => {
    const header = { id: newId(crypto), sealedKey: "", size: serviceLimits.shareFileBytes + 1, chunks: 51, header: "" };
    await expect(
      ada.account.shares.create(
        { ...item, files: [header] },
        { expireAfter: "OneDay", oneTime: false, linkAddress: PUBLIC_ADDRESS },
      ),
    ).rejects.toEqual(named("tooLarge"));
    expect((await stored()).chunks).toEqual([]);
  });

  test.each([
    ["http://share.example", "serviceRefused"],
    ["https://share.example/path", "serviceRefused"],
    ["https://elsewhere.example", "serviceRefused"],
    ["https://share.example.elsewhere.example", "serviceRefused"],
    ["https://share.example:444", "serviceRefused"],
    ["javascript:alert(1)", "serviceRefused"],
  ])("the client makes no link to %s", async (address, error) => {
    const lying = await inProcess(undefined, false);
    const eve = await open(lying, await newUser(lying));
    const place = (await eve.account.createVault("V", "")).id;
    const made = await eve.account.createItem(place, overview("DB"), details("x"));
    const { call: honest } = eve.signedIn.session;
    Object.assign(eve.signedIn.session, {
      call: async (name: OperationName, params: never) => {
        const answer = await honest(name, params);
        return name === "service.info" ? { ...answer, publicAddress: address } : answer;
      },
    });
    const how = { expireAfter: "OneDay", oneTime: false, linkAddress: PUBLIC_ADDRESS } as const;
    await expect(eve.account.shares.create(made, how)).rejects.toEqual(named(error));
    await lying.close();
  });

  test("the hash that the service compares is of this share's access key", async () => {
    const link = await share();
    const [row] = (await stored()).shares;
    const expected = accessKeyHash(crypto, link.share, Uint8Array.fromBase64(link.accessKey));
    expect(Buffer.from(row?.access_key_hash ?? []).equals(expected)).toBe(true);
  });
});

describe("without a public address", () => {
  let door: InProcess;
  let ada: Opened;
  let vault: string;
  beforeAll(async () => {
    door = await inProcess(undefined, false);
    ada = await open(door, await newUser(door));
    vault = (await ada.account.createVault("Demo", "")).id;
  });
  afterAll(() => door.close());

  test("nothing is shared, nothing is opened, and there is no page", async () => {
    const item = await ada.account.createItem(vault, overview("DB"), details("x"));
    await expect(ada.account.shares.publicAddress()).rejects.toEqual(named("sharingUnavailable"));
    await expect(
      ada.account.shares.create(item, { expireAfter: "OneDay", oneTime: false, linkAddress: PUBLIC_ADDRESS }),
    ).rejects.toEqual(named("sharingUnavailable"));
    const { call } = ada.signedIn.session;
    await expect(call("shares.create", sample(vault, item.id))).rejects.toEqual(named("sharingUnavailable"));
    const chunk = { share: newId(crypto), vault, file: newId(crypto), index: 0, sealed: toBase64(utf8("x")) };
    await expect(call("shares.putChunk", chunk)).rejects.toEqual(named("sharingUnavailable"));
    const link = { share: newId(crypto), accessKey: toBase64(crypto.randomBytes(32)) };
    await expect(door.call("shares.state", link)).rejects.toEqual(named("sharingUnavailable"));
    await expect(door.call("shares.open", { ...link, view: newId(crypto) })).rejects.toEqual(
      named("sharingUnavailable"),
    );
    const page = await door.address.fetch(new Request(`http://embedded.invalid/s/${newId(crypto)}`));
    expect(page.status).toBe(404);
  });
});

// Service accounts at the service and in the client: the rights of a token, its end, and its limits. Its writes are believed as long as its
// maker is. A revoked one leaves nothing under the old key.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type OpenAccount, openAccount } from "../../clients/account/open-account.ts";
import { createServiceClient } from "../../clients/account/service-client.ts";
import type { SignedIn } from "../../clients/account/signed-in.ts";
import { signInWithToken } from "../../clients/account/user-keys.ts";
import { permissionBits as bits } from "../../protocol/access/permission-names.ts";
import { parseToken } from "../../protocol/access/service-account-token.ts";
import { newId, toBase64 } from "../../protocol/crypto/encoding.ts";
import { newKeyset } from "../../protocol/crypto/keyset.ts";
import { newServiceAccount, sealCustody, sealToken } from "../../protocol/crypto/service-account.ts";
import { grantVaultKey, newVaultKey } from "../../protocol/crypto/vault-key.ts";
import {
  type OperationName,
  type OperationParams,
  type OperationResult,
  serviceCatalogue,
  serviceLimits,
} from "../../protocol/service-catalogue.ts";
import { RATE_WINDOW_MS } from "../../service/account/rate-limit.ts";
import { grantOf, grantRow } from "../../service/vault/vault-grants.ts";
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
  type User,
} from "./doors.ts";

const READ = bits.READ_ITEMS | bits.REVEAL_ITEM_PASSWORD;
const WRITE = READ | bits.CREATE_ITEMS | bits.UPDATE_ITEMS | bits.ARCHIVE_ITEMS | bits.DELETE_ITEMS;
const named = (name: string) => expect.objectContaining({ name });

type Bearer = { readonly account: OpenAccount; readonly signedIn: SignedIn };

/** Opens an account as the service account of a token. */
async function enter(door: Door, text: string): Promise<Bearer> {
  const token = parseToken(text);
  const signedIn = await signInWithToken(crypto, door.call, door.address, token);
  return { signedIn, account: openAccount(crypto, token.account, token.serviceAccount, signedIn) };
}

let door: InProcess;
let ada: User;
let opened: Opened;
let account: OpenAccount;
let vault: string;
let item: string;
let id: string;
let token: string;

beforeEach(async () => {
  door = await inProcess();
  ada = await newUser(door);
  opened = await open(door, ada);
  ({ account } = opened);
  vault = (await account.createVault("Demo", "")).id;
  item = (await account.createItem(vault, overview("DB"), details("s3cret"))).id;
  ({ id, token } = await account.serviceAccounts.create({ title: "CI", vaults: [{ id: vault, permissions: WRITE }] }));
});
afterEach(async () => {
  account.close();
  await door.close();
});

const call = <N extends OperationName>(name: N, params: OperationParams<N>) =>
  opened.signedIn.session.call(name, params);
const secretOf = (one: { details: { fields: readonly { value: string }[] } }) => one.details.fields[0]?.value;

describe("a service account", () => {
  test("reads and writes what it was granted, and sees nothing else", async () => {
    await account.createVault("Other", "");
    const ci = await enter(door, token);
    expect((await ci.account.vaults()).map(({ title }) => title)).toEqual(["Demo"]);
    expect(secretOf(await ci.account.getItem(vault, item))).toBe("s3cret");
    const made = await ci.account.createItem(vault, overview("By CI"), details("ci"));
    expect(secretOf(await account.getItem(vault, made.id))).toBe("ci");
    expect((await account.listItems(vault, { active: true, archived: false })).length).toBe(2);
    await account.putItem(vault, made.id, 1, { ...made, details: details("by Ada") });
    expect(secretOf(await ci.account.getItem(vault, made.id))).toBe("by Ada");
    ci.account.close();
  });

  test("reads what another one wrote", async () => {
    const second = await account.serviceAccounts.create({ title: "CD", vaults: [{ id: vault, permissions: READ }] });
    const ci = await enter(door, token);
    const made = await ci.account.createItem(vault, overview("By CI"), details("ci"));
    const cd = await enter(door, second.token);
    expect(secretOf(await cd.account.getItem(vault, made.id))).toBe("ci");
    await expect(cd.account.deleteItem(vault, made.id)).rejects.toThrow(named("notPermitted"));
    ci.account.close();
    cd.account.close();
  });

  test("is listed with title, tokens and vaults", async () => {
    expect(await account.serviceAccounts.list()).toEqual([
      {
        id,
        title: "CI",
        createdAt: expect.any(String),
        tokens: [{ token: parseToken(token).token, createdAt: expect.any(String) }],
        vaults: [{ vault, permissions: WRITE }],
      },
    ]);
  });

  test("signs in over loopback too, with a token that contains the address", async () => {
    const served = await overLoopback();
    const bea = await open(served, await newUser(served, "Bea"));
    const made = await bea.account.serviceAccounts.create({ title: "CI", vaults: [] });
    expect(parseToken(made.token).service).toBe(served.address.origin);
    const ci = await enter(served, made.token);
    expect(await ci.account.vaults()).toEqual([]);
    ci.account.close();
    bea.account.close();
    await served.close();
  });

  test("learns of changes in its vaults, and of others only that there was one", async () => {
    const ci = await enter(door, token);
    const { cursor } = await ci.account.changes(undefined, AbortSignal.timeout(5_000));
    const other = await account.createVault("Other", "");
    await account.createItem(other.id, overview("T"), details("v"));
    const mine = await account.createItem(vault, overview("T"), details("v"));
    const { changes } = await ci.account.changes(cursor, AbortSignal.timeout(5_000));
    expect(changes.map(({ kind, vault: where, item: what }) => [kind, where, what])).toEqual([
      ["vault", undefined, undefined],
      ["item", vault, mine.id],
    ]);
    ci.account.close();
  });
});

describe("a person's operation is refused to a service account:", () => {
  const personal = Object.entries(serviceCatalogue).filter(([, entry]) => "personOnly" in entry);
  test.each(personal.map(([name]) => name as OperationName))("%s", async (name) => {
    const ci = await enter(door, token);
    await expect(ci.signedIn.session.call(name, {} as never)).rejects.toThrow(named("notPermitted"));
    ci.account.close();
  });
});

describe("a grant to a service account is refused", () => {
  const lies: [string, string, () => Promise<unknown>][] = [
    [
      "of a personal vault",
      "notPermitted",
      async () => {
        const own = await account.createVault("Mine", "", "personal");
        return account.serviceAccounts.create({ title: "X", vaults: [{ id: own.id, permissions: READ }] });
      },
    ],
    [
      "to manage",
      "notPermitted",
      () => account.serviceAccounts.create({ title: "X", vaults: [{ id: vault, permissions: bits.MANAGE_VAULT }] }),
    ],
    [
      "of nothing",
      "invalidPermissions",
      () => account.serviceAccounts.create({ title: "X", vaults: [{ id: vault, permissions: 0 }] }),
    ],
    [
      "of an unknown vault",
      "vaultNotFound",
      () => account.serviceAccounts.create({ title: "X", vaults: [{ id: newId(crypto), permissions: READ }] }),
    ],
    [
      "as if it were a person",
      "groupNotFound",
      async () => {
        const { identity, box } = await keysOf(id);
        const vaultKey = newVaultKey(crypto);
        const recipient = { identity, box };
        const granter = opened.signedIn.keyset;
        const grant = grantVaultKey(crypto, {
          account: ada.account,
          vault,
          vaultKey,
          granter,
          recipient,
          permissions: READ,
        });
        return call("vaults.grant", { vault, grants: [{ kind: "user", principal: id, grant }] });
      },
    ],
    [
      "once it was revoked",
      "serviceAccountNotFound",
      async () => {
        const { identity, box } = await keysOf(id);
        await call("serviceAccounts.revoke", { serviceAccount: id });
        const vaultKey = newVaultKey(crypto);
        const granter = opened.signedIn.keyset;
        const recipient = { identity, box };
        const grant = grantVaultKey(crypto, {
          account: ada.account,
          vault,
          vaultKey,
          granter,
          recipient,
          permissions: READ,
        });
        return call("vaults.grant", { vault, grants: [{ kind: "serviceAccount", principal: id, grant }] });
      },
    ],
  ];

  async function keysOf(serviceAccount: string) {
    const { serviceAccounts } = await call("serviceAccounts.keys", {});
    const found = serviceAccounts.find((one) => one.serviceAccount === serviceAccount);
    return { identity: Uint8Array.fromBase64(found?.identity ?? ""), box: Uint8Array.fromBase64(found?.box ?? "") };
  }

  test.each(lies)("%s", async (_what, name, tell) => {
    await expect(tell()).rejects.toThrow(named(name));
  });
});

describe("making one", () => {
  /** The client's own request, for sending it again or changed. */
  function request(
    serviceAccount = newId(crypto),
    maker = opened.signedIn.keyset,
  ): Required<Omit<OperationParams<"serviceAccounts.create">, "makesVaults">> {
    const place = { account: ada.account, serviceAccount };
    const made = newServiceAccount(crypto, { place, maker });
    const given = newId(crypto);
    const sealed = sealToken(crypto, { place, token: given, secret: crypto.randomBytes(32), rootKey: made.rootKey });
    return {
      serviceAccount: place.serviceAccount,
      keyset: made.keyset,
      data: { revision: 1, sealed: toBase64(crypto.randomBytes(64)) },
      maker: made.keys.maker,
      makerSignature: made.keys.makerSignature,
      custody: sealCustody(crypto, { place, owner: opened.signedIn.rootKey, rootKey: made.rootKey, title: "X" }),
      token: { token: given, ...sealed },
      grants: [],
    };
  }

  test("again with the same content changes nothing", async () => {
    const once = request();
    await call("serviceAccounts.create", once);
    const before = dump(door.folder);
    await call("serviceAccounts.create", once);
    expect(dump(door.folder)).toBe(before);
  });

  const lies: [string, string, (honest: ReturnType<typeof request>) => ReturnType<typeof request>][] = [
    ["another's id", "conflict", () => request(id)],
    ["a person's id", "conflict", () => request(ada.user)],
    ["an id that it was not signed for", "sealBroken", (honest) => ({ ...honest, serviceAccount: newId(crypto) })],
    [
      "keys of a stranger's making",
      "sealBroken",
      () => request(newId(crypto), newKeyset(crypto, crypto.randomBytes(32), "a", "b").keyset),
    ],
    ["another maker's name", "sealBroken", (honest) => ({ ...honest, maker: honest.keyset.identity })],
    ["another's signature", "sealBroken", (honest) => ({ ...honest, makerSignature: request().makerSignature })],
    ["later data", "sealBroken", (honest) => ({ ...honest, data: { ...honest.data, revision: 2 } })],
    [
      "a token that another one has",
      "conflict",
      (honest) => ({ ...honest, token: { ...honest.token, token: parseToken(token).token } }),
    ],
    [
      "a device's id as its token",
      "conflict",
      (honest) => ({ ...honest, token: { ...honest.token, token: ada.device } }),
    ],
    [
      "a short sign-in key",
      "invalidParams",
      (honest) => ({ ...honest, token: { ...honest.token, signInKey: "AAAA" } }),
    ],
  ];
  test.each(lies)("with %s is refused and leaves the store as it was", async (_what, name, lie) => {
    const before = dump(door.folder);
    await expect(call("serviceAccounts.create", lie(request()))).rejects.toThrow(named(name));
    expect(dump(door.folder)).toBe(before);
  });

  test("works up to the limit, and not once more", async () => {
    for (let made = 1; made < serviceLimits.serviceAccounts; made++) await call("serviceAccounts.create", request());
    await expect(call("serviceAccounts.create", request())).rejects.toThrow(named("tooLarge"));
  });
});

describe("a token", () => {
  test("is refused with another secret, as another account's, and once it was revoked", async () => {
    const good = parseToken(token);
    const wrong = { ...good, secret: crypto.randomBytes(32) };
    const refused = (one: typeof good) => signInWithToken(crypto, door.call, door.address, one);
    await expect(refused(wrong)).rejects.toThrow(named("tokenRefused"));
    await expect(refused({ ...good, serviceAccount: ada.user })).rejects.toThrow(named("tokenRefused"));
    await expect(refused({ ...good, token: newId(crypto) })).rejects.toThrow(named("tokenRefused"));
    await account.serviceAccounts.revoke(id);
    await expect(refused(good)).rejects.toThrow(named("tokenRefused"));
  });

  test("ends with its expiry to the millisecond, and its open session with it", async () => {
    door.stop();
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    const short = await account.serviceAccounts.create({ title: "X", vaults: [], expiresAt });
    const left = Date.parse(expiresAt) - Date.parse((await call("service.info", {})).now);
    const ci = await enter(door, short.token);
    door.advance(left - 1);
    expect(await ci.account.vaults()).toEqual([]);
    (await enter(door, short.token)).account.close();
    door.advance(1);
    ci.account.forgetVaults();
    const expired = expect.objectContaining({ name: "tokenRefused", detail: "it has expired" });
    await expect(ci.account.vaults()).rejects.toThrow(expired);
    await expect(enter(door, short.token)).rejects.toThrow(expired);
    ci.account.close();
  });

  test("that is replaced lives on for its overlap, and no longer", async () => {
    door.stop();
    const next = await account.serviceAccounts.rotate(id, { overlapMs: 60_000 });
    door.advance(59_999);
    for (const text of [token, next]) (await enter(door, text)).account.close();
    door.advance(1);
    const replaced = { name: "tokenRefused", detail: "it was replaced by a newer one" };
    await expect(enter(door, token)).rejects.toMatchObject(replaced);
    const ci = await enter(door, next);
    expect(secretOf(await ci.account.getItem(vault, item))).toBe("s3cret");
    ci.account.close();
  });

  test("that ends before its overlap does not live longer", async () => {
    door.stop();
    await account.serviceAccounts.rotate(id, { overlapMs: 1_000 });
    await account.serviceAccounts.rotate(id, { overlapMs: serviceLimits.tokenOverlapMs });
    door.advance(1_000);
    await expect(enter(door, token)).rejects.toThrow(named("tokenRefused"));
  });

  test("may have others beside it up to the limit, and not one more; ended ones make room", async () => {
    door.stop();
    for (let made = 1; made < serviceLimits.tokens; made++)
      await account.serviceAccounts.rotate(id, { overlapMs: 1_000 });
    await expect(account.serviceAccounts.rotate(id, { overlapMs: 1_000 })).rejects.toThrow(named("tooLarge"));
    door.advance(1_000);
    await account.serviceAccounts.rotate(id, { overlapMs: 1_000 });
  });

  test("that is replaced without an overlap ends while it waits for changes, and learns of no later ones", async () => {
    const ci = await enter(door, token);
    const { cursor } = await ci.account.changes(undefined, AbortSignal.timeout(5_000));
    const waiting = ci.account.changes(cursor, AbortSignal.timeout(5_000));
    const refused = expect(waiting).rejects.toThrow(named("tokenRefused"));
    await account.serviceAccounts.rotate(id, { overlapMs: 0 });
    await refused;
    ci.account.close();
  });

  test("that expires also ends while it waits for changes", async () => {
    door.stop();
    const now = Date.parse((await call("service.info", {})).now);
    // The service's clock stands still. Its wait is real, and no longer than the token's remaining time.
    const expiresAt = new Date(now + 100).toISOString();
    const short = await account.serviceAccounts.create({ title: "X", vaults: [], expiresAt });
    const ci = await enter(door, short.token);
    const { cursor } = await ci.account.changes(undefined, AbortSignal.timeout(5_000));
    const { signal } = new AbortController();
    const follow = async (): Promise<never> => {
      for (;;) await ci.account.changes(cursor, signal);
    };
    const refused = expect(follow()).rejects.toThrow(named("tokenRefused"));
    // The store takes them one after another. After these it waits.
    for (let asked = 0; asked < 20; asked++) await call("devices.list", {});
    door.advance(100);
    const endedMs = performance.now();
    await refused;
    expect(performance.now() - endedMs).toBeLessThan(serviceLimits.waitMs / 2);
    ci.account.close();
  });

  test("of a revoked or unknown service account is not replaced", async () => {
    await account.serviceAccounts.revoke(id);
    for (const one of [id, newId(crypto)]) {
      await expect(account.serviceAccounts.rotate(one, { overlapMs: 0 })).rejects.toThrow(
        named("serviceAccountNotFound"),
      );
    }
    await expect(account.serviceAccounts.revoke(newId(crypto))).rejects.toThrow(named("serviceAccountNotFound"));
  });
});

describe("what a token spends", () => {
  const left = async (ci: Bearer) => ci.signedIn.session.call("serviceAccounts.rateLimit", {});

  test("is counted by reads and writes, and asking for the count costs nothing", async () => {
    door.stop();
    const ci = await enter(door, token);
    expect(await left(ci)).toEqual({
      reads: { limit: serviceLimits.readsPerHour, used: 0 },
      writes: { limit: serviceLimits.writesPerHour, used: 0 },
    });
    await ci.account.createItem(vault, overview("T"), details("v"));
    const { reads, writes } = await left(ci);
    // The list of vaults is one read, and the look at what was written is the other.
    expect([reads.used, writes.used]).toEqual([2, 1]);
    expect(Date.parse(reads.resetsAt ?? "")).toBe(Date.parse((await call("service.info", {})).now) + RATE_WINDOW_MS);
    ci.account.close();
  });

  test.each([
    ["reads", serviceLimits.readsPerHour],
    ["writes", serviceLimits.writesPerHour],
  ] as const)(
    "in %s has a limit: the last one is served, the next is not, and an hour later it is again",
    async (kind, limit) => {
      door.stop();
      const ci = await enter(door, token);
      await ci.account.vaults();
      await door.store.db
        .updateTable("tokens")
        .set({ [kind]: limit - 1 })
        .execute();
      const act =
        kind === "reads"
          ? () => ci.account.getItem(vault, item)
          : () => ci.account.createItem(vault, overview("T"), details("v"));
      await act();
      await expect(act()).rejects.toThrow(named("rateLimitExceeded"));
      expect((await left(ci))[kind].used).toBe(limit);
      door.advance(RATE_WINDOW_MS - 1);
      await expect(act()).rejects.toThrow(named("rateLimitExceeded"));
      door.advance(1);
      await act();
      expect((await left(ci))[kind].used).toBe(1);
      ci.account.close();
    },
  );

  test("is counted one by one when many requests come at once: exactly the remaining number succeed", async () => {
    door.stop();
    const ci = await enter(door, token);
    await ci.account.vaults();
    await door.store.db
      .updateTable("tokens")
      .set({ reads: serviceLimits.readsPerHour - 5 })
      .execute();
    const many = Array.from({ length: 20 }, () => ci.signedIn.session.call("items.get", { vault, item }));
    const outcomes = await Promise.allSettled(many);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(5);
    expect((await left(ci)).reads.used).toBe(serviceLimits.readsPerHour);
    ci.account.close();
  });

  test("cannot be asked for by a person", async () => {
    await expect(call("serviceAccounts.rateLimit", {})).rejects.toThrow(named("notPermitted"));
  });
});

describe("a revocation", () => {
  test("ends sessions at once and puts everything under a new key", async () => {
    const ci = await enter(door, token);
    const made = await ci.account.createItem(vault, overview("By CI"), details("ci"));
    await account.serviceAccounts.revoke(id);
    await expect(ci.account.getItem(vault, item)).rejects.toThrow(named("tokenRefused"));
    const grants = await door.store.db
      .selectFrom("vault_grants")
      .select("principal")
      .where("vault", "=", vault)
      .execute();
    expect(grants).toEqual([{ principal: ada.user }]);
    // Its writes stay readable, for the client that wrapped them anew and for a fresh sign-in.
    expect(secretOf(await account.getItem(vault, made.id))).toBe("ci");
    const again = await open(door, ada);
    expect(secretOf(await again.account.getItem(vault, made.id))).toBe("ci");
    expect((await again.account.serviceAccounts.list())[0]).toMatchObject({
      tokens: [],
      revokedAt: expect.any(String),
    });
    again.account.close();
    ci.account.close();
  });

  test("that was cut off after the tokens ended is taken up by the next one", async () => {
    await call("serviceAccounts.revoke", { serviceAccount: id });
    expect((await account.serviceAccounts.list())[0]?.vaults.length).toBe(1);
    await account.serviceAccounts.revoke(id);
    expect((await account.serviceAccounts.list())[0]?.vaults).toEqual([]);
  });
});

describe("a service that lies", () => {
  test("about a service account's keys is not believed: what they signed is refused", async () => {
    const ci = await enter(door, token);
    const made = await ci.account.createItem(vault, overview("By CI"), details("ci"));
    ci.account.close();
    await door.store.db
      .updateTable("service_accounts")
      .set({ maker_signature: crypto.randomBytes(64) })
      .execute();
    const again = await open(door, ada);
    await expect(again.account.getItem(vault, made.id)).rejects.toThrow(named("sealBroken"));
    await expect(again.account.serviceAccounts.list()).rejects.toThrow(named("sealBroken"));
    await expect(
      again.account.members.grant(vault, [{ kind: "serviceAccount", id, permissions: READ }]),
    ).rejects.toThrow(named("sealBroken"));
    again.account.close();
  });

  test("about their maker is not believed either", async () => {
    const stranger = newKeyset(crypto, crypto.randomBytes(32), ada.account, ada.user).keyset;
    const ci = await enter(door, token);
    const made = await ci.account.createItem(vault, overview("By CI"), details("ci"));
    ci.account.close();
    await door.store.db.updateTable("service_accounts").set({ maker: stranger.identity.publicKey }).execute();
    const again = await open(door, ada);
    await expect(again.account.getItem(vault, made.id)).rejects.toThrow(named("sealBroken"));
    again.account.close();
  });

  describe("about the members of a vault", () => {
    let other: string;
    let second: string;
    beforeEach(async () => {
      other = (await account.createVault("Other", "")).id;
      const vaults = [{ id: other, permissions: READ }];
      second = (await account.serviceAccounts.create({ title: "CD", vaults })).id;
    });

    const grantsOf = (of: string, principal: string) =>
      door.store.db
        .selectFrom("vault_grants")
        .selectAll()
        .where("vault", "=", of)
        .where("principal", "=", principal)
        .execute();

    /** Makes the service claim that the first service account has the other vault too. */
    async function slipIn(row: Awaited<ReturnType<typeof grantsOf>>[number] | undefined): Promise<void> {
      const [key] = await grantsOf(other, second);
      if (row === undefined || key === undefined) throw new Error("the grants are not there");
      const { key_id, epoch } = key;
      await door.store.db
        .insertInto("vault_grants")
        .values({ ...row, vault: other, principal: id, key_id, epoch })
        .execute();
    }

    const lies: [string, () => Promise<void>][] = [
      ["with the grant of another vault", async () => slipIn((await grantsOf(vault, id))[0])],
      ["with the grant of another service account", async () => slipIn((await grantsOf(other, second))[0])],
      [
        "with a grant of its own making",
        async () => {
          const granter = newKeyset(crypto, crypto.randomBytes(32), ada.account, ada.user).keyset;
          const [key] = await grantsOf(other, second);
          const { serviceAccounts } = await call("serviceAccounts.keys", {});
          const named = serviceAccounts.find((one) => one.serviceAccount === id);
          const [identity, box] = [named?.identity, named?.box].map((text) => Uint8Array.fromBase64(text ?? ""));
          if (identity === undefined || box === undefined || key === undefined) throw new Error("no such account");
          const vaultKey = { ...newVaultKey(crypto, key.epoch), id: toBase64(key.key_id) };
          const recipient = { identity, box };
          const made = { account: ada.account, vault: other, vaultKey, granter, recipient, permissions: READ };
          await slipIn({ ...key, ...grantRow(grantVaultKey(crypto, made)) });
        },
      ],
    ];
    test.each(lies)("%s is refused, and no key of that vault goes to the false member", async (_how, lie) => {
      await lie();
      await expect(account.members.list(other)).rejects.toThrow(named("sealBroken"));
      // A removal gives every listed member the next key.
      await expect(account.serviceAccounts.revoke(second)).rejects.toThrow(named("sealBroken"));
      expect((await grantsOf(other, id)).map(({ epoch }) => epoch)).toEqual([1]);
    });

    test("with a grant of the earlier key is refused: a removed member stays out", async () => {
      await account.members.grant(other, [{ kind: "serviceAccount", id, permissions: READ }]);
      const [before] = await grantsOf(other, id);
      if (before === undefined) throw new Error("the grant is not there");
      await account.members.remove(other, id);
      await slipIn(before);
      await expect(account.members.list(other)).rejects.toThrow(named("sealBroken"));
      await expect(account.members.remove(other, second)).rejects.toThrow(named("sealBroken"));
      // It is rightly signed, but grants a key that is no longer the vault's.
      const listing = openAs((answer) => ({
        members: answer.members.map((member) =>
          member.principal === id ? { ...member, grant: grantOf(before) } : member,
        ),
      }));
      await expect((await listing).members.list(other)).rejects.toThrow(named("versionConflict"));
    });

    /** The account, at a service that changes its list of members. */
    async function openAs(
      change: (answer: OperationResult<"vaults.members">) => OperationResult<"vaults.members">,
    ): Promise<OpenAccount> {
      const fetch = async (request: Request) => {
        const response = await door.address.fetch(request);
        if (!request.url.endsWith("/v1/vaults.members") || !response.ok) return response;
        return Response.json(change((await response.json()) as OperationResult<"vaults.members">));
      };
      const address = { ...door.address, fetch };
      return (await open({ ...door, address, call: createServiceClient(address) }, ada)).account;
    }
  });
});

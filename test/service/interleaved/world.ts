// A store with one of everything in it, made once through the service, and requests for each writing operation. Every request is signed and
// sealed beforehand. So two of them can be sent at once, in any order, again and again.
import { DatabaseSync } from "node:sqlite";
import { EMBEDDED_ORIGIN } from "../../../clients/account/service-client.ts";
import { newId, utf8 } from "../../../protocol/crypto/encoding.ts";
import { newGroup, type OpenGroup, sealGroupOverview } from "../../../protocol/crypto/group.ts";
import { newItemKey, rewrapItem, type SealedItem, sealDeletion, sealItem } from "../../../protocol/crypto/item.ts";
import { type Keyset, newKeyset } from "../../../protocol/crypto/keyset.ts";
import { newServiceAccount } from "../../../protocol/crypto/service-account.ts";
import { accessKeyHash } from "../../../protocol/crypto/share.ts";
import { signInBytes, signInKeyPair } from "../../../protocol/crypto/sign-in.ts";
import {
  ALL_PERMISSIONS,
  grantVaultKey,
  newVaultKey,
  sealVaultOverview,
  type VaultKey,
} from "../../../protocol/crypto/vault-key.ts";
import type { OperationName, OperationParams } from "../../../protocol/service-catalogue.ts";
import { TOUCH_MS } from "../../../service/account/sign-in.ts";
import { permissions } from "../../../service/vault/permission.ts";
import { crypto, inProcess } from "../doors.ts";

/** The rights of a service account in a vault here. */
const SERVICE_PERMISSIONS =
  permissions.readItems |
  permissions.revealItemPassword |
  permissions.createItems |
  permissions.updateItems |
  permissions.archiveItems |
  permissions.sendItems;

const b64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
const random32 = () => b64(crypto.randomBytes(32));

type Person = { account: string; user: string; keyset: Keyset; signInKey: Uint8Array };
type SignIn = Pick<Person, "account" | "user"> & { device: string; key: Uint8Array };

/** Seals and signs for one person. */
export function pen({ account, keyset }: Pick<Person, "account" | "keyset">) {
  const recipient = { identity: keyset.identity.publicKey, box: keyset.box.publicKey };
  const grant = (vault: string, vaultKey: VaultKey, to = recipient, bits = ALL_PERMISSIONS) =>
    grantVaultKey(crypto, { account, vault, vaultKey, granter: keyset, recipient: to, permissions: bits });
  const overview = (vault: string, vaultKey: VaultKey, revision: number) =>
    sealVaultOverview(crypto, { account, vault, vaultKey, writer: keyset, revision, content: utf8("{}") });
  return {
    grant,
    overview,
    newVault: (vault: string, vaultKey: VaultKey): OperationParams<"vaults.create"> => ({
      vault,
      type: "userCreated",
      grant: grant(vault, vaultKey),
      overview: overview(vault, vaultKey, 1),
    }),
    item: (
      vault: string,
      vaultKey: VaultKey,
      item: string,
      revision: number,
      more: Partial<ItemMore> = {},
    ): SealedItem =>
      sealItem(crypto, {
        place: { account, vault, item },
        vaultKey,
        writer: more.writer ?? keyset,
        revision,
        state: more.state ?? "active",
        itemKey: newItemKey(crypto),
        title: "DB",
        overview: utf8("{}"),
        details: utf8("{}"),
        files: (more.files ?? []).map((id) => ({ id, sealedKey: "AAAA", size: 1, chunks: 1, header: "AAAA" })),
      }),
    deletion: (vault: string, vaultKey: VaultKey, item: string, revision: number) =>
      sealDeletion(crypto, { place: { account, vault, item }, vaultKey, writer: keyset, revision }),
    group: (group: string, type: "owners" | "administrators" | "userDefined") => {
      const place = { account, group };
      const { open, keys, membership } = newGroup(crypto, { place, type, maker: keyset });
      return { open, params: { group, type, keys, membership, overview: groupOverview(place, open, 1) } };
    },
    groupOverview: (group: string, open: OpenGroup, revision: number) =>
      groupOverview({ account, group }, open, revision),
  };
  function groupOverview(place: { account: string; group: string }, open: OpenGroup, revision: number) {
    return sealGroupOverview(crypto, { place, open, writer: keyset, revision, content: utf8('{"title":"G"}') });
  }
}

type ItemMore = { writer: Keyset; state: "active" | "archived"; files: string[] };

/** A group's public keys as a grant's recipient. */
const recipientOf = ({ keyset }: OpenGroup) => ({ identity: keyset.identity.publicKey, box: keyset.box.publicKey });

function newToken(): { token: string; signInKey: string; rootKey: string; key: Uint8Array } {
  const { publicKey, secretKey } = signInKeyPair(crypto, crypto.randomBytes(32));
  return { token: newId(crypto), signInKey: b64(publicKey), rootKey: "AAAA", key: secretKey };
}

const forService = ({ key: _key, ...token }: ReturnType<typeof newToken>) => token;

export type World = Awaited<ReturnType<typeof makeWorld>>;

/** Builds the store at `folder`, and closes it. */
export async function makeWorld(folder: string) {
  const door = await inProcess(folder);
  door.stop();
  const tokens = new Map<string, string>();
  const call = <N extends OperationName>(by: string | undefined, name: N, params: OperationParams<N>) =>
    door.call(name, params, by === undefined ? {} : { token: tokens.get(by) ?? "" });

  async function person(restoring = false): Promise<Person & { device: string }> {
    const ids = { account: newId(crypto), user: newId(crypto), device: newId(crypto) };
    const { keyset, sealed } = newKeyset(crypto, crypto.randomBytes(32), ids.account, ids.user);
    const pair = signInKeyPair(crypto, crypto.randomBytes(32));
    await call(undefined, "accounts.create", {
      ...ids,
      ...(restoring ? { restoring } : {}),
      signInKey: b64(pair.publicKey),
      record: { rootKey: "AAAA", keyset: sealed, data: { revision: 1, sealed: "AAAA" } },
    });
    return { ...ids, keyset, signInKey: pair.secretKey };
  }

  /** Asks for a challenge and signs it. The result signs in once. */
  async function challenge({ key, ...who }: SignIn, more: { restoring?: true } = {}) {
    const ids = { ...who, clientNonce: random32() };
    const given = await call(undefined, "signIn.start", ids);
    const message = signInBytes({
      origin: EMBEDDED_ORIGIN,
      ...ids,
      serverNonce: Uint8Array.fromBase64(given.serverNonce),
      clientNonce: Uint8Array.fromBase64(ids.clientNonce),
      expiresAt: given.expiresAt,
    });
    return { ...ids, ...given, signature: b64(crypto.sign(key, message)), ...more };
  }
  const signIn = async (name: string, who: SignIn, more: { restoring?: true } = {}) =>
    void tokens.set(name, (await call(undefined, "signIn.finish", await challenge(who, more))).token);

  const ada = await person();
  const hers = pen(ada);
  const as = (device: string): SignIn => ({ account: ada.account, user: ada.user, device, key: ada.signInKey });
  const devices = { two: newId(crypto), three: newId(crypto), new: newId(crypto) };
  await signIn("three", as(devices.three));
  // The third device's session is used for the first time in a while.
  door.advance(TOUCH_MS + 1);
  await signIn("one", as(ada.device));
  await signIn("two", as(devices.two));

  const owners = hers.group(newId(crypto), "owners");
  const unused = hers.group(newId(crypto), "userDefined");
  const used = hers.group(newId(crypto), "userDefined");
  for (const { params } of [owners, unused, used]) await call("one", "groups.create", params);

  const vault = { id: newId(crypto), key: newVaultKey(crypto) };
  await call("one", "vaults.create", {
    ...hers.newVault(vault.id, vault.key),
    others: [
      { kind: "group", principal: used.params.group, grant: hers.grant(vault.id, vault.key, recipientOf(used.open)) },
    ],
  });
  const items = { changed: newId(crypto), deleted: newId(crypto), filed: newId(crypto), coming: newId(crypto) };
  const file = newId(crypto);
  await call("one", "files.putChunk", { vault: vault.id, item: items.filed, file, index: 0, sealed: "AAAA" });
  for (const item of [items.changed, items.deleted])
    await call("one", "items.put", { vault: vault.id, item, sealed: hers.item(vault.id, vault.key, item, 1) });
  const filed = hers.item(vault.id, vault.key, items.filed, 1, { files: [file] });
  await call("one", "items.put", { vault: vault.id, item: items.filed, sealed: filed });

  // A vault with its next key, and an item that is not wrapped under it yet.
  const moved = { id: newId(crypto), from: newVaultKey(crypto), to: newVaultKey(crypto, 2), item: newId(crypto) };
  await call("one", "vaults.create", hers.newVault(moved.id, moved.from));
  const stale = hers.item(moved.id, moved.from, moved.item, 1);
  await call("one", "items.put", { vault: moved.id, item: moved.item, sealed: stale });
  await call("one", "vaults.rekey", {
    vault: moved.id,
    grants: [{ kind: "user", principal: ada.user, grant: hers.grant(moved.id, moved.to) }],
    overview: hers.overview(moved.id, moved.to, 2),
  });
  const rewrapped = rewrapItem(crypto, {
    place: { account: ada.account, vault: moved.id, item: moved.item },
    from: moved.from,
    to: moved.to,
    writer: ada.keyset,
    sealed: stale,
    title: "DB",
  });

  function serviceAccount(id: string, token: ReturnType<typeof newToken>): OperationParams<"serviceAccounts.create"> {
    const made = newServiceAccount(crypto, { place: { account: ada.account, serviceAccount: id }, maker: ada.keyset });
    const to = {
      identity: Uint8Array.fromBase64(made.keyset.identity),
      box: Uint8Array.fromBase64(made.keyset.box),
    };
    return {
      serviceAccount: id,
      keyset: made.keyset,
      data: { revision: 1, sealed: "AAAA" },
      maker: made.keys.maker,
      makerSignature: made.keys.makerSignature,
      custody: "AAAA",
      token: forService(token),
      grants: [{ vault: vault.id, grant: hers.grant(vault.id, vault.key, to, SERVICE_PERMISSIONS) }],
    };
  }
  const token = newToken();
  const robot = serviceAccount(newId(crypto), token);
  await call("one", "serviceAccounts.create", robot);
  const asRobot = { account: ada.account, user: robot.serviceAccount, device: token.token, key: token.key };
  await signIn("robot", asRobot);
  await signIn("robot again", asRobot);

  const shares = { once: newId(crypto), often: newId(crypto), coming: newId(crypto), next: newId(crypto) };
  const accessKey = random32();
  const share = (id: string, oneTime: boolean, files: { file: string; chunks: number }[] = []) => ({
    ...{ share: id, vault: vault.id, item: items.changed, oneTime, sealed: "AAAA", files },
    accessKeyHash: b64(accessKeyHash(crypto, id, Uint8Array.fromBase64(accessKey))),
    expireAfter: "OneDay" as const,
  });
  await call("one", "shares.create", share(shares.once, true));
  await call("one", "shares.create", share(shares.often, false));

  // Unfinished files: one of an item, one of a share.
  const coming = newId(crypto);
  await call("one", "files.putChunk", { vault: vault.id, item: items.coming, file: coming, index: 0, sealed: "AAAA" });
  const shared = { share: shares.coming, vault: vault.id, file: newId(crypto), sealed: "AAAA" };
  await call("one", "shares.putChunk", { ...shared, index: 0 });

  const restored = await person(true);
  const restoring = {
    account: restored.account,
    user: restored.user,
    device: restored.device,
    key: restored.signInKey,
  };
  await signIn("restorer", restoring, { restoring: true });

  const made = {
    ...{
      call,
      tokens,
      ada,
      hers,
      devices,
      as,
      owners,
      unused,
      used,
      vault,
      items,
      moved,
      rewrapped,
      robot,
      serviceAccount,
    },
    ...{ shares, accessKey, share, coming, shared, newToken, forService, now: await clockOf(door.call) },
    challenges: {
      known: await challenge(as(ada.device)),
      second: await challenge(as(devices.two)),
      new: await challenge(as(devices.new)),
      newer: await challenge(as(newId(crypto))),
      robot: await challenge(asRobot),
      restorer: await challenge({ ...restoring, device: newId(crypto) }, { restoring: true }),
      "after the restore": await challenge(restoring),
    },
  };
  await door.store.close();
  return made;
}

async function clockOf(call: Awaited<ReturnType<typeof inProcess>>["call"]): Promise<number> {
  return Date.parse((await call("service.info", {})).now);
}

/** Opens a store that was made above. Nothing is written to the disk, since the tests undo all changes. */
export function openWorld(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA synchronous = OFF");
  return database;
}

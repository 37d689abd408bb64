// A backup: every sealed row of an account as lines of JSON, closed by a MAC under a key that only the account's root key
// gives. It holds nothing that the service does not hold; kit and password open it. Restoring makes the account anew with
// the same ids and keys, every item at revision 1: an old service cannot be told from a lost one, so none is trusted.
import { subkey } from "../../protocol/crypto/derivation.ts";
import { fields, fromBase64, toBase64, utf8 } from "../../protocol/crypto/encoding.ts";
import { closeGroup, openGroup, openGroupOverview, sealGroupOverview } from "../../protocol/crypto/group.ts";
import { openItem, type SealedItem, sealItem } from "../../protocol/crypto/item.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import {
  openVaultGrant,
  openVaultOverview,
  sealVaultOverview,
  type VaultKey,
} from "../../protocol/crypto/vault-key.ts";
import { PosternError } from "../../protocol/errors.ts";
import { type OperationParams, type OperationResult, serviceLimits } from "../../protocol/service-catalogue.ts";
import type { CallService, ServiceAddress } from "./service-client.ts";
import type { UserRecord } from "./service-session.ts";
import { storedItems } from "./stored-items.ts";
import { openUserData, sealUserData } from "./user-data.ts";
import { openKeys, type SignedIn, type UserOnDevice } from "./user-keys.ts";
import { isVouchedFor } from "./writers.ts";

const FORMAT = "postern backup 1";

type StoredVault = OperationResult<"vaults.list">["vaults"][number];
type StoredGroup = OperationResult<"groups.list">["groups"][number];
type StoredItem = OperationResult<"items.get">;
type ServiceAccountNamed = OperationResult<"serviceAccounts.keys">["serviceAccounts"][number];

/** One line of a backup. The first is the header, the last the seal. */
type Line =
  | {
      readonly kind: "header";
      readonly format: typeof FORMAT;
      readonly account: string;
      readonly user: string;
      readonly madeAt: string;
      readonly record: UserRecord;
    }
  | { readonly kind: "serviceAccount"; readonly keys: ServiceAccountNamed }
  | { readonly kind: "group"; readonly group: StoredGroup }
  | { readonly kind: "vault"; readonly vault: StoredVault }
  | {
      readonly kind: "chunk";
      readonly vault: string;
      readonly item: string;
      readonly file: string;
      readonly index: number;
      readonly sealed: string;
    }
  | { readonly kind: "item"; readonly vault: string; readonly item: StoredItem }
  | { readonly kind: "seal"; readonly lines: number; readonly mac: string };

/** What the MAC covers, line by line: a line left out, changed or moved gives another. */
function chained(p: Primitives, before: Uint8Array, line: string): Uint8Array {
  return p.sha256(fields("postern/1 backup line", before, line));
}

function macOf(p: Primitives, rootKey: Uint8Array, chain: Uint8Array): Uint8Array {
  const key = subkey(p, rootKey, "postern/1 backup");
  const mac = p.hmacSha256(key, chain);
  p.wipe(key);
  return mac;
}

/** Writes a backup, line by line, without line ends. */
export async function* writeBackup(
  p: Primitives,
  who: { account: string; user: string },
  { session, rootKey }: SignedIn,
  now: Date,
): AsyncGenerator<string> {
  let chain: Uint8Array = new Uint8Array(32);
  let lines = 0;
  const text = (line: Line): string => {
    const written = JSON.stringify(line);
    chain = chained(p, chain, written);
    lines++;
    return written;
  };
  yield text({
    kind: "header",
    format: FORMAT,
    ...who,
    madeAt: now.toISOString(),
    record: await session.call("users.get", {}),
  });
  // Not to bring them back, their tokens die with their service; to check what they wrote.
  const { serviceAccounts } = await session.call("serviceAccounts.keys", {});
  for (const keys of serviceAccounts) yield text({ kind: "serviceAccount", keys });
  const { groups } = await session.call("groups.list", {});
  for (const group of groups) yield text({ kind: "group", group });
  const { vaults } = await session.call("vaults.list", {});
  for (const vault of vaults) {
    if (vault.rewrapping)
      throw new PosternError("busy", "a vault is being given a new key; try again when that is done");
    yield text({ kind: "vault", vault });
    for await (const item of everyItem(session.call, vault.vault)) {
      for (const file of item.sealed.files) {
        for (let index = 0; index < file.chunks; index++) {
          const place = { vault: vault.vault, item: item.item, file: file.id, index };
          yield text({ kind: "chunk", ...place, ...(await session.call("files.getChunk", place)) });
        }
      }
      yield text({ kind: "item", vault: vault.vault, item });
    }
  }
  const mac = toBase64(macOf(p, rootKey, chain));
  yield JSON.stringify({ kind: "seal", lines, mac } satisfies Line);
}

async function* everyItem(call: SignedIn["session"]["call"], vault: string): AsyncGenerator<StoredItem> {
  for (let after: string | undefined; ; ) {
    const page = await call("items.list", {
      vault,
      active: true,
      archived: true,
      limit: serviceLimits.batch,
      ...(after === undefined ? {} : { after }),
    });
    const ids = page.items.map((item) => item.item);
    if (ids.length === 0) return;
    // A page that does not move forward, or an item listed and not answered, would make a backup that lacks something.
    const forward = ids.every((id, index) => id > (index === 0 ? (after ?? "") : (ids[index - 1] ?? "")));
    const items = await storedItems(call, vault, ids);
    if (!forward || items.length !== ids.length)
      throw new PosternError("serviceRefused", "its list of items does not hold together");
    yield* items;
    after = ids.at(-1);
    if (!page.more) return;
  }
}

/** Lines of a backup, to be read as often as needed. */
export type BackupLines = () => AsyncIterable<string>;

/** What a restored account is; its name is the person's own. */
export type Restored = { readonly account: string; readonly user: string; readonly name: string };

export type RestoreInput = {
  readonly lines: BackupLines;
  readonly password: string;
  readonly secretKey: Uint8Array;
  readonly device: string;
  readonly registrationToken?: string;
  /** Stops it as long as nothing is made; what is begun is brought to its end, since half an account is of no use. */
  readonly signal: AbortSignal;
};

/** Checks a whole backup, then makes its account at a service. Throws notRestorable and changes nothing where it is cut, changed or not one. */
export async function restoreBackup(
  p: Primitives,
  call: CallService,
  address: ServiceAddress,
  input: RestoreInput,
): Promise<Restored> {
  const header = await headerOf(input.lines);
  const who: UserOnDevice = {
    account: header.account,
    user: header.user,
    device: input.device,
    secretKey: input.secretKey,
  };
  const keys = await openKeys(p, {
    ...who,
    password: input.password,
    origin: address.origin,
    call,
    record: header.record,
  });
  try {
    await checkSeal(p, keys.rootKey, input.lines);
    const data = openUserData(p, keys.rootKey, who, header.record.data);
    const fresh = sealUserData(p, keys.rootKey, who, 1, { ...data, deviceCounters: {} });
    if (input.signal.aborted) throw new PosternError("cancelled");
    await call("accounts.create", {
      account: who.account,
      user: who.user,
      device: who.device,
      ...(input.registrationToken === undefined ? {} : { registrationToken: input.registrationToken }),
      signInKey: toBase64(keys.signInKey),
      record: { ...header.record, data: fresh },
    });
    await bring(p, keys, who, input.lines);
    return { account: who.account, user: who.user, name: data.name };
  } finally {
    keys.session.close();
    p.release(keys.rootKey, keys.keyset.identity.secretKey, keys.keyset.box.secretKey);
  }
}

type Keys = Awaited<ReturnType<typeof openKeys>>;

async function headerOf(lines: BackupLines): Promise<Extract<Line, { kind: "header" }>> {
  for await (const text of lines()) {
    const line = parse(text);
    if (line.kind !== "header" || line.format !== FORMAT) break;
    return line;
  }
  throw new PosternError("notRestorable", "it is no backup of a Postern account");
}

function parse(text: string): Line {
  try {
    return JSON.parse(text) as Line;
  } catch {
    throw new PosternError("notRestorable", "a line is no JSON");
  }
}

async function checkSeal(p: Primitives, rootKey: Uint8Array, lines: BackupLines): Promise<void> {
  let chain: Uint8Array = new Uint8Array(32);
  let count = 0;
  let sealed = false;
  for await (const text of lines()) {
    if (sealed) throw new PosternError("notRestorable", "there is something behind its end");
    const line = parse(text);
    if (line.kind !== "seal") {
      chain = chained(p, chain, text);
      count++;
      continue;
    }
    const mac = fromBase64(line.mac);
    sealed = line.lines === count && mac !== undefined && p.equal(mac, macOf(p, rootKey, chain));
    if (!sealed) throw new PosternError("notRestorable", "it was changed or cut");
  }
  if (!sealed) throw new PosternError("notRestorable", "it was cut");
}

async function bring(p: Primitives, keys: Keys, who: UserOnDevice, lines: BackupLines): Promise<void> {
  const vaults = new Map<string, VaultKey>();
  const own = [keys.keyset.identity.publicKey];
  const writers = [...own];
  const { account } = who;
  for await (const text of lines()) {
    const line = parse(text);
    if (line.kind === "serviceAccount") {
      if (isVouchedFor(p, account, own, line.keys)) writers.push(Uint8Array.fromBase64(line.keys.identity));
    } else if (line.kind === "group") await bringGroup(p, keys, account, line.group);
    else if (line.kind === "vault") {
      const { vault, grants, overview, type } = line.vault;
      const grant = grants.find((one) => one.group === undefined)?.grant;
      // Opened through a group alone, it is somebody else's to bring back.
      if (grant === undefined) continue;
      const others = grants.flatMap((one): OthersGrant[] =>
        one.group === undefined ? [] : [{ kind: "group", principal: one.group, grant: one.grant }],
      );
      const vaultKey = openVaultGrant(p, { account, vault, grant, keyset: keys.keyset, pinnedGranters: own });
      const content = openVaultOverview(p, { account, vault, vaultKey, overview, pinnedWriters: own });
      vaults.set(vault, vaultKey);
      const first = sealVaultOverview(p, { account, vault, vaultKey, writer: keys.keyset, revision: 1, content });
      await keys.session.call("vaults.create", {
        vault,
        type: type === "personal" || type === "environment" ? type : "userCreated",
        grant,
        others,
        overview: first,
      });
    } else if (line.kind === "chunk") {
      const { kind: _kind, ...chunk } = line;
      if (!vaults.has(chunk.vault)) continue;
      await keys.session.call("files.putChunk", chunk);
    } else if (line.kind === "item") {
      const vaultKey = vaults.get(line.vault);
      if (vaultKey === undefined) continue;
      await keys.session.call("items.put", {
        vault: line.vault,
        item: line.item.item,
        sealed: firstRevision(
          p,
          keys,
          { account, vault: line.vault, item: line.item.item },
          vaultKey,
          line.item.sealed,
          writers,
        ),
      });
    }
  }
  for (const { key, indexKey } of vaults.values()) p.release(key, indexKey);
}

type OthersGrant = NonNullable<OperationParams<"vaults.create">["others"]>[number];

/** The same group, keys and membership; its name as revision 1. */
async function bringGroup(p: Primitives, keys: Keys, account: string, stored: StoredGroup): Promise<void> {
  const { group, type, keys: groupKeys, membership } = stored;
  if (membership === undefined) return;
  const place = { account, group };
  const pinned = [keys.keyset.identity.publicKey];
  const open = openGroup(p, { place, type, keys: groupKeys, membership, member: keys.keyset, pinned });
  const read = openGroupOverview(p, { place, open, overview: stored.overview, pinned });
  const content = JSON.parse(new TextDecoder().decode(read)) as object;
  const overview = sealGroupOverview(p, { place, open, writer: keys.keyset, revision: 1, content });
  closeGroup(p, open);
  await keys.session.call("groups.create", { group, type, keys: groupKeys, membership, overview });
}

/** The same item, key and files, as revision 1 of a new store. */
function firstRevision(
  p: Primitives,
  keys: Keys,
  place: { account: string; vault: string; item: string },
  vaultKey: VaultKey,
  sealed: SealedItem,
  writers: readonly Uint8Array[],
): SealedItem {
  const opened = openItem(p, { place, vaultKey, pinnedWriters: writers, sealed });
  const { title } = JSON.parse(new TextDecoder().decode(opened.overview)) as { title: string };
  const state = sealed.state === "archived" ? "archived" : "active";
  const made = sealItem(p, {
    place,
    vaultKey,
    writer: keys.keyset,
    revision: 1,
    state,
    itemKey: opened.itemKey,
    title,
    overview: opened.overview,
    details: opened.details,
    files: sealed.files,
  });
  p.wipe(opened.itemKey, opened.overview, opened.details);
  return made;
}

/** Lines as bytes, each with its line end. */
export function lineBytes(line: string): Uint8Array {
  return utf8(`${line}\n`);
}

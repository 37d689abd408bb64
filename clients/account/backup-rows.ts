// The rows that a restore makes, in their order, opened with the keys in the backup itself. Rows that belong to another user alone,
// or that ended with their service, are left out.

import { toBase64 } from "../../protocol/crypto/encoding.ts";
import { closeGroup, type OpenGroup, openGroup, openGroupOverview } from "../../protocol/crypto/group.ts";
import { type ItemPlace, openItem, type SealedItem } from "../../protocol/crypto/item.ts";
import type { Keyset } from "../../protocol/crypto/keyset.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { openCustody } from "../../protocol/crypto/service-account.ts";
import { openVaultGrant, openVaultOverview, type VaultKey, verifyVaultGrant } from "../../protocol/crypto/vault-key.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { OperationParams } from "../../protocol/service-catalogue.ts";
import { type Chunk, type Line, parseLine, type StoredGroup, type StoredVault } from "./backup-lines.ts";
import { type BackupSource, linesOf } from "./backup-source.ts";
import { overviewIn } from "./item-content.ts";
import type { NewServiceAccount } from "./new-service-account.ts";
import type { SignedIn } from "./signed-in.ts";
import { isVouchedFor } from "./writers.ts";

type NewVault = OperationParams<"vaults.create">;
type OpenedItem = ReturnType<typeof openItem> & { readonly title: string };

export type GroupRow = {
  readonly kind: "group";
  readonly made: Omit<OperationParams<"groups.create">, "overview">;
  readonly open: OpenGroup;
  readonly content: Uint8Array;
};

export type VaultRow = {
  readonly kind: "vault";
  readonly made: Omit<NewVault, "overview"> & Required<Pick<NewVault, "others">>;
  readonly vaultKey: VaultKey;
  readonly content: Uint8Array;
};

export type ItemRow = {
  readonly kind: "item";
  readonly place: ItemPlace;
  readonly vaultKey: VaultKey;
  readonly state: "active" | "archived";
  readonly files: SealedItem["files"];
  /** The caller wipes the result. */
  open(): OpenedItem;
};

/** A service account of the backup. It has no token. */
export type ServiceAccountRow = {
  readonly kind: "serviceAccount";
  readonly id: string;
  readonly title: string;
  /** The end of its newest token, or "never". Undefined where it had no token. */
  readonly expiresAt?: string;
  readonly makesVaults: boolean;
  readonly vaults: NewServiceAccount["vaults"];
};

export type Row = GroupRow | VaultRow | ItemRow | ServiceAccountRow | { readonly kind: "chunk"; readonly chunk: Chunk };

/** The rows of a backup whose seal was checked. The keys are wiped after the last row, or when the caller stops. */
export async function* openRows(
  crypto: Primitives,
  account: string,
  { keyset, rootKey }: Pick<SignedIn, "keyset" | "rootKey">,
  source: BackupSource,
): AsyncGenerator<Row> {
  const own = [keyset.identity.publicKey];
  const writers = [...own];
  const vaultKeys = new Map<string, VaultKey>();
  const defined: (() => ServiceAccountRow)[] = [];
  try {
    for await (const text of linesOf(source)) {
      const line = parseLine(text);
      const at = <T>(open: () => T) => atLine(text.number, open);
      if (line.kind === "serviceAccount") {
        if (!isVouchedFor(crypto, account, own, line.keys)) continue;
        writers.push(Uint8Array.fromBase64(line.keys.identity));
        const { definition } = line;
        if (definition !== undefined)
          defined.push(() =>
            at(() => serviceAccountRow(crypto, account, { keyset, rootKey }, { ...line, definition }, vaultKeys)),
          );
      } else if (line.kind === "group") {
        const row = at(() => groupRow(crypto, account, keyset, line.group));
        if (row === undefined) continue;
        try {
          yield row;
        } finally {
          closeGroup(crypto, row.open);
        }
      } else if (line.kind === "vault") {
        // A second key with the same id would stay in guarded memory for ever.
        if (vaultKeys.has(line.vault.vault))
          throw new PosternError("notRestorable", `line ${text.number}: the vault is there twice`);
        const row = at(() => vaultRow(crypto, account, keyset, line.vault));
        if (row === undefined) continue;
        vaultKeys.set(line.vault.vault, row.vaultKey);
        yield row;
      } else if (line.kind === "chunk") {
        const { kind: _kind, ...chunk } = line;
        if (vaultKeys.has(chunk.vault)) yield { kind: "chunk", chunk };
      } else if (line.kind === "item") {
        const vaultKey = vaultKeys.get(line.vault);
        const { item, sealed } = line.item;
        const place = { account, vault: line.vault, item };
        if (vaultKey !== undefined)
          yield itemRow(crypto, text.number, { place, vaultKey, pinnedWriters: writers, sealed });
      }
    }
    // These come last, since their vaults must exist first.
    for (const row of defined) yield row();
  } finally {
    for (const { key, indexKey } of vaultKeys.values()) crypto.release(key, indexKey);
  }
}

function groupRow(crypto: Primitives, account: string, member: Keyset, stored: StoredGroup): GroupRow | undefined {
  const { group, type, keys, membership } = stored;
  if (membership === undefined) return undefined;
  const place = { account, group };
  const pinned = [member.identity.publicKey];
  const open = openGroup(crypto, { place, type, keys, membership, member, pinned });
  try {
    const content = openGroupOverview(crypto, { place, open, overview: stored.overview, pinned });
    return { kind: "group", made: { group, type, keys, membership }, open, content };
  } catch (error) {
    closeGroup(crypto, open);
    throw error;
  }
}

/** Believes only grants that this user signed: the vault, the recipient's keys, and the rights. */
function serviceAccountRow(
  crypto: Primitives,
  account: string,
  { keyset, rootKey }: Pick<SignedIn, "keyset" | "rootKey">,
  { keys, definition }: Required<Extract<Line, { kind: "serviceAccount" }>>,
  vaultKeys: ReadonlyMap<string, VaultKey>,
): ServiceAccountRow {
  const id = keys.serviceAccount;
  const own = toBase64(keyset.identity.publicKey);
  const opened = openCustody(crypto, {
    place: { account, serviceAccount: id },
    owner: rootKey,
    sealed: definition.custody,
  });
  crypto.release(opened.rootKey);
  const vaults = definition.grants.flatMap(({ vault, grant }) => {
    const key = vaultKeys.get(vault);
    if (key === undefined) return [];
    const isOurs = grant.granter === own && grant.recipient === keys.identity && grant.keyId === key.id;
    if (!isOurs || !verifyVaultGrant(crypto, account, vault, grant))
      throw new PosternError("notRestorable", "a service account comes to a vault that nobody granted it");
    return [{ id: vault, key, permissions: grant.permissions }];
  });
  const { expiresAt } = definition;
  const makesVaults = keys.makesVaults === true;
  return {
    kind: "serviceAccount",
    id,
    title: opened.title,
    makesVaults,
    vaults,
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

function vaultRow(crypto: Primitives, account: string, keyset: Keyset, stored: StoredVault): VaultRow | undefined {
  const { vault, grants, overview, type } = stored;
  const grant = grants.find((one) => one.group === undefined)?.grant;
  // A vault that this user opens through a group only belongs to another user, who brings it back.
  if (grant === undefined) return undefined;
  const own = [keyset.identity.publicKey];
  const vaultKey = openVaultGrant(crypto, { account, vault, grant, keyset, pinnedGranters: own });
  try {
    const content = openVaultOverview(crypto, { account, vault, vaultKey, overview, pinnedWriters: own });
    const made = {
      vault,
      type: type === "personal" || type === "environment" ? type : "userCreated",
      grant,
      others: grants.flatMap((one): VaultRow["made"]["others"] =>
        one.group === undefined ? [] : [{ kind: "group", principal: one.group, grant: one.grant }],
      ),
    } as const;
    return { kind: "vault", made, vaultKey, content };
  } catch (error) {
    crypto.release(vaultKey.key, vaultKey.indexKey);
    throw error;
  }
}

function itemRow(crypto: Primitives, number: number, input: Parameters<typeof openItem>[1]): ItemRow {
  const { place, vaultKey, sealed } = input;
  const state = sealed.state === "archived" ? "archived" : "active";
  const open = () =>
    atLine(number, () => {
      const opened = openItem(crypto, input);
      // A malformed item comes back as it is. It has no title to be found by.
      return { ...opened, title: overviewIn(opened.overview)?.title ?? "" };
    });
  return { kind: "item", place, vaultKey, state, files: sealed.files, open };
}

/** Adds the line to an error. */
function atLine<T>(number: number, open: () => T): T {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof PosternError) || !["sealBroken", "notRestorable", "unknownSuite"].includes(error.name))
      throw error;
    throw new PosternError(error.name, `line ${number}`, { text: error.message });
  }
}

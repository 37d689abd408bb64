// Checks what an unfinished restore left at a service: the first rows of its backup, in their order and unchanged since. The service
// is not trusted: each row is opened and compared with the backup's own row. Anything else is an account in use, or another state of
// it. It is refused before a byte is written.
import { isDeepStrictEqual } from "node:util";
import { openGroupOverview } from "../../protocol/crypto/group.ts";
import { openItem } from "../../protocol/crypto/item.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { openCustody } from "../../protocol/crypto/service-account.ts";
import { openVaultOverview } from "../../protocol/crypto/vault-key.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { OperationResult } from "../../protocol/service-catalogue.ts";
import type { StoredGroup, StoredVault } from "./backup-lines.ts";
import {
  type GroupRow,
  type ItemRow,
  openRows,
  type Row,
  type ServiceAccountRow,
  type VaultRow,
} from "./backup-rows.ts";
import type { BackupSource } from "./backup-source.ts";
import type { ServiceSession, UserRecord } from "./service-session.ts";
import type { SignedIn, UserOnDevice } from "./signed-in.ts";
import { everyItem, type StoredItem, storedItems } from "./stored-items.ts";
import { openUserData, type UserData } from "./user-data.ts";

export type Begun = {
  readonly who: UserOnDevice;
  readonly source: BackupSource;
  /** The user's own data at the beginning of a restore. */
  readonly data: UserData;
  readonly signal: AbortSignal;
};

/**
 * Returns the number of the backup's rows that exist already. `record` is the answer of the sign-in. Throws conflict where the
 * account is anything but an unfinished restore of this backup, and sealBroken where a row is not as its writer signed it. The
 * service's claim that the account is being restored does not count.
 */
export async function rowsMade(crypto: Primitives, keys: SignedIn, begun: Begun, record: UserRecord): Promise<number> {
  demandUnopened(crypto, keys, begun, record);
  const { account } = begun.who;
  const stored = await storedRows(crypto, keys, begun);
  let seen = 0;
  let rows = 0;
  let isWhole = true;
  for await (const row of openRows(crypto, account, keys, begun.source)) {
    seen++;
    // Chunks are not compared: the revision that names a file proves them, and sending the same chunk again changes nothing.
    if (row.kind === "chunk") continue;
    if (!(await stored.has(row))) isWhole = false;
    else if (isWhole) rows = seen;
    else throw inUse("something before it is gone");
  }
  await stored.demandNoMore();
  return rows;
}

function inUse(what: string): PosternError {
  return new PosternError("conflict", `the account is there already, and not as this backup leaves it: ${what}`);
}

/** An agent that opens an account first writes the counter of its device store. So no agent has opened an account at revision 1. */
function demandUnopened(
  crypto: Primitives,
  keys: SignedIn,
  { who, data }: Begun,
  { data: stored, ...record }: UserRecord,
) {
  const { rootKey, keyset } = keys.record;
  if (stored.revision !== 1) throw inUse("it was opened since");
  const same =
    isDeepStrictEqual(record, { rootKey, keyset }) &&
    isDeepStrictEqual(openUserData(crypto, keys.rootKey, who, stored), data);
  if (!same) throw inUse("its keys or its name");
}

type StoredRows = {
  /** Whether the service has the row. Asked in the backup's order. Throws conflict or sealBroken where it has another row. */
  has(row: Exclude<Row, { kind: "chunk" }>): Promise<boolean>;
  /** Throws conflict where the service has a row that the backup lacks. */
  demandNoMore(): Promise<void>;
};

async function storedRows(
  crypto: Primitives,
  keys: SignedIn,
  { who: { account }, signal }: Begun,
): Promise<StoredRows> {
  const call: ServiceSession["call"] = (name, params) => keys.session.call(name, params, signal);
  const { serviceAccounts: listed } = await call("serviceAccounts.list", {});
  const serviceAccounts = onceEach(listed, ({ serviceAccount }) => serviceAccount);
  const groups = onceEach((await call("groups.list", {})).groups, ({ group }) => group);
  const vaults = onceEach((await call("vaults.list", {})).vaults, ({ vault }) => vault);
  let items: AsyncGenerator<StoredItem> | undefined;
  let vaultEnded = false;

  async function demandNoMoreItems(): Promise<void> {
    if (items !== undefined && !(await items.next()).done) throw inUse("one more item");
  }

  async function hasItem(row: ItemRow): Promise<boolean> {
    const next = await items?.next();
    if (next !== undefined && !next.done) {
      if (next.value.item !== row.place.item) throw inUse("one more item, or one less");
      demandSameItem(crypto, keys, row, next.value);
      return true;
    }
    // Lists leave deleted items out, and a deletion is a later revision.
    if (items !== undefined && !vaultEnded && (await storedItems(call, row.place.vault, [row.place.item])).length > 0)
      throw inUse("an item was deleted");
    vaultEnded = true;
    return false;
  }

  return {
    has: async (row) => {
      if (row.kind === "item") return hasItem(row);
      if (row.kind === "group") {
        const stored = taken(groups, row.made.group);
        if (stored !== undefined) demandSameGroup(crypto, keys, account, row, stored);
        return stored !== undefined;
      }
      await demandNoMoreItems();
      if (row.kind === "serviceAccount") {
        const made = taken(serviceAccounts, row.id);
        if (made !== undefined) demandSameServiceAccount(crypto, keys, account, row, made);
        return made !== undefined;
      }
      const stored = taken(vaults, row.made.vault);
      items = stored === undefined ? undefined : everyItem(call, row.made.vault);
      vaultEnded = false;
      if (stored !== undefined) demandSameVault(crypto, keys, account, row, stored);
      return stored !== undefined;
    },
    demandNoMore: async () => {
      await demandNoMoreItems();
      if (groups.size > 0) throw inUse("one more group");
      if (vaults.size > 0) throw inUse("one more vault");
      if (serviceAccounts.size > 0) throw inUse("one more service account");
    },
  };
}

function onceEach<T>(rows: readonly T[], idOf: (row: T) => string): Map<string, T> {
  const byId = new Map(rows.map((row) => [idOf(row), row]));
  if (byId.size !== rows.length) throw new PosternError("sealBroken", "the service listed something twice");
  return byId;
}

function taken<T>(rows: Map<string, T>, id: string): T | undefined {
  const row = rows.get(id);
  rows.delete(id);
  return row;
}

function demandSameGroup(
  crypto: Primitives,
  keys: SignedIn,
  account: string,
  row: GroupRow,
  stored: StoredGroup,
): void {
  const { group, type, keys: groupKeys, membership, overview } = stored;
  const same = overview.revision === 1 && isDeepStrictEqual({ group, type, keys: groupKeys, membership }, row.made);
  if (!same) throw inUse("a group");
  const pinned = [keys.keyset.identity.publicKey];
  const read = openGroupOverview(crypto, { place: { account, group }, open: row.open, overview, pinned });
  if (!crypto.equal(read, row.content)) throw inUse("a group's name");
}

type StoredServiceAccount = OperationResult<"serviceAccounts.list">["serviceAccounts"][number];

/** A service account made by a restore has no token. No other keys could have sealed its title. */
function demandSameServiceAccount(
  crypto: Primitives,
  keys: SignedIn,
  account: string,
  row: ServiceAccountRow,
  stored: StoredServiceAccount,
): void {
  const place = { account, serviceAccount: row.id };
  const opened = openCustody(crypto, { place, owner: keys.rootKey, sealed: stored.custody });
  crypto.release(opened.rootKey);
  const comesTo = (vaults: readonly { vault: string; permissions: number }[]) =>
    new Map(vaults.map(({ vault, permissions }) => [vault, permissions]));
  const same =
    opened.title === row.title &&
    (stored.makesVaults === true) === row.makesVaults &&
    stored.revokedAt === undefined &&
    stored.tokens.length === 0 &&
    isDeepStrictEqual(
      comesTo(stored.vaults),
      comesTo(row.vaults.map(({ id: vault, permissions }) => ({ vault, permissions }))),
    );
  if (!same) throw inUse("a service account");
}

function demandSameVault(
  crypto: Primitives,
  keys: SignedIn,
  account: string,
  row: VaultRow,
  stored: StoredVault,
): void {
  const { made, vaultKey } = row;
  const { vault, overview, type, grants } = stored;
  const byGroup = new Map(grants.map(({ group, grant }) => [group, grant]));
  const expected = new Map([[undefined, made.grant], ...made.others.map((one) => [one.principal, one.grant] as const)]);
  const same =
    overview.revision === 1 &&
    type === made.type &&
    grants.length === expected.size &&
    isDeepStrictEqual(byGroup, expected);
  if (!same) throw inUse("a vault");
  const pinnedWriters = [keys.keyset.identity.publicKey];
  const content = openVaultOverview(crypto, { account, vault, vaultKey, overview, pinnedWriters });
  if (!crypto.equal(content, row.content)) throw inUse("a vault's name");
}

function demandSameItem(crypto: Primitives, keys: SignedIn, row: ItemRow, { sealed }: StoredItem): void {
  const same = sealed.revision === 1 && sealed.state === row.state && isDeepStrictEqual(sealed.files, row.files);
  if (!same) throw inUse("an item");
  const { place, vaultKey } = row;
  const ours = row.open();
  try {
    const theirs = openItem(crypto, { place, vaultKey, pinnedWriters: [keys.keyset.identity.publicKey], sealed });
    const parts = ["overview", "details", "itemKey"] as const;
    const equal = parts.every((part) => crypto.equal(theirs[part], ours[part]));
    crypto.wipe(theirs.overview, theirs.details, theirs.itemKey);
    if (!equal) throw inUse("an item");
  } finally {
    crypto.wipe(ours.overview, ours.details, ours.itemKey);
  }
}

// Makes an account anew from its backup, with the same ids and keys and every row at revision 1. It trusts no old service, since it
// cannot know whether that service is lost.
import { toBase64 } from "../../protocol/crypto/encoding.ts";
import { sealGroupOverview } from "../../protocol/crypto/group.ts";
import { type SealedItem, sealItem } from "../../protocol/crypto/item.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { sealVaultOverview } from "../../protocol/crypto/vault-key.ts";
import { PosternError } from "../../protocol/errors.ts";
import { restorableUserData } from "./backup-content.ts";
import { checkSeal, type ReadThrough, readThrough } from "./backup-lines.ts";
import { type ItemRow, openRows, type Row, type ServiceAccountRow } from "./backup-rows.ts";
import type { BackupSource } from "./backup-source.ts";
import { type Begun, rowsMade } from "./begun-restore.ts";
import { makeServiceAccount } from "./new-service-account.ts";
import type { CallService, ServiceAddress } from "./service-client.ts";
import type { UserRecord } from "./service-session.ts";
import type { SignedIn, UserOnDevice } from "./signed-in.ts";
import { openUserData, sealUserData } from "./user-data.ts";
import { closeSignedIn, openKeys } from "./user-keys.ts";

/** The result of a restore. The name is the one that the person gave the account. */
export type Restored = {
  readonly account: string;
  readonly user: string;
  readonly name: string;
  /** The service accounts, made as they were, without a token. */
  readonly serviceAccounts: readonly Pick<ServiceAccountRow, "id" | "title" | "expiresAt">[];
  /** The links that do not come back, each with its item's title. */
  readonly shares: ReadThrough["shares"];
};

export type RestoreInput = {
  readonly source: BackupSource;
  /** Reads the whole backup, in turn with other restores. */
  readonly read?: (source: BackupSource) => Promise<ReadThrough>;
  readonly password: string;
  readonly secretKey: Uint8Array;
  readonly device: string;
  readonly registrationToken?: string;
  /** Awaited when the whole backup was checked, before anything is asked of the service; with the account's name. */
  readonly begins?: (account: string, name: string) => Promise<void>;
  /** Awaited after the account was made, before its rows are made. */
  readonly begun?: () => Promise<void>;
  /** Stops the restore. The unfinished account opens to nobody, and the same restore again continues it. */
  readonly signal: AbortSignal;
};

const readThroughOf = (crypto: Primitives) => (source: BackupSource) => readThrough(crypto, source);

type Keys = Awaited<ReturnType<typeof openKeys>>;

/**
 * Checks a whole backup, then makes its account at a service. The same call again finishes an interrupted restore. Throws
 * notRestorable, with nothing changed, where the backup is cut, changed or none. Throws conflict, with nothing written, where the
 * account exists and is not an unfinished restore of this backup, and where another restore takes it over.
 */
export async function restoreBackup(
  crypto: Primitives,
  call: CallService,
  address: ServiceAddress,
  input: RestoreInput,
): Promise<Restored> {
  const through = await (input.read ?? readThroughOf(crypto))(input.source);
  const { account, user, record } = through.header;
  const who: UserOnDevice = { account, user, device: input.device, secretKey: input.secretKey };
  const keys = await openKeys(crypto, { ...who, password: input.password, origin: address.origin, call, record });
  try {
    checkSeal(crypto, keys.rootKey, through);
    const data = {
      ...restorableUserData(openUserData(crypto, keys.rootKey, who, record.data)),
      deviceCounters: {},
      deviceNames: {},
    };
    const serviceAccounts = await checkRows(crypto, keys, who, input);
    await makeWhole(crypto, call, keys, { who, data, source: input.source, signal: input.signal }, input);
    return { account, user, name: data.name, serviceAccounts, shares: through.shares };
  } catch (error) {
    throw input.signal.aborted ? new PosternError("cancelled") : error;
  } finally {
    closeSignedIn(crypto, keys);
  }
}

/** Opens every row once, so that a row that does not open is found before anything is made. Returns the service accounts. */
async function checkRows(
  crypto: Primitives,
  keys: Keys,
  { account }: UserOnDevice,
  input: RestoreInput,
): Promise<Restored["serviceAccounts"]> {
  const serviceAccounts: Restored["serviceAccounts"][number][] = [];
  for await (const row of openRows(crypto, account, keys, input.source)) {
    input.signal.throwIfAborted();
    if (row.kind === "serviceAccount") {
      const { id, title, expiresAt } = row;
      serviceAccounts.push({ id, title, ...(expiresAt === undefined ? {} : { expiresAt }) });
    }
    if (row.kind !== "item") continue;
    const { itemKey, overview, details } = row.open();
    crypto.wipe(itemKey, overview, details);
  }
  return serviceAccounts;
}

/** Makes the missing rows of the account, then tells the service that it is whole. */
async function makeWhole(
  crypto: Primitives,
  call: CallService,
  keys: Keys,
  begun: Begun,
  input: RestoreInput,
): Promise<void> {
  begun.signal.throwIfAborted();
  await input.begins?.(begun.who.account, begun.data.name);
  const there = await begin(crypto, call, keys, begun, input);
  try {
    await input.begun?.();
    const made = there === undefined ? 0 : await rowsMade(crypto, keys, begun, there);
    let seen = 0;
    for await (const row of openRows(crypto, begun.who.account, keys, begun.source)) {
      begun.signal.throwIfAborted();
      if (++seen > made) await make(crypto, keys, begun, row);
    }
    // This last request cannot be cancelled: otherwise a race would decide whether the account is whole.
    await keys.session.call("accounts.endRestore", {});
  } catch (error) {
    if (nameOf(error) !== "deviceRemoved") await endOwnDevice(keys, begun);
    throw overtook.includes(nameOf(error)) ? overtaken() : error;
  }
}

/** Makes the account. Where it exists already, signs in to it as a restore and returns its record for a check. */
async function begin(
  crypto: Primitives,
  call: CallService,
  keys: Keys,
  { who: { account, user, device }, data: begunData, signal }: Begun,
  { registrationToken }: RestoreInput,
): Promise<UserRecord | undefined> {
  const data = sealUserData(crypto, keys.rootKey, { account, user }, 1, begunData);
  const made = {
    ...{ account, user, device, restoring: true as const },
    ...(registrationToken === undefined ? {} : { registrationToken }),
    signInKey: toBase64(keys.signInKey),
    record: { ...keys.record, data },
  };
  try {
    await call("accounts.create", made, { signal });
    return undefined;
  } catch (refusal) {
    // An interrupted restore continues without the registration token that began it.
    const mayBeThere = registrationToken === undefined && nameOf(refusal) === "notPermitted";
    if (nameOf(refusal) !== "conflict" && !mayBeThere) throw refusal;
    // The person may have cancelled this restore and started it again. The new one must not be overtaken by this one.
    signal.throwIfAborted();
    return keys.session.signIn().catch((error: unknown) => {
      // A caller with wrong keys learns only that the account exists.
      if (nameOf(error) === "wrongCredentials") throw refusal;
      if (nameOf(error) !== "conflict") throw error;
      throw new PosternError("conflict", "the account is there already, and is not being restored");
    });
  }
}

/** Removes the device of this restore. If that fails, the device stays listed, and the person need not hear of it. */
async function endOwnDevice({ session }: SignedIn, { who }: Begun): Promise<void> {
  await session.call("devices.remove", { device: who.device }).catch(() => undefined);
}

/** The password was right at the beginning, and no row existed. So another restore ended this session or wrote a row meanwhile. */
const overtook: readonly unknown[] = ["deviceRemoved", "wrongCredentials", "versionConflict"];

function overtaken(): PosternError {
  return new PosternError("conflict", "another restore of the account took it over");
}

function nameOf(error: unknown): unknown {
  return error instanceof PosternError ? error.name : undefined;
}

async function make(crypto: Primitives, { session, keyset, rootKey }: SignedIn, begun: Begun, row: Row): Promise<void> {
  const { signal } = begun;
  const { account } = begun.who;
  if (row.kind === "chunk") {
    await session.call("files.putChunk", row.chunk, signal);
  } else if (row.kind === "group") {
    const place = { account, group: row.made.group };
    const first = { place, open: row.open, writer: keyset, revision: 1, content: row.content };
    await session.call("groups.create", { ...row.made, overview: sealGroupOverview(crypto, first) }, signal);
  } else if (row.kind === "vault") {
    const { vaultKey, content } = row;
    const first = { account, vault: row.made.vault, vaultKey, writer: keyset, revision: 1, content };
    await session.call("vaults.create", { ...row.made, overview: sealVaultOverview(crypto, first) }, signal);
  } else if (row.kind === "serviceAccount") {
    const maker = { user: begun.who.user, keyset, rootKey };
    const { made, rootKey: its } = makeServiceAccount(crypto, { ...row, account, maker });
    crypto.release(its);
    await session.call("serviceAccounts.create", made, signal);
  } else {
    const { vault, item } = row.place;
    await session.call("items.put", { vault, item, sealed: firstRevision(crypto, keyset, row) }, signal);
  }
}

/** The same item with its key and files, as revision 1 of a new store. */
function firstRevision(crypto: Primitives, writer: SignedIn["keyset"], row: ItemRow): SealedItem {
  const { place, vaultKey, state, files } = row;
  const { itemKey, overview, details, title } = row.open();
  const made = sealItem(crypto, {
    place,
    vaultKey,
    writer,
    revision: 1,
    state,
    itemKey,
    title,
    overview,
    details,
    files,
  });
  crypto.wipe(itemKey, overview, details);
  return made;
}

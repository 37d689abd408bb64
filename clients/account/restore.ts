// Makes an account anew from its backup, with the same ids and keys and every row at revision 1: an old service cannot be
// told from a lost one, so none is trusted.
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

/** What a restored account is; its name is the person's own. */
export type Restored = {
  readonly account: string;
  readonly user: string;
  readonly name: string;
  /** Made anew as they were, without a token. */
  readonly serviceAccounts: readonly Pick<ServiceAccountRow, "id" | "title" | "expiresAt">[];
  /** The links that do not come back, by what they showed. */
  readonly shares: ReadThrough["shares"];
};

export type RestoreInput = {
  readonly source: BackupSource;
  /** Reads the backup through, where that has to wait for others. */
  readonly read?: (source: BackupSource) => Promise<ReadThrough>;
  readonly password: string;
  readonly secretKey: Uint8Array;
  readonly device: string;
  readonly registrationToken?: string;
  /** Awaited when the whole backup was checked, before anything is asked of the service; with the account's name. */
  readonly begins?: (account: string, name: string) => Promise<void>;
  /** Awaited when the account is there, to be made whole. */
  readonly begun?: () => Promise<void>;
  /** Stops it where it is: what it has made opens to nobody, and the same again goes on. */
  readonly signal: AbortSignal;
};

const readThroughOf = (crypto: Primitives) => (source: BackupSource) => readThrough(crypto, source);

type Keys = Awaited<ReturnType<typeof openKeys>>;

/**
 * Checks a whole backup, then makes its account at a service; one that was cut off is made whole by the same again. Throws
 * notRestorable and changes nothing where the backup is cut, changed or not one; conflict, and writes nothing either, where
 * the account is there and is not what a restore of this backup left, and where another restore takes it over.
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

/** Opens every row once, so that one that does not open is told before anything is made. Answers the service accounts. */
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

/** Makes what is missing of the account, then tells the service that it is whole. */
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
    // Not called off on its way: whether the account is whole should not depend on a race.
    await keys.session.call("accounts.endRestore", {});
  } catch (error) {
    if (nameOf(error) !== "deviceRemoved") await endOwnDevice(keys, begun);
    throw overtook.includes(nameOf(error)) ? overtaken() : error;
  }
}

/** Makes the account. Where it is there already, signs in to it as a restore and answers its record, to be looked at. */
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
    // One that was cut off goes on without the token that began it.
    const mayBeThere = registrationToken === undefined && nameOf(refusal) === "notPermitted";
    if (nameOf(refusal) !== "conflict" && !mayBeThere) throw refusal;
    // Whoever called this off may have asked again, and that one is not to be overtaken.
    signal.throwIfAborted();
    return keys.session.signIn().catch((error: unknown) => {
      // Keys that are not let in learn no more than that the account is there.
      if (nameOf(error) === "wrongCredentials") throw refusal;
      if (nameOf(error) !== "conflict") throw error;
      throw new PosternError("conflict", "the account is there already, and is not being restored");
    });
  }
}

/** The device that signed in was for this restore alone. That it stays listed is not what the person needs to hear of. */
async function endOwnDevice({ session }: SignedIn, { who }: Begun): Promise<void> {
  await session.call("devices.remove", { device: who.device }).catch(() => undefined);
}

/** The password was right when this began, and no row was there: whoever ends our session or writes one came between. */
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

/** The same item, key and files, as revision 1 of a new store. */
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

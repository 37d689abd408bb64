// Makes an account anew from its backup, with the same ids and keys and every row at revision 1: an old service cannot be
// told from a lost one, so none is trusted.
import { toBase64 } from "../../protocol/crypto/encoding.ts";
import { sealGroupOverview } from "../../protocol/crypto/group.ts";
import { type SealedItem, sealItem } from "../../protocol/crypto/item.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { sealVaultOverview } from "../../protocol/crypto/vault-key.ts";
import { PosternError } from "../../protocol/errors.ts";
import { type BackupLines, checkSeal, headerOf } from "./backup-lines.ts";
import { type ItemRow, openRows, type Row } from "./backup-rows.ts";
import { type Begun, takeUp } from "./begun-restore.ts";
import type { CallService, ServiceAddress } from "./service-client.ts";
import { openUserData, sealUserData } from "./user-data.ts";
import { closeSignedIn, openKeys, type SignedIn, type UserOnDevice } from "./user-keys.ts";

/** What a restored account is; its name is the person's own. */
export type Restored = { readonly account: string; readonly user: string; readonly name: string };

export type RestoreInput = {
  readonly lines: BackupLines;
  readonly password: string;
  readonly secretKey: Uint8Array;
  readonly device: string;
  readonly registrationToken?: string;
  /** Stops it as long as this restore has made nothing; then it is brought to its end, since half an account is of no use. */
  readonly signal: AbortSignal;
};

type Keys = Awaited<ReturnType<typeof openKeys>>;

/**
 * Checks a whole backup, then makes its account at a service; one that was cut off is made whole by the same again. Throws
 * notRestorable and changes nothing where the backup is cut, changed or not one; conflict, and changes nothing either, where
 * the account is there and was used.
 */
export async function restoreBackup(
  p: Primitives,
  call: CallService,
  address: ServiceAddress,
  input: RestoreInput,
): Promise<Restored> {
  const header = await headerOf(input.lines);
  const { account, user, record } = header;
  const who: UserOnDevice = { account, user, device: input.device, secretKey: input.secretKey };
  const keys = await openKeys(p, { ...who, password: input.password, origin: address.origin, call, record });
  try {
    await checkSeal(p, keys.rootKey, input.lines);
    const data = { ...openUserData(p, keys.rootKey, who, record.data), deviceCounters: {} };
    if (input.signal.aborted) throw new PosternError("cancelled");
    const made = await begin(p, call, keys, { who, data, lines: input.lines, signal: input.signal }, input);
    let seen = 0;
    for await (const row of openRows(p, account, keys.keyset, input.lines)) {
      if (++seen > made) await make(p, keys, account, row).catch(overtaken);
    }
    return { account, user, name: data.name };
  } finally {
    closeSignedIn(p, keys);
  }
}

/** Makes the account, or takes up what a restore that was cut off left of it. Answers how many rows are there. */
async function begin(
  p: Primitives,
  call: CallService,
  keys: Keys,
  begun: Begun,
  { registrationToken }: RestoreInput,
): Promise<number> {
  const { account, user, device } = begun.who;
  const data = sealUserData(p, keys.rootKey, begun.who, 1, begun.data);
  try {
    await call("accounts.create", {
      account,
      user,
      device,
      ...(registrationToken === undefined ? {} : { registrationToken }),
      signInKey: toBase64(keys.signInKey),
      record: { ...keys.record, data },
    });
    return 0;
  } catch (error) {
    if (!(error instanceof PosternError) || error.name !== "conflict") throw error;
    return takeUp(p, keys, begun, error);
  }
}

/** The password was right when this began, and no row was there: whoever signs us out or writes one came between. */
function overtaken(error: unknown): never {
  const other =
    error instanceof PosternError && ["wrongCredentials", "deviceRemoved", "versionConflict"].includes(error.name);
  throw other ? new PosternError("conflict", "another restore of the account took it over, or it is in use") : error;
}

async function make(p: Primitives, { session, keyset }: SignedIn, account: string, row: Row): Promise<void> {
  if (row.kind === "chunk") {
    await session.call("files.putChunk", row.chunk);
  } else if (row.kind === "group") {
    const place = { account, group: row.made.group };
    const first = { place, open: row.open, writer: keyset, revision: 1, content: row.content };
    await session.call("groups.create", { ...row.made, overview: sealGroupOverview(p, first) });
  } else if (row.kind === "vault") {
    const { vaultKey, content } = row;
    const first = { account, vault: row.made.vault, vaultKey, writer: keyset, revision: 1, content };
    await session.call("vaults.create", { ...row.made, overview: sealVaultOverview(p, first) });
  } else {
    const { vault, item } = row.place;
    await session.call("items.put", { vault, item, sealed: firstRevision(p, keyset, row) });
  }
}

/** The same item, key and files, as revision 1 of a new store. */
function firstRevision(p: Primitives, writer: SignedIn["keyset"], row: ItemRow): SealedItem {
  const { place, vaultKey, state, files } = row;
  const { itemKey, overview, details } = row.open();
  const { title } = JSON.parse(new TextDecoder().decode(overview)) as { title: string };
  const made = sealItem(p, {
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
  p.wipe(itemKey, overview, details);
  return made;
}

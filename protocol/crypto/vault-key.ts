// Vault keys, and the overview of a vault that they seal. A grant hands a key on: a statement that the granter signs, with the key
// sealed to the recipient. The sealed part repeats the statement, so the two cannot be combined with others.
import { PosternError } from "../errors.ts";
import { KEY_BYTES, subkey } from "./derivation.ts";
import { fields, fromBase64, SUITE, toBase64, wipeableCopy } from "./encoding.ts";
import { type Context, open, seal } from "./envelope.ts";
import { keepAll } from "./keep-all.ts";
import type { Keyset } from "./keyset.ts";
import type { CheckingPrimitives, Primitives } from "./primitives.ts";

/** A vault's key and the keys derived from it. */
export type VaultKey = {
  readonly key: Uint8Array;
  readonly id: string;
  readonly epoch: number;
  readonly indexKey: Uint8Array;
};

/** The stored form of a grant: base64 byte strings and integers. */
export type VaultGrant = {
  keyId: string;
  epoch: number;
  /** Ed25519 identities. */
  recipient: string;
  granter: string;
  permissions: number;
  sealed: string;
  signature: string;
};

/** A vault's sealed name and description, signed by its writer. */
export type SealedVault = { revision: number; keyId: string; sealed: string; writer: string; signature: string };

/** Every permission bit that exists today. An owner has them all. */
export const ALL_PERMISSIONS = 0xf007f3;

function keyIdOf(crypto: Primitives, key: Uint8Array): string {
  const bytes = fields("postern/1 vault key id", key);
  try {
    return toBase64(crypto.sha256(bytes));
  } finally {
    crypto.wipe(bytes);
  }
}

/** A new vault key of epoch 1, or of the epoch after a removal. */
export function newVaultKey(crypto: Primitives, epoch = 1): VaultKey {
  return withParts(crypto, crypto.randomBytes(KEY_BYTES), epoch);
}

function withParts(crypto: Primitives, key: Uint8Array, epoch: number): VaultKey {
  const id = keyIdOf(crypto, key);
  const [indexKey, kept] = keepAll(crypto, subkey(crypto, key, "postern/1 vault index"), key);
  return { key: kept, id, epoch, indexKey };
}

type Statement = Omit<VaultGrant, "sealed" | "signature">;

function statementBytes(account: string, vault: string, statement: Statement): Uint8Array {
  const { keyId, epoch, recipient, permissions, granter } = statement;
  return fields("postern/1 vault grant", SUITE, account, vault, keyId, epoch, recipient, permissions, granter);
}

/** Seals a vault key to a recipient and signs the grant. */
export function grantVaultKey(
  crypto: Primitives,
  input: {
    account: string;
    vault: string;
    vaultKey: VaultKey;
    granter: Keyset;
    recipient: { identity: Uint8Array; box: Uint8Array };
    permissions: number;
  },
): VaultGrant {
  const { account, vault, vaultKey, granter } = input;
  const statement: Statement = {
    keyId: vaultKey.id,
    epoch: vaultKey.epoch,
    recipient: toBase64(input.recipient.identity),
    granter: toBase64(granter.identity.publicKey),
    permissions: input.permissions,
  };
  const bytes = statementBytes(account, vault, statement);
  const plaintext = fields(bytes, vaultKey.key);
  const sealed = crypto.boxSeal(input.recipient.box, plaintext);
  crypto.wipe(plaintext);
  const signature = crypto.sign(granter.identity.secretKey, fields("postern/1 vault grant, sealed", bytes, sealed));
  return { ...statement, sealed: toBase64(sealed), signature: toBase64(signature) };
}

/** Whether a grant carries its granter's signature. The service checks this. Only the recipient can check the key. */
export function verifyVaultGrant(
  crypto: CheckingPrimitives,
  account: string,
  vault: string,
  grant: VaultGrant,
): boolean {
  const granter = fromBase64(grant.granter);
  const sealed = fromBase64(grant.sealed);
  const signature = fromBase64(grant.signature);
  if (granter?.length !== 32 || sealed === undefined || signature?.length !== 64) return false;
  return crypto.verify(
    granter,
    fields("postern/1 vault grant, sealed", statementBytes(account, vault, grant), sealed),
    signature,
  );
}

/**
 * Opens a grant to this user. Throws sealBroken for a granter that is not pinned, a wrong signature, another recipient, a key that
 * the statement does not name, or a second key for a known epoch.
 */
export function openVaultGrant(
  crypto: Primitives,
  input: {
    account: string;
    vault: string;
    grant: VaultGrant;
    keyset: Keyset;
    pinnedGranters: readonly Uint8Array[];
    knownEpochs?: ReadonlyMap<number, string>;
  },
): VaultKey {
  const { account, vault, grant, keyset } = input;
  const refuse = (why: string) => new PosternError("sealBroken", `the vault key: ${why}`);
  if (grant.recipient !== toBase64(keyset.identity.publicKey)) throw refuse("granted to somebody else");
  if (!input.pinnedGranters.some((pinned) => toBase64(pinned) === grant.granter))
    throw refuse("from a granter that is not known");
  if (!verifyVaultGrant(crypto, account, vault, grant)) throw refuse("the granter's signature");
  const known = input.knownEpochs?.get(grant.epoch);
  if (known !== undefined && known !== grant.keyId) throw refuse("a second key for a known epoch");
  const plaintext = crypto.boxOpen(
    keyset.box.publicKey,
    keyset.box.secretKey,
    fromBase64(grant.sealed) ?? new Uint8Array(),
  );
  if (plaintext === undefined) throw refuse("not sealed to us");
  const key = wipeableCopy(plaintext.subarray(-KEY_BYTES));
  const expected = fields(statementBytes(account, vault, grant), key);
  const fits = crypto.equal(plaintext, expected) && keyIdOf(crypto, key) === grant.keyId;
  crypto.wipe(plaintext, expected);
  if (!fits) {
    crypto.wipe(key);
    throw refuse("not the one the grant names");
  }
  return withParts(crypto, key, grant.epoch);
}

function overviewContext(account: string, vault: string, keyId: string, revision: number): Context {
  return { part: "vault overview", account, vault, keyId, revision };
}

function overviewBytes(account: string, vault: string, overview: Omit<SealedVault, "signature">): Uint8Array {
  return fields(
    "postern/1 vault overview",
    SUITE,
    account,
    vault,
    overview.revision,
    overview.keyId,
    overview.sealed,
    overview.writer,
  );
}

/** Seals and signs a vault's overview. */
export function sealVaultOverview(
  crypto: Primitives,
  input: { account: string; vault: string; vaultKey: VaultKey; writer: Keyset; revision: number; content: Uint8Array },
): SealedVault {
  const { account, vault, vaultKey, writer, revision } = input;
  const sealed = seal(crypto, vaultKey.key, overviewContext(account, vault, vaultKey.id, revision), input.content);
  const overview = {
    revision,
    keyId: vaultKey.id,
    sealed: toBase64(sealed),
    writer: toBase64(writer.identity.publicKey),
  };
  return {
    ...overview,
    signature: toBase64(crypto.sign(writer.identity.secretKey, overviewBytes(account, vault, overview))),
  };
}

/** Whether an overview carries its writer's signature. */
export function verifyVaultOverview(
  crypto: CheckingPrimitives,
  account: string,
  vault: string,
  overview: SealedVault,
): boolean {
  const writer = fromBase64(overview.writer);
  const signature = fromBase64(overview.signature);
  if (writer?.length !== 32 || signature?.length !== 64) return false;
  return crypto.verify(writer, overviewBytes(account, vault, overview), signature);
}

/** Opens a vault's overview. Throws sealBroken for a writer that is not pinned, a wrong signature or key, or an altered envelope. */
export function openVaultOverview(
  crypto: Primitives,
  input: {
    account: string;
    vault: string;
    vaultKey: VaultKey;
    overview: SealedVault;
    pinnedWriters: readonly Uint8Array[];
  },
): Uint8Array {
  const { account, vault, vaultKey, overview } = input;
  const signed =
    input.pinnedWriters.some((pinned) => toBase64(pinned) === overview.writer) &&
    verifyVaultOverview(crypto, account, vault, overview);
  if (!signed) throw new PosternError("sealBroken", "the vault overview's signature");
  if (overview.keyId !== vaultKey.id) throw new PosternError("sealBroken", "the vault overview is under another key");
  return open(
    crypto,
    vaultKey.key,
    overviewContext(account, vault, vaultKey.id, overview.revision),
    fromBase64(overview.sealed) ?? new Uint8Array(),
  );
}

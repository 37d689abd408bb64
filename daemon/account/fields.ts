// Computes the details of a field's value: one-time codes, and the public half of SSH keys. They are computed at each read and never stored.
import { PosternError } from "../../protocol/errors.ts";
import type { ItemCreateParams, ItemField, ItemFieldDetails } from "../../protocol/item/item.ts";
import { totpCode } from "../../protocol/secret/totp.ts";
import type { SshKey } from "./ssh-key.ts";

// Loaded at the first SSH key, since most agents never have one.
const sshKeys = () => import("./ssh-key.ts");

/** The stored form of private keys: PKCS#8. Throws invalidItem for an unreadable key. The error says why and does not show the key. */
export async function withStoredKeys<F extends Pick<ItemCreateParams, "fields">>(params: F): Promise<F> {
  const { fields = [] } = params;
  if (!fields.some(isKey)) return params;
  return { ...params, fields: await Promise.all(fields.map(storedKey)) };
}

const isKey = ({ fieldType, value }: ItemField) => fieldType === "SshKey" && value !== "";

async function storedKey(field: ItemField, index: number): Promise<ItemField> {
  if (!isKey(field)) return field;
  const { readSshKey, UnreadableKey } = await sshKeys();
  try {
    return { ...field, value: readSshKey(field.value).pkcs8 };
  } catch (error) {
    if (!(error instanceof UnreadableKey)) throw error;
    throw new PosternError("invalidItem", `error parsing private key: fields[${index}].value: ${error.message}`);
  }
}

/** A field in the form for clients, with its details. */
export function shownField(field: ItemField, nowMs: number): ItemField | Promise<ItemField> {
  if (field.fieldType === "Totp") return { ...field, details: { type: "Otp", content: totpCode(field.value, nowMs) } };
  if (field.fieldType === "SshKey") return sshDetails(field.value).then((details) => ({ ...field, details }));
  return field;
}

async function sshDetails(value: string): Promise<ItemFieldDetails> {
  const key = await keyOf(value);
  if (key === undefined) return { type: "SshKey", content: null };
  const { publicKey, fingerprint, keyType } = key;
  return { type: "SshKey", content: { publicKey, fingerprint, keyType } };
}

async function keyOf(value: string): Promise<SshKey | undefined> {
  const { readSshKey, UnreadableKey } = await sshKeys();
  try {
    return readSshKey(value);
  } catch (error) {
    if (error instanceof UnreadableKey) return undefined;
    throw error;
  }
}

/**
 * The part of a private key that a reference asks for: a public part, or the key in OpenSSH's form. Throws sshKeyMetadataNotFound or
 * privateKeyUnreadable where the value is no key.
 */
export async function derivedFromKey(
  value: string,
  part: "publicKey" | "fingerprint" | "keyType" | "openSsh",
): Promise<string> {
  const key = await keyOf(value);
  if (key === undefined) throw new PosternError(part === "openSsh" ? "privateKeyUnreadable" : "sshKeyMetadataNotFound");
  return part === "openSsh" ? (await sshKeys()).toOpenSsh(key.pkcs8) : key[part];
}

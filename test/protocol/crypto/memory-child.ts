// A process that uses every kind of key, masks a copy of each, wipes all keys, and reports the masked copies. The test
// then reads its memory and must find no key. The mask keeps the search from finding itself.
import { loadSodium } from "../../../daemon/host/sodium.ts";
import { deriveUserKeys, subkey } from "../../../protocol/crypto/derivation.ts";
import { newId } from "../../../protocol/crypto/encoding.ts";
import { open, seal } from "../../../protocol/crypto/envelope.ts";
import { openFile, sealFile } from "../../../protocol/crypto/file.ts";
import { newItemKey, openItem, openItemOverview, sealItem } from "../../../protocol/crypto/item.ts";
import { newKeyset, openKeyset } from "../../../protocol/crypto/keyset.ts";
import { lookupTag } from "../../../protocol/crypto/lookup-tag.ts";
import { newSecretKey } from "../../../protocol/crypto/secret-key.ts";
import { signInKeyPair } from "../../../protocol/crypto/sign-in.ts";
import { grantVaultKey, newVaultKey, openVaultGrant } from "../../../protocol/crypto/vault-key.ts";

/** The reported line: each key by name, with every byte combined with the mask. */
export type Told = { readonly mask: number; readonly masked: Readonly<Record<string, number[]>> };

const MASK = 0x5a;
const crypto = loadSodium();
const masked: Record<string, number[]> = {};

/** Works byte by byte, so that it makes no copy. The seed of an Ed25519 key is its first half. */
function note(name: string, key: Uint8Array): void {
  const copy: number[] = [];
  for (let at = 0; at < Math.min(key.length, 32); at++) copy.push((key[at] ?? 0) ^ MASK);
  masked[name] = copy;
}

async function useEverything(): Promise<void> {
  const account = newId(crypto);
  const user = newId(crypto);
  const content = new TextEncoder().encode('{"title":"x"}');
  const secretKey = newSecretKey(crypto);
  const { unlockKey, signInSeed } = await deriveUserKeys(crypto, {
    password: "correct horse",
    secretKey,
    account,
    user,
  });
  note("Secret Key", secretKey);
  note("unlock key", unlockKey);
  note("sign-in seed", signInSeed);
  const signIn = signInKeyPair(crypto, signInSeed);
  crypto.sign(signIn.secretKey, content);

  const rootKey = crypto.keep(crypto.randomBytes(32));
  note("root key", rootKey);
  const wrapped = seal(crypto, unlockKey, { part: "root key", account, user }, rootKey);
  crypto.release(crypto.keep(open(crypto, unlockKey, { part: "root key", account, user }, wrapped)));
  const storeKey = crypto.keep(subkey(crypto, rootKey, "postern/1 device store"));
  note("device store key", storeKey);

  const { sealed } = newKeyset(crypto, rootKey, account, user);
  const keyset = openKeyset(crypto, rootKey, account, user, sealed);
  note("identity", keyset.identity.secretKey);
  note("box key", keyset.box.secretKey);

  const vault = newId(crypto);
  const made = newVaultKey(crypto);
  const recipient = { identity: keyset.identity.publicKey, box: keyset.box.publicKey };
  const grant = grantVaultKey(crypto, { account, vault, vaultKey: made, granter: keyset, recipient, permissions: 1 });
  const pinnedGranters = [keyset.identity.publicKey];
  const vaultKey = openVaultGrant(crypto, { account, vault, grant, keyset, pinnedGranters });
  note("vault key", vaultKey.key);
  note("index key", vaultKey.indexKey);
  lookupTag(crypto, vaultKey.indexKey, "x");

  const place = { account, vault, item: newId(crypto) };
  const itemKey = newItemKey(crypto);
  note("item key", itemKey);
  const file = sealFile(crypto, { place, file: newId(crypto), itemKey });
  const chunk = file.push(content, true);
  const header = file.end();
  const parts = { overview: content, details: content, files: [header], title: "x", state: "active" as const };
  const item = sealItem(crypto, { place, vaultKey, writer: keyset, revision: 1, itemKey, ...parts });
  crypto.wipe(itemKey);
  openItemOverview(crypto, { place, vaultKey, pinnedWriters: pinnedGranters, sealed: item });
  const opened = openItem(crypto, { place, vaultKey, pinnedWriters: pinnedGranters, sealed: item });
  openFile(crypto, { place, header, itemKey: opened.itemKey }).pull(chunk);
  crypto.wipe(opened.itemKey);
}

await useEverything();
// Without this control the test would pass even for a search that never finds anything.
const control = crypto.randomBytes(32);
note("control", control);
crypto.wipeAll();
process.stdout.write(`${JSON.stringify({ mask: MASK, masked } satisfies Told)}\n`);
process.stdin.once("end", () => crypto.wipe(control)).resume();

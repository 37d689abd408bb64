// An account with content of every kind, its backup, and the content that an account opens to. Used to test restores
// that are cut off and taken up again.
import { writeBackup } from "../../clients/account/backup.ts";
import { type OpenAccount, openAccount } from "../../clients/account/open-account.ts";
import { type Restored, restoreBackup } from "../../clients/account/restore.ts";
import type { CallService } from "../../clients/account/service-client.ts";
import type { SignedIn } from "../../clients/account/signed-in.ts";
import { enrol, signIn, signInWithToken } from "../../clients/account/user-keys.ts";
import { parseToken } from "../../protocol/access/service-account-token.ts";
import { newId, utf8 } from "../../protocol/crypto/encoding.ts";
import { FILE_CHUNK_BYTES } from "../../protocol/crypto/file.ts";
import { newSecretKey } from "../../protocol/crypto/secret-key.ts";
import {
  type Door,
  details,
  type InProcess,
  inProcess,
  overview,
  PASSWORD,
  crypto as sodium,
  type User,
} from "../service/doors.ts";

/** Number of password derivations so far. */
export let derivations = 0;

/** Counts its derivations. */
export const crypto = {
  ...sodium,
  argon2id: ((password, salt, cost) => {
    derivations++;
    return sodium.argon2id(password, salt, cost);
  }) satisfies typeof sodium.argon2id,
};

export type Opened = { readonly account: OpenAccount; readonly signedIn: SignedIn };

/** Signs in on a new device. Unlike an agent, it leaves the user's own data unchanged. */
export async function openAt(door: Door, who: User, password = PASSWORD): Promise<Opened> {
  const signedIn = await signIn(crypto, door.call, door.address, { ...who, device: newId(crypto), password });
  return { signedIn, account: openAccount(crypto, who.account, who.user, signedIn) };
}

/** Makes groups, a vault of each kind, an archived item, and a file of two chunks. */
export async function fullAccount(door: Door): Promise<User> {
  const who = { account: newId(crypto), user: newId(crypto), device: newId(crypto), secretKey: newSecretKey(crypto) };
  await enrol(crypto, door.call, { ...who, password: PASSWORD, name: "Ada" });
  const { account } = await openAt(door, who);
  await account.groups.builtIn("owners");
  const group = await account.groups.create("Crew", "who sails");
  await account.createVault("Personal", "", "personal");
  const { id: vault } = await account.createVault("Shared", "with the crew", "userCreated", [
    { id: group.id, permissions: 0x20 },
  ]);
  await account.createItem(vault, overview("Plain"), details("plain"));
  const changed = await account.createItem(vault, overview("Changed"), details("old"));
  await account.putItem(vault, changed.id, 1, { ...changed, details: details("new") });
  const old = await account.createItem(vault, overview("Archived"), details("past"));
  await account.putItem(vault, old.id, 1, { ...old, state: "archived" });
  await withFile(account, vault);
  const environment = await account.environments.create("staging");
  await account.environments.set(environment.id, [{ name: "PORT", value: "8080", masked: false }]);
  const places = [
    { id: vault, permissions: 0x70 },
    { id: environment.id, permissions: 0x30 },
  ];
  const ends = { expiresAt: "2030-01-01T00:00:00.000Z" };
  const { token } = await account.serviceAccounts.create({ title: "CI", vaults: places, makesVaults: true, ...ends });
  await madeBy(door, token);
  // Signs the vault of the service account anew, as every agent does that sees it.
  await account.vaultsNow();
  const { id: gone } = await account.serviceAccounts.create({ title: "Gone", vaults: [] });
  await account.serviceAccounts.revoke(gone);
  return who;
}

/** A vault with an item that a service account made. */
async function madeBy(door: Door, token: string): Promise<void> {
  const parsed = parseToken(token);
  const signedIn = await signInWithToken(crypto, door.call, door.address, parsed);
  const account = openAccount(crypto, parsed.account, parsed.serviceAccount, signedIn);
  const { id } = await account.createVault("Builds", "by CI");
  await account.createItem(id, overview("Built"), details("b"));
  account.close();
}

async function withFile(account: OpenAccount, vault: string): Promise<void> {
  const id = newId(crypto);
  const itemKey = account.newItemKey();
  const stream = account.writeFile({ vault, item: id }, itemKey);
  await stream.push(new Uint8Array(FILE_CHUNK_BYTES).fill(7), false);
  await stream.push(new Uint8Array(3).fill(8), true);
  await account.createItem(vault, overview("Filed"), details("f"), { id, itemKey, files: [stream.end()] });
}

export async function backupOf({ account, signedIn }: Opened, who: User): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of writeBackup(crypto, who, signedIn, new Date(), account.isUnreadVault)) lines.push(line);
  return lines;
}

export type Attempt = { call?: CallService; password?: string; signal?: AbortSignal };

/** One restore, on a new device. */
export function restore(door: Door, who: User, lines: readonly string[], attempt: Attempt = {}): Promise<Restored> {
  return restoreBackup(crypto, attempt.call ?? door.call, door.address, {
    source: async function* () {
      for (const line of lines) yield utf8(`${line}\n`);
    },
    password: attempt.password ?? PASSWORD,
    secretKey: who.secretKey,
    device: newId(crypto),
    signal: attempt.signal ?? new AbortController().signal,
    ...(door.registrationToken === undefined ? {} : { registrationToken: door.registrationToken }),
  });
}

/** Everything that an account opens to, without the times. */
export async function contentOf(door: Door, who: User): Promise<unknown> {
  const { account } = await openAt(door, who);
  const vaults = await Promise.all(
    (await account.vaultsNow()).vaults.map(async ({ createdAt: _createdAt, updatedAt: _updatedAt, ...vault }) => ({
      ...vault,
      items: await itemsOf(account, vault.id),
    })),
  );
  const environments = await Promise.all(
    (await account.environments.list()).map(async (one) => ({
      ...one,
      variables: await account.environments.variables(one.id),
    })),
  );
  const groups = await Promise.all(
    (await account.groups.entries()).map(async ({ id, type, title, description }) => ({
      ...{ id, type, title, description },
      access: await account.groups.access(id),
    })),
  );
  groups.sort((a, b) => (a.id < b.id ? -1 : 1));
  const serviceAccounts = (await account.serviceAccounts.list()).map(({ createdAt: _createdAt, ...one }) => one);
  const content = { user: account.userData(), vaults, environments, groups, serviceAccounts };
  account.close();
  return content;
}

async function itemsOf(account: OpenAccount, vault: string) {
  const listed = await account.listItems(vault, { active: true, archived: true });
  const items = await Promise.all(listed.map(({ id }) => account.getItem(vault, id)));
  return Promise.all(
    items.map(async ({ createdAt: _createdAt, updatedAt: _updatedAt, ...item }) => {
      const contents: string[] = [];
      for (const header of item.files) {
        const file = account.readFile({ ...item, createdAt: "", updatedAt: "" }, header);
        for (let last = false; !last; ) {
          const { chunk, final } = await file.next();
          contents.push(Buffer.from(crypto.sha256(chunk)).toString("base64"));
          last = final;
        }
      }
      return { ...item, contents };
    }),
  );
}

/** A service with a full account, the account's backup, and the result of an undisturbed restore elsewhere. */
export async function undisturbed(): Promise<{ source: InProcess; ada: User; lines: string[]; whole: unknown }> {
  const source = await inProcess();
  const ada = await fullAccount(source);
  const lines = await backupOf(await openAt(source, ada), ada);
  const elsewhere = await inProcess();
  await restore(elsewhere, ada, lines);
  const whole = await contentOf(elsewhere, ada);
  await elsewhere.close();
  return { source, ada, lines, whole };
}

// Writes a backup: every sealed row of an account, in the order in which a restore makes them. It holds only rows that the service
// holds too. Kit and password open it.
import { toBase64 } from "../../protocol/crypto/encoding.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { verifyVaultGrant } from "../../protocol/crypto/vault-key.ts";
import { PosternError } from "../../protocol/errors.ts";
import { FORMAT } from "./backup-beginning.ts";
import { createLineWriter, type Line, type StoredVault } from "./backup-lines.ts";
import type { SignedIn } from "./signed-in.ts";
import { everyItem } from "./stored-items.ts";

/** Writes a backup, line by line, without line ends. */
export async function* writeBackup(
  crypto: Primitives,
  who: { account: string; user: string },
  { session, rootKey, keyset }: SignedIn,
  now: Date,
  isUnreadVault: (vault: string) => boolean,
): AsyncGenerator<string> {
  const { line, seal } = createLineWriter(crypto, rootKey);
  yield line({
    kind: "header",
    format: FORMAT,
    account: who.account,
    user: who.user,
    madeAt: now.toISOString(),
    record: await session.call("users.get", {}),
  });
  // The keys check what the service accounts wrote. The rights of the living ones allow to make them anew: their tokens end with
  // the service.
  const living = await livingServiceAccounts(crypto, who.account, { session, keyset });
  const { serviceAccounts } = await session.call("serviceAccounts.keys", {});
  for (const keys of serviceAccounts) {
    const definition = living.get(keys.serviceAccount);
    yield line({ kind: "serviceAccount", keys, ...(definition === undefined ? {} : { definition }) });
  }
  // No link comes back, since its key is only in the link. They are here so that the restore can list them.
  const { shares } = await session.call("shares.list", {});
  for (const { share, vault, item, expiresAt, state } of shares)
    if (state === "open") yield line({ kind: "share", share, vault, item, expiresAt });
  const { groups } = await session.call("groups.list", {});
  for (const group of groups) yield line({ kind: "group", group });
  const { vaults } = await session.call("vaults.list", {});
  const own = toBase64(keyset.identity.publicKey);
  for (const vault of vaults) {
    if (isForeign(vault, own)) {
      // Nobody of ours could open it, and nothing of ours is in it.
      if (isUnreadVault(vault.vault)) continue;
      throw new PosternError("busy", "a service account has just written to a vault that it made; try again");
    }
    if (vault.rewrapping)
      throw new PosternError("busy", "a vault is being given a new key; try again when that is done");
    yield line({ kind: "vault", vault });
    for await (const item of everyItem(session.call, vault.vault)) {
      for (const file of item.sealed.files) {
        for (let index = 0; index < file.chunks; index++) {
          const place = { vault: vault.vault, item: item.item, file: file.id, index };
          yield line({ kind: "chunk", ...place, ...(await session.call("files.getChunk", place)) });
        }
      }
      yield line({ kind: "item", vault: vault.vault, item });
    }
  }
  yield seal();
}

/** Whether a service account's signature still stands under the vault. The open account signs such vaults anew when it lists them. */
function isForeign({ maker, grants, overview }: StoredVault, own: string): boolean {
  const isOurs = grants.every(({ group, grant }) => group !== undefined || grant.granter === own);
  return maker !== undefined && !(isOurs && overview.writer === own);
}

const NEVER = "never";

type Definition = NonNullable<Extract<Line, { kind: "serviceAccount" }>["definition"]>;

/** The rights of each living service account, by its id. They are the signed grants, since a restore believes nothing else. */
async function livingServiceAccounts(
  crypto: Primitives,
  account: string,
  { session, keyset }: Pick<SignedIn, "session" | "keyset">,
): Promise<Map<string, Definition>> {
  const own = toBase64(keyset.identity.publicKey);
  const { serviceAccounts } = await session.call("serviceAccounts.list", {});
  const living = serviceAccounts.filter(({ revokedAt }) => revokedAt === undefined);
  const vaults = [...new Set(living.flatMap((one) => one.vaults.map(({ vault }) => vault)))];
  const grants = new Map<string, Definition["grants"]>();
  for (const vault of vaults) {
    const { members } = await session.call("vaults.members", { vault });
    for (const { principal, grant } of members)
      if (grant.granter === own && verifyVaultGrant(crypto, account, vault, grant))
        grants.set(principal, [...(grants.get(principal) ?? []), { vault, grant }]);
  }
  return new Map(
    living.map(({ serviceAccount, custody, tokens }) => {
      const newest = tokens.at(-1);
      const ends = newest === undefined ? {} : { expiresAt: newest.expiresAt ?? NEVER };
      return [serviceAccount, { custody, grants: grants.get(serviceAccount) ?? [], ...ends }];
    }),
  );
}

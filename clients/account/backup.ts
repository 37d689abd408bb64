// Writes a backup: every sealed row of an account, in the order that a restore makes them in. It holds nothing that the
// service does not hold; kit and password open it.
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { PosternError } from "../../protocol/errors.ts";
import { createLineWriter, FORMAT } from "./backup-lines.ts";
import { everyItem } from "./stored-items.ts";
import type { SignedIn } from "./user-keys.ts";

/** Writes a backup, line by line, without line ends. */
export async function* writeBackup(
  p: Primitives,
  who: { account: string; user: string },
  { session, rootKey }: SignedIn,
  now: Date,
): AsyncGenerator<string> {
  const { line, seal } = createLineWriter(p, rootKey);
  yield line({
    kind: "header",
    format: FORMAT,
    account: who.account,
    user: who.user,
    madeAt: now.toISOString(),
    record: await session.call("users.get", {}),
  });
  // Not to bring them back, their tokens die with their service; to check what they wrote.
  const { serviceAccounts } = await session.call("serviceAccounts.keys", {});
  for (const keys of serviceAccounts) yield line({ kind: "serviceAccount", keys });
  const { groups } = await session.call("groups.list", {});
  for (const group of groups) yield line({ kind: "group", group });
  const { vaults } = await session.call("vaults.list", {});
  for (const vault of vaults) {
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

// The tokens of service accounts as rows: whether a token still works, and what ended it.
import type { Db } from "../store/tables.ts";

/** A service account's token and its end time. Undefined when it has ended. */
export function livingToken(db: Db, at: string, { user, device }: { user: string; device: string }) {
  return db
    .selectFrom("tokens")
    .select(["sign_in_key", "expires_at"])
    .where("id", "=", device)
    .where("user", "=", user)
    .where((eb) => eb.or([eb("expires_at", "is", null), eb("expires_at", ">", at)]))
    .executeTakeFirst();
}

export type KnownToken = {
  readonly key: Uint8Array;
  /** Undefined while the token works. */
  readonly ended: string | undefined;
};

/** A token that has a row, ended or not. Undefined for others. The second rotation after a token's end removes its row. */
export async function knownToken(
  db: Db,
  at: string,
  { user, device }: { user: string; device: string },
): Promise<KnownToken | undefined> {
  const row = await db
    .selectFrom("tokens")
    .select(["sign_in_key", "created_at", "expires_at"])
    .where("id", "=", device)
    .where("user", "=", user)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  if (row.expires_at === null || row.expires_at > at) return { key: row.sign_in_key, ended: undefined };
  // Making a token removes those that had ended by time. So this one was replaced.
  const next = await db
    .selectFrom("tokens")
    .select("id")
    .where("user", "=", user)
    .where("created_at", ">", row.created_at)
    .executeTakeFirst();
  return { key: row.sign_in_key, ended: next === undefined ? "it has expired" : "it was replaced by a newer one" };
}

// The tokens of service accounts as rows: whether one still lets in, and what ended it.
import type { Db } from "../store/tables.ts";

/** A service account's token, with its end; undefined when it has ended. */
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
  /** Undefined while it lets in. */
  readonly ended: string | undefined;
};

/** A token that has a row, living or not; undefined for others. A row goes with the second rotation after its token's end. */
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
  // Those that had ended by themselves went when the next one was made, so this one was replaced.
  const next = await db
    .selectFrom("tokens")
    .select("id")
    .where("user", "=", user)
    .where("created_at", ">", row.created_at)
    .executeTakeFirst();
  return { key: row.sign_in_key, ended: next === undefined ? "it has expired" : "it was replaced by a newer one" };
}

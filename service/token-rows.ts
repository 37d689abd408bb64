// The tokens of service accounts as rows: whether one still lets in.
import type { Db } from "./store/tables.ts";

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

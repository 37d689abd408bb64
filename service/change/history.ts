// Which store this is, and how it came to stand where it stands. Each start of the service begins a generation with a random
// id, and records after which change it began. A copy that is put back lacks the generations since, or ends the one it was
// taken in earlier: so a cursor of changes that another history gave is known, whatever number it has reached again.
import { newId } from "../../protocol/crypto/encoding.ts";
import type { CheckingPrimitives } from "../../protocol/crypto/primitives.ts";
import type { OperationResult } from "../../protocol/service-catalogue.ts";
import type { Store } from "../store/store.ts";
import type { Db } from "../store/tables.ts";

/** Where the changes of an account stand, in which history. */
export type Cursor = OperationResult<"events.wait">["cursor"];

/**
 * Generations kept. A cursor lives as long as an account is open, twelve hours at most, and a start takes a moment; one of a
 * generation that was forgotten costs its holder what it remembers, and nothing else.
 */
export const GENERATIONS_MAX = 1_000;

/** The store, and the generation that writes to it. */
export type Writing = { readonly store: string; readonly generation: string };

/**
 * Begins the generation of this start; a new store gets its identity. Where another process writes to the store already, this
 * one joins its generation: there is one store, and one history of it.
 */
export function beginGeneration(
  store: Pick<Store, "write" | "isShared">,
  crypto: Pick<CheckingPrimitives, "randomBytes">,
): Promise<Writing> {
  return store.write(async (transaction) => {
    const joined = store.isShared ? await newestGeneration(transaction) : undefined;
    if (joined !== undefined) return joined;
    const generation = newId(crypto);
    await transaction
      .insertInto("generations")
      .values({ id: generation, after_seq: await lastChange(transaction) })
      .execute();
    await transaction
      .deleteFrom("generations")
      .where("ordinal", "not in", (eb) =>
        eb.selectFrom("generations").select("ordinal").orderBy("ordinal", "desc").limit(GENERATIONS_MAX),
      )
      .execute();
    const known = await transaction.selectFrom("store").select("id").executeTakeFirst();
    if (known !== undefined) return { store: known.id, generation };
    const id = newId(crypto);
    await transaction.insertInto("store").values({ id }).execute();
    return { store: id, generation };
  });
}

function newestGeneration(db: Db): Promise<Writing | undefined> {
  return db
    .selectFrom("generations")
    .innerJoin("store", (join) => join.onTrue())
    .select(["store.id as store", "generations.id as generation"])
    .orderBy("ordinal", "desc")
    .limit(1)
    .executeTakeFirst();
}

/**
 * Whether this store has been where the cursor stands: its generation is known, and went at least so far. What one generation
 * wrote, processes wrote that shared one store, so two stores that have both been there hold the same changes up to there.
 */
export async function isInHistory(db: Db, { store }: Writing, cursor: Cursor): Promise<boolean> {
  if (cursor.store !== store) return false;
  const generation = await db
    .selectFrom("generations")
    .select("ordinal")
    .where("id", "=", cursor.generation)
    .executeTakeFirst();
  if (generation === undefined) return false;
  const next = await db
    .selectFrom("generations")
    .select("after_seq")
    .where("ordinal", ">", generation.ordinal)
    .orderBy("ordinal")
    .limit(1)
    .executeTakeFirst();
  return cursor.seq <= (next?.after_seq ?? (await lastChange(db)));
}

async function lastChange(db: Db): Promise<number> {
  const row = await db
    .selectFrom("events")
    .select((eb) => eb.fn.max("seq").as("seq"))
    .executeTakeFirst();
  return Number(row?.seq ?? 0);
}

// The store's identity and its history. Each start of the service begins a generation with a random id, and records after which
// change it began. An older copy that is put back lacks the generations since then, or ends one of them earlier. So the service
// recognizes a cursor of another history, whatever number that cursor has.
import { newId } from "../../protocol/crypto/encoding.ts";
import type { CheckingPrimitives } from "../../protocol/crypto/primitives.ts";
import type { OperationResult } from "../../protocol/service-catalogue.ts";
import type { Store } from "../store/store.ts";
import type { Db } from "../store/tables.ts";

/** A place in the changes of an account: a number in one history. */
export type Cursor = OperationResult<"events.wait">["cursor"];

/**
 * Generations that are kept. A cursor lives while an account is open, twelve hours at most. An agent with a cursor of a forgotten
 * generation reads again what it remembered, and loses nothing else.
 */
export const GENERATIONS_MAX = 1_000;

/** The store's identity, and the generation that writes to it now. */
export type Writing = { readonly store: string; readonly generation: string };

/**
 * Begins the generation of this start. A new store gets its identity. Where another process writes to the store already, this one
 * joins its generation: one store has one history.
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
 * Whether this store has passed the place of the cursor: it knows the generation, and the generation went at least so far. All
 * processes of one generation share one store. So two stores that passed the place hold the same changes up to it.
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

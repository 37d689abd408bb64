// Whether a write took effect. A statement that carries its condition changes no row where the condition no longer holds.
import type { DeleteResult, InsertResult, UpdateResult } from "kysely";

type Outcome = InsertResult | UpdateResult | DeleteResult;

/** Runs a statement that writes. Returns whether it changed a row. */
export async function changesRow(query: { execute(): Promise<Outcome[]> }): Promise<boolean> {
  const outcomes = await query.execute();
  return outcomes.some((outcome) => rowsOf(outcome) > 0n);
}

function rowsOf(outcome: Outcome): bigint {
  if ("numUpdatedRows" in outcome) return outcome.numUpdatedRows;
  if ("numDeletedRows" in outcome) return outcome.numDeletedRows;
  return outcome.numInsertedOrUpdatedRows ?? 0n;
}

// Sizes of stored columns, in a word that both databases know: `length` counts the characters of a text.
import { type RawBuilder, sql } from "kysely";

/** Bytes of these columns of a row together. */
export function sizeOf(columns: readonly string[]): RawBuilder<number> {
  return sql<number>`${sql.join(
    columns.map((column) => sql`octet_length(${sql.ref(column)})`),
    sql` + `,
  )}`;
}

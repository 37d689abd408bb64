// Sizes of stored columns, by a function that both databases have. (`length` counts the characters of a text.)
import { type RawBuilder, sql } from "kysely";

/** The bytes of these columns of a row, added up. */
export function sizeOf(columns: readonly string[]): RawBuilder<number> {
  return sql<number>`${sql.join(
    columns.map((column) => sql`octet_length(${sql.ref(column)})`),
    sql` + `,
  )}`;
}

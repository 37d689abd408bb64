// The effects of statements on rows, as images of each row before and after. An effect can be undone and redone by them. So concurrent
// transactions in one SQLite connection do not see each other.
import type { DatabaseSync, SQLInputValue } from "node:sqlite";

/** A row's values in the order of its table's columns. */
type Row = readonly SQLInputValue[];

export type Image = {
  readonly table: string;
  readonly before: Row | undefined;
  readonly after: Row | undefined;
};

type Table = { readonly name: string; readonly columns: readonly string[]; readonly keys: readonly number[] };

export type RowImages = {
  /** Runs statements. Returns their effects on rows. */
  capture<T>(run: () => T): { value: T; images: Image[] };
  /** Undoes changes, the last one first. */
  undo(images: readonly Image[]): void;
  /** Redoes changes. */
  redo(images: readonly Image[]): void;
  /** The rows of an image by their primary keys. Two changes of the same row conflict. */
  keysOf(image: Image): string[];
};

/** Prepares the database to report the changes of every row in every table with a primary key. */
export function rowImages(database: DatabaseSync): RowImages {
  const tables = new Map(tablesOf(database).map((table) => [table.name, table]));
  let captured: Image[] | undefined;
  database.function("captured", { varargs: true }, (...given: SQLInputValue[]) => {
    const [name, what, ...values] = given as [string, string, ...SQLInputValue[]];
    const width = tableOf(name).columns.length;
    captured?.push({
      table: name,
      before: what === "insert" ? undefined : values.slice(0, width),
      after: what === "delete" ? undefined : values.slice(what === "insert" ? 0 : width),
    });
    return null;
  });
  for (const table of tables.values()) database.exec(triggersOf(table));

  function tableOf(name: string): Table {
    const table = tables.get(name);
    if (table === undefined) throw new Error(`no table ${name}`);
    return table;
  }
  const run = (sql: string, values: Row) => database.prepare(sql).run(...values);
  const keyOf = ({ keys }: Table, row: Row) => keys.map((at) => row[at] ?? null);

  function put(table: Table, row: Row): void {
    const insert = (columns: readonly string[], values: Row) =>
      run(`INSERT INTO "${table.name}" (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`, values);
    const place = table.columns.indexOf("rowid");
    const isTaken =
      place !== -1 && database.prepare(`SELECT 1 FROM "${table.name}" WHERE rowid = ?`).get(row[place] ?? null);
    if (isTaken === undefined || isTaken === false) insert(table.columns, row);
    // Another transaction's row has that place now. The difference shows only in the order of a whole table's rows.
    else insert(table.columns.slice(0, place), row.slice(0, place));
  }

  function turn({ table: name, before, after }: Image): void {
    const table = tableOf(name);
    const where = table.keys.map((at) => `${table.columns[at]} = ?`).join(" AND ");
    if (after === undefined && before !== undefined) return put(table, before);
    if (before === undefined && after !== undefined)
      return void run(`DELETE FROM "${name}" WHERE ${where}`, keyOf(table, after));
    if (before === undefined || after === undefined) return;
    const columns = table.columns.filter((column) => column !== "rowid");
    const set = columns.map((column) => `${column} = ?`).join(", ");
    run(`UPDATE "${name}" SET ${set} WHERE ${where}`, [...before.slice(0, columns.length), ...keyOf(table, after)]);
  }

  return {
    keysOf: ({ table: name, before, after }) =>
      [before, after].flatMap((row) =>
        row === undefined ? [] : [`${name}:${JSON.stringify(keyOf(tableOf(name), row).map(asText))}`],
      ),
    capture: (act) => {
      const images: Image[] = [];
      captured = images;
      try {
        return { value: act(), images };
      } finally {
        captured = undefined;
      }
    },
    undo: (images) => images.toReversed().forEach(turn),
    redo: (images) =>
      images.forEach(({ table, before, after }) => {
        turn({ table, before: after, after: before });
      }),
  };
}

const asText = (value: SQLInputValue) =>
  value instanceof Uint8Array ? Buffer.from(value).toString("base64") : String(value);

/** The rowid stands last, if it is no column of the table, so that a restored row keeps its place. */
function tablesOf(database: DatabaseSync): Table[] {
  const names = database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .all() as { name: string }[];
  return names.flatMap(({ name }) => {
    const columns = database.prepare(`PRAGMA table_info("${name}")`).all() as {
      name: string;
      type: string;
      pk: number;
    }[];
    const keys = columns.flatMap(({ pk }, at) => (pk > 0 ? [at] : []));
    if (keys.length === 0) return [];
    const isRowid = keys.length === 1 && columns[keys[0] ?? 0]?.type.toLowerCase() === "integer";
    const quoted = columns.map((column) => `"${column.name}"`);
    return [{ name, columns: isRowid ? quoted : [...quoted, "rowid"], keys }];
  });
}

function triggersOf({ name, columns }: Table): string {
  const rows = { insert: ["NEW"], update: ["OLD", "NEW"], delete: ["OLD"] } as const;
  return Object.entries(rows)
    .map(([what, sides]) => {
      const values = sides.flatMap((side) => columns.map((column) => `${side}.${column}`)).join(", ");
      return `CREATE TEMP TRIGGER "${name}_${what}" AFTER ${what} ON main."${name}" BEGIN SELECT captured('${name}', '${what}', ${values}); END;`;
    })
    .join("\n");
}

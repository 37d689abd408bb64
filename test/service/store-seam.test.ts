// Everything that only one database has stands in service/store/. The rest of the service neither names it nor depends on it.
import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Words for things that another database lacks or has in another form. */
const peculiar: Readonly<Record<string, RegExp>> = {
  "names SQLite": /sqlite/i,
  "names PostgreSQL": /postgres|\bpg\b/i,
  "runs a transaction by itself": /\.transaction\(|\bbegin immediate\b/i,
  "leans on row numbers": /\browid\b|last_insert_rowid|insertId/i,
  "reads error codes of a database": /\berrcode\b/,
  "asks for a length, which counts bytes here and characters there": /fn(?:<\w+>)?\("length"|`[^`]*\blength\(/,
  "sets a pragma": /pragma/i,
};

const files = globSync("service/**/*.{ts,tsx}", { cwd: root }).filter(
  (path) => !path.startsWith("service/store/") && !path.startsWith("service/web/"),
);

test.each(Object.entries(peculiar))("outside of service/store nothing %s", (_what, words) => {
  expect(files.length).toBeGreaterThan(20);
  expect(files.filter((path) => words.test(readFileSync(root + path, "utf8")))).toEqual([]);
});

test("the same words are found in service/store, so the search is not empty", () => {
  const stored = globSync("service/store/*.ts", { cwd: root }).map((path) => readFileSync(root + path, "utf8"));
  for (const what of ["names SQLite", "runs a transaction by itself", "sets a pragma"])
    expect(stored.some((text) => peculiar[what]?.test(text))).toBe(true);
});

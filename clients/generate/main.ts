// Writes every generated file. With --check it only compares, and a failure names the command to run. The renderers are pure, so both
// ways run the same code.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { generatedFiles } from "./files.ts";
import { PAGES } from "./reference.ts";

const root = new URL("../../", import.meta.url);
const files = generatedFiles((path) => readFileSync(new URL(path, root), "utf8"));

const checking = process.argv.includes("--check");
const stale = Object.entries(files).filter(([path, text]) => current(path) !== text);
const pages = new URL(PAGES, root);
if (!checking) mkdirSync(pages, { recursive: true });
const leftOver = (existsSync(pages) ? readdirSync(pages) : [])
  .map((name) => `${PAGES}${name}`)
  .filter((path) => !Object.hasOwn(files, path));

for (const [path, text] of stale) {
  if (checking) process.stderr.write(`generate: ${path} is out of date; run npm run generate\n`);
  else {
    writeFileSync(new URL(path, root), text);
    process.stdout.write(`generate: wrote ${path}\n`);
  }
}
for (const path of leftOver) {
  if (checking) process.stderr.write(`generate: ${path} is of no method any more; run npm run generate\n`);
  else {
    rmSync(new URL(path, root));
    process.stdout.write(`generate: removed ${path}\n`);
  }
}
const isCurrent = stale.length === 0 && leftOver.length === 0;
if (checking && !isCurrent) process.exitCode = 1;
if (checking && isCurrent) process.stdout.write(`generate: ${Object.keys(files).length} files are up to date\n`);

function current(path: string): string | undefined {
  try {
    return readFileSync(new URL(path, root), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

// Writes every generated file from the catalogue and the table of errors; with --check it only compares, and fails
// naming the command to run. The renderers are pure, so both ways run the same code.
import { readFileSync, writeFileSync } from "node:fs";
import { catalogue } from "../../protocol/catalogue.ts";
import { errors } from "../../protocol/errors.ts";
import { renderOpenRpc } from "./openrpc.ts";
import { renderReference } from "./reference.ts";
import { renderTypeScript } from "./typescript.ts";

const root = new URL("../../", import.meta.url);

const files: Record<string, string> = {
  "protocol/openrpc.json": renderOpenRpc(catalogue, errors),
  "protocol/REFERENCE.md": renderReference(catalogue, errors),
  "clients/typescript/generated.ts": renderTypeScript(catalogue, errors),
};

const checking = process.argv.includes("--check");
const stale = Object.entries(files).filter(([path, text]) => current(path) !== text);

for (const [path, text] of stale) {
  if (checking) process.stderr.write(`generate: ${path} is out of date; run npm run generate\n`);
  else {
    writeFileSync(new URL(path, root), text);
    process.stdout.write(`generate: wrote ${path}\n`);
  }
}
if (checking && stale.length > 0) process.exitCode = 1;
if (checking && stale.length === 0) process.stdout.write(`generate: ${Object.keys(files).length} files are up to date\n`);

function current(path: string): string | undefined {
  try {
    return readFileSync(new URL(path, root), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

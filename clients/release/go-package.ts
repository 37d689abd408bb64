// Builds the module of the Go client in dist/go, or in the folder that is named. The folder has the form of a module proxy, so that
// `GOPROXY=file://…` installs from it.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { zipOf } from "./zip.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const source = join(root, "clients", "go");
const out = resolve(process.argv[2] ?? join(root, "dist", "go"));

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
const manifest = readFileSync(join(source, "go.mod"));
const path = /^module (\S+)$/m.exec(manifest.toString())?.[1];
if (path === undefined) throw new Error("clients/go/go.mod names no module");

const versions = join(out, path, "@v");
rmSync(out, { recursive: true, force: true });
mkdirSync(versions, { recursive: true });
const files = readdirSync(source, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
const names = files.map(({ parentPath, name }) => join(parentPath, name).slice(source.length + 1)).sort();
const sources = [
  ...names.map((name) => [name, join(source, name)] as const),
  ["LICENSE", join(root, "LICENSE")] as const,
];
const entries = sources.map(([name, file]) => ({ name: `${path}@v${version}/${name}`, content: readFileSync(file) }));
writeFileSync(join(versions, "list"), `v${version}\n`);
writeFileSync(join(versions, `v${version}.info`), JSON.stringify({ Version: `v${version}` }));
writeFileSync(join(versions, `v${version}.mod`), manifest);
writeFileSync(join(versions, `v${version}.zip`), zipOf(entries));
process.stdout.write(`build: wrote ${process.argv[2] ?? "dist/go"}\n`);

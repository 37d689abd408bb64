// Part of `npm run build`: makes the bridge library in dist/bridge, for each target that a compiler of this machine can make. The package
// of the command then takes them from there.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compileLibrary, compilerFor, LIBRARY, targets } from "./compile.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const { version } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as { version: string };

for (const target of targets) {
  const compiler = compilerFor(target);
  if (compiler !== undefined) compileLibrary(compiler, version, `${root}dist/bridge/${target.name}/${LIBRARY}`);
  const told =
    compiler === undefined
      ? `no compiler for ${target.name}, so it has no bridge library`
      : `wrote dist/bridge/${target.name}`;
  process.stdout.write(`build: ${told}\n`);
}

// Part of `npm run build`: makes the native command in dist/native, for each target that a compiler of this machine can make. The package
// of the command then takes it from there.
import { readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compileCommand, staticCompilerFor, targets } from "./compile.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const { version } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as { version: string };

// Of an earlier build, it might be of other sources.
rmSync(`${root}dist/native`, { recursive: true, force: true });
for (const target of targets) {
  const compiler = staticCompilerFor(target);
  if (compiler !== undefined) compileCommand(compiler, version, `${root}dist/native/${target.name}/postern`);
  const told =
    compiler === undefined
      ? `no compiler makes a static program for ${target.name}, so there the command is Node's alone`
      : `wrote dist/native/${target.name} with ${[compiler.program, ...compiler.words].join(" ")}`;
  process.stdout.write(`build: ${told}\n`);
}

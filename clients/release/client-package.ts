// Builds the package of the TypeScript client in dist/client: one JavaScript module, and the declarations of its types. Node strips no types below
// node_modules.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const root = fileURLToPath(new URL("../../", import.meta.url));
const source = `${root}clients/typescript/`;
const out = `${root}dist/client`;

/** The manifest of the sources, with the built files in place of the sources. */
export function clientManifest(manifest: string): object {
  return {
    ...(JSON.parse(manifest) as object),
    exports: { ".": { types: "./types/client.d.ts", default: "./client.js" } },
    files: ["client.js", "types", "README.md", "LICENSE"],
  };
}

async function buildClient(): Promise<void> {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const build = await rolldown({ input: `${source}client.ts`, platform: "node", logLevel: "warn" });
  await build.write({ dir: out, format: "esm", entryFileNames: "client.js" });
  await build.close();
  writeTypes();
  writeFileSync(
    `${out}/package.json`,
    `${JSON.stringify(clientManifest(readFileSync(`${source}package.json`, "utf8")), null, 2)}\n`,
  );
  copyFileSync(`${source}README.md`, `${out}/README.md`);
  copyFileSync(`${root}LICENSE`, `${out}/LICENSE`);
  process.stdout.write("build: wrote dist/client\n");
}

/** Makes the declarations, by the compiler with the options of the whole tree. */
function writeTypes(): void {
  const options = ["--noEmit", "false", "--declaration", "--emitDeclarationOnly", "--rewriteRelativeImportExtensions"];
  const config = `${out}/tsconfig.json`;
  writeFileSync(config, JSON.stringify({ extends: `${root}tsconfig.json`, include: [`${source}*.ts`] }));
  const ran = spawnSync("tsc", ["-p", config, ...options, "--outDir", `${out}/types`, "--rootDir", source], {
    cwd: root,
    stdio: "inherit",
  });
  rmSync(config);
  if (ran.status !== 0) throw new Error("the declarations of the client could not be written; tsc says why above");
}

await buildClient();

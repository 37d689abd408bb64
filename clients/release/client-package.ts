// Builds the package of the TypeScript client in dist/client, or in the folder that is named: JavaScript in both kinds of modules, and
// the declarations of its types. Node strips no types below node_modules.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type OutputOptions, rolldown } from "rolldown";
import { clientManifest, files } from "./client-manifest.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const source = join(root, "clients", "typescript");
const out = resolve(process.argv[2] ?? join(root, "dist", "client"));

/** The oldest Node that the package promises. Newer syntax is written in this one's. */
const OLDEST = "node18";

/** Modules of Node that most programs never use through the client. To load them takes longer than to open a client. */
const LATE = ["node:child_process", "node:crypto", "node:events", "node:timers/promises"];

/** The declarations of the enums, which are written by themselves. */
const ENUMS = "generated-enums.d.ts";

async function buildClient(): Promise<void> {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  // The manifest comes first: without it a package.json further up says what kind of module a file is.
  const manifest = clientManifest(readFileSync(join(source, "package.json"), "utf8"));
  writeFileSync(join(out, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  // `require` gives the module itself as its default, so a mock of one is a mock of the other.
  const whole = { format: "cjs", exports: "named", esModule: true, outro: "exports.default = exports;" } as const;
  await bundle("client.ts", files.commonJs, {
    ...whole,
    plugins: [{ name: "late-modules", renderChunk: requiredLate }],
  });
  await bundle("entry.ts", files.bundlerModule, { format: "esm" });
  writeFileSync(join(out, files.esModule), esModuleText());
  writeTypes();
  copyFileSync(join(source, "README.md"), join(out, "README.md"));
  copyFileSync(join(root, "LICENSE"), join(out, "LICENSE"));
  process.stdout.write(`build: wrote ${process.argv[2] ?? "dist/client"}\n`);
}

async function bundle(entry: string, file: string, options: OutputOptions): Promise<void> {
  const build = await rolldown({
    input: join(source, entry),
    platform: "node",
    logLevel: "warn",
    transform: { target: OLDEST },
  });
  await build.write({ dir: out, entryFileNames: file, ...options });
  await build.close();
}

/** The text of a CommonJS file that requires the late modules where it uses them, and not at its start. */
function requiredLate(text: string): string {
  return LATE.reduce((made, module) => {
    const [line, name] = new RegExp(`^let (\\w+) = require\\("${module}"\\);\\n`, "m").exec(made) ?? [];
    if (line === undefined) throw new Error(`the client has no line that requires ${module}`);
    return made.replace(line, "").replaceAll(`${name}.`, `require("${module}").`);
  }, text);
}

function esModuleText(): string {
  const names = Object.keys(createRequire(import.meta.url)(join(out, files.commonJs)) as object);
  const named = names.filter((name) => name !== "default");
  return `import sdk from "./${files.commonJs}";\n\nexport default sdk;\nexport const {\n${named.map((name) => `  ${name},\n`).join("")}} = sdk;\n`;
}

/** Makes the declarations, by the compiler with the options of the whole tree. */
function writeTypes(): void {
  const types = join(out, "types");
  const options = ["--noEmit", "false", "--declaration", "--emitDeclarationOnly", "--outDir", types];
  const config = join(out, "tsconfig.json");
  writeFileSync(config, JSON.stringify({ extends: join(root, "tsconfig.json"), include: [join(source, "entry.ts")] }));
  const roots = ["--rootDir", source, "--typeRoots", join(root, "node_modules", "@types")];
  const ran = spawnSync("tsc", ["-p", config, ...options, ...roots], { cwd: root, stdio: "inherit" });
  rmSync(config);
  if (ran.status !== 0) throw new Error("the declarations of the client could not be written; tsc says why above");
  // The compiler copies no declarations that it has not made.
  copyFileSync(join(source, ENUMS), join(types, ENUMS));
  for (const name of readdirSync(types)) nameBuiltFiles(join(types, name));
  copyFileSync(join(out, files.types), join(out, files.esTypes));
}

/** Declarations name the sources that they come from. In the package these are not there, and a compiler finds `.js` in every mode. */
function nameBuiltFiles(path: string): void {
  const text = readFileSync(path, "utf8");
  writeFileSync(path, text.replace(/(from "\.\/[\w-]+)\.ts"/g, '$1.js"'));
}

await buildClient();

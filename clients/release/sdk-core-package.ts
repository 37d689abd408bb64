// Builds the package of clients/sdk-core in dist/sdk-core, or in the folder that is named: one file of CommonJS, as the official core is.
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { VERSION } from "../sdk-core/version.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const source = join(root, "clients", "sdk-core");
const out = resolve(process.argv[2] ?? join(root, "dist", "sdk-core"));

const manifest = {
  name: "@postern/sdk-core",
  version: VERSION,
  license: "MIT",
  description: "The functions of the official 1Password SDK's core, on the Postern secrets agent. No dependencies.",
  engines: { node: ">=18" },
  main: "core.js",
  types: "index.d.ts",
  files: ["core.js", "index.d.ts", "README.md", "LICENSE"],
};

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
writeFileSync(join(out, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
const input = { input: join(source, "core.ts"), platform: "node", logLevel: "warn" } as const;
const build = await rolldown({ ...input, transform: { target: "node18" } });
await build.write({ file: join(out, "core.js"), format: "cjs", exports: "named" });
await build.close();
copyFileSync(join(source, "index.d.ts"), join(out, "index.d.ts"));
copyFileSync(join(source, "README.md"), join(out, "README.md"));
copyFileSync(join(root, "LICENSE"), join(out, "LICENSE"));
process.stdout.write(`build: wrote ${process.argv[2] ?? "dist/sdk-core"}\n`);

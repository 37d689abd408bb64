// `npm run build`: the shipped package in dist/postern. Bundles of the command, the agent and the service; native packages
// stay dependencies, since their binaries come with them.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const root = fileURLToPath(new URL("../../", import.meta.url));
const out = `${root}dist/postern`;

/** Packages with binaries; everything else is bundled. */
const native = ["koffi", "sodium-native", "@lydell/node-pty"];

const bundles: Readonly<Record<string, string>> = {
  postern: "clients/cli/main.ts",
  agent: "daemon/main.ts",

  service: "service/main.ts",
  "demo-script": "clients/cli/demo/script.ts",
};

const copies: Readonly<Record<string, string>> = {
  "webapp.env": "clients/cli/demo/webapp.env",
  LICENSE: "LICENSE",
  "README.md": "clients/cli/README.md",
};

async function bundle(name: string, input: string): Promise<void> {
  const build = await rolldown({ input: `${root}${input}`, platform: "node", external: native, logLevel: "warn" });
  await build.write({
    dir: out,
    format: "esm",
    entryFileNames: `${name}.js`,
    chunkFileNames: `${name}-[name].js`,
    minify: { mangle: false, compress: true, codegen: true },
  });
  await build.close();
}

function manifest(): object {
  const workspace = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as {
    version: string;
    license: string;
    dependencies: Record<string, string>;
  };
  return {
    name: "postern",
    version: workspace.version,
    license: workspace.license,
    description: "A local secrets agent: one unlocked session, many processes, a person who approves.",
    type: "module",
    bin: { postern: "./postern.js" },
    engines: { node: ">=26" },
    dependencies: Object.fromEntries(native.map((name) => [name, workspace.dependencies[name]])),
  };
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
for (const [name, input] of Object.entries(bundles)) await bundle(name, input);
for (const [name, from] of Object.entries(copies)) copyFileSync(`${root}${from}`, `${out}/${name}`);
writeFileSync(`${out}/package.json`, `${JSON.stringify(manifest(), null, 2)}\n`);
process.stdout.write(`build: wrote dist/postern\n`);

// `npm run build` makes the shipped package in dist/postern: bundles of the command, the agent and the service. Native packages stay
// dependencies, since they bring their binaries.
import { spawn } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { buildPage } from "../../service/web/build.ts";
import { buildApp } from "../desktop/build.ts";
import { openChannel } from "../typescript/channel.ts";
import { AGENT, AGENT_SOURCE, bundleOf, native, outputOf } from "./bundle.ts";
import { NODE_MAJOR_MIN } from "./node-version.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
/** `npm run build` names no folder. The tests build into one of their own. */
const out = process.argv[2] ?? `${root}dist/postern`;

const bundles: Readonly<Record<string, string>> = {
  "postern.js": "clients/cli/main.ts",
  [AGENT]: AGENT_SOURCE,
  "parse-worker.js": "daemon/sdk/parse-worker.ts",
  "pin-worker.js": "daemon/session/pin-worker.ts",
  "hash-worker.js": "daemon/policy/hash-worker.ts",
  "service.js": "service/main.ts",
  "relay.js": "clients/cli/run/relay.ts",
  // An ES module, as a program of today is.
  "demo-script.mjs": "clients/cli/demo/script.ts",
};

const copies: Readonly<Record<string, string>> = {
  "webapp.env": "clients/cli/demo/webapp.env",
  LICENSE: "LICENSE",
  "README.md": "clients/cli/README.md",
};

/** What npm puts on PATH where the native command is there. On another system than Linux it is the file for Node. */
const LAUNCHER = "postern";

/** clients/native/build.ts made it, where a compiler was. */
const nativeCommand = `${root}dist/native`;
const hasNative = existsSync(nativeCommand);

async function bundle(file: string, source: string): Promise<void> {
  const build = await bundleOf(file, source);
  await build.write({ dir: out, ...outputOf(file) });
  await build.close();
}

/**
 * Writes the two pages to where `service/share/page-files.ts` looks for the page behind a share's link, and `daemon/window/page-files.ts` for the app.
 */
async function pages(): Promise<void> {
  const built = { "share-page": await buildPage(), "app-page": await buildApp() };
  for (const [folder, { document, assets }] of Object.entries(built)) {
    mkdirSync(`${out}/${folder}`);
    writeFileSync(`${out}/${folder}/index.html`, document);
    for (const [name, content] of assets) writeFileSync(`${out}/${folder}/${name}`, content);
  }
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
    type: "commonjs",
    bin: { postern: hasNative ? `./${LAUNCHER}` : "./postern.js" },
    engines: { node: `>=${NODE_MAJOR_MIN}` },
    dependencies: Object.fromEntries(native.map((name) => [name, workspace.dependencies[name]])),
  };
}

/**
 * Runs the agent once, answers one question, and ends it: Node then writes the code that this took beside it. V8 notes in that code
 * where the program lay, so it runs from a temporary folder: nobody who installs it should read the folders of the builder.
 */
async function fillCodeCache(): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), "postern-build-"));
  const folder = join(home, "package");
  cpSync(out, folder, { recursive: true });
  symlinkSync(join(root, "node_modules"), join(home, "node_modules"));
  const agent = spawn(process.execPath, ["--disable-sigusr1", "--no-warnings", join(folder, "agent.js")], {
    env: { HOME: home, POSTERN_HOME: home },
    stdio: "ignore",
  });
  const ended = new Promise((resolve) => agent.once("exit", resolve));
  const isUp = async () =>
    openChannel(join(home, "run", "agent.sock"), { name: "build", version: "1" }).then(
      async (channel) => {
        // agent.status would be answered before the rest is loaded, and the code of the rest belongs in the cache too.
        await channel.call("agent.subscribe", {});
        channel.close();
        return true;
      },
      () => false,
    );
  // Where the agent refuses to run (on another system than Linux), the package works without the cache.
  while (agent.exitCode === null && !(await isUp())) await new Promise((resolve) => setTimeout(resolve, 20));
  agent.kill("SIGTERM");
  await ended;
  if (existsSync(join(folder, "code-cache"))) keepCode(join(folder, "code-cache"));
  rmSync(home, { recursive: true, force: true });
}

/** Takes over the code but that of the native libraries, which ran from our own node_modules: in an installation they lie elsewhere. */
function keepCode(cache: string): void {
  const own = [root, realpathSync(join(root, "node_modules"))];
  cpSync(cache, `${out}/code-cache`, {
    recursive: true,
    filter: (path) => statSync(path).isDirectory() || !own.some((place) => readFileSync(path).includes(place)),
  });
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
for (const [file, input] of Object.entries(bundles)) await bundle(file, input);
await pages();
chmodSync(`${out}/postern.js`, 0o755);
for (const [name, from] of Object.entries(copies)) copyFileSync(`${root}${from}`, `${out}/${name}`);
// clients/bridge/build.ts made them, where a compiler was. A file with another ending is one that a compiler is writing.
if (existsSync(`${root}dist/bridge`))
  cpSync(`${root}dist/bridge`, `${out}/bridge`, { recursive: true, filter: (path) => !/\.so\./.test(path) });
if (hasNative) {
  cpSync(nativeCommand, `${out}/native`, { recursive: true, filter: (path) => !/postern\./.test(basename(path)) });
  copyFileSync(`${root}clients/native/launcher.sh`, `${out}/${LAUNCHER}`);
  chmodSync(`${out}/${LAUNCHER}`, 0o755);
}
writeFileSync(`${out}/package.json`, `${JSON.stringify(manifest(), null, 2)}\n`);
await fillCodeCache();
process.stdout.write(`build: wrote ${relative(root, out)}\n`);

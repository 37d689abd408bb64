// A small git repository that is ready for a release. A test breaks the part whose refusal it wants to see. The repository's build writes a package
// like ours, with empty files. soak/release.test.ts releases the real build.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { wanted } from "../../clients/release/contents.ts";

const program = fileURLToPath(new URL("../../clients/release/main.ts", import.meta.url));

export type Repository = {
  readonly root: string;
  write(path: string, text: string): void;
  read(path: string): string;
  git(...words: string[]): string;
  /** Commits all written files. */
  commit(): void;
  release(...words: string[]): { readonly code: number | null; readonly out: string; readonly err: string };
  remove(): void;
};

const VERSION = "1.2.3";

/** The script behind the repository's `npm run build`. */
const build = `
const { mkdirSync, writeFileSync } = require("node:fs");
const { dirname } = require("node:path");
const write = (path, text) => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
};
for (const [name, files] of Object.entries(${JSON.stringify(wanted)}))
  for (const file of files) write("dist/" + name + "/" + file, "");
const manifest = (name, more) => write("dist/" + name + "/package.json", JSON.stringify({ name, version: "${VERSION}", ...more }));
manifest("postern", { dependencies: { koffi: "3.3.4" } });
manifest("client", {});
write("dist/postern/postern.js", 'console.log("${VERSION}")');
`;

const files: Readonly<Record<string, string>> = {
  "package.json": JSON.stringify({
    version: VERSION,
    scripts: { types: "exit 0", lint: "exit 0", generate: "exit 0", build: "node build.cjs" },
  }),
  "package-lock.json": JSON.stringify({
    version: VERSION,
    packages: { "": { version: VERSION }, "clients/typescript": { version: VERSION } },
  }),
  "clients/typescript/package.json": JSON.stringify({ version: VERSION }),
  "clients/cli/version.ts": `export const VERSION = "${VERSION}";\n`,
  "daemon/host/version.ts": `export const VERSION = "${VERSION}";\n`,
  "protocol/openrpc.json": JSON.stringify({ info: { version: VERSION } }),
  "CHANGELOG.md": `# Changelog\n\n## ${VERSION}, 2026-11-29\n\n### Added\n\n- Something.\n\n## 1.2.2, 2026-11-01\n\n- Older.\n`,
  // npm keeps a cache in its home.
  ".gitignore": "dist/\n.npm/\n",
  "build.cjs": build,
};

export function repository(): Repository {
  const root = mkdtempSync(join(tmpdir(), "postern-release-"));
  const env = { PATH: process.env.PATH ?? "", HOME: root, GIT_CONFIG_NOSYSTEM: "1" };
  const git = (...words: string[]) => execFileSync("git", words, { cwd: root, env, encoding: "utf8" });
  const made: Repository = {
    root,
    write: (path, text) => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    },
    read: (path) => readFileSync(join(root, path), "utf8"),
    git,
    commit: () => {
      git("add", "--all");
      git("commit", "--quiet", "--message", "tree: change");
    },
    release: (...words) => {
      const ran = spawnSync(process.execPath, [program, ...words], { cwd: root, env, encoding: "utf8" });
      return { code: ran.status, out: ran.stdout, err: ran.stderr };
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
  git("init", "--quiet", "--initial-branch", "main");
  git("config", "user.name", "Ada");
  git("config", "user.email", "ada@example.com");
  for (const [path, text] of Object.entries(files)) made.write(path, text);
  made.commit();
  return made;
}

// `npm run release`: checks whether this tree can be released, builds it, and tags it. With --dry-run it names the tag, and the reasons against it.
// It publishes nothing. Run it in the folder of the repository.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { changelogFaults, newestSection, undatedFaults } from "./changelog.ts";
import { contentFaults, type Manifest, manifestFaults, type PackageName, placeFaults, wanted } from "./contents.ts";
import { type Fault, faultLines } from "./fault.ts";
import { commit, tag, tagName, treeFaults } from "./tag.ts";
import { builtVersionFaults, rootVersion, sourceVersionFaults } from "./versions.ts";

const root = process.cwd();
const read = (path: string) => (existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : undefined);
const say = (text: string) => void process.stdout.write(`release: ${text}\n`);

/** The steps, in this order. Each is a script of package.json with its words. */
const steps: readonly [what: string, words: readonly string[]][] = [
  ["types", ["types"]],
  ["lint", ["lint"]],
  ["generated files", ["generate", "--", "--check"]],
  ["build", ["build"]],
];

/** Ends the release with the reasons against it. Does nothing where there are none. */
function demand(faults: readonly Fault[]): void {
  if (faults.length === 0) return;
  process.stderr.write(faultLines(faults));
  process.exit(1);
}

function runStep(what: string, words: readonly string[]): void {
  say(what);
  const { status } = spawnSync("npm", ["run", "--silent", ...words], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (status !== 0)
    demand([{ what: `${what}: failed`, next: `run \`npm run ${words.join(" ")}\`, and mend what it says` }]);
}

/** Checks a package as npm would pack it, and lists its files. */
function demandPackage(name: PackageName): void {
  const folder = join(root, "dist", name);
  const packed = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts", folder], {
    cwd: root,
    encoding: "utf8",
  });
  const [{ files, size }] = JSON.parse(packed) as [{ files: { path: string; size: number }[]; size: number }];
  say(`dist/${name}, ${files.length} files, ${size} bytes packed:`);
  for (const { path, size: bytes } of files) process.stdout.write(`  ${path} ${bytes}\n`);
  const paths = files.map(({ path }) => path);
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
  demand([
    ...contentFaults(name, paths),
    ...manifestFaults(name, manifest),
    ...paths.flatMap((path) => placeFaults(name, path, readFileSync(join(folder, path)), root)),
  ]);
}

/** Asks the built command for its version. */
function demandBuiltCommand(version: string): void {
  const words = ["--disable-sigusr1", "--", join(root, "dist", "postern", "postern.js"), "--version"];
  const said = execFileSync(process.execPath, words, { encoding: "utf8" }).trim();
  if (said !== version)
    demand([{ what: `the command that was built says ${said}, not ${version}`, next: "run npm run build again" }]);
}

function demandOption(): { dryRun: boolean } {
  try {
    const { values } = parseArgs({ options: { "dry-run": { type: "boolean" } } });
    return { dryRun: values["dry-run"] === true };
  } catch {
    process.stderr.write(faultLines([{ what: "the only option is --dry-run", next: "npm run release -- --dry-run" }]));
    process.exit(2);
  }
}

function main(): void {
  const { dryRun } = demandOption();
  const version = rootVersion(read);
  const changelog = read("CHANGELOG.md") ?? "";
  const untaggable = () => [...treeFaults(root, version), ...undatedFaults(changelog)];
  if (!dryRun) demand(untaggable());
  demand([...changelogFaults(changelog, version), ...sourceVersionFaults(read, version)]);
  for (const [what, words] of steps) runStep(what, words);
  demand(builtVersionFaults(read, version));
  for (const name of Object.keys(wanted) as PackageName[]) demandPackage(name);
  demandBuiltCommand(version);
  const faults = untaggable();
  if (dryRun) {
    say(`would tag ${commit(root)} as ${tagName(version)}; nothing was tagged`);
    if (faults.length === 0) return;
    process.stdout.write(`release: a tag would be refused now:\n${faultLines(faults)}`);
    // A dry run also runs on branches, where a tag is always refused.
    say("this dry run ends with 0, since everything else holds; without --dry-run the same ends with 1");
    return;
  }
  // The build or another program may have changed the tree meanwhile.
  demand(faults);
  tag(root, version, newestSection(changelog)?.text ?? "");
  say(`tagged ${commit(root)} as ${tagName(version)}; nothing was published`);
  say(`next: git push origin ${tagName(version)}`);
}

main();

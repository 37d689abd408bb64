// Checks the content of a package: the files that it needs, the files that it must not have, and that installing it runs nothing.
import { files as built } from "./client-manifest.ts";
import type { Fault } from "./fault.ts";

export type Manifest = {
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
};

/** Files that each package must have. */
export const wanted = {
  postern: [
    ...["README.md", "LICENSE", "package.json", "postern.js", "agent.js", "service.js", "relay.js"],
    ...["demo-script.mjs", "webapp.env", "share-page/index.html", "app-page/index.html"],
  ],
  client: ["README.md", "LICENSE", "package.json", ...Object.values(built)],
} as const;

export type PackageName = keyof typeof wanted;

/** Kinds of files that belong in a package: programs, declarations, the two pages, bridge libraries, the native command with its launcher, and V8's code beside the agent. */
const SHIPPED =
  /^(?:[\w.-]+\.(?:js|mjs)|types\/[\w-]+\.d\.m?ts|(?:share|app)-page\/[\w./-]+|bridge\/linux-\w+\/libop_sdk_ipc_client\.so|postern|native\/linux-\w+\/postern|code-cache\/.+)$/;

/** The missing files of a package, and the files that do not belong in it. */
export function contentFaults(name: PackageName, files: readonly string[]): Fault[] {
  const needed: readonly string[] = wanted[name];
  return [
    ...needed
      .filter((file) => !files.includes(file))
      .map((file) => ({ what: `dist/${name} has no ${file}`, next: "look at what npm run build writes" })),
    ...files
      .filter((file) => !needed.includes(file) && !SHIPPED.test(file))
      .map((file) => ({
        what: `dist/${name} has a file that nobody needs: ${file}`,
        next: "keep it out of the build, or say in clients/release/contents.ts why it belongs there",
      })),
  ];
}

/** The reasons why installing a package would run a script, or would install other versions than the tested ones. */
export function manifestFaults(name: PackageName, { scripts = {}, dependencies = {} }: Manifest): Fault[] {
  return [
    ...Object.keys(scripts).map((script) => ({
      what: `dist/${name} has a script "${script}", which npm may run`,
      next: "a package of ours has no scripts",
    })),
    ...Object.entries(dependencies)
      .filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))
      .map(([dependency, version]) => ({
        what: `dist/${name} takes ${dependency} in any version that fits ${version}`,
        next: "name the exact version",
      })),
  ];
}

/** Finds a path of the building machine in a shipped file. */
export function placeFaults(name: PackageName, file: string, content: Buffer, root: string): Fault[] {
  if (!content.includes(root)) return [];
  return [{ what: `dist/${name}/${file} tells where it was built`, next: "look at what the build puts into it" }];
}

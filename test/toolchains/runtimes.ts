// The programs that run JavaScript and that the client promises to work in.
import { join } from "node:path";
import { toolModules } from "./toolbox.ts";

export type Runtime = {
  readonly name: string;
  /** The package of the tools that has it. Undefined for the Node of the repository. */
  readonly tool: string | undefined;
  /** How its `--version` begins. */
  readonly version: string;
  /** The words before a program's path. */
  readonly command: readonly string[];
};

const otherNode = (major: number): Runtime => ({
  name: `Node ${major}`,
  tool: `node-${major}`,
  version: `v${major}.`,
  command: [join(toolModules, `node-${major}`, "bin", "node")],
});

export const runtimes: readonly Runtime[] = [
  ...[18, 20, 22, 24].map(otherNode),
  { name: "Node 26", tool: undefined, version: "v26.", command: [process.execPath] },
  { name: "Bun", tool: "bun", version: "1.", command: [join(toolModules, "bun", "bin", "bun")] },
  {
    name: "Deno",
    tool: "deno",
    version: "deno 2.",
    command: [join(toolModules, "deno", "deno"), "run", "--allow-all", "--quiet"],
  },
];

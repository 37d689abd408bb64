// How the programs of the shipped package are bundled.
import { fileURLToPath } from "node:url";
import { type OutputOptions, type Plugin, type RolldownBuild, rolldown } from "rolldown";
import { asciiSource } from "./ascii-source.ts";
import { lateModules } from "./late-modules.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Packages with binaries. Everything else is bundled. */
export const native = ["koffi", "sodium-native"];

/** The builder of both pages from sources. The package never needs it, since it has them built. */
const unreached = ["vite"];

export const AGENT = "agent.js";
export const AGENT_SOURCE = "daemon/start.ts";

/** With all that it imports it makes the agent's first file. Each further file takes half a millisecond of the start to find. */
const AT_START = /\bdaemon.main\.ts$/;

const inAscii: Plugin = {
  name: "ascii",
  generateBundle: (_options, chunks) => {
    for (const chunk of Object.values(chunks)) if (chunk.type === "chunk") chunk.code = asciiSource(chunk.code);
  },
};

/** The program `file` of the package, from its source. The caller writes it out with `outputOf`, and closes it. */
export function bundleOf(file: string, source: string): Promise<RolldownBuild> {
  return rolldown({
    input: `${root}${source}`,
    platform: "node",
    external: [...native, ...unreached],
    logLevel: "warn",
    plugins: [inAscii, ...(file === AGENT ? [lateModules] : [])],
  });
}

export const outputOf = (file: string): OutputOptions => ({
  // CommonJS starts sooner. An ES module is linked to all exports of Node's own modules, which loads much code that nobody uses.
  format: file.endsWith(".mjs") ? "esm" : "cjs",
  entryFileNames: file,
  ...(file === AGENT ? { codeSplitting: { groups: [{ name: "main", test: AT_START }] } } : {}),
  chunkFileNames: `${file.replace(/\.m?js$/, "")}-[name].js`,
  // Functions and classes keep their names, which the log of unforeseen errors shows. Shorter names of all else save the agent a megabyte.
  minify: { mangle: { toplevel: true, keepNames: { function: true, class: true } }, compress: true, codegen: true },
});

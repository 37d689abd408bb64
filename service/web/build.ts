// Builds the page with vite, into memory. So the sources have no folder of built files that could be stale. The shipped package
// holds the result. The page of the desktop app is built in the same way.
import { fileURLToPath } from "node:url";
import { build } from "vite";
import type { PageFiles } from "../share/page.ts";

/** The built page. Throws when it does not build. */
export function buildPage(): Promise<PageFiles> {
  return buildFolder(fileURLToPath(new URL(".", import.meta.url)), "/s/");
}

/** Builds the page whose document is `index.html` in a folder. `base` is the path at which it will be served. */
export async function buildFolder(root: string, base: string): Promise<PageFiles> {
  const built = await build({
    root,
    base,
    configFile: false,
    envFile: false,
    logLevel: "error",
    mode: "production",
    // Said here and not left to NODE_ENV: the other way of JSX writes the path of each source file into the page.
    oxc: { jsx: { runtime: "automatic", importSource: "preact", development: false } },
    define: { "process.env.NODE_ENV": '"production"' },
    build: {
      write: false,
      target: "es2024",
      assetsDir: "assets",
      // An inlined image or font would need a data: source, and the page's policy allows none.
      assetsInlineLimit: 0,
      modulePreload: false,
      reportCompressedSize: false,
      // libsodium's script holds its WebAssembly as base64.
      chunkSizeWarningLimit: 1024,
    },
  });
  const output = (Array.isArray(built) ? built : [built]).flatMap((one) => ("output" in one ? one.output : []));
  const files = output.map((file): [string, string] => [
    file.fileName,
    file.type === "chunk"
      ? file.code
      : typeof file.source === "string"
        ? file.source
        : new TextDecoder().decode(file.source),
  ]);
  const document = files.find(([name]) => name === "index.html")?.[1];
  if (document === undefined) throw new Error("the page was built without a document");
  const assets = files
    .filter(([name]) => name.startsWith("assets/"))
    .map(([name, text]): [string, string] => [name.slice("assets/".length), text]);
  return { document, assets: new Map(assets) };
}

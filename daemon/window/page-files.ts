// Finds the page of the desktop app. The shipped bundle has it built, beside itself. From the sources it is built when it is asked for first.
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { AppPage } from "../../clients/desktop/build.ts";

/** The folder beside the bundle of the agent. `npm run build` writes it. */
const shipped = fileURLToPath(new URL("./app-page/", import.meta.url));

/** The files of the page. Reads or builds them each time, so the caller keeps them. */
export async function pageFiles(): Promise<AppPage> {
  if (!existsSync(shipped)) return (await import("../../clients/desktop/build.ts")).buildApp();
  const names = (await readdir(shipped)).filter((name) => name !== "index.html");
  const assets = names.map(async (name): Promise<[string, Uint8Array]> => [name, await readFile(`${shipped}${name}`)]);
  return { document: await readFile(`${shipped}index.html`, "utf8"), assets: new Map(await Promise.all(assets)) };
}

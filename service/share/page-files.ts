// Finds the share page. The shipped bundle has it built, beside itself. From the sources it is built at the first request.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { PageFiles } from "./page.ts";

/** The folder beside the bundle of the service. `npm run build` writes it. */
const shipped = fileURLToPath(new URL("./share-page/", import.meta.url));

/** The files of the page. */
export async function pageFiles(): Promise<PageFiles> {
  if (!existsSync(shipped)) return (await import("../web/build.ts")).buildPage();
  const names = readdirSync(shipped).filter((name) => name !== "index.html");
  const read = (name: string) => readFileSync(`${shipped}${name}`, "utf8");
  return { document: read("index.html"), assets: new Map(names.map((name) => [name, read(name)])) };
}

// Builds the page of the desktop app with vite, into memory, as the page behind a share's link is built.
import { fileURLToPath } from "node:url";
import { buildFolder } from "../../service/web/build.ts";

/** The built page: one document, and the files that it loads from `/assets/`, by name. */
export type AppPage = { readonly document: string; readonly assets: ReadonlyMap<string, Uint8Array> };

/** The built page. Throws when it does not build. */
export async function buildApp(): Promise<AppPage> {
  const { document, assets } = await buildFolder(fileURLToPath(new URL(".", import.meta.url)), "/");
  const bytes = [...assets].map(([name, text]): [string, Uint8Array] => [name, new TextEncoder().encode(text)]);
  return { document, assets: new Map(bytes) };
}

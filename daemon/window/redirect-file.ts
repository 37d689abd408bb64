// The file that a browser is handed. It leads the browser to the page with a one-time code. An address in a command line would show the code to every
// program of the machine. Only this user can read the file.
import { randomBytes } from "node:crypto";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const NAME = /^app-[0-9a-f]{16}\.html$/;

/** Writes the file into a folder that only this user can enter. Returns its path. */
export function writeRedirect(folder: string, address: string): string {
  const path = join(folder, `app-${randomBytes(8).toString("hex")}.html`);
  const text =
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>Postern</title>` +
    `<meta name="referrer" content="no-referrer"><meta http-equiv="refresh" content="0;url=${address}">` +
    `<p><a href="${address}">Open Postern</a></p></html>\n`;
  // O_EXCL: never through a file or a link that another program put there.
  writeFileSync(path, text, { mode: 0o600, flag: "wx" });
  return path;
}

export function removeRedirect(path: string): void {
  rmSync(path, { force: true });
}

/** Removes the files that a killed agent left. Their codes ended with it. */
export function removeLeftRedirects(folder: string): void {
  for (const name of readdirSync(folder)) if (NAME.test(name)) removeRedirect(join(folder, name));
}

// A file of an item, read in chunks and handed to the browser as a download. It is whole in the page's memory before the browser gets it, so that
// a file that breaks off is no file.
import type { Channel } from "../channel.ts";

export type Wish = { readonly vaultId: string; readonly itemId: string; readonly fileId: string };

/** Reads the file. `told` gets the bytes so far. Undefined where it was cancelled. */
export async function readFile(
  channel: Channel,
  wish: Wish,
  signal: AbortSignal,
  told: (bytes: number) => void,
): Promise<Blob | undefined> {
  const { handle } = await channel.call("files.openRead", wish);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  for (;;) {
    // The agent holds an open file until its end, and holds only some for a page.
    if (signal.aborted) return void (await channel.call("files.close", { handle }));
    const { content, last } = await channel.call("files.readChunk", { handle });
    const chunk = bytesOf(content);
    chunks.push(chunk);
    bytes += chunk.length;
    told(bytes);
    if (last) return signal.aborted ? undefined : new Blob(chunks, { type: "application/octet-stream" });
  }
}

const bytesOf = (base64: string) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

/** Milliseconds in which the browser has taken a download. Then the page lets go of the bytes. */
const TAKEN_MS = 60_000;

/** The type tells the browser nothing to open: it is a file to keep. */
export function download(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), TAKEN_MS);
}

const UNITS = ["bytes", "kB", "MB"] as const;
const STEP = 1000;

export function sizeText(bytes: number): string {
  let size = bytes;
  let unit = 0;
  for (; size >= STEP && unit < UNITS.length - 1; unit++) size /= STEP;
  return `${unit === 0 ? size : size.toFixed(1)} ${UNITS[unit]}`;
}

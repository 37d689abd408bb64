// The body of a request, under a limit.
import type { IncomingMessage } from "node:http";

/** The body as text; undefined where it has more bytes than `bytesMax`. Rejects where the request breaks off. */
export async function bodyOf(request: IncomingMessage, bytesMax: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

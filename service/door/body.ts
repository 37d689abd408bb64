// Reads the body of a request within the bounds of its operation. Bytes are counted while they arrive. Parts and depth are counted in
// the bytes, before a parser builds anything.
import { PosternError } from "../../protocol/errors.ts";
import { hasPartsAtMost, nestsAtMost } from "../../protocol/framing.ts";
import type { Bounds } from "./request-bounds.ts";

/** Milliseconds in which a body must arrive: as long as our client waits for its answer. A slow one would keep its room. */
export const BODY_MS = 20_000;

/** The bytes that a body needs at most: as many as it claims, or as its operation allows. Throws tooLarge for a larger claim. */
export function claimedBytes(request: Request, { bytes }: Bounds): number {
  const claim = request.headers.get("content-length");
  const claimed = claim !== null && /^\d{1,15}$/.test(claim) ? Number(claim) : bytes;
  if (claimed > bytes) throw tooLong(bytes);
  return claimed;
}

/** The parsed body. Throws tooLarge, invalidParams past the other bounds, and parseError for a text that is no JSON or breaks off. */
export async function parsedBody(request: Request, claimed: number, bounds: Bounds): Promise<unknown> {
  const body = await bytesOf(request, claimed);
  if (!nestsAtMost(body, bounds.depth) || !hasPartsAtMost(body, bounds.parts)) throw new PosternError("invalidParams");
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    // Without the cause, since the parser's text quotes the body.
    throw new PosternError("parseError");
  }
}

/** Copies the pieces into one array of the claimed size, so that many small pieces cost no more than their bytes. */
async function bytesOf(request: Request, claimed: number): Promise<Uint8Array> {
  const reader = request.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  const late = AbortSignal.timeout(BODY_MS);
  const cancel = () => void reader.cancel().catch(() => undefined);
  late.addEventListener("abort", cancel, { once: true });
  let body = new Uint8Array(Math.min(claimed, FIRST_BYTES));
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (late.aborted) throw new PosternError("parseError");
      if (done) return body.subarray(0, size);
      if (size + value.length > claimed) throw tooLong(claimed);
      if (size + value.length > body.length) body = grown(body, size + value.length, claimed);
      body.set(value, size);
      size += value.length;
    }
  } catch (error) {
    if (error instanceof PosternError) throw error;
    // A client that goes away is no fault of ours. Nobody reads this answer.
    throw new PosternError("parseError");
  } finally {
    late.removeEventListener("abort", cancel);
    cancel();
  }
}

/** Bytes that are taken before any came. A claim alone costs no memory. */
const FIRST_BYTES = 16 * 1024;

function grown(body: Uint8Array, needed: number, most: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.min(most, Math.max(needed, 2 * body.length)));
  larger.set(body);
  return larger;
}

const tooLong = (most: number) => new PosternError("tooLarge", `this request has at most ${most} bytes`);

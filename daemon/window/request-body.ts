// The bodies of requests, under limits: each, and all that are being read at once.
import type { IncomingMessage } from "node:http";
import { limits } from "../../protocol/limits.ts";

/** Bytes of all bodies that are being read: four of the longest lines. A page sends one line after the other. */
export const BODIES_BYTES_MAX = 4 * limits.lineBytes;

/** Bytes of those that sessions of strangers send: half, so that the person's page can always send its own. */
export const STRANGER_BODIES_BYTES_MAX = BODIES_BYTES_MAX / 2;

export type Body = { readonly text: string } | "too long" | "busy";

export type Bodies = {
  /** Reads a body of at most so many bytes. Rejects where the request breaks off. */
  read(request: IncomingMessage, bytesMax: number, isStranger: boolean): Promise<Body>;
};

export function createBodies(): Bodies {
  let held = 0;
  let heldOfStrangers = 0;
  return {
    read: async (request, bytesMax, isStranger) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      try {
        for await (const chunk of request as AsyncIterable<Buffer>) {
          bytes += chunk.length;
          held += chunk.length;
          if (isStranger) heldOfStrangers += chunk.length;
          if (bytes > bytesMax) return "too long";
          if (held > BODIES_BYTES_MAX) return "busy";
          if (isStranger && heldOfStrangers > STRANGER_BODIES_BYTES_MAX) return "busy";
          chunks.push(chunk);
        }
        const whole = Buffer.concat(chunks);
        const text = whole.toString("utf8");
        whole.fill(0);
        return { text };
      } finally {
        held -= bytes;
        if (isStranger) heldOfStrangers -= bytes;
        // A proof or a value may stand in them.
        for (const chunk of chunks) chunk.fill(0);
      }
    },
  };
}

// A file between the agent and the command, in chunks: it may be larger than any message.
import type { Agent } from "./session.ts";

/** Hands each chunk of an open file to `take`, in order. */
export async function eachChunk(
  agent: Agent,
  handle: string,
  take: (chunk: Uint8Array) => void | Promise<void>,
): Promise<void> {
  for (;;) {
    const { content, last } = await agent.call("files.readChunk", { handle });
    await take(Buffer.from(content, "base64"));
    if (last) return;
  }
}

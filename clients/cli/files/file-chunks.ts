// A file between the agent and the command, in chunks: it may be larger than any message.

import type { Methods } from "../../typescript/generated.ts";
import { itemLimits, limits } from "../../typescript/generated-limits.ts";
import type { Agent } from "../agent/session.ts";
import { UsageError } from "../terminal/exit-code.ts";
import { inputBytes } from "./input-bytes.ts";
import { unreadable } from "./unreadable.ts";

const { chunkBytes: CHUNK_BYTES } = limits;

/** Of the largest file that an item takes. */
export const { fileBytes: FILE_BYTES_MAX } = itemLimits;

/** Hands each chunk of an open file to `take`, in order. */
export async function eachChunk(
  agent: Pick<Agent, "call">,
  handle: string,
  take: (chunk: Uint8Array) => void | Promise<void>,
): Promise<void> {
  for (;;) {
    const { content, last } = await agent.call("files.readChunk", { handle });
    await take(Buffer.from(content, "base64"));
    if (last) return;
  }
}

/** Sends a file that was begun, and makes the item, or its version, that has it. */
export async function upload(
  agent: Pick<Agent, "call">,
  handle: string,
  content: Buffer,
): Promise<Methods["files.commit"]["result"]> {
  const { length } = content;
  const shows = process.stderr.isTTY === true && length > CHUNK_BYTES;
  for (let at = 0; at < length || at === 0; at += CHUNK_BYTES) {
    const chunk = content.subarray(at, at + CHUNK_BYTES).toString("base64");
    await agent.call("files.writeChunk", { handle, content: chunk });
    if (shows) process.stderr.write(`\r${Math.min(100, Math.round(((at + CHUNK_BYTES) / length) * 100))} %`);
  }
  if (shows) process.stderr.write("\r      \r");
  return agent.call("files.commit", { handle });
}

/** The bytes of a file that an option names. Throws UsageError for one that cannot be read, or is too large. */
export function contentOf(path: string, option: string): Buffer {
  let bytes: Buffer;
  try {
    bytes = inputBytes(path, FILE_BYTES_MAX, option);
  } catch (error) {
    throw unreadable(`the file ${path} given to ${option}`, error);
  }
  if (bytes.length > FILE_BYTES_MAX)
    throw new UsageError(
      `the file ${path} given to ${option} is larger than ${FILE_BYTES_MAX} bytes`,
      "keep a smaller one, or split it",
    );
  return bytes;
}

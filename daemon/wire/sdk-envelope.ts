// The envelope of an answer. Its payload is a list of byte numbers, four times as long as the bytes. So a long one is written in parts, as the
// peer reads them.
import type { Socket } from "node:net";
import { PosternError } from "../../protocol/errors.ts";
import { limits } from "../../protocol/limits.ts";
import { byteList, byteListLength } from "../../protocol/sdk/byte-list.ts";

/** The outcome of a request: the text of the official document, or of the error. */
export type SdkAnswer = { readonly success: boolean; readonly payload: Uint8Array };

/** Bytes of the payload in one part. Writing it delays no other request. */
const PART_BYTES = 64 * 1024;

const before = (success: boolean) => `{"success":${success},"payload":[`;
const AFTER = "]}\n";

/** The error in place of an answer that is too long for a line. */
export function tooLongFor({ success, payload }: SdkAnswer): PosternError | undefined {
  const length = before(success).length + byteListLength(payload) + AFTER.length - 1;
  if (length <= limits.sdkLineBytes) return undefined;
  return new PosternError("tooLarge", `an answer has at most ${limits.sdkLineBytes} bytes; ask for less at a time`);
}

/** Writes an answer, and wipes it. Ends with the last part: the peer may ask again as soon as it has read that one. */
export async function sendEnvelope(socket: Socket, { success, payload }: SdkAnswer): Promise<void> {
  let text = before(success);
  for (let at = 0; at < payload.length && !socket.destroyed; at += PART_BYTES) {
    const part = payload.subarray(at, at + PART_BYTES);
    const isLast = at + PART_BYTES >= payload.length;
    const list = byteList(part);
    const fits = socket.write(Buffer.concat([Buffer.from(text), list, Buffer.from(isLast ? AFTER : "")]));
    text = ",";
    if (!fits && !isLast) await drained(socket);
  }
  if (payload.length === 0 && !socket.destroyed) socket.write(text + AFTER);
  payload.fill(0);
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.off("drain", done);
      socket.off("close", done);
      resolve();
    };
    socket.on("drain", done);
    socket.on("close", done);
  });
}

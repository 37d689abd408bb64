// The envelope of an answer. Its payload is several times as long as the bytes. So a long one is written in parts, as the peer reads them.
import type { Duplex } from "node:stream";
import { PosternError } from "../../protocol/errors.ts";
import { limits } from "../../protocol/limits.ts";
import { type Document, type Form, formLength, formParts, type ShortForm } from "./sdk-form.ts";

/** The outcome of a request: the official document, or the text of the error. */
export type SdkAnswer = Document & {
  readonly success: boolean;
  /** The shorter form that the client reads. */
  readonly shortForm?: ShortForm | undefined;
};

const before = (success: boolean) => `{"success":${success},"payload":`;
const AFTER = "}\n";

/** The form of an answer that fits into a line. Undefined where none does. */
function formOf(answer: SdkAnswer): Form | undefined {
  const frame = before(answer.success).length + AFTER.length - 1;
  const forms: readonly Form[] = answer.shortForm === undefined ? ["numbers"] : ["numbers", answer.shortForm];
  return forms.find((form) => frame + formLength(answer, form) <= limits.sdkLineBytes);
}

/** Bytes of the longest document that is put together of pages. The agent holds it while it is read, and others have to be served meanwhile. */
export const PAGED_BYTES_MAX = (limits.sdkLineBytes * 3) / 4;

/** The error in place of an answer that is too long for a line. */
export function tooLongFor(answer: SdkAnswer): PosternError | undefined {
  if (formOf(answer) !== undefined) return undefined;
  return answer.isFile ? fileTooLong() : documentTooLong();
}

/** The error where a document is too long for an answer. */
export const documentTooLong = (): PosternError => tooLong("ask for less at a time, or use Postern's own clients");

/** The error where a file is too long for an answer. */
export const fileTooLong = (): PosternError =>
  tooLong("a file takes several for each of its own; read this file with `postern read`");

const tooLong = (advice: string) =>
  new PosternError("tooLarge", `an answer has at most ${limits.sdkLineBytes} bytes; ${advice}`);

/** Writes an answer that fits, and wipes it. Ends with the last part: the peer may ask again as soon as it has read that one. */
export async function sendEnvelope(socket: Duplex, answer: SdkAnswer): Promise<void> {
  const { success, payload } = answer;
  const held: Uint8Array[] = [Buffer.from(before(success))];
  for (const part of formParts(answer, formOf(answer) ?? "numbers")) {
    if (socket.destroyed) break;
    if (held.length > 1 && !socket.write(Buffer.concat(held.splice(0)))) await drained(socket);
    held.push(part);
  }
  held.push(Buffer.from(AFTER));
  if (!socket.destroyed) socket.write(Buffer.concat(held));
  payload.fill(0);
}

function drained(socket: Duplex): Promise<void> {
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

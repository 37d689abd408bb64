// Looks at the first bytes of a file that a person gives as a backup. Another program may have packed the backup or saved it as text:
// the error then says so, and how to undo it. A backup of a newer Postern is named as such, so that it does not seem broken.
import { PosternError } from "../../protocol/errors.ts";

export const FORMAT = "postern backup 1";

const AS_BINARY = "copy the backup again from where it was written, byte for byte: as binary, not as text";
const UNPACK = "unpack it, and restore the file that comes out";
export const UPDATE = "update Postern here, then restore again";

const utf16 = "it was saved as text in UTF-16";

/** The first bytes of each format, in hex. A backup begins with a brace, so it begins with none of these. */
const madeByOthers: readonly (readonly [beginning: string, what: string, hint: string])[] = [
  ["1f8b", "it is packed with gzip", "unpack it with gunzip, and restore the file that comes out"],
  ["28b52ffd", "it is packed with zstd", UNPACK],
  ["fd377a585a00", "it is packed with xz", UNPACK],
  ["425a68", "it is packed with bzip2", UNPACK],
  ["504b0304", "it is packed with zip", UNPACK],
  ["377abcaf271c", "it is packed with 7-Zip", UNPACK],
  ["efbbbf", "it begins with a byte order mark, so a program has saved it as text", AS_BINARY],
  ["fffe", utf16, AS_BINARY],
  ["feff", utf16, AS_BINARY],
];

/** Bytes that are needed to tell the formats apart. */
export const BEGINNING_BYTES = Math.max(...madeByOthers.map(([beginning]) => beginning.length / 2));

/** Throws notRestorable where another program changed the backup into this. `bytes` are the first bytes of the file. */
export function demandOwnBytes(bytes: Uint8Array): void {
  const hex = bytes.toHex();
  const found = madeByOthers.find(([beginning]) => hex.startsWith(beginning));
  if (found === undefined) return;
  const [, what, hint] = found;
  throw new PosternError("notRestorable", what, { hint });
}

/** The beginning of every backup, up to the number of its format. */
const BEGINNING = JSON.stringify({ kind: "header", format: FORMAT }).slice(0, -1);
const OTHER_FORMAT = /^\{"kind":"header","format":"postern backup [0-9]{1,9}"/;

/** The first line of a kit. Kit and backup lie side by side, and people mix them up. */
const KIT = "POSTERN EMERGENCY KIT";

/** Throws notRestorable where this first line is not the first line of a backup of ours. A line that was cut passes here. */
export function demandOwnLine(text: string): void {
  if (text !== "" && BEGINNING.startsWith(text)) return;
  if (!text.startsWith(BEGINNING)) {
    if (OTHER_FORMAT.test(text))
      throw new PosternError("notRestorable", "it was made by a newer Postern", { hint: UPDATE });
    if (text.startsWith(KIT))
      throw new PosternError("notRestorable", "it is an emergency kit and no backup", {
        hint: "name the backup first, and the kit with --kit",
      });
    throw new PosternError("notRestorable", "it is no backup of a Postern account");
  }
  // JSON writes a carriage return in a text as \r. So a raw one was added later.
  if (text.includes("\r"))
    throw new PosternError("notRestorable", "its line ends were changed (to CRLF, or CR), so it was saved as text", {
      hint: AS_BINARY,
    });
}

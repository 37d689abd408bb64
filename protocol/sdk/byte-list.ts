// Bytes as a list of numbers, the one form that every official client reads. A byte takes up to four characters, so long lists are written
// in parts. The loops go by index: an iterator takes several times as long.

const digitsOf = (byte: number) => (byte < 10 ? 1 : byte < 100 ? 2 : 3);

/** Characters of the list without its brackets. */
export function byteListLength(bytes: Uint8Array): number {
  let length = Math.max(0, bytes.length - 1);
  for (let index = 0; index < bytes.length; index++) length += digitsOf(bytes[index] as number);
  return length;
}

/** The text of each byte with the comma behind it, as bytes. */
const texts = Array.from({ length: 256 }, (_, byte) =>
  Uint8Array.from(`${byte},`, (character) => character.charCodeAt(0)),
);

/** The list without its brackets, as ASCII. */
export function byteList(bytes: Uint8Array): Uint8Array {
  const list = new Uint8Array(byteListLength(bytes) + Math.min(1, bytes.length));
  let at = 0;
  for (let index = 0; index < bytes.length; index++) {
    const text = texts[bytes[index] as number] as Uint8Array;
    for (let digit = 0; digit < text.length; digit++) list[at++] = text[digit] as number;
  }
  // Without the last comma.
  return list.subarray(0, Math.max(0, at - 1));
}

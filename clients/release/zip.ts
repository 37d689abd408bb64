// Writes a zip archive without compression. Go takes a module in no other form, and Node has no writer for it. The same files give the
// same bytes: no time and no owner is written.
import { crc32 } from "node:zlib";

export type ZipEntry = { readonly name: string; readonly content: Uint8Array };

/** Version 2.0 of the format: folders and no compression. */
const VERSION_NEEDED = 20;
/** Bit 11: names are UTF-8. */
const UTF8_NAMES = 0x0800;
/** The earliest day that the format can hold: 1 January 1980. */
const FIRST_DAY = 0x0021;

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const END = 0x06054b50;

export function zipOf(entries: readonly ZipEntry[]): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name);
    const shared = sharedFields(entry, name);
    const header = Buffer.concat([numbers([4, LOCAL_HEADER]), shared, name, entry.content]);
    // Comment, disk, attributes inside and outside, and where the entry begins.
    const rest = numbers([2, 0], [2, 0], [2, 0], [4, 0], [4, offset]);
    central.push(Buffer.concat([numbers([4, CENTRAL_HEADER], [2, VERSION_NEEDED]), shared, rest, name]));
    local.push(header);
    offset += header.length;
  }
  const directory = Buffer.concat(central);
  const count = entries.length;
  const end = numbers([4, END], [2, 0], [2, 0], [2, count], [2, count], [4, directory.length], [4, offset], [2, 0]);
  return Buffer.concat([...local, directory, end]);
}

/** The fields that both headers of an entry have. */
function sharedFields({ content }: ZipEntry, name: Buffer): Buffer {
  const size = content.length;
  const stored = numbers([2, VERSION_NEEDED], [2, UTF8_NAMES], [2, 0], [2, 0], [2, FIRST_DAY]);
  return Buffer.concat([stored, numbers([4, crc32(content)], [4, size], [4, size], [2, name.length], [2, 0])]);
}

/** Whole numbers of so many bytes each, the lowest byte first. */
function numbers(...fields: readonly (readonly [size: number, value: number])[]): Buffer {
  return Buffer.concat(
    fields.map(([size, value]) => {
      const bytes = Buffer.alloc(size);
      bytes.writeUIntLE(value, 0, size);
      return bytes;
    }),
  );
}

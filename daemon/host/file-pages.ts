// The pages of programs and libraries that this process has in memory and could read again from their files: they hold what Node's own start ran once.

/** A part of the address space. */
export type AddressRange = { readonly start: bigint; readonly bytes: bigint };

const HEAD = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ (\d+) /;
const ANONYMOUS = /^Anonymous: +(\d+) kB$/;

/**
 * The ranges of `/proc/self/smaps` that hold nothing but pages of a file: nobody can write to them, and nobody has. A page that was written to
 * (a library's relocated table is) lies in no file, and would be lost.
 */
export function readOnlyFileRanges(smaps: string): AddressRange[] {
  const ranges: AddressRange[] = [];
  let range: AddressRange | undefined;
  for (const line of smaps.split("\n")) {
    const head = HEAD.exec(line);
    if (head !== null) range = rangeOf(head);
    else if (range !== undefined && ANONYMOUS.exec(line)?.[1] === "0") ranges.push(range);
  }
  return ranges;
}

/** Undefined for a range that can be written to, is shared, or belongs to no file (inode 0). */
function rangeOf([, from = "", to = "", access = "", inode = ""]: RegExpExecArray): AddressRange | undefined {
  if (!/^r-[x-]p$/.test(access) || inode === "0") return undefined;
  const start = BigInt(`0x${from}`);
  return { start, bytes: BigInt(`0x${to}`) - start };
}

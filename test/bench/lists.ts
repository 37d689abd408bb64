// Figures of whole lists, in as many pages as they take: all bytes arrive, and are not parsed. What a list costs is told three
// times: the first, when each row is read, checked and opened; one that is kept; and one after a single item was written.
import { connect } from "node:net";
import { type Figure, figureOf, repeat, row, shown, withMemory } from "./figures.ts";
import type { Surroundings } from "./items.ts";
import { socket as path } from "./programs.ts";

const NEWLINE = 0x0a;

/** Asks for lists on a connection of its own. */
type Reader = { whole(): Promise<number>; close(): void };

async function openReader(vaultId: string): Promise<Reader> {
  const socket = connect(path);
  const page = (after: string | undefined): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      const end = () => reject(new Error("the agent closed the connection"));
      const take = (chunk: Buffer) => {
        chunks.push(chunk);
        if (chunk.at(-1) !== NEWLINE) return;
        socket.off("data", take).off("close", end);
        resolve(Buffer.concat(chunks));
      };
      socket.on("data", take).on("close", end);
      const params = { vaultId, ...(after === undefined ? {} : { after }) };
      socket.write(`${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "items.list", params })}\n`);
    });
  return {
    /** Milliseconds until the last page is there. */
    whole: async () => {
      const before = performance.now();
      for (let after: string | undefined; ; ) {
        const bytes = await page(after);
        const end = bytes.subarray(-20).toString();
        if (!end.includes('"more":')) throw new Error("the agent answered no list");
        if (end.includes('"more":false')) return performance.now() - before;
        const at = bytes.lastIndexOf('{"id":"') + '{"id":"'.length;
        after = bytes.subarray(at, at + 26).toString();
      }
    },
    close: () => socket.destroy(),
  };
}

/** Lists of one run; the figure of a run is their median, since a full collection is longer than a list. */
const LISTS = 10;

async function times(measure: () => Promise<number>): Promise<Figure> {
  const run = async () => {
    const values: number[] = [];
    for (let list = 0; list < LISTS; list++) values.push(await measure());
    return figureOf(values).median;
  };
  // What is compiled on the way is no part of it: else the list after a write, measured later, would look the cheaper one.
  await run();
  return repeat(run);
}

/** The vault was filled since it was last listed, so that nothing of the list is kept. */
export async function listFigures({
  channel,
  vaultId,
  size,
  pid,
}: Omit<Surroundings, "loaded" | "warmUs">): Promise<void> {
  const field = { id: "password", title: "password", fieldType: "Concealed" as const, value: "one more" };
  const made = { vaultId, title: "One more", category: "Password" as const, fields: [field] };
  let item = await channel.call("items.create", { item: made });
  const reader = await openReader(vaultId);
  const first = await reader.whole();
  row(`list of ${size} overviews, the first`, withMemory(`${first.toFixed(0)} ms`, pid));
  const kept = await times(reader.whole);
  row(`list of ${size} overviews, kept`, withMemory(shown(kept, "ms", 1), pid));
  const written = await times(async () => {
    item = await channel.call("items.put", { item: { ...item, title: `One more ${item.version}` } });
    return reader.whole();
  });
  row(`list of ${size} overviews, after one write`, withMemory(shown(written, "ms", 1), pid), {
    ratio: written.median / kept.median,
    most: 3,
    text: "≤ 3 × a kept list",
  });
  reader.close();
}

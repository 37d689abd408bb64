// The cost of whole lists in all their pages. All bytes arrive, and the bench does not parse them. There are three figures: the first list, which
// reads, checks and opens each row; a kept list; and a list after one item was written.
import { connect } from "node:net";
import { type Figure, figureOf, repeat, row, shown, withMemory } from "./figures.ts";
import type { Surroundings } from "./items.ts";
import { socket as path } from "./programs.ts";

const NEWLINE = 0x0a;

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
    /** Milliseconds until the last page arrives. */
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

/** Number of lists in one run. A full garbage collection takes longer than a list, so the figure of a run is the median. */
const LISTS = 10;

async function times(measure: () => Promise<number>): Promise<Figure> {
  const run = async () => {
    const values: number[] = [];
    for (let list = 0; list < LISTS; list++) values.push(await measure());
    return figureOf(values).median;
  };
  // A first run keeps compilation out of the figures. Otherwise the list after a write, measured later, would look cheaper.
  await run();
  return repeat(run);
}

/** The vault was filled after its last list, so the agent keeps nothing of the list. */
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

// Costs of items and files through the shipped agent, each with the agent's memory directly afterwards.
import { generateKeyPairSync, randomFillSync } from "node:crypto";
import type { Channel } from "../../clients/typescript/channel.ts";
import { readSshKey } from "../../daemon/account/ssh-key.ts";
import type { Item } from "../../protocol/item/item.ts";
import { limits } from "../../protocol/limits.ts";
import { totpCode } from "../../protocol/secret/totp.ts";
import { type Figure, perCall, repeat, row, shown, withMemory } from "./figures.ts";

export type Surroundings = {
  readonly channel: Channel;
  /**
   * Median microseconds of one call. The load makes this many calls, one at a time, so that no client of ours reads the
   * answers.
   */
  readonly loaded: (request: object, calls: number) => Promise<number>;
  readonly vaultId: string;
  /** Number of items in the vault. */
  readonly size: number;
  readonly pid: number;
  /** One resolve from memory, measured by the same load. */
  readonly warmUs: number;
};

/** Number of calls in one run. The figure is for one call. */
const CALLS = 50;
const FILE_BYTES = 50 * limits.chunkBytes;
const SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

export async function itemFigures(surroundings: Surroundings): Promise<void> {
  // Lists come first, while the vault still has as many items as the rows say.
  await ofLists(surroundings);
  await ofItems(surroundings);
  await ofFields(surroundings);
  await ofFiles(surroundings);
}

/** Median microseconds of one call, out of several made one after the other. */
const each = (call: (index: number) => Promise<unknown>, count = CALLS): Promise<Figure> =>
  repeat(async () => {
    const before = performance.now();
    for (let index = 0; index < count; index++) await call(index);
    return ((performance.now() - before) / count) * 1000;
  });

const newItem = (vaultId: string, title: string) => ({
  vaultId,
  title,
  category: "Login" as const,
  fields: ["username", "password", "more"].map((id) => ({ id, title: id, fieldType: "Text" as const, value: id })),
});

async function ofItems(surroundings: Surroundings): Promise<void> {
  const { channel, vaultId, pid } = surroundings;
  let item: Item | undefined;
  const create = await each(async (index) => {
    item = await channel.call("items.create", { item: newItem(vaultId, `made ${index}`) });
  });
  row("item create", withMemory(shown(create, "µs"), pid));
  if (item === undefined) throw new Error("no item was made");
  const itemId = item.id;
  const get = await each(() => channel.call("items.get", { vaultId, itemId }));
  row("item get", withMemory(shown(get, "µs"), pid));
  let current = item;
  const put = await each(async (index) => {
    const fields = current.fields.map((field) => (field.id === "more" ? { ...field, value: `${index}` } : field));
    current = await channel.call("items.put", { item: { ...current, fields } });
  });
  row("item put of one field", withMemory(shown(put, "µs"), pid));
  const items = Array.from({ length: limits.batch }, (_, index) => newItem(vaultId, `batch ${index}`));
  const all = await each(() => channel.call("items.createAll", { vaultId, items }), 1);
  row(`createAll of ${limits.batch}`, withMemory(shown(scaled(all, 1000), "ms", 1), pid));
}

const scaled = ({ median, low, high }: Figure, by: number): Figure => ({
  median: median / by,
  low: low / by,
  high: high / by,
});

async function ofLists(surroundings: Surroundings): Promise<void> {
  const { channel, loaded, vaultId, size, warmUs, pid } = surroundings;
  const request = { jsonrpc: "2.0", id: 1, method: "items.list", params: { vaultId } };
  const list = await repeat(() => loaded(request, CALLS));
  row(`one page of ${size} overviews`, withMemory(shown(scaled(list, 1000), "ms", 1), pid), {
    ratio: list.median / warmUs,
    most: 100,
    text: "≤ 100 × one warm resolve",
  });
  const read = await each(() => channel.call("items.list", { vaultId }));
  row("the same through the TypeScript client, parsed", withMemory(shown(scaled(read, 1000), "ms", 1), pid));
}

async function ofFields(surroundings: Surroundings): Promise<void> {
  const { channel, vaultId, pid } = surroundings;
  const field = { id: "code", title: "code", fieldType: "Totp" as const, value: SEED };
  await channel.call("items.create", { item: { ...newItem(vaultId, "Coded"), fields: [field] } });
  const reference = "op://Bench/Coded/code?attribute=otp";
  await channel.call("secrets.resolve", { reference });
  row(
    "one-time code, warm",
    withMemory(shown(await each(() => channel.call("secrets.resolve", { reference })), "µs"), pid),
  );
  const made = await repeat(() => perCall(2_000, () => totpCode(SEED, Date.now())));
  row("one-time code, made, in a process without an agent", withMemory(shown(made, "µs", 1), process.pid));
  const keys = {
    Ed25519: generateKeyPairSync("ed25519").privateKey,
    "RSA 4096": generateKeyPairSync("rsa", { modulusLength: 4096 }).privateKey,
  };
  for (const [kind, key] of Object.entries(keys)) {
    const pem = key.export({ type: "pkcs8", format: "pem" }).toString();
    const parsed = await repeat(() => perCall(50, () => readSshKey(pem)));
    row(`SSH key parsed, ${kind}, in a process without an agent`, withMemory(shown(parsed, "µs"), process.pid));
  }
}

async function ofFiles(surroundings: Surroundings): Promise<void> {
  const { channel, vaultId, pid } = surroundings;
  const file = randomFillSync(new Uint8Array(FILE_BYTES));
  let place = { itemId: "", fileId: "" };
  const taken = await repeat(async () => {
    const before = performance.now();
    const { handle } = await channel.call("files.openWrite", { vaultId, title: "File", name: "f", size: file.length });
    for (let at = 0; at < file.length; at += limits.chunkBytes)
      await channel.call("files.writeChunk", { handle, content: file.subarray(at, at + limits.chunkBytes).toBase64() });
    const { id, document } = await channel.call("files.commit", { handle });
    place = { itemId: id, fileId: document?.id ?? "" };
    return performance.now() - before;
  });
  row("file of 50 MB in", withMemory(shown(taken, "ms"), pid));
  const given = await repeat(async () => {
    const before = performance.now();
    const { handle } = await channel.call("files.openRead", { vaultId, ...place });
    for (let last = false; !last; ) ({ last } = await channel.call("files.readChunk", { handle }));
    return performance.now() - before;
  });
  row("file of 50 MB out", withMemory(shown(given, "ms"), pid));
}

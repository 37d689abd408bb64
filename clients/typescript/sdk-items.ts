// client.items and client.items.files (client.items.shares is beside it). Dates are dates here and text on the wire; bytes are bytes here, and large files
// pass in chunks whatever way they came.

import type { Call } from "./call.ts";
import type { CallOptions } from "./channel.ts";
import type { Methods, Item as WireItem } from "./generated.ts";
import { limits } from "./generated-limits.ts";
import { changeFailure, type PartFailure } from "./generated-sdk-outcomes.ts";
import type {
  ItemsDeleteAllResponse,
  ItemsGetAllResponse,
  ItemsUpdateAllResponse,
  ItemUpdateFailureReason,
} from "./sdk-item-responses.ts";
import type {
  DocumentCreateParams,
  FileAttributes,
  FileCreateParams,
  Item,
  ItemCreateParams,
  ItemListFilter,
  ItemOverview,
} from "./sdk-item-types.ts";
import { type Shares, sharesOf } from "./sdk-shares.ts";
import { wholeList } from "./whole-list.ts";
import { wireFields } from "./wire-fields.ts";
import { type Given, official } from "./wire-words.ts";
import { withDates } from "./with-dates.ts";

type WireOutcome = Methods["items.getAll"]["result"]["outcomes"][number];

/** Of one chunk, and of a file that may travel in one piece with the rest of a request. */
const { chunkBytes: CHUNK_BYTES } = limits;

export type Items = {
  files: Files;
  shares: Shares;
  create(params: Given<ItemCreateParams>, options?: CallOptions): Promise<Item>;
  createAll(
    vaultId: string,
    params: readonly Given<ItemCreateParams>[],
    options?: CallOptions,
  ): Promise<ItemsUpdateAllResponse>;
  get(vaultId: string, itemId: string, options?: CallOptions): Promise<Item>;
  getAll(vaultId: string, itemIds: readonly string[], options?: CallOptions): Promise<ItemsGetAllResponse>;
  put(item: Given<Item>, options?: CallOptions): Promise<Item>;
  delete(vaultId: string, itemId: string, options?: CallOptions): Promise<void>;
  deleteAll(vaultId: string, itemIds: readonly string[], options?: CallOptions): Promise<ItemsDeleteAllResponse>;
  archive(vaultId: string, itemId: string, options?: CallOptions): Promise<void>;
  list(vaultId: string, ...filters: readonly Given<ItemListFilter>[]): Promise<ItemOverview[]>;
};

export type Files = {
  attach(item: Given<Item>, fileParams: FileCreateParams, options?: CallOptions): Promise<Item>;
  read(vaultId: string, itemId: string, attr: FileAttributes, options?: CallOptions): Promise<Uint8Array>;
  delete(item: Given<Item>, sectionId: string, fieldId: string, options?: CallOptions): Promise<Item>;
  replaceDocument(item: Given<Item>, docParams: DocumentCreateParams, options?: CallOptions): Promise<Item>;
};

export function itemsOf(call: Call): Items {
  const files = filesOf(call);
  return {
    files,
    shares: sharesOf(call),
    create: (params, options) => create(call, files, params, options),
    createAll: async (vaultId, params, options) => {
      const items = params.map(wireParams);
      return { individualResponses: responses((await call("items.createAll", { vaultId, items }, options)).outcomes) };
    },
    get: async (vaultId, itemId, options) => itemOf(await call("items.get", { vaultId, itemId }, options)),
    getAll: async (vaultId, itemIds, options) => ({
      individualResponses: responses(
        (await call("items.getAll", { vaultId, itemIds: [...itemIds] }, options)).outcomes,
      ) as ItemsGetAllResponse["individualResponses"],
    }),
    put: async (item, options) => itemOf(await call("items.put", { item: wireItem(item) }, options)),
    delete: async (vaultId, itemId, options) => void (await call("items.delete", { vaultId, itemId }, options)),
    deleteAll: async (vaultId, itemIds, options) => {
      const { outcomes } = await call("items.deleteAll", { vaultId, itemIds: [...itemIds] }, options);
      return {
        individualResponses: Object.fromEntries(
          outcomes.map((outcome, index) => [
            itemIds[index] ?? "",
            "error" in outcome ? { error: updateFailure(outcome.error) } : {},
          ]),
        ),
      };
    },
    archive: async (vaultId, itemId, options) => void (await call("items.archive", { vaultId, itemId }, options)),
    list: async (vaultId, ...filters) => {
      // Several filters add up. Without a filter the list has the active items.
      const states =
        filters.length === 0
          ? { active: true, archived: false }
          : {
              active: filters.some(({ content }) => content.active),
              archived: filters.some(({ content }) => content.archived),
            };
      return (await wholeList(call, { vaultId, ...states })).map((item) => official<ItemOverview>(withDates(item)));
    },
  };
}

/** Small files are sent with the item. Larger ones follow it, each in a revision of its own. */
async function create(call: Call, files: Files, params: Given<ItemCreateParams>, options?: CallOptions): Promise<Item> {
  const { document } = params;
  if (document !== undefined && document.content.length > CHUNK_BYTES)
    return createLargeDocument(call, params, options);
  const large = (params.files ?? []).filter(({ content }) => content.length > CHUNK_BYTES);
  const small = { ...params, files: (params.files ?? []).filter((file) => !large.includes(file)) };
  let item = itemOf(await call("items.create", { item: wireParams(small) }, options));
  for (const file of large) item = await files.attach(item, file, options);
  return item;
}

/** A Document begins with its file. Everything else follows in a second revision. */
async function createLargeDocument(call: Call, params: Given<ItemCreateParams>, options?: CallOptions): Promise<Item> {
  const { document, files = [], category: _category, vaultId, title, ...rest } = params;
  if (document === undefined) throw new TypeError("a Document without its document");
  const made = await write(call, { vaultId, title, name: document.name }, document.content, options);
  let item = made;
  if (Object.values(rest).some((given) => given !== undefined))
    item = itemOf(await call("items.put", { item: wireItem({ ...made, ...rest }) }, options));
  const all = filesOf(call);
  for (const file of files) item = await all.attach(item, file, options);
  return item;
}

function filesOf(call: Call): Files {
  return {
    attach: async (item, { name, content, sectionId, fieldId }, options) => {
      const place = { vaultId: item.vaultId, itemId: item.id, version: item.version };
      if (content.length > CHUNK_BYTES) return write(call, { ...place, sectionId, fieldId, name }, content, options);
      const file = { name, content: base64(content), sectionId, fieldId };
      return itemOf(await call("files.attach", { ...place, file }, options));
    },
    read: async (vaultId, itemId, attr, options) => {
      const { handle, size } = await call("files.openRead", { vaultId, itemId, fileId: attr.id }, options);
      const content = new Uint8Array(size);
      for (let at = 0, ended = false; !ended; ) {
        const chunk = await call("files.readChunk", { handle }, options);
        const bytes = Buffer.from(chunk.content, "base64");
        content.set(bytes, at);
        at += bytes.length;
        ended = chunk.last;
      }
      return content;
    },
    delete: async (item, sectionId, fieldId, options) => {
      const place = { vaultId: item.vaultId, itemId: item.id, version: item.version };
      return itemOf(await call("files.delete", { ...place, sectionId, fieldId }, options));
    },
    replaceDocument: async (item, { name, content }, options) => {
      const place = { vaultId: item.vaultId, itemId: item.id, version: item.version };
      if (content.length > CHUNK_BYTES) return write(call, { ...place, name }, content, options);
      const document = { name, content: base64(content) };
      return itemOf(await call("files.replaceDocument", { ...place, document }, options));
    },
  };
}

type Target =
  | { vaultId: string; title: string; name: string }
  | { vaultId: string; itemId: string; version: number; sectionId: string; fieldId: string; name: string }
  | { vaultId: string; itemId: string; version: number; name: string };

async function write(call: Call, target: Target, content: Uint8Array, options?: CallOptions): Promise<Item> {
  const { handle } = await call("files.openWrite", { ...target, size: content.length }, options);
  for (let at = 0; at < content.length; at += CHUNK_BYTES)
    await call("files.writeChunk", { handle, content: base64(content.subarray(at, at + CHUNK_BYTES)) }, options);
  return itemOf(await call("files.commit", { handle }, options));
}

function wireParams({
  fields,
  files,
  document,
  ...params
}: Given<ItemCreateParams>): Methods["items.create"]["params"]["item"] {
  return {
    ...params,
    ...(fields === undefined ? {} : { fields: wireFields(fields) }),
    ...(files === undefined ? {} : { files: files.map((file) => ({ ...file, content: base64(file.content) })) }),
    ...(document === undefined ? {} : { document: { ...document, content: base64(document.content) } }),
  };
}

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");

const itemOf = (wire: WireItem): Item => official<Item>(withDates(wire));

function wireItem(item: Given<Item>): WireItem {
  return {
    ...item,
    fields: wireFields(item.fields),
    createdAt: item.createdAt.toISOString(),
    updatedAt: item.updatedAt.toISOString(),
  };
}

function responses(outcomes: readonly WireOutcome[]): ItemsUpdateAllResponse["individualResponses"] {
  return outcomes.map((outcome) =>
    "error" in outcome ? { error: updateFailure(outcome.error) } : { content: itemOf(outcome) },
  );
}

const updateFailure = (error: PartFailure) => changeFailure(error) as ItemUpdateFailureReason;

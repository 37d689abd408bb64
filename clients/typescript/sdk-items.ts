// client.items and client.items.files (client.items.shares is beside it). Dates are dates here and text on the wire; bytes are bytes here, and large files
// pass in chunks whatever way they came.

import type { Call } from "./call.ts";
import type { CallOptions } from "./channel.ts";
import type { Methods, Item as WireItem } from "./generated.ts";
import { limits } from "./generated-limits.ts";
import { given } from "./generated-sdk-given.ts";
import { changeFailure, type PartFailure } from "./generated-sdk-outcomes.ts";
import { knownOf, knownParams, tolerated, wholeOf, wholeParams } from "./sdk-given-items.ts";
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
import { base64 } from "./sdk-to-base64.ts";
import { wholeList } from "./whole-list.ts";
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
      const { outcomes } = await tolerated(
        (items) => call("items.createAll", { vaultId, items }, options),
        params.map(wholeParams),
        () => params.map(knownParams),
      );
      return { individualResponses: responses(outcomes) };
    },
    get: async (vaultId, itemId, options) => itemOf(await call("items.get", { vaultId, itemId }, options)),
    getAll: async (vaultId, itemIds, options) => ({
      individualResponses: responses(
        (await call("items.getAll", { vaultId, itemIds: [...itemIds] }, options)).outcomes,
      ) as ItemsGetAllResponse["individualResponses"],
    }),
    put: async (item, options) => itemOf(await changed(call, item, options)),
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
  if ((params.document?.content.length ?? 0) > CHUNK_BYTES) return createLargeDocument(call, params, options);
  const all = params.files ?? [];
  const large = all.filter(({ content }) => content.length > CHUNK_BYTES);
  const small = { ...params, files: all.filter((file) => !large.includes(file)) };
  let item = itemOf(await made(call, small, options));
  for (const file of large) item = await files.attach(item, file, options);
  return item;
}

/** A Document begins with its file. Everything else follows in a second revision. */
async function createLargeDocument(call: Call, params: Given<ItemCreateParams>, options?: CallOptions): Promise<Item> {
  const { document, files, vaultId, title, fields, sections, notes, tags, websites } = params;
  if (document === undefined) throw new TypeError("a Document without its document");
  const begun = await write(call, { vaultId, title, name: document.name }, document.content, options);
  const rest = given({ fields, sections, notes, tags, websites });
  let item = begun;
  if (Object.keys(rest).length > 0) item = itemOf(await changed(call, { ...begun, ...rest }, options));
  const all = filesOf(call);
  for (const file of files ?? []) item = await all.attach(item, file, options);
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

/** Makes an item of what a program gave. */
const made = (call: Call, params: Given<ItemCreateParams>, options?: CallOptions) =>
  tolerated(
    (item) => call("items.create", { item }, options),
    wholeParams(params),
    () => knownParams(params),
  );

/** Puts an item back as a program gave it. */
const changed = (call: Call, given: Given<Item>, options?: CallOptions) =>
  tolerated(
    (item) => call("items.put", { item }, options),
    wholeOf(given),
    () => knownOf(given),
  );

const itemOf = (wire: WireItem): Item => official<Item>(withDates(wire));

function responses(outcomes: readonly WireOutcome[]): ItemsUpdateAllResponse["individualResponses"] {
  return outcomes.map((outcome) =>
    "error" in outcome ? { error: updateFailure(outcome.error) } : { content: itemOf(outcome) },
  );
}

const updateFailure = (error: PartFailure) => changeFailure(error) as ItemUpdateFailureReason;

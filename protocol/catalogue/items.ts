// items.*, files.*: the content of an account's vaults.
import Type from "typebox";
import { entry, type Target } from "../entry.ts";
import {
  DocumentCreateParams,
  FileCreateParams,
  Item,
  ItemCreateParams,
  ItemOverview,
  itemLimits,
  TOO_LARGE_FILE,
} from "../item/item.ts";
import { limits } from "../limits.ts";
import { named, namedClosed } from "../named.ts";
import { Bytes, Empty, Id, IdParam, onAccount, staleMs, Timestamp } from "./common.ts";

const closed = { additionalProperties: false } as const;

/** Ids of one batch of reads or deletes, as in the official SDKs. */
export const BATCH_IDS_MAX = 50;

/** Errors of every method that needs a grant. */
export const asked = [
  "signedOut",
  "locked",
  "clientNotFound",
  "approvalRequired",
  "approvalDenied",
  "approvalTimedOut",
  "promptQuota",
  "coolingDown",
  "offline",
  "sealBroken",
  "auditUnwritable",
] as const;
const itemErrors = [...asked, "vaultNotFound", "itemNotFound"] as const;
const vaultErrors = [...asked, "vaultNotFound"] as const;
const writeErrors = [...itemErrors, "invalidItem", "notPermitted", "diskFull"] as const;

const exampleField = { id: "password", title: "password", fieldType: "Concealed", value: "postgres://…" };
const exampleItem = {
  id: "bcdefghijklmnopqrstuvwxyz2",
  title: "DATABASE_URL",
  category: "ApiCredentials",
  vaultId: "abcdefghijklmnopqrstuvwxyz",
  fields: [{ ...exampleField, sectionId: "" }],
  sections: [{ id: "", title: "" }],
  notes: "",
  tags: [],
  websites: [],
  version: 1,
  files: [],
  createdAt: "2026-11-24T09:00:00.000Z",
  updatedAt: "2026-11-24T09:00:00.000Z",
};

const exampleNew = {
  title: "DATABASE_URL",
  category: "ApiCredentials",
  vaultId: "abcdefghijklmnopqrstuvwxyz",
  fields: [exampleField],
};

/** An item with no field but its file. */
const exampleDocument = { ...exampleItem, category: "Document", fields: [], sections: [] };

const {
  fields: _fields,
  sections: _sections,
  notes: _notes,
  version: _version,
  files: _files,
  ...exampleOverview
} = exampleItem;

const ItemError = Type.Object(
  { error: Type.Object({ name: Type.String(), message: Type.String() }) },
  named("ItemFailure"),
);
const Version = Type.Integer({ minimum: 1, maximum: 0xffffffff });
const ItemVersion = Type.Object({ version: Version, updatedAt: Timestamp }, namedClosed("ItemVersion"));
const place = { vaultId: IdParam, itemId: IdParam, ...onAccount };
/** With a version, the method acts only where that version is still stored: the person decided by what they saw. */
const placeAsSeen = { ...place, version: Type.Optional(Version) };
const idsTo = (act: "retrieve" | "delete") =>
  Type.Array(IdParam, {
    maxItems: BATCH_IDS_MAX,
    errorMessage: { maxItems: `you can only ${act} up to ${BATCH_IDS_MAX} items at once` },
  });

/** A request for none of a vault's items still asks about the vault. A caller without a right to it gets no answer. */
const eachOf = (vault: string, ids: readonly string[]): Target[] =>
  ids.length === 0 ? [{ vault, names: true }] : ids.map((item) => ({ vault, item }));

export const items = {
  "items.create": entry({
    summary: "Makes an item. Small files may be part of the call. Large files come through files.openWrite.",
    params: Type.Object({ item: ItemCreateParams, ...onAccount }, closed),
    result: Item,
    errors: [...vaultErrors, "invalidItem", "notPermitted", "diskFull"],
    need: { kind: "grant", verb: "write", scopeOf: ({ item }) => [{ vault: item.vaultId }] },
    activity: true,
    since: "0.1.0",
    example: {
      params: { item: exampleNew },
      result: exampleItem,
    },
    sdkName: "ItemsCreate",
  }),
  "items.createAll": entry({
    summary:
      "Makes up to 100 items of one vault in one transaction. Each has its own outcome, in order. The items cannot bring files.",
    params: Type.Object(
      {
        vaultId: IdParam,
        items: Type.Array(ItemCreateParams, {
          maxItems: itemLimits.batch,
          errorMessage: { maxItems: `you can't create more than ${itemLimits.batch} items in one batch` },
        }),
        ...onAccount,
      },
      closed,
    ),
    result: Type.Object({ outcomes: Type.Array(Type.Union([Item, ItemError])) }),
    errors: [...vaultErrors, "invalidItem", "diskFull"],
    need: { kind: "grant", verb: "write", scopeOf: ({ vaultId }) => [{ vault: vaultId }] },
    activity: true,
    since: "0.1.0",
    example: {
      params: {
        vaultId: "abcdefghijklmnopqrstuvwxyz",
        items: [exampleNew],
      },
      result: { outcomes: [exampleItem] },
    },
    sdkName: "ItemsCreateAll",
  }),
  "items.get": entry({
    summary: "Returns an item with its values, active or archived.",
    params: Type.Object(place, closed),
    result: Item,
    errors: itemErrors,
    need: { kind: "grant", verb: "read", scopeOf: ({ vaultId, itemId }) => [{ vault: vaultId, item: itemId }] },
    activity: true,
    since: "0.1.0",
    example: {
      params: { vaultId: "abcdefghijklmnopqrstuvwxyz", itemId: "bcdefghijklmnopqrstuvwxyz2" },
      result: exampleItem,
    },
    sdkName: "ItemsGet",
  }),
  "items.getAll": entry({
    summary: "Returns up to 50 items of one vault. Each has its own outcome, in order.",
    params: Type.Object({ vaultId: IdParam, itemIds: idsTo("retrieve"), ...onAccount }, closed),
    result: Type.Object({ outcomes: Type.Array(Type.Union([Item, ItemError])) }),
    errors: vaultErrors,
    need: {
      kind: "grant",
      verb: "read",
      scopeOf: ({ vaultId, itemIds }) => eachOf(vaultId, itemIds),
    },
    activity: true,
    since: "0.1.0",
    example: {
      params: { vaultId: "abcdefghijklmnopqrstuvwxyz", itemIds: ["bcdefghijklmnopqrstuvwxyz2"] },
      result: { outcomes: [exampleItem] },
    },
    sdkName: "ItemsGetAll",
  }),
  "items.put": entry({
    summary:
      "Replaces the editable parts of an item. `version` must be the stored one. Category and files stay as they are.",
    params: Type.Object({ item: Item, ...onAccount }, closed),
    result: Item,
    errors: [...writeErrors, "versionConflict"],
    need: { kind: "grant", verb: "write", scopeOf: ({ item }) => [{ vault: item.vaultId, item: item.id }] },
    activity: true,
    since: "0.1.0",
    example: { params: { item: exampleItem }, result: { ...exampleItem, version: 2 } },
    sdkName: "ItemsPut",
  }),
  "items.delete": entry({
    summary: "Deletes an item with its versions and its files. If `version` is given, it must be the stored one.",
    params: Type.Object(placeAsSeen, closed),
    result: Empty,
    errors: [...itemErrors, "notPermitted", "versionConflict"],
    need: { kind: "grant", verb: "write", scopeOf: ({ vaultId, itemId }) => [{ vault: vaultId, item: itemId }] },
    activity: true,
    since: "0.1.0",
    example: { params: { vaultId: "abcdefghijklmnopqrstuvwxyz", itemId: "bcdefghijklmnopqrstuvwxyz2" }, result: {} },
    sdkName: "ItemsDelete",
  }),
  "items.deleteAll": entry({
    summary: "Deletes up to 50 items of one vault in one transaction. Each has its own outcome, in order.",
    params: Type.Object({ vaultId: IdParam, itemIds: idsTo("delete"), ...onAccount }, closed),
    result: Type.Object({ outcomes: Type.Array(Type.Union([Empty, ItemError])) }),
    errors: [...vaultErrors, "diskFull"],
    need: {
      kind: "grant",
      verb: "write",
      scopeOf: ({ vaultId, itemIds }) => eachOf(vaultId, itemIds),
    },
    activity: true,
    since: "0.1.0",
    example: {
      params: { vaultId: "abcdefghijklmnopqrstuvwxyz", itemIds: ["bcdefghijklmnopqrstuvwxyz2"] },
      result: { outcomes: [{}] },
    },
    sdkName: "ItemsDeleteAll",
  }),
  "items.archive": entry({
    summary:
      "Moves an item to the archive, where references do not find it. If `version` is given, it must be the stored one.",
    params: Type.Object(placeAsSeen, closed),
    result: Empty,
    errors: [...itemErrors, "notPermitted", "versionConflict"],
    need: { kind: "grant", verb: "write", scopeOf: ({ vaultId, itemId }) => [{ vault: vaultId, item: itemId }] },
    activity: true,
    since: "0.1.0",
    example: { params: { vaultId: "abcdefghijklmnopqrstuvwxyz", itemId: "bcdefghijklmnopqrstuvwxyz2" }, result: {} },
    sdkName: "ItemsArchive",
  }),
  "items.unarchive": entry({
    summary:
      "Takes an item out of the archive, so that references find it again. If `version` is given, it must be the stored one.",
    params: Type.Object(placeAsSeen, closed),
    result: Empty,
    errors: [...itemErrors, "notPermitted", "versionConflict"],
    need: { kind: "grant", verb: "write", scopeOf: ({ vaultId, itemId }) => [{ vault: vaultId, item: itemId }] },
    activity: true,
    since: "0.1.0",
    example: { params: { vaultId: "abcdefghijklmnopqrstuvwxyz", itemId: "bcdefghijklmnopqrstuvwxyz2" }, result: {} },
  }),
  "items.history": entry({
    summary: "Returns the kept versions of an item, the present one first.",
    params: Type.Object(place, closed),
    result: Type.Object({ versions: Type.Array(ItemVersion) }),
    errors: [...itemErrors, "notPermitted"],
    need: { kind: "grant", verb: "read", scopeOf: ({ vaultId, itemId }) => [{ vault: vaultId, item: itemId }] },
    activity: true,
    since: "0.1.0",
    example: {
      params: { vaultId: "abcdefghijklmnopqrstuvwxyz", itemId: "bcdefghijklmnopqrstuvwxyz2" },
      result: {
        versions: [
          { version: 2, updatedAt: "2026-11-24T10:00:00.000Z" },
          { version: 1, updatedAt: "2026-11-24T09:00:00.000Z" },
        ],
      },
    },
  }),
  "items.restore": entry({
    summary:
      "Brings back an earlier version of an item, with its files. The present version is kept as an earlier one.",
    params: Type.Object({ ...place, version: Version }, closed),
    result: Item,
    errors: [...itemErrors, "notPermitted", "versionConflict", "diskFull"],
    need: { kind: "grant", verb: "write", scopeOf: ({ vaultId, itemId }) => [{ vault: vaultId, item: itemId }] },
    activity: true,
    since: "0.1.0",
    example: {
      params: { vaultId: "abcdefghijklmnopqrstuvwxyz", itemId: "bcdefghijklmnopqrstuvwxyz2", version: 1 },
      result: { ...exampleItem, version: 3 },
    },
  }),
  "items.list": entry({
    summary:
      "Returns a page of the overviews of a vault's items, without values, in the order of their ids. These are the active items, unless `archived` asks for others. If `more` is true, others follow: ask again with the last id as `after`. An item that exists all the time comes exactly once, even if others change between two pages.",
    params: Type.Object(
      {
        vaultId: IdParam,
        active: Type.Optional(Type.Boolean()),
        archived: Type.Optional(Type.Boolean()),
        /** Items with ids after this one. The item of this id need not exist any more. */
        after: Type.Optional(Id),
        /** The most items. A page of long overviews has fewer. */
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.pageItems })),
        ...onAccount,
      },
      closed,
    ),
    result: Type.Object({ items: Type.Array(ItemOverview), more: Type.Boolean(), staleMs }),
    errors: vaultErrors,
    need: { kind: "grant", verb: "read", scopeOf: ({ vaultId }) => [{ vault: vaultId, names: true }] },
    activity: true,
    since: "0.1.0",
    example: {
      params: { vaultId: "abcdefghijklmnopqrstuvwxyz" },
      result: { items: [{ ...exampleOverview, state: "active" }], more: false },
    },
    sdkName: "ItemsList",
  }),
} as const;

const handleErrors = ["locked", "handleNotFound"] as const;
const Handle = Type.String({ minLength: 1, maxLength: 64 });

const FileName = Type.String({
  minLength: 1,
  maxLength: itemLimits.fileName,
  errorMessage: { minLength: "cannot upload files without a name" },
});
const FileSize = Type.Integer({
  minimum: 0,
  maximum: itemLimits.fileBytes,
  errorMessage: { maximum: TOO_LARGE_FILE },
});
const PartId = Type.String({ maxLength: itemLimits.partId });
const changedPlace = { vaultId: IdParam, itemId: IdParam, version: Version, ...onAccount };
const exampleFile = { name: "cert.pem", id: "cdefghijklmnopqrstuvwxyz23", size: 3 };
const withExampleFile = {
  ...exampleItem,
  version: 2,
  files: [{ attributes: exampleFile, sectionId: "", fieldId: "certificate" }],
};

export const files = {
  "files.attach": entry({
    summary: "Adds a small file to an item, as a field of its own. Add a larger one through files.openWrite.",
    params: Type.Object({ ...changedPlace, file: FileCreateParams }, closed),
    result: Item,
    errors: [...writeErrors, "versionConflict"],
    need: { kind: "grant", verb: "write", scopeOf: ({ vaultId, itemId }) => [{ vault: vaultId, item: itemId }] },
    activity: true,
    since: "0.1.0",
    example: {
      params: {
        vaultId: "abcdefghijklmnopqrstuvwxyz",
        itemId: "bcdefghijklmnopqrstuvwxyz2",
        version: 1,
        file: { name: "cert.pem", content: "AAEC", sectionId: "", fieldId: "certificate" },
      },
      result: withExampleFile,
    },
    sdkName: "ItemsFilesAttach",
  }),
  "files.read": entry({
    summary: "Returns a small file of an item, whole. Read a larger one through files.openRead.",
    params: Type.Object({ ...place, fileId: IdParam }, closed),
    result: Type.Object({ content: Type.String() }),
    errors: [...itemErrors, "fileNotFound"],
    need: { kind: "grant", verb: "read", scopeOf: ({ vaultId, itemId }) => [{ vault: vaultId, item: itemId }] },
    activity: true,
    since: "0.1.0",
    example: {
      params: {
        vaultId: "abcdefghijklmnopqrstuvwxyz",
        itemId: "bcdefghijklmnopqrstuvwxyz2",
        fileId: "cdefghijklmnopqrstuvwxyz23",
      },
      result: { content: "AAEC" },
    },
    sdkName: "ItemsFilesRead",
  }),
  "files.delete": entry({
    summary: "Removes a file from an item.",
    params: Type.Object({ ...changedPlace, sectionId: PartId, fieldId: PartId }, closed),
    result: Item,
    errors: [...writeErrors, "versionConflict"],
    need: { kind: "grant", verb: "write", scopeOf: ({ vaultId, itemId }) => [{ vault: vaultId, item: itemId }] },
    activity: true,
    since: "0.1.0",
    example: {
      params: {
        vaultId: "abcdefghijklmnopqrstuvwxyz",
        itemId: "bcdefghijklmnopqrstuvwxyz2",
        version: 2,
        sectionId: "",
        fieldId: "certificate",
      },
      result: { ...exampleItem, version: 3 },
    },
    sdkName: "ItemsFilesDelete",
  }),
  "files.replaceDocument": entry({
    summary:
      "Replaces the file of a Document by another small one. Replace it by a larger one through files.openWrite.",
    params: Type.Object({ ...changedPlace, document: DocumentCreateParams }, closed),
    result: Item,
    errors: [...writeErrors, "versionConflict"],
    need: { kind: "grant", verb: "write", scopeOf: ({ vaultId, itemId }) => [{ vault: vaultId, item: itemId }] },
    activity: true,
    since: "0.1.0",
    example: {
      params: {
        vaultId: "abcdefghijklmnopqrstuvwxyz",
        itemId: "bcdefghijklmnopqrstuvwxyz2",
        version: 1,
        document: { name: "report.pdf", content: "AAEC" },
      },
      result: {
        ...exampleDocument,
        version: 2,
        document: { name: "report.pdf", id: "cdefghijklmnopqrstuvwxyz23", size: 3 },
      },
    },
    sdkName: "ItemsFilesReplaceDocument",
  }),
  "files.openRead": entry({
    summary:
      "Opens a file, so that this connection can read it in chunks. The file is that of a reference, or one of an item by ids.",
    params: Type.Union([
      Type.Object({ reference: Type.String({ minLength: 1, maxLength: 2048 }), ...onAccount }, closed),
      Type.Object({ ...place, fileId: IdParam }, closed),
    ]),
    result: Type.Object({ handle: Handle, name: Type.String(), size: Type.Integer() }),
    errors: [
      ...itemErrors,
      "invalidReference",
      "tooManyVaults",
      "tooManyItems",
      "noMatchingSections",
      "fieldNotFound",
      "tooManyMatchingFields",
      "fileNotFound",
    ],
    need: {
      kind: "grant",
      verb: "read",
      scopeOf: (params) =>
        "reference" in params ? [{ reference: params.reference }] : [{ vault: params.vaultId, item: params.itemId }],
    },
    activity: true,
    since: "0.1.0",
    example: {
      params: { reference: "op://Demo/backup/backup.bin" },
      result: { handle: "1", name: "backup.bin", size: 5242880 },
    },
  }),
  "files.readChunk": entry({
    summary: "Returns the next chunk of an open file, at most 1 MiB, in base64. The handle ends with the last chunk.",
    params: Type.Object({ handle: Handle }, closed),
    result: Type.Object({ content: Type.String(), last: Type.Boolean() }),
    errors: [...handleErrors, "offline", "sealBroken"],
    need: { kind: "none" },
    activity: true,
    since: "0.1.0",
    example: { params: { handle: "1" }, result: { content: "AAEC", last: true } },
  }),
  "files.openWrite": entry({
    summary:
      "Begins a file that comes in chunks: the file of a new Document (with `title`), of a new field (with `fieldId`), or one that replaces a Document's. Nothing changes until files.commit.",
    params: Type.Union([
      Type.Object(
        {
          vaultId: IdParam,
          title: Type.String({ minLength: 1, maxLength: itemLimits.title }),
          name: FileName,
          size: FileSize,
          ...onAccount,
        },
        closed,
      ),
      Type.Object({ ...changedPlace, sectionId: PartId, fieldId: PartId, name: FileName, size: FileSize }, closed),
      Type.Object({ ...changedPlace, name: FileName, size: FileSize }, closed),
    ]),
    result: Type.Object({ handle: Handle }),
    errors: [...itemErrors, "invalidItem", "versionConflict"],
    need: {
      kind: "grant",
      verb: "write",
      scopeOf: (params) => [
        "itemId" in params ? { vault: params.vaultId, item: params.itemId } : { vault: params.vaultId },
      ],
    },
    activity: true,
    since: "0.1.0",
    example: {
      params: { vaultId: "abcdefghijklmnopqrstuvwxyz", title: "backup", name: "backup.bin", size: 5242880 },
      result: { handle: "1" },
    },
  }),
  "files.writeChunk": entry({
    summary: "Takes the next chunk of a file. Each chunk but the last has exactly 1 MiB.",
    params: Type.Object({ handle: Handle, content: Bytes(Math.ceil(limits.chunkBytes / 3) * 4) }, closed),
    result: Empty,
    errors: [...handleErrors, "offline", "notRestorable", "diskFull"],
    need: { kind: "none" },
    activity: true,
    since: "0.1.0",
    example: { params: { handle: "1", content: "AAEC" }, result: {} },
  }),
  "files.commit": entry({
    summary: "Ends the file and makes the item.",
    params: Type.Object({ handle: Handle }, closed),
    result: Item,
    errors: [...handleErrors, "offline", "invalidItem", "versionConflict", "diskFull", "auditUnwritable"],
    need: { kind: "none" },
    activity: true,
    since: "0.1.0",
    example: {
      params: { handle: "1" },
      result: {
        ...exampleDocument,
        document: { name: "backup.bin", id: "cdefghijklmnopqrstuvwxyz23", size: 5242880 },
      },
    },
  }),
  "files.close": entry({
    summary: "Lets go of an open file before its end. What was written of it is removed.",
    params: Type.Object({ handle: Handle }, closed),
    result: Empty,
    errors: ["handleNotFound"],
    need: { kind: "none" },
    activity: true,
    since: "0.2.0",
    example: { params: { handle: "1" }, result: {} },
  }),
} as const;

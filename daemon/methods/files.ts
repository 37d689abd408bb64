// files.*: files in chunks, through the handles of the connection.
import { PosternError } from "../../protocol/errors.ts";
import { itemLimits } from "../../protocol/item/item.ts";
import { newItem } from "../../protocol/item/item-validation.ts";
import { limits } from "../../protocol/limits.ts";
import { fileKey } from "../../protocol/secret/match.ts";
import { offered } from "../account/account.ts";
import type { AccountItem, Upload } from "../account/account-item.ts";
import { isMissing } from "../account/resolver.ts";
import type { Scope } from "../account/scope.ts";
import type { Grants } from "../approval/grants.ts";
import { errorOf } from "../approval/missing-error.ts";
import { accessOf, type Call } from "../call/call.ts";
import { entryOf } from "../call/log-entry.ts";
import type { Clock } from "../host/clock.ts";
import type { Sessions } from "../session/sessions.ts";
import type { Unlocked } from "../session/unlocked.ts";
import { type Attachment, demandAttachable, withFile, withoutFile } from "../transfer/attachments.ts";
import type { Handles, Restoring, Writing } from "../transfer/handles.ts";
import { writeInline } from "../transfer/item-files.ts";
import type { Handlers } from "../wire/dispatch.ts";
import { createTurnstile, type Turnstile } from "../wire/long-answers.ts";
import { changeItem, changeItemOf, demandId, itemOf } from "./items.ts";

type FileHandlers = Pick<
  Handlers,
  | "files.attach"
  | "files.read"
  | "files.delete"
  | "files.replaceDocument"
  | "files.openRead"
  | "files.readChunk"
  | "files.openWrite"
  | "files.writeChunk"
  | "files.commit"
  | "files.close"
>;

export type FileParts = {
  readonly clock: Pick<Clock, "wallMs">;
  readonly sessions: Sessions;
  readonly grants: Grants;
  readonly handles: Handles;
};

/**
 * Chunks of one account that are fetched and opened at once. Each needs some 5 MiB on its way, and a peer may have thousands of open files. The
 * others wait, but only behind those of their own account.
 */
export const CHUNKS_AT_ONCE = 4;

export function fileMethods({ clock, sessions, grants, handles }: FileParts): FileHandlers {
  /** Whether the same session is unlocked and the grant lives. An approval of one request lasts for its whole file. */
  function holding(opened: Call, verb: "read" | "write", scope: Scope): (call: Call) => boolean {
    const { session, byToken, holds } = accessOf(opened);
    if (byToken) return holds;
    // The gate has passed it. Where no grant covers it, a person allowed this once, and that means the whole file.
    const allowedOnce = !grants.allows(opened.connection.subject, verb, scope);
    return (call) =>
      // Checks the clocks too, since nothing else does so between two requests.
      sessions.open(session.file.account).unlocked === session.unlocked &&
      (allowedOnce || grants.allows(call.connection.subject, verb, scope));
  }

  const turns = new WeakMap<Unlocked, Turnstile>();

  function turnOf(unlocked: Unlocked): Turnstile {
    const turn = turns.get(unlocked) ?? createTurnstile(CHUNKS_AT_ONCE);
    turns.set(unlocked, turn);
    return turn;
  }

  const shown = (item: AccountItem) => itemOf(item, clock.wallMs());

  /** The item to change, if it is still the version that the caller saw. */
  function current(call: Call, vaultId: string, itemId: string, version: number): Promise<AccountItem> {
    return demandVersion(accessOf(call).session, vaultId, demandId(itemId), version);
  }

  async function attachInline(
    call: Call,
    place: { vaultId: string; itemId: string; version: number },
    file: Attachment,
    inline: { readonly content: string },
  ): Promise<AccountItem> {
    const { uploadTo } = filesOf(call);
    const before = await current(call, place.vaultId, place.itemId, place.version);
    demandAttachable(before, file);
    const upload = await uploadTo(before);
    try {
      const written = await writeInline(upload, inline, call.contents);
      return await changeItem(call, before, withFile(before, file, written), { upload });
    } finally {
      upload.close();
    }
  }

  return {
    "files.attach": async ({ vaultId, itemId, version, file }, call) => {
      const { name, sectionId, fieldId } = file;
      const place = { vaultId, itemId, version };
      return shown(await attachInline(call, place, { kind: "field", name, sectionId, fieldId }, file));
    },

    "files.replaceDocument": async ({ vaultId, itemId, version, document }, call) => {
      const place = { vaultId, itemId, version };
      return shown(await attachInline(call, place, { kind: "document", name: document.name }, document));
    },

    "files.delete": async ({ vaultId, itemId, version, sectionId, fieldId }, call) => {
      filesOf(call);
      const before = await current(call, vaultId, itemId, version);
      return shown(await changeItem(call, before, withoutFile(before, sectionId, fieldId)));
    },

    "files.read": async ({ vaultId, itemId, fileId }, call) => {
      const { unlocked, audit } = accessOf(call).session;
      const { read } = filesOf(call);
      const item = await unlocked.account.getItem(vaultId, demandId(itemId));
      const stream = read(item, fileId);
      if (stream.size > itemLimits.inlineFileBytes)
        throw new PosternError("tooLarge", `at most ${itemLimits.inlineFileBytes} bytes; use files.openRead`);
      const chunks: Uint8Array[] = [];
      for (let ended = false; !ended; ) {
        const { chunk, final } = await stream.next();
        chunks.push(chunk);
        ended = final;
      }
      audit.read(entryOf(call, "ok", [item.vaultId, item.id, fileId]));
      return { content: Buffer.concat(chunks).toString("base64") };
    },

    "files.openRead": async (params, call) => {
      const { read } = filesOf(call);
      const { unlocked, audit } = accessOf(call).session;
      const found = accessOf(call).found[0];
      if (found !== undefined && isMissing(found)) throw await errorOf(found, accessOf(call));
      const place =
        found?.place ??
        ("itemId" in params
          ? { vault: params.vaultId, item: demandId(params.itemId), field: fileKey(params.fileId) }
          : undefined);
      if (place === undefined) throw new Error("the gate looked nothing up");
      const item = await unlocked.account.getItem(place.vault, place.item);
      const fileId = fileOf(place.field);
      const stream = read(item, fileId);
      const scope: Scope = found?.scope ?? {
        account: unlocked.account.id,
        level: "values",
        vault: item.vaultId,
        item: item.id,
      };
      const handle = handles.add(call, {
        kind: "read",
        unlocked,
        holds: holding(call, "read", scope),
        stream,
        bytes: stream.heldBytes,
      });
      audit.read(entryOf(call, "ok", [item.vaultId, item.id, fileId]));
      return { handle, name: nameOf(item, fileId), size: stream.size };
    },

    "files.readChunk": async ({ handle: id }, call) => {
      const handle = handles.demand(call, id, "read");
      const { chunk, final } = await handles.alone(handle, () =>
        turnOf(handle.unlocked).pass(call.signal(), () => handle.stream.next()),
      );
      if (final) handles.remove(call, id);
      return { content: chunk.toBase64(), last: final };
    },

    "files.openWrite": async (params, call) => {
      const { account } = accessOf(call).session.unlocked;
      const files = filesOf(call);
      const { vaultId: vault, name, size } = params;
      if ("title" in params) {
        const item = { vault, name, size, title: params.title };
        const scope: Scope = { account: account.id, level: "values", vault };
        return { handle: openWrite(call, item, files.uploadToNew(vault), scope) };
      }
      const before = await current(call, vault, params.itemId, params.version);
      const file: Attachment =
        "fieldId" in params
          ? { kind: "field", name, sectionId: params.sectionId, fieldId: params.fieldId }
          : { kind: "document", name };
      demandAttachable(before, file);
      // The item itself is not kept. It may have megabytes, and it is read again when the file is complete.
      const item = { vault, name, size, attach: { id: before.id, version: params.version, file } };
      const scope: Scope = { account: account.id, level: "values", vault, item: before.id };
      return { handle: openWrite(call, item, await files.uploadTo(before), scope) };
    },

    "files.writeChunk": async ({ handle: id, content }, call) => {
      const handle = handles.demand(call, id, "write", "restore");
      const chunk = Uint8Array.fromBase64(content);
      if (handle.kind === "write") await handles.alone(handle, () => pushNext(handle, chunk));
      else takeIn(handle, chunk, () => handles.remove(call, id));
      return {};
    },

    "files.commit": async ({ handle: id }, call) => {
      const handle = handles.demand(call, id, "write");
      if (handle.written !== handle.item.size) throw new PosternError("invalidItem", "the file is not complete");
      const made = await handles.alone(handle, () => commit(handle, call));
      handle.named = true;
      handles.remove(call, id);
      return shown(made);
    },

    "files.close": async ({ handle: id }, call) => {
      handles.close(call, id);
      return {};
    },
  };

  function openWrite(call: Call, item: Writing["item"], upload: Upload, scope: Scope): string {
    const { session } = accessOf(call);
    const holds = holding(call, "write", scope);
    return handles.add(call, { kind: "write", holds, session, upload, stream: upload.write(), item, written: 0 });
  }
}

const filesOf = (call: Call) => offered(accessOf(call).session.unlocked.account, "files");

/** Takes a piece of a backup. After a refusal its file is removed at once. */
function takeIn({ spool }: Restoring, chunk: Uint8Array, remove: () => void): void {
  try {
    spool.push(chunk);
  } catch (error) {
    remove();
    throw error;
  }
}

/** Makes the item, or the version of an item, that names the file. */
async function commit({ item, session, upload, stream }: Writing, call: Call): Promise<AccountItem> {
  const { unlocked, audit } = session;
  const written = stream.end();
  if (item.attach !== undefined) {
    const { id, version, file } = item.attach;
    const before = await demandVersion(session, item.vault, id, version);
    return changeItemOf(session, call, before, withFile(before, file, written), { upload });
  }
  const document = { name: item.name, content: "" };
  const content = newItem({ category: "Document", title: item.title ?? item.name, vaultId: item.vault, document });
  const named = { ...content, document: { name: item.name, ...written } };
  const made = await unlocked.account.createItem(item.vault, named, upload);
  unlocked.cache.dropItem(made.vaultId, made.id, made.tag);
  audit.keep(entryOf(call, "ok", [made.vaultId, made.id], [made.title]));
  return made;
}

async function demandVersion(
  { unlocked }: Writing["session"],
  vault: string,
  id: string,
  version: number,
): Promise<AccountItem> {
  const item = await unlocked.account.getItem(vault, id);
  if (item.version !== version) throw new PosternError("versionConflict");
  return item;
}

/** The file of a field's key. Throws fileNotFound for any other key. */
function fileOf(key: string): string {
  if (!key.startsWith(fileKey(""))) throw new PosternError("fileNotFound");
  return key.slice(fileKey("").length);
}

/** Checks the size of a chunk: every chunk but the last has 1 MiB, and all together have the announced size. */
async function pushNext(handle: Writing, chunk: Uint8Array): Promise<void> {
  const left = handle.item.size - handle.written;
  const expected = Math.min(limits.chunkBytes, left);
  if (chunk.length !== expected || (left === 0 && handle.item.size > 0)) {
    throw new PosternError("tooLarge", `this chunk must have ${expected} bytes`);
  }
  await handle.stream.push(chunk, chunk.length === left);
  handle.written += chunk.length;
}

function nameOf({ document, files }: AccountItem, file: string): string {
  if (document?.id === file) return document.name;
  return files.find(({ attributes }) => attributes.id === file)?.attributes.name ?? "file";
}

// files.*: files in chunks. A handle belongs to the connection that opened it and ends with it; each chunk is passed only
// while the grant under which the file was opened still holds.
import type { OpenedItem } from "../../clients/account/open-account.ts";
import { FILE_CHUNK_BYTES } from "../../protocol/crypto/file.ts";
import type { FileHeader } from "../../protocol/crypto/item.ts";
import { PosternError } from "../../protocol/errors.ts";
import { newItem } from "../../protocol/item-validation.ts";
import { accessOf, type Call } from "../call.ts";
import type { Connection } from "../connection.ts";
import type { Handlers } from "../dispatch.ts";
import type { Access } from "../gate.ts";
import type { Grants } from "../grants.ts";
import { happening } from "../happening.ts";
import { isMissing } from "../resolver.ts";
import type { Scope } from "../scope.ts";
import type { Sessions } from "../sessions.ts";
import { itemOf } from "./items.ts";

type FileHandlers = Pick<
  Handlers,
  "files.openRead" | "files.readChunk" | "files.openWrite" | "files.writeChunk" | "files.commit"
>;

/** Files open on one connection at once. */
export const HANDLES_MAX = 16;

type Reading = {
  readonly kind: "read";
  readonly access: Access;
  readonly scope: Scope;
  readonly stream: { next(): Promise<{ chunk: Uint8Array; final: boolean }> };
};

type Writing = {
  readonly kind: "write";
  readonly access: Access;
  readonly scope: Scope;
  readonly stream: { push(chunk: Uint8Array, final: boolean): Promise<void>; end(): FileHeader };
  readonly item: { vault: string; id: string; title: string; name: string; size: number; itemKey: Uint8Array };
  written: number;
};

type Handle = (Reading | Writing) & { busy: boolean };

export function fileMethods(newId: () => string, sessions: Sessions, grants: Grants): FileHandlers {
  const byConnection = new WeakMap<Connection, Map<string, Handle>>();

  function handlesOf(connection: Connection): Map<string, Handle> {
    const known = byConnection.get(connection);
    if (known !== undefined) return known;
    const handles = new Map<string, Handle>();
    byConnection.set(connection, handles);
    connection.onEnd(() => {
      for (const handle of handles.values()) drop(handle);
      handles.clear();
    });
    return handles;
  }

  function drop(handle: Handle): void {
    if (handle.kind === "write") handle.item.itemKey.fill(0);
  }

  function add(call: Call, handle: Reading | Writing): string {
    const handles = handlesOf(call.connection);
    if (handles.size >= HANDLES_MAX)
      throw new PosternError("busy", `${HANDLES_MAX} files may be open on one connection`);
    const id = newId();
    handles.set(id, { ...handle, busy: false });
    return id;
  }

  /** The handle, if what it was opened under still holds: the account is unlocked, the grant lives, the peer is the same. */
  function demand<K extends Handle["kind"]>(call: Call, id: string, kind: K): Extract<Handle, { kind: K }> {
    const handle = handlesOf(call.connection).get(id);
    if (handle === undefined || handle.kind !== kind) throw new PosternError("handleNotFound");
    if (handle.busy) throw new PosternError("busy", "one chunk at a time");
    const { file } = handle.access.session;
    if (sessions.open(file.account).unlocked !== handle.access.session.unlocked)
      throw new PosternError("handleNotFound");
    const allowed =
      grants.allows(call.connection.subject, kind === "read" ? "read" : "write", handle.scope) ||
      call.connection.subject.kind === "once";
    if (!allowed || !call.connection.peer.recheck()) throw new PosternError("handleNotFound");
    return handle as Extract<Handle, { kind: K }>;
  }

  async function alone<T>(handle: Handle, work: () => Promise<T>): Promise<T> {
    handle.busy = true;
    try {
      return await work();
    } finally {
      handle.busy = false;
    }
  }

  return {
    "files.openRead": async (_params, call) => {
      const access = accessOf(call);
      const [found] = access.found;
      if (found === undefined || isMissing(found)) throw found?.error ?? new Error("the gate looked nothing up");
      const { unlocked, audit } = access.session;
      const item = await unlocked.account.getItem(found.place.vault, found.place.item);
      const header = item.files.find((file) => `file/${file.id}` === found.place.field);
      if (header === undefined) throw new PosternError("fileNotFound");
      const handle = add(call, {
        kind: "read",
        access: held(access),
        scope: found.scope,
        stream: unlocked.account.readFile(item, header),
      });
      audit.read(happening(call, "ok", [item.vault, item.id, header.id]));
      return { handle, name: nameOf(item, header.id), size: header.size };
    },

    "files.readChunk": async ({ handle: id }, call) => {
      const handle = demand(call, id, "read");
      const { chunk, final } = await alone(handle, () => handle.stream.next());
      if (final) handlesOf(call.connection).delete(id);
      return { content: chunk.toBase64(), last: final };
    },

    "files.openWrite": async ({ vaultId, title, name, size }, call) => {
      const access = accessOf(call);
      const { account } = access.session.unlocked;
      const id = newId();
      const itemKey = account.newItemKey();
      const scope: Scope = { account: account.id, level: "values", vault: vaultId };
      const stream = account.writeFile({ vault: vaultId, item: id }, itemKey);
      return {
        handle: add(call, {
          kind: "write",
          access: held(access),
          scope,
          stream,
          item: { vault: vaultId, id, title, name, size, itemKey },
          written: 0,
        }),
      };
    },

    "files.writeChunk": async ({ handle: id, content }, call) => {
      const handle = demand(call, id, "write");
      const chunk = Uint8Array.fromBase64(content);
      const left = handle.item.size - handle.written;
      const expected = Math.min(FILE_CHUNK_BYTES, left);
      if (chunk.length !== expected || (left === 0 && handle.item.size > 0))
        throw new PosternError("tooLarge", `this chunk must have ${expected} bytes`);
      await alone(handle, () => handle.stream.push(chunk, chunk.length === left));
      handle.written += chunk.length;
      return {};
    },

    "files.commit": async ({ handle: id }, call) => {
      const handle = demand(call, id, "write");
      const { item } = handle;
      if (handle.written !== item.size) throw new PosternError("invalidItem", "the file is not complete");
      const { unlocked, audit } = handle.access.session;
      const made = await alone(handle, async () => {
        const header = handle.stream.end();
        const parts = newItem({
          category: "Document",
          title: item.title,
          vaultId: item.vault,
          document: { name: item.name, content: "" },
        });
        const details = { ...parts.details, document: { name: item.name, id: header.id, size: header.size } };
        return unlocked.account.createItem(item.vault, parts.overview, details, {
          id: item.id,
          itemKey: item.itemKey,
          files: [header],
        });
      });
      handlesOf(call.connection).delete(id);
      unlocked.cache.dropVault(made.vault);
      audit.keep(happening(call, "ok", [made.vault, made.id], [made.overview.title]));
      return itemOf(made);
    },
  };
}

/** The session object changes when it locks; the handle keeps the very session it was opened in. */
function held(access: Access): Access {
  return { ...access, session: { ...access.session } };
}

function nameOf({ details }: OpenedItem, file: string): string {
  if (details.document?.id === file) return details.document.name;
  return details.files.find(({ attributes }) => attributes.id === file)?.attributes.name ?? "file";
}

// files.*: files in chunks, through the handles of the connection.
import type { OpenedItem } from "../../clients/account/open-account.ts";
import { FILE_CHUNK_BYTES } from "../../protocol/crypto/file.ts";
import { PosternError } from "../../protocol/errors.ts";
import { newItem } from "../../protocol/item-validation.ts";
import { accessOf, type Call } from "../call.ts";
import type { Handlers } from "../dispatch.ts";
import type { Grants } from "../grants.ts";
import type { Handles, Writing } from "../handles.ts";
import { happening } from "../happening.ts";
import { isMissing } from "../resolver.ts";
import type { Scope } from "../scope.ts";
import type { Sessions } from "../sessions.ts";
import { itemOf } from "./items.ts";

type FileHandlers = Pick<
  Handlers,
  "files.openRead" | "files.readChunk" | "files.openWrite" | "files.writeChunk" | "files.commit"
>;

export function fileMethods(newId: () => string, sessions: Sessions, grants: Grants, handles: Handles): FileHandlers {
  /** The very session it was opened in is unlocked, and the grant lives; one request's approval lasts for its file. */
  function holding(opened: Call, verb: "read" | "write", scope: Scope): (call: Call) => boolean {
    const { file, unlocked } = accessOf(opened).session;
    // The gate has passed it: where no grant covers it, a person allowed this once, and the one time is the whole file.
    const allowedOnce = !grants.allows(opened.connection.subject, verb, scope);
    return (call) =>
      sessions.open(file.account).unlocked === unlocked &&
      (allowedOnce || grants.allows(call.connection.subject, verb, scope));
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
      const stream = unlocked.account.readFile(item, header);
      const handle = handles.add(call, { kind: "read", holds: holding(call, "read", found.scope), stream });
      audit.read(happening(call, "ok", [item.vault, item.id, header.id]));
      return { handle, name: nameOf(item, header.id), size: header.size };
    },

    "files.readChunk": async ({ handle: id }, call) => {
      const handle = handles.demand(call, id, "read");
      const { chunk, final } = await handles.alone(handle, () => handle.stream.next());
      if (final) handles.remove(call, id);
      return { content: chunk.toBase64(), last: final };
    },

    "files.openWrite": async ({ vaultId, title, name, size }, call) => {
      const { session } = accessOf(call);
      const { account } = session.unlocked;
      const id = newId();
      const itemKey = account.newItemKey();
      const scope: Scope = { account: account.id, level: "values", vault: vaultId };
      const stream = account.writeFile({ vault: vaultId, item: id }, itemKey);
      const item = { vault: vaultId, id, title, name, size, itemKey };
      const holds = holding(call, "write", scope);
      return { handle: handles.add(call, { kind: "write", holds, session: { ...session }, stream, item, written: 0 }) };
    },

    "files.writeChunk": async ({ handle: id, content }, call) => {
      const handle = handles.demand(call, id, "write", "restore");
      const chunk = Uint8Array.fromBase64(content);
      if (handle.kind === "restore") handle.spool.push(chunk);
      else await handles.alone(handle, () => pushNext(handle, chunk));
      return {};
    },

    "files.commit": async ({ handle: id }, call) => {
      const handle = handles.demand(call, id, "write");
      const { item, session } = handle;
      if (handle.written !== item.size) throw new PosternError("invalidItem", "the file is not complete");
      const { unlocked, audit } = session;
      const made = await handles.alone(handle, async () => {
        const header = handle.stream.end();
        const document = { name: item.name, content: "" };
        const parts = newItem({ category: "Document", title: item.title, vaultId: item.vault, document });
        const details = { ...parts.details, document: { name: item.name, id: header.id, size: header.size } };
        const options = { id: item.id, itemKey: item.itemKey, files: [header] };
        return unlocked.account.createItem(item.vault, parts.overview, details, options);
      });
      handles.remove(call, id);
      unlocked.cache.dropVault(made.vault);
      audit.keep(happening(call, "ok", [made.vault, made.id], [made.overview.title]));
      return itemOf(made);
    },
  };
}

/** Every chunk but the last is 1 MiB, and together they are as long as was said. */
async function pushNext(handle: Writing, chunk: Uint8Array): Promise<void> {
  const left = handle.item.size - handle.written;
  const expected = Math.min(FILE_CHUNK_BYTES, left);
  if (chunk.length !== expected || (left === 0 && handle.item.size > 0)) {
    throw new PosternError("tooLarge", `this chunk must have ${expected} bytes`);
  }
  await handle.stream.push(chunk, chunk.length === left);
  handle.written += chunk.length;
}

function nameOf({ details }: OpenedItem, file: string): string {
  if (details.document?.id === file) return details.document.name;
  return details.files.find(({ attributes }) => attributes.id === file)?.attributes.name ?? "file";
}

// Open files of a connection, which are read or written in chunks. A handle belongs to the connection that opened it and ends with it. Each
// chunk passes only while the right under which the handle was opened still holds.
import { PosternError } from "../../protocol/errors.ts";
import type { FileWriter, Upload } from "../account/account-item.ts";
import type { Call } from "../call/call.ts";
import type { Connection } from "../call/connection.ts";
import type { OpenSession } from "../session/account-session.ts";
import type { Unlocked } from "../session/unlocked.ts";
import type { Attachment } from "./attachments.ts";
import { createHandleBytes, FILE_HANDLE_BYTES, type HandleBytes } from "./handle-bytes.ts";
import type { Spool } from "./spool.ts";

/** Open files of one connection at once. */
export const HANDLES_MAX = 16;

/** Chunks on their way out. */
export type Reading = {
  readonly kind: "read";
  /** The open account that is read. */
  readonly unlocked: Unlocked;
  /** Whether its right still holds: the same session, the grant or the proof. */
  readonly holds: (call: Call) => boolean;
  readonly stream: { next(): Promise<{ chunk: Uint8Array; final: boolean }> };
  /** Bytes that the stream holds between two chunks. */
  readonly bytes: number;
};

/** A file's chunks on their way in. */
export type Writing = {
  readonly kind: "write";
  readonly holds: (call: Call) => boolean;
  /** The open account that is written. */
  readonly session: OpenSession;
  readonly upload: Upload;
  readonly stream: FileWriter;
  readonly item: {
    readonly vault: string;
    readonly name: string;
    readonly size: number;
    /** The title of a new Document, or the item that gets the file, with its version and the file's place. */
    readonly title?: string;
    readonly attach?: { readonly id: string; readonly version: number; readonly file: Attachment };
  };
  written: number;
  /** Whether a version of the item names the file. */
  named?: true;
};

/** The bytes of an arriving backup, kept in a file until it is whole. */
export type Restoring = {
  readonly kind: "restore";
  readonly holds: (call: Call) => boolean;
  readonly spool: Spool;
};

type Opened = Reading | Writing | Restoring;
type Handle = Opened & { busy: boolean };
type Kind = Handle["kind"];

export type Handles = {
  /** Opens a handle. Throws `busy` past a limit and `locked` where its right has ended. It then releases what it held. */
  add(call: Call, handle: Opened): string;
  /** The handle of one of these kinds, if its right holds and no work is under way on it. Throws handleNotFound, busy. */
  demand<K extends Kind>(call: Call, id: string, ...kinds: K[]): Extract<Handle, { kind: K }>;
  /** Runs work that has the handle for itself. */
  alone<T>(handle: { busy: boolean }, work: () => Promise<T>): Promise<T>;
  remove(call: Call, id: string): void;
  /** The same for one that is not at its end. It needs no right. Throws handleNotFound, busy. */
  close(call: Call, id: string): void;
  /** Ends every handle of a locked account, so that no key of an unfinished file outlives the lock. */
  lock(unlocked: Unlocked): void;
};

export function createHandles(newId: () => string, held: HandleBytes = createHandleBytes()): Handles {
  const byConnection = new Map<Connection, Map<string, Handle>>();

  function handlesOf(connection: Connection): Map<string, Handle> {
    const known = byConnection.get(connection);
    if (known !== undefined) return known;
    const handles = new Map<string, Handle>();
    byConnection.set(connection, handles);
    connection.onEnd(() => {
      for (const handle of handles.values()) letGo(connection, handle);
      byConnection.delete(connection);
    });
    return handles;
  }

  function drop(handle: Opened): void {
    if (handle.kind === "write") handle.upload.close();
    // A read that is under way finds it gone at the next piece.
    if (handle.kind === "restore") handle.spool.drop();
    // If the service cannot be reached, it removes the chunks by itself after a day.
    if (handle.kind === "write" && handle.named !== true) handle.stream.abandon().catch(() => undefined);
  }

  function letGo(connection: Connection, handle: Handle): void {
    held.giveBack(connection, bytesOf(handle));
    drop(handle);
  }

  function remove(call: Call, id: string): void {
    const handles = handlesOf(call.connection);
    const handle = handles.get(id);
    if (handle !== undefined) letGo(call.connection, handle);
    handles.delete(id);
  }

  /** Throws where it may not be opened. A lock has already ended all handles, and a later one would keep its key. */
  function demandOpenable(call: Call, handle: Opened, open: number): void {
    if (open >= HANDLES_MAX) throw new PosternError("busy", `${HANDLES_MAX} files may be open on one connection`);
    if (!handle.holds(call)) throw new PosternError("locked");
    held.take(call.connection, bytesOf(handle));
  }

  return {
    add: (call, handle) => {
      const handles = handlesOf(call.connection);
      try {
        demandOpenable(call, handle, handles.size);
      } catch (error) {
        drop(handle);
        throw error;
      }
      const id = newId();
      handles.set(id, { ...handle, busy: false });
      return id;
    },
    demand: <K extends Kind>(call: Call, id: string, ...kinds: K[]) => {
      const handle = handlesOf(call.connection).get(id);
      if (handle === undefined || !kinds.includes(handle.kind as K)) throw new PosternError("handleNotFound");
      if (handle.busy) throw new PosternError("busy", "one chunk at a time");
      call.connection.demandSame();
      if (!handle.holds(call)) throw new PosternError("handleNotFound");
      return handle as Extract<Handle, { kind: K }>;
    },
    alone: async (handle, work) => {
      handle.busy = true;
      try {
        return await work();
      } finally {
        handle.busy = false;
      }
    },
    remove,
    close: (call, id) => {
      const handle = handlesOf(call.connection).get(id);
      if (handle === undefined) throw new PosternError("handleNotFound");
      if (handle.busy) throw new PosternError("busy", "one chunk at a time");
      remove(call, id);
    },
    lock: (unlocked) => {
      for (const [connection, handles] of byConnection) {
        for (const [id, handle] of handles) {
          if (unlockedOf(handle) !== unlocked) continue;
          letGo(connection, handle);
          handles.delete(id);
        }
      }
    },
  };
}

/** A restore belongs to no account yet. */
function unlockedOf(handle: Handle): Unlocked | undefined {
  if (handle.kind === "restore") return undefined;
  return handle.kind === "write" ? handle.session.unlocked : handle.unlocked;
}

/** Bytes of a character in the runtime's memory. */
const BYTES_OF_CHARACTER = 2;

function bytesOf(handle: Opened): number {
  if (handle.kind === "read") return FILE_HANDLE_BYTES + handle.bytes;
  // A restore's bytes are on the disk, and its spool counts them.
  if (handle.kind === "restore") return FILE_HANDLE_BYTES;
  const { name, title = "" } = handle.item;
  return FILE_HANDLE_BYTES + BYTES_OF_CHARACTER * (name.length + title.length);
}

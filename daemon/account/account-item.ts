// An item as an account answers it and takes it, in the catalogue's terms. Nothing here says how an account keeps it.
import type { DetailsContent, Item, OverviewContent } from "../../protocol/item/item.ts";

/** What a person writes into an item: everything but what the account adds. */
export type ItemContent = OverviewContent & DetailsContent;

export type ItemState = "active" | "archived";

/**
 * An item of an account. Only the account that answered it can write it, read its files and share it: it may keep more of it
 * elsewhere, so the very object is given back to it.
 */
export type AccountItem = ItemContent &
  Pick<Item, "id" | "vaultId" | "version" | "createdAt" | "updatedAt"> & {
    readonly state: ItemState;
    /** Changes name an item's title by this text. Two items of one title have the same. It does not tell the title. */
    readonly tag: string;
  };

/** What is known of a file once all of it was written. */
export type WrittenFile = { readonly id: string; readonly size: number };

/** A file on its way in, chunk by chunk: every one but the last has `limits.chunkBytes`. */
export type FileWriter = {
  push(chunk: Uint8Array, final: boolean): Promise<void>;
  /** After the last chunk. */
  end(): WrittenFile;
  /** Has the account forget what was pushed, where no item names the file. Throws as any call to a service does. */
  abandon(): Promise<void>;
};

/** Files on their way into one item. The item names them once it is written with this upload. */
export type Upload = {
  /** Begins a file. */
  write(): FileWriter;
  /** Forgets what the files are written with: a key, for instance. No file of this upload can be written any more. */
  close(): void;
};

/** A file on its way out, chunk by chunk. */
export type FileReader = {
  /** Bytes of the whole file. */
  readonly size: number;
  next(): Promise<{ chunk: Uint8Array; final: boolean }>;
  /** Bytes that it holds between two chunks. */
  readonly heldBytes: number;
};

// An item as an account returns and takes it, in the catalogue's terms. How the account keeps it does not show here.
import type { DetailsContent, Item, OverviewContent } from "../../protocol/item/item.ts";

/** The content that a person writes into an item. The account adds the rest. */
export type ItemContent = OverviewContent & DetailsContent;

export type ItemState = "active" | "archived";

/**
 * An item of an account. Only the account that returned it can write it, read its files and share it. The account may keep more about it
 * elsewhere, so it must get the same object back.
 */
export type AccountItem = ItemContent &
  Pick<Item, "id" | "vaultId" | "version" | "createdAt" | "updatedAt"> & {
    readonly state: ItemState;
    /** A change names an item's title by this text. Items of one title have the same tag. The tag does not reveal the title. */
    readonly tag: string;
  };

/** The facts of a file that was written whole. */
export type WrittenFile = { readonly id: string; readonly size: number };

/** A file that is being written, chunk by chunk. Every chunk but the last has `limits.chunkBytes`. */
export type FileWriter = {
  push(chunk: Uint8Array, final: boolean): Promise<void>;
  /** After the last chunk. */
  end(): WrittenFile;
  /** Removes the written chunks, where no item names the file. Throws as any call to a service does. */
  abandon(): Promise<void>;
};

/** New files of one item. The item names them once it is written with this upload. */
export type Upload = {
  /** Begins a file. */
  write(): FileWriter;
  /** Releases the means of writing, such as a key. No file of this upload can be written after that. */
  close(): void;
};

/** A file that is being read, chunk by chunk. */
export type FileReader = {
  /** Bytes of the whole file. */
  readonly size: number;
  next(): Promise<{ chunk: Uint8Array; final: boolean }>;
  /** Bytes that it holds between two chunks. */
  readonly heldBytes: number;
};

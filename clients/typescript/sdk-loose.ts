// What programs give to the official methods beside what the official types say: null for what may be missing, any text for a word, keys of
// something that was read. The official core takes all of this.
import type { Item, ItemCreateParams, ItemField, Website } from "./sdk-item-types.ts";
import type { ItemShareAccountPolicy, ItemShareParams, ValidRecipient } from "./sdk-share-types.ts";

export type SdkBytes = string | Uint8Array | readonly number[];

type Optional<T, Key extends keyof T> = object extends Pick<T, Key> ? null : never;
type Loose<T> = T extends Uint8Array
  ? SdkBytes
  : T extends Date
    ? string
    : T extends string
      ? string
      : T extends (infer One)[]
        ? Loose<One>[]
        : T extends object
          ? { [Key in keyof T]: Loose<T[Key]> | Optional<T, Key> }
          : T;

type Lists = "fields" | "sections" | "tags" | "websites" | "files";

export type SdkWebsite = Omit<Loose<Website>, "autofillBehavior"> & { autofillBehavior: unknown };
export type SdkItemField = Omit<ItemField, "sectionId" | "fieldType" | "details"> & {
  sectionId?: string | null;
  fieldType: string;
  details?: ItemField["details"] | null;
};
export type SdkItemCreateParams = Loose<ItemCreateParams> & { fields?: SdkItemField[] | null };
export type SdkItem = Omit<Loose<Item>, Lists> & { [Key in Lists]: Loose<Item[Key]> | null } & {
  fields: SdkItemField[] | null;
};

/** The words of a share are as strict as in the official core. */
type Words<T> = T extends string
  ? `${T}`
  : T extends (infer One)[]
    ? Words<One>[]
    : T extends object
      ? { [Key in keyof T]: Words<T[Key]> | Optional<T, Key> }
      : T;

export type SdkPolicy = Words<ItemShareAccountPolicy>;
export type SdkRecipient = ValidRecipient;
export type SdkShareParams = Words<ItemShareParams>;

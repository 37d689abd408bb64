// The fields of one entry of the catalogue. Dispatch, the clients, openrpc.json and the pages of the reference read these fields
// and nothing else.
import type { Static, TSchema } from "typebox";
import type { ErrorName } from "./errors.ts";

/** What a grant permits. `write` includes `read` of the same scope; `manage` is about grants, prompts and audit, and reads no secret. */
export type Verb = "read" | "write" | "manage";

/**
 * The target of a request, before names are resolved to ids. `names` asks for overviews only, a smaller scope than values. The
 * agent turns targets into scopes of ids before it looks for a grant.
 */
export type Target =
  | { readonly reference: string }
  | { readonly vault: string; readonly item?: string; readonly names?: true }
  | { readonly account: true; readonly names?: true }
  /** One act on the account as a whole, in the words that a person reads. A yes allows such acts and the reading of names. */
  | { readonly account: true; readonly names: true; readonly act: Act }
  /** A thing by its title or id, as a person typed it. The agent looks it up for an asker who may know, or after a yes. */
  | { readonly named: Named; readonly names?: true; readonly act?: Act };

/** A vault, an item of it, an environment or a group, each by title or id. What else is to be found beside it is in `items`, `group` and `alike`. */
export type Named = {
  readonly vault?: string;
  readonly item?: string;
  readonly environment?: string;
  /** Where there is no such environment, one is made. */
  readonly orNew?: boolean;
  /** The item is looked for in the archive alone. */
  readonly archived?: boolean;
  /** Further items of the vault. A yes tells their ids and gives no right to them. */
  readonly items?: readonly string[];
  readonly group?: string;
  /** A title. A yes tells which other vaults have it. */
  readonly alike?: string;
};

export type Act = (typeof acts)[number];

/** The words behind "wants to". */
export const acts = [
  "create a vault",
  "create an environment",
  "create a group",
  "change the name of a group",
  "delete a group",
] as const;

/** The part of a need that a question states. */
export type Right = { readonly verb: Verb; readonly also?: string; readonly alone?: true };

/** The right that a caller needs before the method runs. `P` are the parsed parameters. */
export type Need<P> =
  | { readonly kind: "none" }
  | {
      readonly kind: "grant";
      readonly verb: Verb;
      readonly scopeOf: (params: P) => readonly Target[];
      /** An effect that a person would not expect from the verb. The prompt names it. */
      readonly also?: string;
      /**
       * It shares, deletes a whole vault, or changes who may use one. A yes that was widened beyond its question does not cover it: it asks by
       * itself.
       */
      readonly alone?: true;
      /** Where the parameters decide: what stands in place of the three fields above. */
      readonly by?: (params: P) => Right;
    }
  | { readonly kind: "manageOrProof" }
  | { readonly kind: "proof" };

/** One method: names, shapes, errors, need, and an example. test/agent/examples.test.ts sends each example to an agent. */
export type Entry<P extends TSchema = TSchema, R extends TSchema = TSchema> = {
  readonly summary: string;
  readonly params: P;
  readonly result: R;
  /** The method's own errors. Every method may also answer the errors in `everywhere`. */
  readonly errors: readonly ErrorName[];
  readonly need: Need<Static<P>>;
  /** Whether a call counts as activity, which delays the idle lock. */
  readonly activity: boolean;
  /** The first version of Postern that has it. */
  readonly since: string;
  readonly example: { readonly params: unknown; readonly result: unknown };
  /** Its name in the envelope of the official SDKs, where they have it. */
  readonly sdkName?: string;
};

/** Declares an entry, keeping the exact types of its schemas. */
export function entry<P extends TSchema, R extends TSchema>(fields: Entry<P, R>): Entry<P, R> {
  return fields;
}

/** Errors that any method may answer; they are not repeated in each entry. */
export const everywhere = [
  "parseError",
  "invalidRequest",
  "methodNotFound",
  "invalidParams",
  "internal",
  "lineTooLong",
  "tooManyRequests",
  "duplicateId",
  "cancelled",
  "busy",
  "tooLarge",
  "rateLimitExceeded",
  "notOffered",
  "tokenRefused",
  "deviceRemoved",
] as const satisfies readonly ErrorName[];

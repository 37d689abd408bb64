// Checks the opened content of a backup's rows. A seal proves the writer and nothing more: a person who knows the password can seal
// anything. So the content is checked again before the restore makes any of it.
import Type, { type Static, type TSchema } from "typebox";
import { Compile, type Validator } from "typebox/compile";
import { PosternError } from "../../protocol/errors.ts";
import { ItemDetailsContent, ItemOverviewContent } from "../../protocol/item/item.ts";
import type { UserData } from "./user-data.ts";

const closed = { additionalProperties: false } as const;

/** The name and description of a vault, an environment, or a group. */
const Named = Type.Object({ title: Type.String(), description: Type.String() }, closed);

const UserDataContent = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    pins: Type.Record(Type.String(), Type.String()),
    deviceCounters: Type.Record(Type.String(), Type.Integer({ minimum: 0 })),
    deviceNames: Type.Optional(Type.Record(Type.String(), Type.String())),
  },
  closed,
);

/** The name of a group or a vault. Throws notRestorable for anything else. */
export function restorableName(content: Uint8Array): Static<typeof Named> {
  return checked(Named, content, "a name");
}

/** The title of an item. Throws notRestorable where the parts are not those of an item. */
export function restorableItem({ overview, details }: { overview: Uint8Array; details: Uint8Array }): string {
  checked(ItemDetailsContent, details, "an item's details");
  return checked(ItemOverviewContent, overview, "an item's overview").title;
}

/** The user's own data. Throws notRestorable for anything else. */
export function restorableUserData(data: UserData): UserData {
  if (!validatorOf(UserDataContent).Check(data)) throw noneOf("the user's own data");
  return data;
}

function checked<S extends TSchema>(schema: S, content: Uint8Array, what: string): Static<S> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(content));
  } catch {
    // Without the cause, which would quote the sealed content.
    throw noneOf(what);
  }
  if (!validatorOf(schema).Check(value)) throw noneOf(what);
  return value as Static<S>;
}

function noneOf(what: string): PosternError {
  return new PosternError("notRestorable", `what is sealed as ${what} is none`);
}

const validators = new Map<TSchema, Validator>();

function validatorOf(schema: TSchema): Validator {
  const known = validators.get(schema);
  if (known !== undefined) return known;
  const made = Compile(schema);
  validators.set(schema, made);
  return made;
}

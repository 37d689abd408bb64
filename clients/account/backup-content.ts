// Checks the user's own data in a backup. A seal proves the writer and nothing more: a person who knows the password can seal anything. So the data is
// checked again before the restore relies on it. The content of items, vaults and groups is taken along as it is sealed: a program with their keys may
// have sealed something that is none, and one such item must not keep all the others from coming back.
import Type from "typebox";
import { Compile } from "typebox/compile";
import { PosternError } from "../../protocol/errors.ts";
import type { UserData } from "./user-data.ts";

const UserDataContent = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    pins: Type.Record(Type.String(), Type.String()),
    deviceCounters: Type.Record(Type.String(), Type.Integer({ minimum: 0 })),
    deviceNames: Type.Optional(Type.Record(Type.String(), Type.String())),
  },
  { additionalProperties: false },
);

let validator: ReturnType<typeof Compile> | undefined;

/** The user's own data. Throws notRestorable for anything else. */
export function restorableUserData(data: UserData): UserData {
  validator ??= Compile(UserDataContent);
  if (!validator.Check(data)) throw new PosternError("notRestorable", "what is sealed as the user's own data is none");
  return data;
}

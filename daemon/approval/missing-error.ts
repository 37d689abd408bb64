// The error for a reference that leads nowhere. It suggests near names only to an asker who may see them anyway.
import { PosternError } from "../../protocol/errors.ts";
import { displayed } from "../account/displayed-text.ts";
import type { Missing } from "../account/resolver.ts";
import type { Access } from "../call/access.ts";

/** The error for a reference that leads nowhere, with near names where the asker may see them. */
export async function errorOf({ error, near }: Missing, { knows }: Access): Promise<PosternError> {
  if (near === undefined || !knows(near.scope)) return error;
  const names = await near.names();
  if (names.length === 0) return error;
  const listed = names.map((name) => JSON.stringify(displayed(name))).join(" or ");
  return new PosternError(error.name, undefined, { text: error.message, hint: `did you mean ${listed}?` });
}

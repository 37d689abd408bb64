// Replaces the next step of an agent's error where the command knows a better one.
import { PosternError } from "../../typescript/generated.ts";

/** The same error with another next step, and with other words where `message` has them. The incident stays, since it finds the entry in the log. */
export function withHint(error: PosternError, hint: string | undefined, message = error.message): PosternError {
  const { errorName, code, incident } = error;
  return new PosternError(message, { errorName, code, hint, incident });
}

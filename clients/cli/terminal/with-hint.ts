// An error of the agent's table, told with a next step that this command knows better.
import { PosternError } from "../../typescript/generated.ts";

/** The same error with another next step, and in other words where `message` has them. An incident stays: it is how the log is searched. */
export function withHint(error: PosternError, hint: string | undefined, message = error.message): PosternError {
  const { errorName, code, incident } = error;
  return new PosternError(message, { errorName, code, hint, incident });
}

// The refusal of a file that a person named and that cannot be read: the name as it was given, and what the system said, by its code.
import { UsageError } from "../terminal/exit-code.ts";

/** `named` is what the error calls the file. A refusal of our own stays as it is: it says more. */
export function unreadable(
  named: string,
  error: unknown,
  next = "name a file that exists and that you may read",
): UsageError {
  if (error instanceof UsageError) return error;
  const { code = "for an unknown reason" } = error as NodeJS.ErrnoException;
  return new UsageError(`${named} could not be read (${code})`, next);
}

// The refusal of an unreadable file: the name that the person gave, and the system's error by its code.
import { UsageError } from "../terminal/exit-code.ts";

/** The error calls the file `named`. A UsageError stays as it is, since it says more. */
export function unreadable(
  named: string,
  error: unknown,
  next = "name a file that exists and that you may read",
): UsageError {
  if (error instanceof UsageError) return error;
  const { code = "for an unknown reason" } = error as NodeJS.ErrnoException;
  return new UsageError(`${named} could not be read (${code})`, next);
}

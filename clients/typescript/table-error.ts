// Errors of the one table that arise in this process. A static helper throws the same error that the agent would answer.
import { errorClasses, errorTable, PosternError } from "./generated.ts";

/** An error of the table by its name. `detail` follows the text of its row. */
export function tableError(name: string, detail?: string): PosternError {
  const Class = Object.hasOwn(errorClasses, name) ? (errorClasses[name] ?? PosternError) : PosternError;
  const row = errorTable[name] ?? { code: 0, message: name };
  const message = detail === undefined ? row.message : `${row.message}: ${detail}`;
  return new Class(message, { errorName: name, code: row.code, hint: row.hint });
}

// clients/go/generated_errors.go: the table of errors, with a value of Go for each row.
import type { errors as table } from "../../protocol/errors.ts";
import { aligned, goComment, goErrorName, goFile } from "./go-names.ts";

type Row = { readonly code: number; readonly message: string; readonly hint?: string; readonly sdkName?: string };

export function renderGoErrors(errors: typeof table): string {
  const rows = Object.entries(errors as Readonly<Record<string, Row>>);
  const values = rows.map(
    ([name, { message }]) =>
      `${goComment(`${goErrorName(name)}: ${message.replace(/\.$/, "")}.`, "\t")}\t${goErrorName(name)} = &Error{Name: ${JSON.stringify(name)}}`,
  );
  const entries = aligned(rows.map(([name, row]) => [`${JSON.stringify(name)}:`, fieldsOf(row)])).map(
    (line) => `\t${line}`,
  );
  return goFile("protocol/errors.ts", "postern", [
    `// The errors of the agent, for errors.Is. They carry a name only. An error that a call returns has a message too; errors.As with
// *Error reads it.
var (\n${values.join("\n")}\n)`,
    `// errorTable has the text of each row, for what this client refuses by itself.
var errorTable = map[string]tableRow{\n${entries.join("\n")}\n}`,
  ]);
}

function fieldsOf({ code, message, hint, sdkName }: Row): string {
  const text = (key: string, value: string | undefined) =>
    value === undefined ? [] : [`${key}: ${JSON.stringify(value)}`];
  return `{${[`code: ${code}`, ...text("message", message), ...text("hint", hint), ...text("sdkName", sdkName)].join(", ")}},`;
}

// clients/python: a class for each row of the table of errors.
import type { ErrorName, errors as table } from "../../protocol/errors.ts";
import { banner, classText, literal } from "./python-text.ts";
import { className } from "./typescript.ts";

type Row = { readonly code: number; readonly message: string; readonly hint?: string; readonly sdkName?: string };

/** The official classes, which programs catch, and the official names of the errors that belong to each. */
const official: Readonly<Record<string, string>> = {
  DesktopSessionExpired: "DesktopSessionExpiredException",
  RateLimitExceeded: "RateLimitExceededException",
};

export function renderPythonErrors(errors: typeof table): string {
  const rows = Object.entries(errors) as [ErrorName, Row][];
  const classes = rows.map(([name, row]) =>
    classText(`${className(name)}(${official[row.sdkName ?? ""] ?? "PosternError"})`, `${row.message}.`, [
      `error_name = ${literal(name)}`,
      `code = ${row.code}`,
      ...(row.hint === undefined ? [] : [`default_hint = ${literal(row.hint)}`]),
    ]),
  );
  return `${[
    banner("protocol/errors.ts"),
    '"""The errors of the agent: a class for each name of its table."""',
    "",
    "from __future__ import annotations",
    "",
    "from typing import Dict, Type",
    "",
    "from ._postern_error import (",
    "    DesktopSessionExpiredException,",
    "    PosternError,",
    "    RateLimitExceededException,",
    ")",
    "",
    "__all__ = [",
    ...rows.map(([name]) => `    ${literal(className(name))},`),
    "]",
    ...classes.flatMap((text) => ["", "", text]),
    "",
    "",
    "ERROR_CLASSES: Dict[str, Type[PosternError]] = {",
    ...rows.map(([name]) => `    ${literal(name)}: ${className(name)},`),
    "}",
    "",
    "# The text of each error, for those that this client raises by itself.",
    "ERROR_MESSAGES: Dict[str, str] = {",
    ...rows.map(([name, { message }]) => `    ${literal(name)}: ${literal(message)},`),
    "}",
  ].join("\n")}\n`;
}

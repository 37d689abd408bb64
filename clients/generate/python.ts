// Every generated file of clients/python.
import { onAccount } from "../../protocol/catalogue/common.ts";
import type { Catalogue } from "../../protocol/catalogue.ts";
import type { Need } from "../../protocol/entry.ts";
import type { errors as table } from "../../protocol/errors.ts";
import { limits, PROTOCOL } from "../../protocol/limits.ts";
import { DIGITS, LETTERS, recipeRanges, SYMBOLS } from "../../protocol/secret/generate-password.ts";
import { WORDS } from "../../protocol/secret/word-list.ts";
import {
  START_BYTES_MAX,
  START_FILE,
  START_MS_MAX,
  START_VARIABLES,
  START_WORDS_MAX,
} from "../../protocol/start-file.ts";
import type { NamedTypes } from "./named-types.ts";
import { snakeCase } from "./naming.ts";
import { pathRules } from "./path-rules.ts";
import { renderPythonErrors } from "./python-errors.ts";
import { renderPythonModels } from "./python-models.ts";
import { synchronous, twins } from "./python-sync.ts";
import { banner, literal } from "./python-text.ts";
import { renderPythonWire } from "./python-wire.ts";
import { mayRepeat } from "./typescript.ts";

const FOLDER = "clients/python/";
const PACKAGE = `${FOLDER}postern/`;

export function pythonFiles(
  read: (path: string) => string,
  catalogue: Catalogue,
  named: NamedTypes,
  errors: typeof table,
  version: string,
): Readonly<Record<string, string>> {
  const takesClient = methodsWithClient(catalogue);
  const wire = renderPythonWire(catalogue, named, takesClient);
  const sources: Readonly<Record<string, string>> = { agent: wire.methods };
  const sync = twins.map((name) => [
    `${PACKAGE}sync/${name}.py`,
    synchronous(name, sources[name] ?? read(`${PACKAGE}${name}.py`)),
  ]);
  return {
    [`${PACKAGE}agent.py`]: wire.methods,
    [`${PACKAGE}wire.py`]: wire.types,
    [`${PACKAGE}_generated_types.py`]: renderPythonModels(named),
    [`${PACKAGE}_generated_errors.py`]: renderPythonErrors(errors),
    [`${PACKAGE}_generated_rules.py`]: rulesFile(catalogue, takesClient, version),
    [`${PACKAGE}_generated_paths.py`]: pathsFile(),
    [`${PACKAGE}_generated_recipes.py`]: recipesFile(),
    [`${PACKAGE}_generated_word_list.py`]: `${banner("protocol/secret/word-list.ts")}\n\nWORDS = """${WORDS}"""\n`,
    ...Object.fromEntries(sync),
    [`${FOLDER}pyproject.toml`]: withVersion(read(`${FOLDER}pyproject.toml`), version),
    [`${FOLDER}LICENSE`]: read("LICENSE"),
  };
}

function methodsWithClient(catalogue: Catalogue): ReadonlySet<string> {
  const param = `"client":${JSON.stringify(onAccount.client)}`;
  const all = Object.entries(catalogue).filter(([name]) => !name.startsWith("clients."));
  return new Set(all.filter(([, { params }]) => JSON.stringify(params).includes(param)).map(([name]) => name));
}

function rulesFile(catalogue: Catalogue, takesClient: ReadonlySet<string>, version: string): string {
  const repeatable = Object.entries(catalogue)
    .filter(([, entry]) => mayRepeat(entry.need as Need<unknown>, entry.activity))
    .map(([name]) => name);
  return `${[
    banner("protocol/catalogue.ts and protocol/limits.ts"),
    "",
    `VERSION = ${literal(version)}`,
    "",
    "# The version of the wire that this client speaks.",
    `PROTOCOL = ${PROTOCOL}`,
    "",
    "# Bytes of one request.",
    `LINE_BYTES_MAX = ${limits.lineBytes}`,
    "",
    "# Bytes of one chunk of a file.",
    `CHUNK_BYTES = ${limits.chunkBytes}`,
    "",
    "# Methods that change nothing, so that a call lost with its connection may be sent again.",
    ...setLines("REPEATABLE", repeatable),
    "",
    "# Methods whose parameters name the client that asks.",
    ...setLines("TAKES_CLIENT", [...takesClient]),
  ].join("\n")}\n`;
}

const setLines = (name: string, words: readonly string[]): string[] => [
  `${name} = frozenset(`,
  "    (",
  ...words.map((word) => `        ${literal(word)},`),
  "    )",
  ")",
];

/** A text of Python in its own quotes, since a path of Windows has backslashes and JSON's escapes are Python's too. */
function constants(prefix: string, values: Readonly<Record<string, string | number>>): string[] {
  return Object.entries(values).map(
    ([name, value]) => `${prefix}_${snakeCase(name).toUpperCase()} = ${literal(value)}`,
  );
}

function pathsFile(): string {
  const { limits: bytes, places, refusals } = pathRules();
  return `${[
    banner("protocol/socket-path.ts and protocol/start-file.ts"),
    "",
    "# Bytes of a path, and characters of the name of a pipe.",
    ...constants("LIMIT", bytes),
    "",
    "# Default places. The braces stand for what varies.",
    ...constants("PLACE", places),
    "",
    "# The reasons for which a path cannot be used.",
    ...constants("REFUSAL", refusals),
    "",
    "# How an agent is started: the file that says it, its limits, and the variables for the agent.",
    `START_FILE = ${literal(START_FILE)}`,
    `START_BYTES_MAX = ${START_BYTES_MAX}`,
    `START_WORDS_MAX = ${START_WORDS_MAX}`,
    `START_SECONDS_MAX = ${START_MS_MAX / 1000}`,
    "START_VARIABLES = (",
    ...START_VARIABLES.map((name) => `    ${literal(name)},`),
    ")",
  ].join("\n")}\n`;
}

function recipesFile(): string {
  const ranges = Object.entries(recipeRanges).map(
    ([name, { min, max }]) => `${name.toUpperCase()}_RANGE = (${min}, ${max})`,
  );
  return `${[
    banner("protocol/secret/generate-password.ts"),
    "",
    `LETTERS = ${literal(LETTERS)}`,
    `DIGITS = ${literal(DIGITS)}`,
    `SYMBOLS = ${literal(SYMBOLS)}`,
    "",
    "# The least and the most of what a recipe may ask for.",
    ...ranges,
  ].join("\n")}\n`;
}

function withVersion(manifest: string, version: string): string {
  return manifest.replace(/^version = ".*"$/m, `version = ${literal(version)}`);
}

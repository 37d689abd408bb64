// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables in env files are what is tested.
// Our reader of env files beside four others: Node's own, npm's dotenv, python-dotenv, and Docker Compose's. Where one of them reads another
// value, the command's README has the reason.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";
import dotenv from "dotenv";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type EnvVariable, parseEnvFile } from "../../clients/cli/env/env-file.ts";
import { DOCKER_LINE_BYTES_MAX, quoted, written } from "../../clients/cli/env/env-format.ts";
import { dockerReader, pythonDotenv } from "../tools.ts";

type Values = Readonly<Record<string, string>>;
/** A reader's result for each text. Null where it refuses the file. */
type Reader = (texts: readonly string[]) => readonly (Values | null)[];

/** A reason in the README why a reader reads a line differently. */
type Reason = readonly [row: string, applies: (line: EnvVariable, file: string) => boolean];

const bare = ({ quote }: EnvVariable) => quote === "";
const double = ({ quote }: EnvVariable) => quote === '"';
const single = ({ quote }: EnvVariable) => quote === "'";
/** The text between the quotes, before escapes are applied. */
const inside = ({ raw, quote, tail }: EnvVariable) =>
  raw.slice(raw.indexOf(quote, raw.indexOf("=")) + 1, raw.length - tail.length - 1);
const hash: Reason = ["a hash inside", (line) => bare(line) && line.value.includes("#")];
const carriage: Reason = ["CR between quotes", (line) => !bare(line) && /\r/.test(inside(line))];
const blanks: Reason = [
  "other white space at the ends",
  (line) => bare(line) && (line.value !== line.value.trim() || /^[\x1c-\x1f\x85]|[\x1c-\x1f\x85]$/.test(line.value)),
];
const backticks: Reason = ["backticks", ({ quote }) => quote === "`"];
const ending: Reason = ["a backslash before the closing quote", (line) => /\\$/.test(inside(line)) && !bare(line)];
const escapes = (pattern: RegExp): Reason => [
  "a backslash between double quotes",
  (line) => double(line) && pattern.test(inside(line)),
];

/** A file for each reason of a difference. */
const examples: Readonly<Record<string, string>> = {
  "a hash inside": "A=x#y\n",
  "CR between quotes": "A='x\ry'\n",
  "CR LF between quotes": 'A="x\r\ny"\r\n',
  "other white space at the ends": "A=x\u00a0\n",
  "other white space before a hash": "A=x\u00a0#y\n",
  backticks: "A=`x`\n",
  "a backslash before the closing quote": "A='x\\'\n# '\n",
  "a backslash between double quotes": 'A="\\$\\\\\\`"\n',
  "a backslash between single quotes": "A='\\\\'\n",
  "a variable in a value": "A=x${X}y\n",
  "a comment behind a tab, or in place of a value": "A=x\t# y\n",
  "blanks in place of a value": "A= \nB=1\n",
};

const node: Reader = (texts) => texts.map((text) => ({ ...parseEnv(text) }) as Values);
const npm: Reader = (texts) => texts.map((text) => dotenv.parse(text));
const through = (program: string, words: readonly string[], env: NodeJS.ProcessEnv, texts: readonly string[]) => {
  const ran = spawnSync(program, words, { input: JSON.stringify(texts), env, maxBuffer: 64 * 1024 * 1024 });
  return JSON.parse(ran.stdout.toString()) as (Values | null)[];
};
const script = fileURLToPath(new URL("./env-readers/dotenv_reader.py", import.meta.url));
const python: Reader = (texts) =>
  through("python3", [script], { PATH: process.env.PATH, PYTHONPATH: pythonDotenv(), PYTHONUTF8: "1" }, texts);
const docker =
  (form: "compose" | "docker"): Reader =>
  (texts) =>
    through(dockerReader() ?? "", [form], { PATH: process.env.PATH }, texts);

const readers: readonly { name: string; read: Reader; missing: boolean; reasons: readonly Reason[] }[] = [
  {
    name: "Node",
    read: node,
    missing: false,
    reasons: [
      hash,
      carriage,
      escapes(/\\/),
      ["blanks in place of a value", (line) => bare(line) && line.value === "" && /=[ \t]/.test(line.raw)],
    ],
  },
  {
    name: "npm dotenv",
    read: npm,
    missing: false,
    reasons: [hash, carriage, blanks, ending, escapes(/\\/)],
  },
  {
    name: "python-dotenv",
    read: python,
    missing: pythonDotenv() === undefined,
    reasons: [
      carriage,
      blanks,
      backticks,
      ending,
      escapes(/\\/),
      ["other white space before a hash", (line) => bare(line) && /\s#/.test(line.value)],
      ["a backslash between single quotes", (line) => single(line) && /\\[\\']/.test(inside(line))],
      ["a variable in a value", (line) => /\$\{[^}]*\}/.test(line.value)],
    ],
  },
  {
    name: "Docker Compose",
    read: docker("compose"),
    missing: dockerReader() === undefined,
    reasons: [
      blanks,
      backticks,
      ending,
      escapes(/\\/),
      ["CR LF between quotes", (line) => /\r\n/.test(line.raw) && line.last > line.number],
      [
        "a comment behind a tab, or in place of a value",
        (line) => bare(line) && (line.tail.includes("#") || line.value.includes("#")),
      ],
      ["a variable in a value", (line) => !single(line) && /\$/.test(line.value)],
    ],
  },
];

const corpus = fileURLToPath(new URL("../vectors/env-corpus", import.meta.url));
const files = readdirSync(corpus).map((name) => [name, readFileSync(join(corpus, name), "utf8")] as const);
const readme = readFileSync(new URL("../../clients/cli/README.md", import.meta.url), "utf8");

const variablesIn = (text: string) => {
  const lines = parseEnvFile(text);
  return lines.some(({ kind }) => kind === "unknown")
    ? undefined
    : new Map(lines.filter((line) => line.kind === "variable").map((line) => [line.name, line]));
};

/** The reasons for a reader's differences. A difference without a reason fails the test. */
function explained(text: string, theirs: Values | null, reasons: readonly Reason[]): Set<string> {
  const found = new Set<string>();
  const ours = variablesIn(text) ?? new Map<string, EnvVariable>();
  // A differing reader may read past the line's end.
  const odd = [...ours.values()].flatMap((line) => reasons.filter(([, applies]) => applies(line, text)));
  for (const line of ours.values()) {
    const other = theirs?.[line.name];
    if (other === line.value) continue;
    const own = reasons.filter(([, applies]) => applies(line, text));
    const why = own.length > 0 ? own : odd;
    expect(why.length === 0 ? { text, name: line.name, ours: line.value, theirs: other } : undefined).toBeUndefined();
    for (const [row] of why) found.add(row);
  }
  return found;
}

/** Files of one run. A failure names the file. Nothing is shrunk, since each try would start a reader. */
const GENERATED = 4_000;

const piece = fc.oneof(
  fc.constantFrom(
    ..."abé =#'\"`\\$:\t\u00a0",
    "\\n",
    "\\t",
    '\\"',
    "\\\\",
    "\\$",
    "${X}",
    "$X",
    " # c",
    "\r\n",
    "\n",
    "\r",
  ),
  fc.constantFrom("'", '"', "`"),
);
const text = fc
  .array(piece, { maxLength: 12 })
  .chain((pieces) =>
    fc.constantFrom("", "'", '"', "`").map((quote) => `A=${quote}${pieces.join("")}${quote}\nLAST=ok\n`),
  );

describe.each(readers)("beside $name", ({ name, read, missing, reasons }) => {
  test.skipIf(missing)("the files of the corpus are read alike, except for reasons in the README", () => {
    const answers = read(files.map(([, content]) => content));
    const found = files.flatMap(([, content], index) => [...explained(content, answers[index] ?? null, reasons)]);
    expect(found.length).toBeGreaterThan(0);
  });

  test.skipIf(missing)("so are generated ones", () => {
    const ours = fc.sample(text, GENERATED).filter((one) => variablesIn(one) !== undefined);
    expect(ours.length).toBeGreaterThan(GENERATED / 10);
    const answers = read(ours);
    ours.forEach((one, index) => void explained(one, answers[index] ?? null, reasons));
  });

  test.skipIf(missing)("each reason explains one difference at least", () => {
    const answers = read(reasons.map(([row]) => examples[row] ?? ""));
    reasons.forEach(([row, applies], index) => {
      const line = variablesIn(examples[row] ?? "")?.get("A");
      expect([row, line !== undefined && applies(line, "")]).toEqual([row, true]);
      expect([row, answers[index]?.A === line?.value]).toEqual([row, false]);
    });
  });

  test("each reason is a row of the README's table, under this reader's name", () => {
    const rows = readme.split("\n").filter((line) => line.startsWith("|"));
    for (const [row] of reasons)
      expect(rows.filter((line) => line.startsWith(`| ${row} `) && line.includes(name)).map(() => row)).toEqual([row]);
  });

  test.skipIf(missing)("our output is read back unchanged, unless such a reason applies", () => {
    const values = fc.sample(
      fc.array(piece, { maxLength: 10 }).map((pieces) => pieces.join("")),
      GENERATED,
    );
    const texts = values.map((value) => `A=${quoted(value)}\nLAST=ok\n`);
    const answers = read(texts);
    texts.forEach((one, index) => {
      expect(variablesIn(one)?.get("A")?.value).toBe(values[index]);
      explained(one, answers[index] ?? null, reasons);
    });
  });
});

test.skipIf(dockerReader() === undefined)("docker reads its own format back unchanged", () => {
  const values = fc.sample(
    fc.array(piece, { maxLength: 10 }).map((pieces) => pieces.join("")),
    GENERATED,
  );
  // A value that our own reader would read differently is refused too.
  const fit = values.filter((value) => variablesIn(`A=${value}\n`)?.get("A")?.value === value);
  expect(fit.length).toBeGreaterThan(GENERATED / 10);
  const longest = "x".repeat(DOCKER_LINE_BYTES_MAX - "A=".length);
  const answers = docker("docker")([...fit, longest].map((value) => written("docker", [{ name: "A", value }])));
  expect(answers.map((answer) => answer?.A)).toEqual([...fit, longest]);
  expect(docker("docker")([`A=${longest}x\n`])).toEqual([null]);
});

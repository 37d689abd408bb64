// Real shells source the output of `env export`. Each gives its program the same values, for any value.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables in the texts that shells read are what is tested.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type EnvFormat, keptByShells, written } from "../../clients/cli/env/env-format.ts";
import { hasTool } from "../tools.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "postern-s-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const shells: readonly (readonly [shell: string, format: EnvFormat, script: string])[] = [
  ["sh", "dotenv", "set -a; . ./file; set +a; exec env -0"],
  ["dash", "sh", ". ./file; exec env -0"],
  ["bash", "dotenv", "set -a; . ./file; set +a; exec env -0"],
  ["bash", "sh", ". ./file; exec env -0"],
  ["zsh", "dotenv", "set -a; . ./file; set +a; exec env -0"],
  ["zsh", "sh", ". ./file; exec env -0"],
  ["fish", "fish", "source file; exec env -0"],
];

/** The environment of a program that a shell starts, as bytes in latin1. */
function environmentBy(shell: string, script: string, locale: string): Map<string, string> {
  const env = { HOME: folder, PATH: process.env.PATH ?? "", LC_ALL: locale };
  const ran = spawnSync(shell, ["-c", script], { cwd: folder, env, maxBuffer: 64 * 1024 * 1024 });
  return new Map(
    ran.stdout
      .toString("latin1")
      .split("\0")
      .slice(0, -1)
      .map((one) => [one.slice(0, one.indexOf("=")), one.slice(one.indexOf("=") + 1)]),
  );
}

const latin1 = (value: string) => Buffer.from(value).toString("latin1");

/** Values that other tools were reported to change. */
const reported = [
  "",
  "'",
  '"',
  "`",
  "\\",
  "\\\\",
  "$$",
  "$",
  "$HOME ${HOME} $(id) `id`",
  "\r",
  "a\rb",
  "a\r\nb\r\n",
  "\n",
  "a\n\n",
  "'\"`\\$!\n\r",
  'it\'s "quoted" `here` \\ $x',
  "=ls",
  "~",
  "~root:~",
  "a b  c",
  " a ",
  "\ta\t",
  "!!",
  "!$ 'x'",
  "#",
  " # no comment",
  "*?[a-z]{a,b}",
  "\\n\\t\\x41",
  "%s%n",
  "\x01\x02\x7f\x1b[31m",
  "é€😀\u00a0\u2028",
  "-----BEGIN KEY-----\nabc=\n-----END KEY-----\n",
  '{"a":"b","c":[1,"\\n"]}',
  "x'",
  "'x",
  "\\'",
  "'\\",
  "a\\\nb",
  "'a\\\nb",
  "^a^b",
  "x".repeat(100_000),
];

const value = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      ..."ab =#'\"`\\$!{}()[]*?~;&|<>%^:\n\r\t\x01\x7fé😀",
      "\r\n",
      "$(id)",
      "`id`",
      "${HOME}",
      "'\\''",
      "\\\n",
    ),
    fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 1 })
      .filter((one) => !one.includes("\0") && one.isWellFormed()),
  ),
  maxLength: 30,
});

describe.each(shells)("%s sourcing the format %s", (shell, format, script) => {
  const gives = (values: readonly string[], locale: string) => {
    const named = values.map((one, index) => ({ name: `V${index}`, value: one }));
    writeFileSync(join(folder, "file"), written(format, named));
    const environment = environmentBy(shell, script, locale);
    for (const { name, value: expected } of named) expect(environment.get(name)).toBe(latin1(expected));
  };

  test.skipIf(!hasTool(shell)).each(["C.UTF-8", "C"])("in the locale %s gives every value as it was", (locale) => {
    gives(reported, locale);
    fc.assert(
      fc.property(fc.array(value, { minLength: 100, maxLength: 200 }), (values) => gives(values, locale)),
      { numRuns: 4 },
    );
  });
});

test.skipIf(!["dash", "bash", "zsh", "fish"].every(hasTool))("names that shells keep for themselves are known", () => {
  const lists = {
    dash: "set | sed 's/=.*//'; echo OPTIND",
    bash: "compgen -v",
    zsh: "print -l ${(k)parameters}",
    fish: "set --names",
  };
  for (const [shell, list] of Object.entries(lists)) {
    const format = shell === "fish" ? "fish" : "sh";
    const names = spawnSync(shell, ["-c", list], { encoding: "utf8", env: { PATH: process.env.PATH } }).stdout.split(
      "\n",
    );
    const own = [...new Set(names)].filter((name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && name !== "PATH");
    expect(own.length).toBeGreaterThan(5);
    const open = own.filter((name) => keptByShells(format, [name]).length === 0);
    const script = format === "fish" ? "source file; exec env -0" : ". ./file; exec env -0";
    // One by one, since a name that a shell keeps for itself ends the file.
    const lost = open.filter((name) => {
      writeFileSync(join(folder, "file"), written(format, [{ name, value: "a b" }]));
      return environmentBy(shell, script, "C.UTF-8").get(name) !== "a b";
    });
    expect([shell, lost]).toEqual([shell, []]);
  }
});

test.skipIf(!hasTool("bash"))(
  "a name that would change the shell is not written, unlike other names of the shell",
  () => {
    writeFileSync(join(folder, "file"), "export IFS=_\n");
    const split = spawnSync("bash", ["-c", ". ./file; x=a_b; set -- $x; echo $#"], { cwd: folder, encoding: "utf8" });
    expect(split.stdout).toBe("2\n");
    for (const format of ["dotenv", "sh", "fish"] as const)
      expect(keptByShells(format, ["IFS", "HOME"])).toEqual(["IFS"]);
  },
);

// The wheel and the sdist of the Python client: what is in them, that each installs into a clean environment, and what type checkers say.
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Built,
  buildClient,
  clientSource,
  type Environment,
  installedClient,
  programs,
  pythonsHere,
  run,
  temporaryFolder,
  toolEnvironment,
} from "./environment.ts";

const TIME_MS = 180_000;

const tools = toolEnvironment() as Environment;
const folder = temporaryFolder();
let built: Built;
let client: Environment;

const root = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as { version: string };

describe.skipIf(tools === undefined)("the package of the Python client", () => {
  beforeAll(() => {
    built = buildClient(tools, folder);
    const [python] = pythonsHere();
    if (python === undefined) throw new Error("tools without a Python");
    client = installedClient(tools, python, built.wheel, folder);
  }, TIME_MS);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("is a wheel for every system, with types and without a dependency", async () => {
    expect(built.wheel).toMatch(/postern_client-[\d.]+-py3-none-any\.whl$/);
    const show = [
      "from importlib.metadata import distribution as d",
      "one = d('postern-client')",
      "print(one.version, one.requires, one.metadata['Requires-Python'])",
      "print(sorted({str(f).split('/')[0] for f in one.files if '..' not in str(f)}))",
      "print('postern/py.typed' in map(str, one.files), any(str(f).endswith('LICENSE') for f in one.files))",
    ].join("\n");
    const { out, err } = await run(client, ["-c", show]);
    const folders = `['postern', 'postern_client-${root.version}.dist-info']`;
    expect([out, err]).toEqual([`${root.version} None >=3.9\n${folders}\nTrue True\n`, ""]);
  });

  test("loads no asyncio for the synchronous twin, which would take most of its start", async () => {
    const loaded = "import sys, postern.sync; print('asyncio' in sys.modules, postern.sync.Client.__name__)";
    expect(await run(client, ["-c", loaded])).toMatchObject({ out: "False Client\n", err: "" });
  });

  test("is an sdist that builds the same wheel", { timeout: TIME_MS }, () => {
    const words = ["-m", "pip", "wheel", "--quiet", "--no-index", "--no-build-isolation", "--no-deps"];
    execFileSync(tools.python, [...words, "--wheel-dir", join(folder, "again"), built.sdist]);
    const list = "import sys, zipfile; print([(i.filename, i.CRC) for i in zipfile.ZipFile(sys.argv[1]).infolist()])";
    const contents = (wheel: string) => execFileSync(tools.python, ["-c", list, wheel], { encoding: "utf8" });
    const again = join(folder, "again", built.wheel.slice(folder.length + 1));
    expect(contents(again)).toBe(contents(built.wheel));
  });

  test("is clean before mypy --strict, with a program that uses it", { timeout: TIME_MS }, async () => {
    const words = ["-m", "mypy", "--strict", "--cache-dir", join(folder, "mypy"), join(clientSource, "postern")];
    const sources = await run(tools, words);
    expect(sources.out).toMatch(/^Success: no issues found/);
    const program = await run(tools, [
      ...["-m", "mypy", "--strict", "--cache-dir", join(folder, "mypy-program")],
      ...["--python-executable", client.python, writtenForOurs()],
    ]);
    expect(program.out).toBe("Success: no issues found in 1 source file\n");
  });

  test("is clean before pyright for Python 3.9, with a program that uses it", { timeout: TIME_MS }, async () => {
    const pyright = ["-m", "pyright", "--pythonversion", "3.9", "--pythonpath", client.python];
    const env = { PYRIGHT_PYTHON_CACHE_DIR: join(tools.folder, "pyright"), PATH: process.env.PATH ?? "" };
    const clean = "0 errors, 0 warnings, 0 informations";
    for (const path of [join(clientSource, "postern"), writtenForOurs()])
      expect((await run(tools, [...pyright, path], env)).out).toContain(clean);
  });

  test("uses nothing that Python 3.9 lacks", async () => {
    const vermin = [join(tools.folder, "bin", "vermin"), "-t=3.9-", "--eval-annotations", "--no-tips"];
    const { code, out } = await run(tools, [...vermin, join(clientSource, "postern")]);
    expect([code, out]).toEqual([0, expect.stringContaining("Minimum required versions: 3.")]);
  });
});

function writtenForOurs(): string {
  const path = join(folder, "program.py");
  const official = readFileSync(join(programs, "official.py"), "utf8");
  writeFileSync(path, official.replaceAll("from onepassword", "from postern"));
  return path;
}

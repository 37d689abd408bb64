// The generated files, and the version that they take from the root's package.json.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { generatedFiles } from "../../clients/generate/files.ts";
import { versionOf } from "../../clients/generate/version.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string) => readFileSync(join(root, path), "utf8");

/** The files that contain Postern's version. */
const TELLING = [
  "clients/cli/version.ts",
  "clients/go/generated_methods.go",
  ...["clients/python/postern/_generated_rules.py", "clients/python/pyproject.toml"],
  "clients/sdk-core/version.ts",
  "clients/typescript/generated.ts",
  "clients/typescript/package.json",
  "daemon/host/version.ts",
  "package-lock.json",
  "protocol/openrpc.json",
];

test("every generated file matches its sources", () => {
  const stale = Object.entries(generatedFiles(read)).filter(([path, text]) => read(path) !== text);
  expect(stale.map(([path]) => path)).toEqual([]);
});

test("another version in package.json changes each file that contains it, and no other", () => {
  const other = (path: string) =>
    path === "package.json" ? read(path).replace(/"version": "[^"]+"/, '"version": "97.98.99"') : read(path);
  const changed = Object.entries(generatedFiles(other)).filter(([path, text]) => read(path) !== text);
  expect(changed.map(([path]) => path).sort()).toEqual(TELLING);
  for (const [path, text] of changed) expect(text, path).toContain('97.98.99"');
});

test.each([
  ["no version", {}],
  ["a number", { version: 1 }],
  ["two numbers", { version: "1.2" }],
  ["a tag", { version: "v1.2.3" }],
  ["more than three numbers", { version: "1.2.3-beta" }],
])("%s is no version of a release", (_what, manifest) => {
  expect(() => versionOf(JSON.stringify(manifest))).toThrow("three numbers");
});

describe("npm run generate -- --check", () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "postern-generate-"));
    const copied = [
      "daemon/host/certificates.ts",
      "daemon/host/make-folder.ts",
      "daemon/polkit/action-file.ts",
      "daemon/session/guessed-pin.ts",
    ];
    copied.push("LICENSE", "clients/python");
    const sources = ["protocol", "clients/generate", "clients/typescript", "package.json", "package-lock.json"];
    for (const path of [...sources, ...copied])
      cpSync(join(root, path), join(folder, path), {
        recursive: true,
        filter: (from) => !from.includes("node_modules"),
      });
    const generated = Object.keys(generatedFiles(read)).filter(
      (path) => !/^(protocol|clients\/typescript)\//.test(path),
    );
    for (const path of generated) cpSync(join(root, path), join(folder, path));
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const check = () => {
    const program = join(folder, "clients/generate/main.ts");
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, "--check"], { encoding: "utf8" });
    return { status, stdout, stderr };
  };

  function withChanged(path: string, text: string, work: () => void): void {
    const before = readFileSync(join(folder, path));
    writeFileSync(join(folder, path), text);
    try {
      work();
      expect(readFileSync(join(folder, path), "utf8")).toBe(text);
    } finally {
      writeFileSync(join(folder, path), before);
    }
  }

  test("passes when every file matches", () => {
    expect(check()).toMatchObject({ status: 0, stderr: "" });
  });

  test("fails when a file has another version than package.json, and writes nothing", () => {
    const path = "daemon/host/version.ts";
    withChanged(path, read(path).replace(/"\d+\.\d+\.\d+"/, '"97.98.99"'), () =>
      expect(check()).toMatchObject({
        status: 1,
        stdout: "",
        stderr: `generate: ${path} is out of date; run npm run generate\n`,
      }),
    );
  });

  test("fails when a page of the reference belongs to no method", () => {
    const path = "protocol/reference/gone.md";
    writeFileSync(join(folder, path), "");
    expect(check()).toMatchObject({ status: 1, stderr: expect.stringContaining(path) });
    rmSync(join(folder, path));
  });
});

// The files that are judged: what git ignores is left out, no link leads out of the folder, and what is no text is told.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FILE_BYTES_MAX, fileText } from "../../clients/editors/server/file-text.ts";
import { DEPTH_MAX, folderFiles, RULES_MAX } from "../../clients/editors/server/folder-files.ts";

let root: string;
const put = (path: string, content: string | Uint8Array) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
};
const below = (folder: string) => [...folderFiles(join(root, folder))].map(({ path }) => relative(root, path));
const skippedIn = (folder: string) =>
  [...folderFiles(join(root, folder))].filter(({ skipped }) => skipped !== undefined);

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "postern-lf-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe("a folder", () => {
  beforeAll(() => {
    put("repository/.git/config", "x");
    put("repository/.gitignore", "*.log\n/build/\n!kept.log\nsecret.txt\n");
    put("repository/a.txt", "x");
    put("repository/a.log", "x");
    put("repository/kept.log", "x");
    put("repository/build/b.txt", "x");
    put("repository/deep/build/c.txt", "x");
    put("repository/deep/.gitignore", "!a.log\n/own.txt\n");
    put("repository/deep/a.log", "x");
    put("repository/deep/own.txt", "x");
    put("repository/deep/er/own.txt", "x");
    put("repository/deep/er/secret.txt", "x");
    put("plain/.gitignore", "a.txt\n");
    put("plain/a.txt", "x");
    put("plain/b.txt", "x");
    put("outside.txt", "x");
    symlinkSync(join(root, "outside.txt"), join(root, "repository", "link.txt"));
    symlinkSync(join(root, "plain"), join(root, "repository", "linked"));
    execFileSync("mkfifo", [join(root, "repository", "pipe")]);
  });

  test("has the files that git does not ignore, by the rules of each folder, and no links or pipes", () => {
    expect(below("repository")).toEqual([
      "repository/.gitignore",
      "repository/a.txt",
      "repository/deep/.gitignore",
      "repository/deep/a.log",
      "repository/deep/build/c.txt",
      "repository/deep/er/own.txt",
      "repository/kept.log",
    ]);
  });

  test("inside of a repository keeps to the rules above it", () => {
    expect(below("repository/deep/er")).toEqual(["repository/deep/er/own.txt"]);
  });

  test("outside of a repository has the rules of its own", () => {
    expect(below("plain")).toEqual(["plain/.gitignore", "plain/b.txt"]);
  });

  test("that is not there is told", () => {
    const path = join(root, "nothing");
    expect([...folderFiles(path)]).toEqual([{ path, skipped: "the folder could not be read" }]);
  });

  test("agrees with git itself", () => {
    rmSync(join(root, "repository", ".git"), { recursive: true });
    execFileSync("git", ["init", "-q"], { cwd: join(root, "repository") });
    const listed = execFileSync("git", ["ls-files", "--others", "--exclude-standard"], {
      cwd: join(root, "repository"),
    });
    // Git lists links too, as links.
    const files = listed
      .toString()
      .trim()
      .split("\n")
      .filter((path) => !path.startsWith("link"));
    expect(
      below("repository")
        .map((path) => relative("repository", path))
        .sort(),
    ).toEqual(files.sort());
  });
});

describe("a hostile .gitignore", () => {
  /** A name on which a pattern with many wildcards would be tried in every way. */
  const name = "a".repeat(250);

  test("whose rules have too many wildcards ends at once, and is told", () => {
    put(`wild/${name}`, "x");
    put("wild/.gitignore", `${"*a".repeat(30)}*b\n**/a/**/a/**/a/**/a/**/b\n`);
    expect(below("wild")).toContain(`wild/${name}`);
    expect(skippedIn("wild")).toMatchObject([{ skipped: expect.stringContaining("2 of its lines are not used") }]);
  });

  test.each([
    ["three in a part", "*a*a*b", 0],
    ["three in a part and four in a line", "**/*a*a*b", 0],
    ["four in a part", "*a*a*a*b", 1],
    ["five in a line", "**/a*/b*/c*/d*", 1],
  ])("with %s: %s", (_what, rule, told) => {
    put("bound/.gitignore", rule);
    expect(skippedIn("bound")).toHaveLength(told);
  });

  test.each([
    [RULES_MAX, 0],
    [RULES_MAX + 1, 1],
  ])("of %s lines", (count, told) => {
    put("lines/.gitignore", Array.from({ length: count }, (_, index) => `name${index}`).join("\n"));
    expect(skippedIn("lines")).toHaveLength(told);
  });

  test.each(["/dev/zero", "../outside.txt", "loop/.gitignore"])("that is a link to %s is not followed", (target) => {
    mkdirSync(join(root, "loop"), { recursive: true });
    rmSync(join(root, "loop", ".gitignore"), { force: true });
    symlinkSync(target, join(root, "loop", ".gitignore"));
    put("loop/a.txt", "x");
    expect(below("loop")).toContain("loop/a.txt");
  });

  test("that is a pipe is not waited for", () => {
    mkdirSync(join(root, "piped"));
    execFileSync("mkfifo", [join(root, "piped", ".gitignore")]);
    expect(skippedIn("piped")).toMatchObject([{ skipped: "its rules are not used: it is no file" }]);
  });
});

test("folders are entered up to a depth, and one more is told", () => {
  const deep = (depth: number) => ["deep", ...Array.from({ length: depth }, () => "d")].join("/");
  put(`${deep(DEPTH_MAX)}/a.txt`, "x");
  expect(below("deep")).toEqual([`${deep(DEPTH_MAX)}/a.txt`]);
  put(`${deep(DEPTH_MAX + 1)}/b.txt`, "x");
  expect(skippedIn("deep")).toMatchObject([{ path: join(root, deep(DEPTH_MAX + 1)) }]);
});

describe("a file is skipped", () => {
  test.each([
    ["binary.bin", new Uint8Array([0x41, 0, 0x42]), "binary"],
    ["utf16.txt", new Uint8Array([0xff, 0xfe, 0x41, 0]), "binary"],
    ["latin.txt", new Uint8Array([0x41, 0xe9, 0x42]), "it is not UTF-8"],
    ["late.txt", Buffer.concat([Buffer.alloc(20_000, 0x41), Buffer.from([0xc3])]), "it is not UTF-8"],
    ["long.txt", Buffer.alloc(FILE_BYTES_MAX + 1, 0x41), "it has more than 10 MiB"],
  ])("%s", (path, content, skipped) => {
    put(path, content);
    expect(fileText(join(root, path), false)).toEqual({ skipped });
  });

  test("that is a pipe, without waiting for its writer", () => {
    execFileSync("mkfifo", [join(root, "own-pipe")]);
    expect(fileText(join(root, "own-pipe"), true)).toEqual({ skipped: "it is no file" });
  });

  test("that is a link which nobody named", () => {
    put("target.txt", "x");
    symlinkSync("target.txt", join(root, "to-target"));
    expect(fileText(join(root, "to-target"), false)).toEqual({ skipped: "it could not be opened (ELOOP)" });
    expect(fileText(join(root, "to-target"), true)).toEqual({ text: "x" });
  });

  test("that is a folder, or not there", () => {
    expect(fileText(root, true)).toEqual({ skipped: "it is no file" });
    expect(fileText(join(root, "nothing"), true)).toEqual({ skipped: "it could not be opened (ENOENT)" });
  });
});

test.each([
  ["empty", ""],
  ["with a mark", "\ufeffA=1"],
  ["at its bound", "é".repeat(FILE_BYTES_MAX / 2)],
])("a text %s is read unchanged", (_what, text) => {
  put("text.txt", text);
  expect(fileText(join(root, "text.txt"), false)).toEqual({ text });
});

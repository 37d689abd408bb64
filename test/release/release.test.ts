// `npm run release` in its own repository: the tags that it makes, and every reason for a refusal.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { changelogFaults, newestSection, undatedFaults } from "../../clients/release/changelog.ts";
import { contentFaults, manifestFaults, placeFaults, wanted } from "../../clients/release/contents.ts";
import { type Repository, repository } from "./stage.ts";

let tree: Repository;
beforeEach(() => {
  tree = repository();
});
afterEach(() => tree.remove());

const tags = () => tree.git("tag", "--list").trim();
/** Replaces text in a file, and commits the change. */
const change = (path: string, from: string, to: string) => {
  expect(tree.read(path)).toContain(from);
  tree.write(path, tree.read(path).replace(from, to));
  tree.commit();
};

test("a tree that is ready is tagged with its section of the changelog", () => {
  const { code, out } = tree.release();
  expect([code, tags()]).toEqual([0, "v1.2.3"]);
  expect(out).toMatch(/tagged [0-9a-f]+ as v1\.2\.3; nothing was published/);
  const message = tree.git("tag", "--list", "--format", "%(contents)", "v1.2.3");
  expect(message).toContain("Postern 1.2.3");
  expect(message).toContain("### Added\n\n- Something.");
  expect(message).not.toContain("Older");
});

test("a dry run says what it would tag, lists the packages, and tags nothing", () => {
  const { code, out, err } = tree.release("--dry-run");
  expect([code, err, tags()]).toEqual([0, "", ""]);
  expect(out).toMatch(/would tag [0-9a-f]+ as v1\.2\.3; nothing was tagged\n$/);
  for (const file of [...wanted.postern, ...wanted.client]) expect(out).toContain(`  ${file} `);
});

test("a dry run says what a tag would still be refused for", () => {
  tree.git("checkout", "--quiet", "-b", "next");
  tree.write("CHANGELOG.md", tree.read("CHANGELOG.md").replace("1.2.3, 2026-11-29", "1.2.3, unreleased"));
  const { code, out } = tree.release("--dry-run");
  expect([code, tags()]).toEqual([0, ""]);
  for (const what of ["the branch is next, not main", "the tree is not clean: 1 paths", "calls 1.2.3 unreleased"])
    expect(out).toContain(what);
  expect(out).toContain("this dry run ends with 0");
  expect(tree.release().code).toBe(1);
});

describe("no tag is made", () => {
  const refusals: readonly [string, () => void, string][] = [
    ["beside a file that is not committed", () => tree.write("new", ""), "the tree is not clean: 1 paths"],
    ["beside a change", () => tree.write("build.cjs", "\n"), "the tree is not clean: 1 paths"],
    ["on another branch", () => tree.git("checkout", "--quiet", "-b", "next"), "the branch is next, not main"],
    ["on no branch", () => tree.git("checkout", "--quiet", "--detach"), "no branch is checked out"],
    ["twice", () => tree.git("tag", "v1.2.3"), "the tag v1.2.3 is there already"],
    [
      "while it is unreleased",
      () => change("CHANGELOG.md", "3, 2026-11-29", "3, unreleased"),
      "calls 1.2.3 unreleased",
    ],
  ];
  test.each(refusals)("%s", (_title, spoil, told) => {
    spoil();
    const before = tags();
    const { code, err } = tree.release();
    expect([code, tags()]).toEqual([1, before]);
    expect(err).toContain(told);
    expect(err).toMatch(/\n {2}next: \S/);
  });

  test("where the build changes the tree", () => {
    change("build.cjs", "dist/", "left/");
    const { code, err } = tree.release();
    expect([code, tags()]).toEqual([1, ""]);
    expect(err).not.toBe("");
  });
});

describe("neither a tag nor a dry run goes on", () => {
  const refusals: readonly [string, () => void, string][] = [
    [
      "with another version in the lock",
      () => change("package-lock.json", "1.2.3", "1.2.4"),
      "package-lock.json tells",
    ],
    ["with another version in the command", () => change("clients/cli/version.ts", "1.2.3", "1.2.4"), "version 1.2.4"],
    ["with another version in the agent", () => change("daemon/host/version.ts", "VERSION", "X"), "no version"],
    ["with another version on the wire", () => change("protocol/openrpc.json", "3", "4"), "openrpc.json tells"],
    ["with a changelog of another version", () => change("CHANGELOG.md", "1.2.3", "1.2.2"), "begins with 1.2.2"],
    ["with an empty section", () => change("CHANGELOG.md", "- Something.\n", ""), "has no entry"],
    ["where types fail", () => change("package.json", '"types":"exit 0"', '"types":"exit 1"'), "types: failed"],
    ["where the build fails", () => change("package.json", "node build.cjs", "exit 1"), "build: failed"],
    [
      "with a package of another version",
      () => change("build.cjs", 'version: "1.2.3"', 'version: "1.2.2"'),
      "1.2.2, not",
    ],
    [
      "with a command of another version",
      () => change("build.cjs", 'log("1.2.3")', 'log("1.2.2")'),
      "built says 1.2.2",
    ],
    [
      "with a file that nobody needs",
      () => change("build.cjs", '"agent.js"', '"agent.js","notes.txt"'),
      "nobody needs: notes.txt",
    ],
    [
      "with a script",
      () => change("build.cjs", "dependencies:", "scripts: { postinstall: 'x' }, dependencies:"),
      'script "postinstall"',
    ],
    [
      "with a place of this machine",
      () => change("build.cjs", "'console", "'//' + process.cwd() + '\\nconsole"),
      "tells where it was built",
    ],
  ];
  test.each(refusals)("%s", (_title, spoil, told) => {
    spoil();
    const dry = tree.release("--dry-run");
    expect([dry.code, tags()]).toEqual([1, ""]);
    expect(dry.err).toContain(told);
    expect(dry.err).toMatch(/\n {2}next: \S/);
  });

  test.each([["--dry"], ["now"], ["--dry-run=yes"]])("with the word %s", (word) => {
    expect(tree.release(word)).toMatchObject({ code: 2, err: expect.stringContaining("the only option is --dry-run") });
    expect(tags()).toBe("");
  });
});

describe("the newest section of a changelog", () => {
  test("ends where the one before it begins", () => {
    const text = "# Changelog\n\n## 1.0.0, unreleased\n\nWords.\n\n### Added\n\n- A.\n\n## 0.9.0, 2026-01-01\n\n- B.\n";
    expect(newestSection(text)).toEqual({ version: "1.0.0", day: undefined, text: "Words.\n\n### Added\n\n- A." });
  });

  test.each([
    "",
    "# Changelog\n",
    "## Unreleased\n\n- A.\n",
    "## 1.0.0\n\n- A.\n",
    "## 1.0.0, soon\n\n- A.\n",
    "## v1.0.0, unreleased\n",
  ])("is none in %j", (text) => {
    expect(newestSection(text)).toBeUndefined();
    expect(changelogFaults(text, "1.0.0")).toHaveLength(1);
  });

  test("is not asked for its day where it has one", () => {
    expect(undatedFaults("## 1.0.0, 2026-11-29\n\n- A.\n")).toEqual([]);
  });
});

describe("a package", () => {
  test("of only the needed files has no fault", () => {
    expect(contentFaults("client", [...wanted.client, "types/call.d.ts"])).toEqual([]);
    expect(
      contentFaults("postern", [
        ...wanted.postern,
        "agent-main.js",
        "code-cache/v26/0a",
        "share-page/a.css",
        "app-page/a.js",
      ]),
    ).toEqual([]);
    expect(manifestFaults("client", {})).toEqual([]);
  });

  test.each(["client.ts", ".env", "kit.txt", "types/call.ts", "agent.js.map", "../x.js", "secret/agent.js"])(
    "has no %s in it",
    (file) => expect(contentFaults("postern", [...wanted.postern, file])).toHaveLength(1),
  );

  test("without a file that is needed, or with a loose dependency, has a fault", () => {
    const [first = "", ...others] = wanted.postern;
    expect(contentFaults("postern", others)).toEqual([
      expect.objectContaining({ what: `dist/postern has no ${first}` }),
    ]);
    for (const version of ["^3.3.4", "latest", "", "https://example.com/x.tgz"])
      expect(manifestFaults("postern", { dependencies: { koffi: version } })).toHaveLength(1);
  });

  test("tells of a place between other bytes", () => {
    const content = Buffer.concat([
      Buffer.from([0, 255]),
      Buffer.from("file:///home/ada/postern/agent.js"),
      Buffer.from([0]),
    ]);
    expect(placeFaults("postern", "x", content, "/home/ada/postern")).toHaveLength(1);
    expect(placeFaults("postern", "x", content, "/home/bob")).toEqual([]);
  });
});

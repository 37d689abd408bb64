import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { trustedProgram, UntrustedProgram } from "../../../daemon/approval/trusted-program.ts";
import { isRoot, NOBODY } from "../peer/children.ts";

describe("a program to be started", () => {
  test("is trusted by its real path where only root can have put it there", () => {
    expect(trustedProgram("/bin/sh")).toBe(realpathSync("/bin/sh"));
    expect(trustedProgram("/usr/bin/env")).toBe(realpathSync("/usr/bin/env"));
  });

  test.each([
    "sh",
    "./sh",
    "",
    "/usr/bin/../bin/sh",
    "/usr//bin/sh",
    "/usr/bin/",
    "/usr/bin",
    "/etc/passwd",
    "/usr/bin/none-such",
    "/none/such",
    "/dev/null",
  ])("is refused as %j", (path) => {
    expect(() => trustedProgram(path)).toThrow(UntrustedProgram);
  });

  test("is refused under a folder that anyone can write to, sticky or not", () => {
    const folder = mkdtempSync(join(tmpdir(), "postern-program-"));
    try {
      const path = join(folder, "program");
      copyFileSync("/bin/true", path);
      expect(() => trustedProgram(path)).toThrow(UntrustedProgram);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/**
 * As root, builds a tree in which each part can be wrong alone. /tmp itself will not do, since anyone can write there.
 */
describe.runIf(isRoot)("a program in a folder of root's (needs root)", () => {
  let folder = "";
  let path = "";
  beforeEach(() => {
    folder = mkdtempSync("/opt/postern-test-");
    chmodSync(folder, 0o755);
    mkdirSync(join(folder, "bin"));
    path = join(folder, "bin", "program");
    copyFileSync("/bin/true", path);
    chmodSync(path, 0o755);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test("is trusted, through a link of root's too", () => {
    expect(trustedProgram(path)).toBe(path);
    symlinkSync(path, join(folder, "link"));
    symlinkSync("bin", join(folder, "sbin"));
    expect(trustedProgram(join(folder, "link"))).toBe(path);
    expect(trustedProgram(join(folder, "sbin", "program"))).toBe(path);
  });

  test.each<[string, () => void]>([
    ["the file belongs to another user", () => chownSync(path, NOBODY, 0)],
    ["its group may write it", () => chmodSync(path, 0o775)],
    ["anyone may write it", () => chmodSync(path, 0o757)],
    ["nobody may run it", () => chmodSync(path, 0o644)],
    ["its folder belongs to another user", () => chownSync(join(folder, "bin"), NOBODY, 0)],
    ["its folder's group may write", () => chmodSync(join(folder, "bin"), 0o775)],
    ["a folder further up is open", () => chmodSync(folder, 0o777)],
    ["a folder further up is open and sticky", () => chmodSync(folder, 0o1777)],
  ])("is refused where %s", (_title, spoil) => {
    spoil();
    expect(() => trustedProgram(path)).toThrow(UntrustedProgram);
  });

  test("is refused through a link that leads out of root's folders", () => {
    const outside = mkdtempSync(join(tmpdir(), "postern-program-"));
    try {
      writeFileSync(join(outside, "program"), "", { mode: 0o755 });
      symlinkSync(join(outside, "program"), join(folder, "link"));
      symlinkSync(outside, join(folder, "away"));
      expect(() => trustedProgram(join(folder, "link"))).toThrow(UntrustedProgram);
      expect(() => trustedProgram(join(folder, "away", "program"))).toThrow(UntrustedProgram);
    } finally {
      rmSync(outside, { recursive: true });
    }
  });

  test("is refused through a ring of links", () => {
    symlinkSync(join(folder, "b"), join(folder, "a"));
    symlinkSync(join(folder, "a"), join(folder, "b"));
    expect(() => trustedProgram(join(folder, "a"))).toThrow(/too many links/);
  });
});

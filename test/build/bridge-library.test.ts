// The compiled bridge library: it compiles without a warning, and loads where it has to.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compileLibrary, compilerFor, LIBRARY, options, sources, targets } from "../../clients/bridge/compile.ts";
import { hasTool } from "../tools.ts";
import { buildLibrary, cannotRun, hasPython, node, python, version } from "./bridge-host.ts";
import { newFolder } from "./bridge-peer.ts";

/** The oldest glibc that loads the library: that of Debian 10, Ubuntu 20.04 and RHEL 8 is as new. */
const GLIBC_FLOOR = "2.28";

let folder: string;

beforeAll(() => {
  folder = newFolder();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(["gcc", "clang"])("%s", (compiler) => {
  test.skipIf(!hasTool(compiler))("has no warning, with and without optimisation", () => {
    for (const level of ["-O0", "-O2", "-O3"]) {
      const out = join(folder, `${compiler}${level}.so`);
      const ran = spawnSync(compiler, [...options, level, "-shared", "-fPIC", ...sources(), "-o", out], {
        encoding: "utf8",
      });
      expect(ran).toMatchObject({ status: 0, stderr: "" });
    }
  });
});

describe.each(targets.map((target) => [target.name, target, compilerFor(target)] as const))(
  "the library for %s",
  (name, _target, compiler) => {
    let path: string;
    const read = (...words: string[]) => execFileSync("readelf", ["-W", ...words, path], { encoding: "utf8" });

    beforeAll(() => {
      if (compiler === undefined) return;
      path = join(folder, name, LIBRARY);
      mkdirSync(join(folder, name));
      compileLibrary(compiler, version, path);
    });

    test.skipIf(compiler === undefined)(`asks for nothing newer than glibc ${GLIBC_FLOOR}`, () => {
      const versions = [...read("-V").matchAll(/GLIBC_(\d+)\.(\d+)/g)].map(([, major, minor]) => [
        Number(major),
        Number(minor),
      ]);
      const newest = versions.sort(([a = 0, b = 0], [c = 0, d = 0]) => a - c || b - d).at(-1);
      expect(newest?.join(".")).toBe(GLIBC_FLOOR);
    });

    test.skipIf(compiler === undefined)("exports what the official clients and Node look for, and nothing else", () => {
      const symbols = [...read("--dyn-syms").matchAll(/(GLOBAL|WEAK) +\w+ +(\w+) +(\S+)$/gm)].map(
        ([, bind, where, symbol = ""]) => ({ bind, where, symbol }),
      );
      expect(
        symbols
          .filter(({ where }) => where !== "UND")
          .map(({ symbol }) => symbol)
          .sort(),
      ).toEqual([
        "napi_register_module_v1",
        "node_api_module_get_api_version_v1",
        "op_sdk_ipc_free_response",
        "op_sdk_ipc_send_message",
      ]);
      const ofNode = symbols.filter(({ symbol, where }) => where === "UND" && symbol.startsWith("napi_"));
      expect(ofNode.length).toBeGreaterThan(10);
      expect(ofNode.filter(({ bind }) => bind !== "WEAK")).toEqual([]);
    });

    test.skipIf(compiler === undefined)(
      "stays loaded, has no executable stack, and no writable table of functions",
      () => {
        expect(read("-d")).toMatch(/NODELETE/);
        expect(read("-d")).toMatch(/BIND_NOW|FLAGS_1.*NOW/);
        expect(read("-l")).toMatch(/GNU_STACK .* RW /);
        expect(read("-l")).toMatch(/GNU_RELRO/);
      },
    );

    test.skipIf(compiler === undefined)("needs glibc alone", () => {
      const needed = [...read("-d").matchAll(/NEEDED.*\[(.*)\]/g)].map(([, library]) => library);
      expect(needed.filter((library) => !/^(libc\.so|ld-linux)/.test(library ?? ""))).toEqual([]);
    });
  },
);

test.skipIf(cannotRun || !hasPython)("loads at once in a program without a symbol of Node", async () => {
  const library = buildLibrary(folder);
  expect(await python(library, {}, "print('loaded')")).toEqual({ code: 0, out: "loaded\n", err: "" });
});

test.skipIf(cannotRun)("loads in Node, again in the same thread, and lets a program without a call end", async () => {
  const library = buildLibrary(folder);
  const program =
    "process.dlopen({ exports: {} }, process.env.BRIDGE); console.log(Object.keys(addon.exports).join());";
  expect(await node(library, {}, program)).toEqual({ code: 0, out: "sendMessage\n", err: "" });
});

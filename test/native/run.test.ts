// `run --no-masking -- COMMAND`: the program finds the same words, variables, limits and descriptors, whichever command starts it.
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fresh, type Reply, result, withAgent } from "./fake-agent.ts";
import { compiler, type How, makePair, type Pair, runIn } from "./stage.ts";

let pair: Pair;
beforeAll(() => {
  pair = makePair();
});
afterAll(() => pair.remove());

/** What each reference leads to: its last part, by this table or as it is. */
const values: Readonly<Record<string, string>> = {
  zero: "a\0b",
  lines: "a\nb\n",
  other: "日本 ünï 😀",
};
const last = (reference: string) => reference.slice(reference.lastIndexOf("/") + 1);
const outcome = (reference: string) =>
  last(reference) === "none"
    ? { error: { name: "itemNotFound", message: "there is no such item", hint: "look" } }
    : { ...fresh(values[last(reference)] ?? last(reference)), stale: last(reference) === "stale", kind: "Text" };
const agent: Reply = ({ id, method, params }) =>
  method === "secrets.resolveAll" ? result(id, { outcomes: (params.references as string[]).map(outcome) }) : undefined;

const run = (...words: string[]) => ["run", "--no-masking", "--", ...words];
const SHOW = run("env", "-0");
const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`R${index}`, `op://D/i/v${index}`]));

describe.skipIf(compiler === undefined)("a program", () => {
  test.each<[string, readonly string[], How["env"], boolean]>([
    ["without a reference", SHOW, { PLAIN: "x" }, true],
    ["with one reference", SHOW, { A: "op://D/i/one", B: "plain" }, true],
    ["with one reference twice", SHOW, { A: "op://D/i/one", B: "op://D/i/two", C: "op://D/i/one" }, true],
    ["with values of several lines and scripts", SHOW, { A: "op://D/i/lines", B: "op://D/i/other" }, true],
    ["with a hundred references", SHOW, many(100), true],
    ["with more than one call takes", SHOW, many(101), false],
    ["with options for Node", SHOW, { A: "op://D/i/one", NODE_OPTIONS: "--no-deprecation", Z: "z" }, true],
    ["with empty options for Node", SHOW, { NODE_OPTIONS: "" }, true],
    ["with a name that is no name", SHOW, { "a.b": "op://D/i/one", "c-d": "x" }, true],
    ["with a name in another script", SHOW, { Ä: "op://D/i/one" }, false],
    ["with a variable in a reference", SHOW, { A: "op://D/i/$B", B: "one" }, false],
    ["with braces", SHOW, { A: "x {{ op://D/i/one }} y" }, false],
    ["with a reference in a longer text", SHOW, { A: "see op://D/i/one" }, false],
    ["with what looks like a reference", SHOW, { A: "OP: //D/i/one" }, false],
    ["with a value of zero bytes", SHOW, { A: "op://D/i/zero" }, false],
    ["with a reference that leads nowhere", SHOW, { A: "op://D/i/one", B: "op://D/i/none" }, false],
    ["with a value from memory", SHOW, { A: "op://D/i/stale" }, false],
    ["with a token of another product", SHOW, { OP_CONNECT_TOKEN: "x", A: "op://D/i/one" }, false],
    ["with the variable of a hand-over", SHOW, { POSTERN_AT_START: "1:2:3" }, false],
    ["that ends with a code", run("sh", "-c", "exit 7"), { A: "op://D/i/one" }, true],
    ["that ends by a signal", run("sh", "-c", "kill -TERM $$"), { A: "op://D/i/one" }, true],
    ["that is not there", run("no-such-program"), { A: "op://D/i/one" }, false],
    ["that is no program", run("/etc/passwd"), {}, false],
    ["by its path", run("/usr/bin/env", "-0"), { A: "op://D/i/one" }, true],
    ["with an empty name", run(""), {}, false],
    ["without a name", run(), {}, false],
    ["with masking", ["run", "--", "true"], { A: "op://D/i/one" }, false],
    ["without the two dashes", ["run", "--no-masking", "env", "-0"], {}, false],
    ["with an account", SHOW, { POSTERN_ACCOUNT: "Work" }, false],
  ])("%s starts alike", async (_title, words, env, isNative) => {
    await withAgent(agent, async ({ home }) => {
      // The Node command of a PATH without Node cannot start at all, so its own words are compared elsewhere.
      const how = { env: { ...env } };
      const ended = await pair.both(home, words, how);
      expect(ended.isNative).toBe(isNative);
    });
  });

  test("without #! is run by a shell, and an empty folder of PATH is the folder of the command", async () => {
    await withAgent(agent, async ({ home }) => {
      for (const [name, text] of [
        ["bare", 'echo "bare $A $1"'],
        ["full", '#!/bin/sh\necho "full $A $1"'],
      ] as const) {
        writeFileSync(join(home, name), text);
        chmodSync(join(home, name), 0o755);
      }
      const env = { A: "op://D/i/one", PATH: `/nonexistent:${process.execPath.replace(/\/node$/, "")}:/usr/bin::/bin` };
      expect(await pair.both(home, run("full", "x"), { env })).toMatchObject({ out: "full one x\n", isNative: true });
      expect(await pair.both(home, run("bare", "x"), { env })).toMatchObject({ out: "bare one x\n", isNative: false });
    });
  });

  test("gets words that are no text, its own descriptors, and no others", async () => {
    await withAgent(agent, async ({ home }) => {
      const inside = `printf '%s' "$0" | od -An -tx1; ls -l /proc/self/fd | sed 's/.* //; s/:.*//; s/[0-9][0-9]*/N/'; cat <&5`;
      const shell = `exec 5</etc/hostname; exec "$1" run --no-masking -- sh -c '${inside.replaceAll("'", `'\\''`)}' "$(printf 'a\\377b')"`;
      const ended = await pair.both(home, [], { shell, env: { A: "op://D/i/one" } });
      expect(ended).toMatchObject({ code: 0, isNative: true, out: expect.stringContaining("61 ff 62") });
    });
  });

  test.each([
    ["the limit of open files", "ulimit -Sn 321;", "ulimit -Sn", "321\n"],
    ["the limit of core files", "ulimit -Sc 7;", "ulimit -Sc", "7\n"],
  ])("keeps %s, at once and through the Node command", async (_title, before, inside, expected) => {
    await withAgent(agent, async ({ home }) => {
      const env = { A: "op://D/i/one" };
      const how = { shell: `${before} "$@"`, env };
      expect(await pair.both(home, run("sh", "-c", inside), how)).toMatchObject({ out: expected, isNative: true });
      const masked = await runIn(home, [pair.whole.native, "run", "--", "sh", "-c", inside], how);
      expect(masked).toMatchObject({ code: 0, out: expected, err: "" });
    });
  });

  test("ignores the signals that were ignored before it, as under nohup, on every way", async () => {
    await withAgent(agent, async ({ home }) => {
      const inside = ["sh", "-c", "grep SigIgn /proc/self/status; env | grep -c POSTERN_AT_START"];
      const how = { shell: `trap "" HUP PIPE USR2; "$@"`, env: { A: "op://D/i/one" } };
      const bits = (1 << 0) | (1 << 12) | (1 << 11);
      const expected = `SigIgn:\t${bits.toString(16).padStart(16, "0")}\n0\n`;
      for (const words of [
        run(...inside),
        ["run", "--no-masking", "--no-wait", "--", ...inside],
        ["run", "--", ...inside],
      ])
        expect(await runIn(home, [pair.whole.native, ...words], how)).toMatchObject({ out: expected, err: "" });
      // Another process's hand-over says nothing.
      const stale = { ...how, env: { ...how.env, POSTERN_AT_START: "1:64:ff" } };
      expect((await runIn(home, [pair.whole.node, ...run(...inside)], stale)).out).toMatch(/^SigIgn:\t0+\n0\n$/);
    });
  });
});

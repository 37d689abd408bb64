// `--json` means the same before a command and behind it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { withLocalTimes } from "../../clients/cli/terminal/local-time.ts";
import { postern } from "./postern.ts";

const PASSWORD = "seven quiet harbours";
const home = mkdtempSync(join(tmpdir(), "postern-jf-"));
const run = (words: string, secrets: readonly string[] = []) => postern(words.split(" "), { home, secrets });

beforeAll(async () => {
  expect(await run("init --name Ada --no-pin --kit kit.txt --password-fd 3", [PASSWORD])).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await run("agent stop");
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
});

test.each(["status", "doctor", "generate", "audit --password-fd 3", "audit verify --password-fd 3", "grants --mine"])(
  "%s prints JSON with it before and behind",
  async (words) => {
    const [first, behind] = [await run(`--json ${words}`, [PASSWORD]), await run(`${words} --json`, [PASSWORD])];
    const keysOf = (text: string) => Object.keys(JSON.parse(text) as object);
    expect(keysOf(first.out)).toEqual(keysOf(behind.out));
    expect(first.code).toBe(behind.code);
  },
);

test.each([
  ["vault list --no-such", 2],
  ["no-such-command", 2],
  ["read op://a", 2],
  ["run --no-wait -- true extra", 0],
  ["run", 2],
  ["env run", 2],
])("%s fails or succeeds as with it behind, and reports it as JSON", async (words, code) => {
  const ran = await run(`--json ${words}`);
  expect(ran.code).toBe(code);
  if (code !== 0) expect(JSON.parse(ran.err.trimEnd().split("\n").at(-1) ?? "")).toHaveProperty("error.message");
});

test("a program under run keeps its own --json", async () => {
  const ran = await run("--json run -- echo --json x");
  expect(ran).toMatchObject({ code: 0, out: "--json x\n" });
});

test("a moment of the wire inside a text becomes the terminal's, and nothing else of it changes", () => {
  const text = "not since 2026-11-28T09:30:05Z, and 2026-11-28T09:30:05.123Z; op://a/2026-11-28/x 2026-11-28T09:30Z";
  const told = withLocalTimes(text);
  const local = new Date("2026-11-28T09:30:05Z");
  const time = [local.getHours(), local.getMinutes(), local.getSeconds()].map((n) => String(n).padStart(2, "0"));
  expect(told.match(new RegExp(time.join(":"), "g"))).toHaveLength(2);
  expect(told).toContain("op://a/2026-11-28/x 2026-11-28T09:30Z");
});

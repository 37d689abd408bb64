// The official JavaScript package, unchanged, with our core in the place of its own. npm puts it there by an override, as its user would.
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type StoppedAgent, stoppedAgent } from "../client/stopped-agent.ts";
import { type DemoAgent, SECRET, startDemoAgent } from "./demo-agent.ts";
import { runtimes } from "./runtimes.ts";
import { hasTool } from "./toolbox.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const program = fileURLToPath(new URL("./programs/official/token.mjs", import.meta.url));

let folder: string;
let agent: DemoAgent;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "postern-core-"));
  const built = join(folder, "built");
  execFileSync(process.execPath, ["--no-warnings", "clients/release/sdk-core-package.ts", built], { cwd: root });
  execFileSync("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder, built], { cwd: root });
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "";
  const manifest = {
    name: "project",
    private: true,
    dependencies: { "@1password/sdk": "0.5.0" },
    overrides: { "@1password/sdk-core": `file:./${tarball}` },
  };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  const options = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--engine-strict=false"];
  execFileSync("npm", ["install", "--silent", ...options], { cwd: folder });
  cpSync(program, join(folder, "token.mjs"));
  agent = await startDemoAgent();
}, 180_000);
afterAll(async () => {
  await agent.remove();
  rmSync(folder, { recursive: true, force: true });
});

type Core = { invoke_sync(invocation: string): string };
const ours = (): Core => createRequire(join(folder, "package.json"))("@1password/sdk-core") as Core;
const theirs = createRequire(createRequire(import.meta.url).resolve("@1password/sdk"))("@1password/sdk-core") as Core;

const words = (...values: unknown[]) => values.map((value) => JSON.stringify(value)).join(" ");

/** What the program prints. */
const LINES = [
  words(SECRET),
  words(SECRET, "itemNotFound"),
  expect.stringMatching(/^\[true,"error resolving secret reference: .*item.*"\]$/),
  words("Demo", "DATABASE_URL", true),
  expect.stringMatching(/^\[true,".*right permissions.*"\]$/),
  words(300, 1),
  words(6),
  expect.stringMatching(/^\[true,"invalid service account token.*1Password.*"\]$/),
  words([true, "invalid user input: encountered the following errors: integration name was not specified"]),
  words([true, "invalid user input: encountered the following errors: one authentication method must be specified"]),
  expect.stringMatching(/^\[true,"the agent has no workload identity.*"\]$/),
  expect.stringMatching(/^\[true,".*may not make vaults.*"\]$/),
  words("Builds", "Nightly", "built", 0),
  "lock",
  // The account was locked meanwhile, so the client opened another session by itself.
  words(SECRET),
];

async function runScript(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  atLock = () => agent.lockAndUnlock(),
) {
  const [name = "", ...rest] = [...command, join(folder, "token.mjs")];
  const child = spawn(name, rest, { cwd: folder, env: { PATH: process.env.PATH ?? "", HOME: folder, ...env } });
  let out = "";
  let err = "";
  child.stderr.on("data", (chunk: Buffer) => {
    err += chunk.toString();
  });
  child.stdout.on("data", async (chunk: Buffer) => {
    out += chunk.toString();
    if (!chunk.toString().includes("lock\n")) return;
    await atLock();
    child.stdin.write("\n");
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, lines: out.trimEnd().split("\n"), err };
}

describe.each(runtimes.map((host) => [host.name, host] as const))("in %s", (_name, host) => {
  test.skipIf(host.tool !== undefined && !hasTool(host.tool))(
    "a program with a token reads, is refused and goes on after a lock",
    async () => {
      expect(await runScript(host.command, agent.env)).toEqual({ code: 0, lines: LINES, err: "" });
    },
    60_000,
  );
});

describe("where no agent runs", () => {
  let stopped: StoppedAgent;
  beforeAll(async () => {
    stopped = await stoppedAgent();
  });
  afterAll(() => stopped.remove());

  test("the first client starts one", async () => {
    const ran = await runScript([process.execPath], stopped.env as Record<string, string>, async () => undefined);
    expect([ran.code, ran.lines[0], ran.err]).toEqual([0, words(SECRET), ""]);
    expect(await stopped.end()).toBe(true);
  });

  test("and none was ever started, the error names the command", async () => {
    const ran = await runScript([process.execPath], { ...agent.env, POSTERN_HOME: join(folder, "nowhere") });
    expect(ran.code).toBe(1);
    expect(ran.err).toContain("postern agent start");
  });
});

describe("the two helpers that need no client answer as the official core does:", () => {
  const outcome = (core: Core, invocation: unknown) => {
    try {
      const text = core.invoke_sync(typeof invocation === "string" ? invocation : JSON.stringify({ invocation }));
      return text.startsWith("{") ? Object.keys(JSON.parse(text) as object) : text;
    } catch (error) {
      // Where exactly a text goes wrong is the official parser's own matter.
      return (error as string).replace(/ at line 1 column \d+$/, "");
    }
  };
  const call = (name: string, parameters: unknown) => ({ parameters: { name, parameters } });
  const same = (invocation: unknown): void => {
    expect(outcome(ours(), invocation)).toEqual(outcome(theirs, invocation));
  };

  test("references", () => {
    const part = fc.string({ unit: fc.constantFrom("a", "B", "0", " ", "-", "é", "/", "?", "="), maxLength: 6 });
    const reference = fc.oneof(
      part,
      fc.tuple(part, part, part).map((parts) => `op://${parts.join("/")}`),
      fc.constantFrom("op://a/b/c?attribute=otp", "op://a/b/c?attribute=x", "op://a/b/c?x=otp"),
    );
    fc.assert(
      fc.property(reference, (text) => same(call("ValidateSecretReference", { secret_reference: text }))),
      { numRuns: 300 },
    );
  });

  test.each([
    ["a PIN", { type: "Pin", parameters: { length: 4 } }],
    ["a PIN that is too short", { type: "Pin", parameters: { length: 3 } }],
    ["a PIN of a negative length", { type: "Pin", parameters: { length: -1 } }],
    ["a PIN of a fraction", { type: "Pin", parameters: { length: 4.5 } }],
    ["a password", { type: "Random", parameters: { includeDigits: true, includeSymbols: true, length: 20 } }],
    [
      "a password that is too long",
      { type: "Random", parameters: { includeDigits: true, includeSymbols: true, length: 101 } },
    ],
    [
      "words",
      {
        type: "Memorable",
        parameters: { separatorType: "hyphens", capitalize: true, wordListType: "syllables", wordCount: 4 },
      },
    ],
    [
      "too few words",
      {
        type: "Memorable",
        parameters: { separatorType: "hyphens", capitalize: true, wordListType: "syllables", wordCount: 2 },
      },
    ],
    ["a password without its flags", { type: "Random", parameters: { length: 20 } }],
    [
      "a password with a flag that is a text",
      { type: "Random", parameters: { includeDigits: "yes", includeSymbols: true, length: 20 } },
    ],
    ["a PIN longer than 32 bits count", { type: "Pin", parameters: { length: 4_294_967_296 } }],
    [
      "words without a separator",
      { type: "Memorable", parameters: { capitalize: true, wordListType: "syllables", wordCount: 4 } },
    ],
    [
      "words of an unknown list",
      {
        type: "Memorable",
        parameters: { separatorType: "hyphens", capitalize: true, wordListType: "animals", wordCount: 4 },
      },
    ],
    ["an unknown recipe", { type: "Long", parameters: { length: 4 } }],
    ["no recipe", null],
  ])("%s", (_what, recipe) => {
    same(call("GeneratePassword", { recipe }));
  });

  test.each([
    ["another operation", call("SecretsResolve", { secret_reference: "op://a/b/c" })],
    ["a reference that is a number", call("ValidateSecretReference", { secret_reference: 1 })],
    ["no parameters", call("ValidateSecretReference", undefined)],
    ["no name", { parameters: {} }],
  ])("%s is refused", (_what, invocation) => {
    same(invocation);
  });
});

// --account on commands that work on no account: each refuses it, and none looks at POSTERN_ACCOUNT.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { takesChosen, withoutAccount } from "../../clients/cli/agent/account-meaning.ts";
import { wordsOf } from "../../clients/cli/context.ts";
import { program } from "../../clients/cli/program.ts";
import { PASSWORD } from "../agent/person.ts";
import { postern } from "./postern.ts";

/** Commands that work on the chosen account, and groups of them. A new command has its place here or in withoutAccount. */
const onChosen = [
  [
    "whoami",
    "read",
    "cat",
    "run",
    "env",
    "inject",
    "lint",
    "lsp",
    "import",
    "item",
    "ls",
    "rm",
    "vault",
    "share",
    "group",
  ],
  [
    "unlock",
    "lock",
    "signout",
    "passwd",
    "pin",
    "kit",
    "config",
    "devices",
    "authenticators",
    "backup",
    "service-account",
  ],
  ["prompts", "approve", "grants", "audit", "policy"],
].flat();

/** A command that only holds others has no action. */
const leaves = (command: Command): Command[] => [
  ...command.commands.flatMap(leaves),
  ...("_actionHandler" in command && command._actionHandler ? [command] : []),
];

const commands = leaves(program()).map((command) => ({ command, words: wordsOf(command) }));
const refusing = commands.filter(({ words }) => !takesChosen(words));

/** The words with an argument for each that the command demands. */
const called = ({ command, words }: (typeof commands)[number]) => [
  ...words,
  ...command.registeredArguments.filter(({ required }) => required).map(() => "x"),
];

const home = mkdtempSync(join(tmpdir(), "postern-am-"));

beforeAll(async () => {
  const words = ["init", "--name", "Ada", "--no-pin", "--kit", "kit.txt", "--password-fd", "3"];
  const env = { POSTERN_ACCOUNT: "Nobody" };
  expect(await postern(words, { home, secrets: [PASSWORD], env })).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await postern(["agent", "stop"], { home });
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
});

describe("each command", () => {
  test("either works on the chosen account, or refuses one", () => {
    // It hashes files, and needs no agent.
    const isOnChosen = (words: readonly string[]) =>
      onChosen.includes(words[0] ?? "") && words.join(" ") !== "policy hash";
    const wrong = commands.filter(({ words }) => takesChosen(words) !== isOnChosen(words));
    expect(wrong.map(({ words }) => words.join(" "))).toEqual([]);
  });

  test("shows --account in its help where it means something", () => {
    const shown = (command: Command) =>
      command
        .createHelp()
        .visibleOptions(command)
        .some(({ long }) => long === "--account");
    expect(commands.filter(({ command, words }) => shown(command) !== takesChosen(words))).toEqual([]);
  });

  test("that refuses one is a command", () => {
    const all = commands.map(({ words }) => words.join(" "));
    const gone = Object.keys(withoutAccount).filter((key) => !all.some((words) => `${words} `.startsWith(`${key} `)));
    expect(gone).toEqual([]);
  });
});

describe("--account", () => {
  test.each(refusing.map((one) => [one.words.join(" "), called(one)] as const))(
    "is refused by %s",
    async (name, words) => {
      const told = `postern: --account means nothing to \`postern ${name}\`: `;
      for (const all of [
        ["--account", "Ada", ...words],
        [...words, "--account=Ada"],
      ]) {
        const ran = await postern(all, { home });
        expect(ran).toMatchObject({ code: 2, out: "", err: expect.stringContaining(told) });
        expect(ran.err).toMatch(/\n {2}next: leave out --account/);
      }
    },
  );

  test("is refused as JSON under --json", async () => {
    const ran = await postern(["--account", "Ada", "status", "--json"], { home });
    expect(ran).toMatchObject({ code: 2, out: "" });
    expect(JSON.parse(ran.err)).toMatchObject({ error: { name: "UsageError", hint: "leave out --account" } });
  });

  test("that is refused changes nothing: the agent goes on, unlocked", async () => {
    expect(await postern(["agent", "stop", "--account", "Ada"], { home })).toMatchObject({ code: 2 });
    const { out } = await postern(["status", "--json"], { home });
    expect(JSON.parse(out)).toMatchObject({ running: true, state: "unlocked" });
  });
});

test.each(["status", "accounts --no-wait", "agent start", "generate"])(
  "POSTERN_ACCOUNT means nothing to %s, whatever it holds",
  async (words) => {
    for (const name of ["Nobody", " ", "x".repeat(65)])
      expect(await postern(words.split(" "), { home, env: { POSTERN_ACCOUNT: name } })).toMatchObject({ code: 0 });
  },
);

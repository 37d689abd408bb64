// Commands at a later agent. Each succeeds, shows the fields that it knows, and shows an unknown word as it came.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { exitCodes } from "../../clients/cli/terminal/exit-code.ts";
import { catalogue } from "../../protocol/catalogue.ts";
import { type FutureAgent, LATER, startFutureAgent } from "../client/future-agent.ts";
import { postern } from "./postern.ts";

let agent: FutureAgent;

const unlocked = {
  ...(catalogue["agent.status"].example.result as object),
  state: "unlocked",
  sessions: [{ account: "abcdefghijklmnopqrstuvwxyz", state: "unlocked", proof: "pin" }],
  openPrompts: 1,
  links: [
    { account: "abcdefghijklmnopqrstuvwxyz", service: "embedded", state: "reached", since: "2026-11-24T09:00:00.000Z" },
  ],
};

const found = {
  vaultId: "abcdefghijklmnopqrstuvwxyz",
  itemId: "bcdefghijklmnopqrstuvwxyz2",
  environmentId: "defghijklmnopqrstuvwxyz234",
  [LATER]: LATER,
};

beforeAll(async () => {
  agent = await startFutureAgent({ "agent.status": () => unlocked, "names.locate": () => ({ found: [found] }) });
});
afterAll(() => agent.close());

const PASSWORD = ["--password-fd", "3"];
const item = ["DATABASE_URL", "--vault", "Demo"];

/** Each command, and a pattern of its output. */
const commands: readonly (readonly [words: readonly string[], shown: RegExp])[] = [
  [["read", "op://Demo/DATABASE_URL/password"], /^postgres:\/\/…$/],
  [["status"], new RegExp(LATER)],
  [["doctor"], /closedMemory|memory/],
  [["whoami"], /Ada/],
  [["vault", "list"], /Demo/],
  [["item", "list", "--vault", "Demo"], /DATABASE_URL/],
  [["item", "get", ...item, "--reveal"], /postgres:\/\/…/],
  [["item", "edit", ...item, "--title", "Other"], /DATABASE_URL/],
  [["item", "history", ...item], /2/],
  [["env", "list"], /staging/],
  [["env", "get", "staging", "--reveal"], /DATABASE_URL/],
  [["group", "list"], /Operations/],
  [["share", "list"], /DATABASE_URL/],
  [["prompts", ...PASSWORD], /KX-42/],
  [["grants", ...PASSWORD], /DATABASE_URL/],
  [["audit", ...PASSWORD], /DATABASE_URL/],
  [["devices", ...PASSWORD], /workbench/],
  [["service-account", "list", ...PASSWORD], /CI/],
];

describe("ends well, and shows what it knows:", () => {
  test.each(commands.map(([words, shown]) => [words.join(" "), words, shown] as const))(
    "postern %s",
    async (_line, words, shown) => {
      const options = { home: agent.home, ...(words.includes("3") ? { secrets: ["any"] } : {}) };
      const { code, out, err } = await postern(words, options);
      expect({ code, err: err.replace(/^postern: the agent is of another installation.*\n.*\n/m, "") }).toEqual({
        code: 0,
        err: "",
      });
      expect(out).toMatch(shown);
    },
  );
});

test("gives the whole result as JSON, unknown fields included", async () => {
  const { code, out } = await postern(["vault", "list", "--json"], { home: agent.home });
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ vaults: [{ title: "Demo", vaultType: LATER, [LATER]: expect.anything() }] });
});

describe("at an agent of another protocol", () => {
  let other: FutureAgent;
  beforeEach(async () => {
    const message =
      "the agent and the client speak different protocols: the client speaks 2, the agent (postern 9.0.0) speaks 3";
    const mismatch = { code: 1005, message, data: { name: "protocolMismatch", hint: "update the client" } };
    other = await startFutureAgent({ "agent.hello": () => mismatch });
  });
  afterEach(() => other.close());

  test("a command says both protocols and what to update, and asks for nothing", async () => {
    const { code, out, err } = await postern(["vault", "list"], { home: other.home });
    expect({ code, out }).toEqual({ code: exitCodes.failed, out: "" });
    expect(err).toMatch(/the client speaks 2, the agent \(postern 9\.0\.0\) speaks 3\n {2}next: update the client\n$/);
    expect(other.asked.map(({ method }) => method)).toEqual(["agent.hello"]);
  });

  test("`postern agent stop` ends it all the same", async () => {
    const { code, err } = await postern(["agent", "stop"], { home: other.home });
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(other.asked.map(({ method }) => method)).toEqual(["agent.hello", "agent.stop"]);
  });
});

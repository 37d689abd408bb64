// What others chose cannot change the terminal that shows it: values and notes as text, and everything with --json. A program reads it back as it is.
import { afterAll, beforeAll, expect, test } from "vitest";
import { jsonText } from "../../clients/cli/terminal/json-text.ts";
import { attachPerson, makeAccount, PASSWORD, type Person } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { postern } from "./postern.ts";

/** Controls of one and of two bytes, a turn of direction, a blank of no width, and a tag beyond U+FFFF. */
const HOSTILE = "A\u001b[2J\u009b31m\u007f\u202eB\u200b\u2028C\u{e0041}\ufff9";
const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\p{Cf}\p{Default_Ignorable_Code_Point}]/u;

let agent: RunningAgent;
let person: Person;
let token: string;

beforeAll(async () => {
  agent = await startAgent();
  await makeAccount(agent);
  person = await attachPerson(agent);
  person.always("yes");
  const { call } = person.channel;
  const { id: vaultId } = await call("vaults.create", { title: `Demo${HOSTILE}` });
  await call("items.create", {
    item: {
      vaultId,
      title: HOSTILE,
      category: "Login",
      fields: [{ id: "f", title: HOSTILE, fieldType: "Text", value: HOSTILE, sectionId: "" }],
      notes: `first\n${HOSTILE}\nTITLE  forged`,
      tags: [HOSTILE],
    },
  });
  const { id: environmentId } = await call("environments.create", { title: "staging" });
  await call("environments.set", {
    environmentId,
    variables: [{ name: "A", value: `${HOSTILE}\nB=forged`, masked: false }],
  });
  const vaults = [vaultId, environmentId].map((vault) => ({ vault, permissions: ["read_items"] as never }));
  ({ token } = await call("serviceAccounts.create", { password: PASSWORD, title: "CI", vaults }));
});
afterAll(async () => {
  person.leave();
  await agent.remove();
});

const run = (words: readonly string[]) =>
  postern(words, { home: agent.home, env: { POSTERN_SERVICE_ACCOUNT_TOKEN: token } });

test.each([[["item", "get", HOSTILE, "--vault", `Demo${HOSTILE}`, "--reveal"]], [["env", "get", "staging"]]])(
  "%j shows values and notes as text that does nothing, in their own lines",
  async (words) => {
    const { code, out, err } = await run(words);
    expect(code, err).toBe(0);
    expect(out.replaceAll("\n", "")).not.toMatch(UNSEEN);
    expect(out).toContain("forged");
    expect(out).not.toMatch(/^(TITLE|B=)/m);
  },
);

test("a word that is no command is repeated without what it does to a terminal", async () => {
  const { code, err } = await run([`item${HOSTILE}`]);
  expect(code).toBe(2);
  expect(err).toContain("unknown command");
  expect(err.replaceAll("\n", "")).not.toMatch(UNSEEN);
});

test.each([
  [["vault", "list"]],
  [["env", "get", "staging"]],
  [["item", "list"]],
  [["item", "get", HOSTILE, "--vault", `Demo${HOSTILE}`]],
  [["item", "get", HOSTILE, "--vault", `Demo${HOSTILE}`, "--fields", "f"]],
])("%j shows no character that acts or hides", async (words) => {
  const { code, out, err } = await run([...words, "--json"]);
  expect(code, err).toBe(0);
  expect(out.trimEnd()).not.toMatch(UNSEEN);
  expect(JSON.stringify(JSON.parse(out))).toContain(JSON.stringify(HOSTILE).slice(1, -1));
});

test("an environment as JSON shows none either, and is read back as it was", async () => {
  const { code, out, err } = await run(["env", "export", "staging", "--format", "json"]);
  expect(code, err).toBe(0);
  expect(out.replaceAll("\n", "")).not.toMatch(UNSEEN);
  expect(JSON.parse(out)).toEqual({ A: `${HOSTILE}\nB=forged` });
});

test("an error shows none either", async () => {
  const { code, err } = await run(["item", "list", "--json", "--vault", HOSTILE]);
  expect(code).not.toBe(0);
  expect(err.trimEnd()).not.toMatch(UNSEEN);
});

test("every other text is what JSON.stringify makes of it", () => {
  for (const value of ["Größe 東京 🗝 \n\t", { a: [1, null, true, "e\u0301"] }, "\ud800"])
    expect(jsonText(value)).toBe(JSON.stringify(value));
});

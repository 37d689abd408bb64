// A program for the official package for Go, compiled with it, and run with ours and a real agent after its import line alone was
// changed. Then what both packages export.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type DemoAgent, SECRET, startDemoAgent } from "../demo-agent.ts";
import { type GoProject, hasGo, makeGoProject, makeOfficialProject, OURS, THEIRS } from "./project.ts";

const TIME_MS = 180_000;

let ours: GoProject;
let agent: DemoAgent;
const theirs = hasGo ? makeOfficialProject() : undefined;

beforeAll(async () => {
  if (!hasGo) return;
  ours = makeGoProject();
  agent = await startDemoAgent();
}, TIME_MS);
afterAll(async () => {
  await agent?.remove();
  ours?.remove();
  theirs?.remove();
});

test.skipIf(theirs === undefined)("a program compiles with the official package", { timeout: TIME_MS }, async () => {
  expect(await theirs?.run(["go", "vet", "./official"], { CGO_ENABLED: "0" })).toEqual({ code: 0, out: "", err: "" });
});

test.skipIf(!hasGo)("the same program runs with ours", { timeout: TIME_MS }, async () => {
  const program = await ours.build("official");
  const { code, out, err } = await ours.run([program], agent.env);
  expect([code, err]).toEqual([0, ""]);
  expect(out).toBe(readFileSync(fileURLToPath(new URL("./programs/official/output.txt", import.meta.url)), "utf8"));
  expect(out).toContain(SECRET);
});

test.skipIf(theirs === undefined)(
  "the packages export the same, but for a short list",
  { timeout: TIME_MS },
  async () => {
    const [mine, their] = await Promise.all([exportsOf(ours, OURS), exportsOf(theirs as GoProject, THEIRS)]);
    const differing = [...new Set([...Object.keys(mine), ...Object.keys(their)])].filter(
      (name) => mine[name] !== their[name],
    );
    const left = differing.filter((name) => exceptionFor(name, mine, their) === undefined);
    expect(Object.fromEntries(left.map((name) => [name, [their[name], mine[name]]]))).toEqual({});
    const used = new Set(differing.map((name) => exceptionFor(name, mine, their)));
    expect(exceptions.filter((one) => !used.has(one))).toEqual([]);
    expect(Object.keys(their).length).toBeGreaterThan(500);
  },
);

type Exports = Readonly<Record<string, string>>;

async function exportsOf(project: GoProject, path: string): Promise<Exports> {
  const { code, out, err } = await project.run(["go", "run", "./exports", path]);
  expect([code, err]).toEqual([0, ""]);
  return JSON.parse(out) as Exports;
}

type Exception = { readonly names: RegExp; readonly has: "ours" | "theirs"; readonly because: string };

/** The differences that are on purpose. Each is a name that one of the packages has alone; no name of both means two things. */
const exceptions: readonly Exception[] = [
  {
    names: /^(?:New)?\w+Source(?:\.\w+)?$/,
    has: "theirs",
    because: "these take or hold a part of the official core, which no other program can name",
  },
  { names: /^Err[A-Z]\w+$/, has: "ours", because: "each row of the table of errors has a value for errors.Is" },
  { names: /^Error(?:\.\w+)?$/, has: "ours", because: "errors.As gives the name, the next step and the incident's id" },
  { names: /^\w+Error\.Unwrap$/, has: "ours", because: "the official types of errors wrap the agent's error" },
  {
    names: /^(?:AgentNotRunning|ConnectionLost|InvalidConfiguration|UntrustedSocket|UnusablePath)Error(?:\.\w+)?$/,
    has: "ours",
    because: "errors on this side of the socket",
  },
  {
    names: /^\w+\.(?:Unm|M)arshalJSON$/,
    has: "ours",
    because: "what a client sends back keeps the fields of a later agent",
  },
  { names: /^Client\.(?:Call|Close)$/, has: "ours", because: "every method of the agent, and the end of a connection" },
  { names: /^(?:Notification|Prompt)(?:\.\w+)?$/, has: "ours", because: "what a listener hears" },
  {
    names: /^(?:Client\.WatchSecret|Secret(?:Watch|Change)(?:\.\w+)?|WatchEndedError(?:\.\w+)?)$/,
    has: "ours",
    because: "a program hears that a secret has changed",
  },
  { names: /^ItemOverview\.Malformed$/, has: "ours", because: "an item whose content is damaged is one row of a list" },
  { names: /^With(?:EventListener|PromptListener|Socket)$/, has: "ours", because: "options that the agent brings" },
  {
    names: /^(?:DefaultSocket|Protocol|Version)$/,
    has: "ours",
    because: "where the agent listens, and what is spoken there",
  },
  {
    names: /^VaultAccessorTypeBroker$/,
    has: "ours",
    because: "the official JavaScript package has this word, and ours follows it",
  },
];

function exceptionFor(name: string, mine: Exports, their: Exports): Exception | undefined {
  const has = their[name] === undefined ? "ours" : mine[name] === undefined ? "theirs" : "both";
  return exceptions.find((one) => one.has === has && one.names.test(name));
}

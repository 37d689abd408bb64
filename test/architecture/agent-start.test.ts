// What the shipped agent loads at its start. The first file answers `agent.hello` and `agent.status`; the second step is the rest of the agent, which stays in
// memory for days. What either takes is listed here, so that rare work does not creep into the start: each package costs milliseconds and memory.
import type { OutputChunk } from "rolldown";
import { beforeAll, describe, expect, test } from "vitest";
import { AGENT, AGENT_SOURCE, bundleOf, outputOf } from "../../clients/cli/bundle.ts";

let chunks: ReadonlyMap<string, OutputChunk>;
beforeAll(async () => {
  const build = await bundleOf(AGENT, AGENT_SOURCE);
  const { output } = await build.generate(outputOf(AGENT));
  await build.close();
  chunks = new Map(output.flatMap((one) => (one.type === "chunk" ? [[one.fileName, one] as const] : [])));
});

/** The files that are loaded with these, in whatever order. */
function loadedWith(...names: string[]): OutputChunk[] {
  const found = new Set<string>();
  const add = (name: string) => {
    if (found.has(name) || !chunks.has(name)) return;
    found.add(name);
    chunks.get(name)?.imports.forEach(add);
  };
  names.forEach(add);
  return [...found].map((name) => chunks.get(name) as OutputChunk);
}

const firstAnswer = () => loadedWith(AGENT, "agent-main.js");
const wholeAgent = () => loadedWith(AGENT, "agent-main.js", "agent-full-agent.js");

const modulesOf = (those: readonly OutputChunk[]) => those.flatMap(({ modules }) => Object.keys(modules));
const packagesOf = (those: readonly OutputChunk[]) =>
  [...new Set(modulesOf(those).flatMap((id) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)?.[1] ?? []))].sort();
const builtinsOf = (those: readonly OutputChunk[]) =>
  [...new Set(those.flatMap(({ imports }) => imports.filter((name) => name.startsWith("node:"))))].sort();

/** pino and what it uses lies in the first file, and runs at the first line of the log. */
const log = [
  "@pinojs/redact",
  "atomic-sleep",
  "on-exit-leak-free",
  "pino",
  "pino-std-serializers",
  "quick-format-unescaped",
  "safe-stable-stringify",
  "sonic-boom",
  "thread-stream",
];
const socket = ["event-pubsub", "node-ipc", "strong-type"];

describe("the agent's first answer takes", () => {
  test("two files: the one that switches V8's code on, and all the rest", () => {
    expect(firstAnswer().map(({ fileName }) => fileName)).toEqual([
      AGENT,
      "agent-rolldown-runtime.js",
      "agent-main.js",
    ]);
  });

  test("the packages of the socket and of the log", () => {
    expect(packagesOf(firstAnswer())).toEqual([...log, ...socket].sort());
  });

  test("no module of Node that is rare", () => {
    expect(builtinsOf(firstAnswer())).toEqual([
      "node:crypto",
      "node:fs",
      "node:inspector",
      "node:module",
      "node:net",
      "node:os",
      "node:path",
      "node:sqlite",
      "node:url",
      "node:v8",
    ]);
  });
});

describe("the whole agent takes", () => {
  test("no package beyond schemas, the cache, one-time codes, requests and near names", () => {
    const more = packagesOf(wholeAgent()).filter((name) => ![...log, ...socket].includes(name));
    expect(more).toEqual(["fastest-levenshtein", "json-rpc-2.0", "lru-cache", "otpauth", "typebox"]);
  });

  test("nothing of the account service, of SSH keys, of authenticators, of the pages", () => {
    const rare = [
      /\/service\/(?!web\/visible)/,
      /sshpk/,
      /simplewebauthn/,
      /zxcvbn/,
      /clients\/desktop\//,
      /kysely/,
      /\/hono\//,
    ];
    const all = modulesOf([...chunks.values()]);
    for (const one of [/kysely/, /sshpk/, /simplewebauthn/, /\/hono\//])
      expect(all.some((id) => one.test(id))).toBe(true);
    expect(modulesOf(wholeAgent()).filter((id) => rare.some((one) => one.test(id)))).toEqual([]);
  });

  test("no module of Node for HTTP, TLS, UDP, threads or other programs", () => {
    const late = [
      "node:child_process",
      "node:dgram",
      "node:http",
      "node:readline",
      "node:tls",
      "node:vm",
      "node:worker_threads",
    ];
    expect(builtinsOf(wholeAgent()).filter((name) => late.includes(name))).toEqual([]);
  });
});

test("every file of the agent is ASCII, so that V8 keeps one byte for each character", () => {
  for (const { fileName, code } of chunks.values())
    expect([fileName, /[^\0-\x7f]/.exec(code)?.index]).toEqual([fileName, undefined]);
});

// The packed client in every runtime that it promises: the golden conversations, played by a scripted peer, and a secret of a real agent.
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { conversations } from "../golden/conversation.ts";
import { exchangesOf, nameOf, startScriptedPeer } from "../golden/scripted-peer.ts";
import { type DemoAgent, SECRET, startDemoAgent } from "./demo-agent.ts";
import { makeProject, type Project } from "./project.ts";
import { type Runtime, runtimes } from "./runtimes.ts";
import { hasTool } from "./toolbox.ts";

const all = conversations();
const exchanges = all.map(exchangesOf);

/** What a program must have had from every request, in order. */
const expected = exchanges
  .flat()
  .map(({ expected: one }) => ("errorName" in one ? { ...one, isOfItsClass: true } : one));

/** Milliseconds for a program that plays all conversations. */
const REPLAY_MS = 60_000;

let project: Project;
let agent: DemoAgent;

beforeAll(async () => {
  project = makeProject();
  const named = exchanges.map((requests, index) => ({ name: nameOf(index), requests }));
  project.write("conversations.json", JSON.stringify(named));
  agent = await startDemoAgent();
}, 120_000);
afterAll(async () => {
  await agent.remove();
  project.remove();
});

const isThere = ({ tool }: Runtime) => tool === undefined || hasTool(tool);

describe.each(runtimes)("$name", (runtime) => {
  test.skipIf(!isThere(runtime))("is the version that it is called by", async () => {
    const [program = ""] = runtime.command;
    const { out } = await project.run([program, "--version"]);
    expect(out.startsWith(runtime.version)).toBe(true);
  });

  const ways = ["replay-by-import.mjs", "replay-by-require.cjs"];
  test.skipIf(!isThere(runtime)).each(ways)("plays every conversation: %s", { timeout: REPLAY_MS }, async (program) => {
    const peer = await startScriptedPeer(all, "createClient");
    const words = [...runtime.command, program, peer.socket, join(project.folder, "conversations.json")];
    const { code, out, err } = await project.run(words);
    peer.close();
    expect([code, err]).toEqual([0, ""]);
    expect([...peer.differences]).toEqual([]);
    expect(JSON.parse(out)).toEqual(expected);
  });

  test.skipIf(!isThere(runtime)).each([
    ["resolve-by-require.cjs", 1],
    ["resolve-by-import.mjs", 3],
  ] as const)("reads a secret of a real agent: %s", async (program, times) => {
    const ran = await project.run([...runtime.command, program], agent.env);
    expect(ran).toEqual({ code: 0, out: `${SECRET}\n`.repeat(times), err: "" });
  });
});

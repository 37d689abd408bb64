// Every golden conversation, played by a scripted peer to the installed Python client, asynchronous and synchronous, on each promised
// Python that is here.
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { conversations } from "../../golden/conversation.ts";
import { exchangesOf, nameOf, startScriptedPeer } from "../../golden/scripted-peer.ts";
import {
  buildClient,
  installedClient,
  promised,
  pythonsHere,
  run,
  temporaryFolder,
  toolEnvironment,
} from "./environment.ts";

const all = conversations();
const exchanges = all.map(exchangesOf);

/** What a program must have had from every request, in order. */
const expected = exchanges
  .flat()
  .map(({ expected: one }) => ("errorName" in one ? { ...one, isOfItsClass: true } : one));

const TIME_MS = 120_000;

const here = pythonsHere();
const tools = toolEnvironment();
const folder = temporaryFolder();
let wheel: string;

beforeAll(() => {
  if (tools !== undefined) wheel = buildClient(tools, folder).wheel;
  const named = exchanges.map((requests, index) => ({ name: nameOf(index), requests }));
  writeFileSync(join(folder, "conversations.json"), JSON.stringify(named));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const missing = promised.filter((version) => here.every((one) => one.version !== version));
if (missing.length > 0) process.stdout.write(`test: no Python ${missing.join(", ")} here; nothing is played on it\n`);

test.skipIf(tools === undefined).each(here.map((python) => [python.version, python] as const))(
  "Python %s plays every conversation",
  { timeout: TIME_MS },
  async (_version, python) => {
    if (tools === undefined) throw new Error("a test without its tools");
    const environment = installedClient(tools, python, wheel, folder);
    for (const kind of ["async", "sync"]) {
      const peer = await startScriptedPeer(all, "createClient");
      const words = ["-W", "error", "replay.py", kind, peer.socket, join(folder, "conversations.json")];
      const { code, out, err } = await run(environment, words);
      peer.close();
      expect([kind, code, err]).toEqual([kind, 0, ""]);
      expect([...peer.differences]).toEqual([]);
      expect(JSON.parse(out)).toEqual(expected);
    }
  },
);

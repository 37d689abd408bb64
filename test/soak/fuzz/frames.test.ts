// Lines near the examples of the catalogue, sent as bytes to an agent. Each is answered or ends its connection. None is an internal error, and the
// agent's memory does not grow.
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { catalogue, type MethodName } from "../../../protocol/catalogue.ts";
import { openRaw, type Raw } from "../../agent/raw.ts";
import { type RunningAgent, startAgent } from "../../agent/start.ts";
import { demandGivenBack, MiB, residentBytes } from "../resident.ts";
import { alteredBytes, FUZZ_MS_MAX, untilTime } from "./altered.ts";

/** Bytes that an agent at rest may hold more than after the first lines. A leak of three kilobytes a line is past it within ten seconds. */
const GROWTH_MAX = 100 * MiB;

/** Lines after which its code is compiled and its pools are filled. */
const WARM_LINES = 300;

/** It ends the agent. Who may call it is tested elsewhere. */
const ENDS: readonly MethodName[] = ["agent.stop"];

const lines = (Object.keys(catalogue) as MethodName[])
  .filter((method) => !ENDS.includes(method))
  .map((method) =>
    Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: 7, method, params: catalogue[method].example.params })),
  );

let agent: RunningAgent;
beforeAll(async () => {
  agent = await startAgent();
});
afterAll(() => agent.remove());

/** The errors in the answers to a line, up to the answer to the request after it. Undefined where the agent closed the connection. */
async function errorsOf(raw: Raw, line: Uint8Array, mark: string): Promise<unknown[] | undefined> {
  raw.send(
    Buffer.concat([line, Buffer.from(`\n${JSON.stringify({ jsonrpc: "2.0", id: mark, method: "agent.status" })}\n`)]),
  );
  const heard: unknown[] = [];
  for (;;) {
    const answers = await raw.next();
    if (answers === undefined) return undefined;
    const each = Array.isArray(answers) ? (answers as Record<string, unknown>[]) : [answers];
    if (each.some(({ id }) => id === mark)) return heard;
    heard.push(...each.map(({ error }) => error));
  }
}

test("no line near an example is an internal error, ends the agent or makes it grow", {
  timeout: FUZZ_MS_MAX,
}, async () => {
  let raw = await openRaw(agent.socket);
  let count = 0;
  let before = 0;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...lines).chain(alteredBytes), async (line) => {
      const errors = await errorsOf(raw, line, `mark ${count}`);
      if (errors === undefined) raw = await openRaw(agent.socket);
      expect(JSON.stringify(errors ?? [])).not.toContain('"internal"');
      count += 1;
      if (count === WARM_LINES) before = residentBytes(agent.process.pid);
    }),
    untilTime,
  );
  raw.close();
  expect(agent.process.exitCode).toBe(null);
  expect(count).toBeGreaterThan(WARM_LINES);
  await demandGivenBack(agent.process.pid, before, GROWTH_MAX);
});

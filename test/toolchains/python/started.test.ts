// The Python client with a token where no agent runs.
import { tmpdir } from "node:os";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type StoppedAgent, stoppedAgent, wrongFiles } from "../../client/stopped-agent.ts";
import { SECRET } from "../demo-agent.ts";
import { clientSource, pythonsHere, run } from "./environment.ts";

const [python] = pythonsHere();
const environment = { folder: tmpdir(), python: python?.program ?? "" };

let stopped: StoppedAgent;
beforeAll(async () => {
  if (python !== undefined) stopped = await stoppedAgent();
}, 60_000);
afterEach(async () => {
  stopped?.restore();
  await stopped?.end();
});
afterAll(() => stopped?.remove());

describe.skipIf(python === undefined).each(["threads", "tasks"])("a program with %s", (kind) => {
  const ran = (more = {}) =>
    run(environment, ["-W", "error", "started.py", kind], { ...stopped.env, PYTHONPATH: clientSource, ...more });

  test("starts the agent as the last one was started", async () => {
    expect(await ran({ NODE_OPTIONS: "--title=x" })).toEqual({ code: 0, out: `${SECRET}\n`, err: "" });
    expect(await stopped.end()).toBe(true);
  });

  test.each(wrongFiles)("starts none where the file %s, and names the command", async (_what, spoil, message) => {
    spoil(stopped.startFile);
    expect(await ran()).toEqual({ code: 0, out: `${message}; start it with \`postern agent start\`\n`, err: "" });
    expect(await stopped.end()).toBe(false);
  });
});

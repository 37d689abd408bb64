// createClient with a token where no agent runs: it starts the agent as the last one was started, or says why it does not.
import { chmodSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import * as sdk from "../../clients/typescript/client.ts";
import { untilListening } from "../../clients/typescript/start-agent.ts";
import { START_BYTES_MAX, START_MS_MAX, START_WORDS_MAX, startWords } from "../../protocol/start-file.ts";
import { agentProgram } from "../programs.ts";
import { REFERENCE, SECRET } from "../toolchains/demo-agent.ts";
import { type StoppedAgent, stoppedAgent, wrongFiles } from "./stopped-agent.ts";

let stopped: StoppedAgent;
beforeAll(async () => {
  stopped = await stoppedAgent();
  vi.stubEnv("POSTERN_HOME", stopped.env.POSTERN_HOME);
});
afterEach(async () => {
  chmodSync(dirname(stopped.startFile), 0o700);
  stopped.restore();
  await stopped.end();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await stopped.remove();
});

const integration = { integrationName: "shop", integrationVersion: "1" };
const byToken = () => sdk.createClient({ auth: stopped.env.TOKEN ?? "", ...integration });

test("an agent writes down how it was started, for its user alone", () => {
  const { command } = JSON.parse(readFileSync(stopped.startFile, "utf8")) as { command: string[] };
  expect(command[0]).toBe(process.execPath);
  expect(command.at(-1)).toBe(agentProgram);
  expect(statSync(stopped.startFile).mode & 0o777).toBe(0o600);
});

describe("with a token", () => {
  test("the agent is started where none runs, without variables that it would refuse", async () => {
    vi.stubEnv("NODE_OPTIONS", "--title=x");
    const client = await byToken();
    vi.stubEnv("NODE_OPTIONS", undefined);
    expect(await client.secrets.resolve(REFERENCE)).toBe(SECRET);
    client.close();
    expect(await stopped.end()).toBe(true);
  });

  test("many clients at once start one agent", async () => {
    const clients = await Promise.all(Array.from({ length: 8 }, byToken));
    const read = await Promise.all(clients.map(({ secrets }) => secrets.resolve(REFERENCE)));
    expect(new Set(read)).toEqual(new Set([SECRET]));
    for (const client of clients) client.close();
  });

  test("a client that was open leaves a stopped agent stopped", async () => {
    const client = await byToken();
    await stopped.end();
    await expect(client.secrets.resolve(REFERENCE)).rejects.toBeInstanceOf(sdk.AgentNotRunning);
    client.close();
    expect(await stopped.end()).toBe(false);
  });

  test.each(wrongFiles)(
    "none is started where the file %s, and the error names the command",
    async (_what, spoil, message) => {
      spoil(stopped.startFile);
      const error = await byToken().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: "AgentNotRunning", message, hint: "start it with `postern agent start`" });
      expect(await stopped.end()).toBe(false);
    },
  );

  test("none is started from a folder that is open to others", async () => {
    chmodSync(dirname(stopped.startFile), 0o755);
    await expect(byToken()).rejects.toThrow("is in a folder that is open to other users");
  });

  test("an agent that does not come up is waited for ten seconds, and no longer", async () => {
    let nowMs = 0;
    let lastLookMs = 0;
    const open = async () => {
      lastLookMs = nowMs;
      throw new sdk.AgentNotRunning("there is no socket");
    };
    const time = {
      nowMs: () => nowMs,
      wait: async (ms: number) => {
        nowMs += ms;
      },
    };
    await expect(untilListening(open, time)).rejects.toMatchObject({
      message: "no agent is running: it was started, and did not listen within 10 s",
      hint: "run `postern agent start`, which says why",
    });
    expect(lastLookMs).toBe(START_MS_MAX);
  });

  test("none is started for a socket that the program names itself", async () => {
    const named = {
      auth: stopped.env.TOKEN ?? "",
      ...integration,
      socket: `${stopped.env.POSTERN_HOME}/run/agent.sock`,
    };
    await expect(sdk.createClient(named)).rejects.toBeInstanceOf(sdk.AgentNotRunning);
    expect(await stopped.end()).toBe(false);
  });
});

test("without a token none is started, since a person is needed anyway", async () => {
  await expect(sdk.createClient({ auth: new sdk.DesktopAuth(), ...integration })).rejects.toBeInstanceOf(
    sdk.AgentNotRunning,
  );
  expect(await stopped.end()).toBe(false);
});

describe("a command in the file", () => {
  const words = (count: number) => JSON.stringify({ command: ["/bin/a", ...Array(count - 1).fill("b")] });

  test("has a bounded number of words", () => {
    expect(startWords(words(START_WORDS_MAX))).toHaveLength(START_WORDS_MAX);
    expect(startWords(words(START_WORDS_MAX + 1))).toBeUndefined();
    expect(words(START_WORDS_MAX).length).toBeLessThan(START_BYTES_MAX);
  });

  test.each([
    "",
    "null",
    "[]",
    "{}",
    '{"command":[]}',
    '{"command":["a"]}',
    '{"command":["/a",1]}',
    '{"command":["/a\\u0000"]}',
    '{"command":"/a"}',
  ])("is not %j", (text) => {
    expect(startWords(text)).toBeUndefined();
  });
});

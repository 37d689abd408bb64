// The Go client with a token where no agent runs.
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type StoppedAgent, stoppedAgent, wrongFiles } from "../../client/stopped-agent.ts";
import { SECRET } from "../demo-agent.ts";
import { type GoProject, hasGo, makeGoProject } from "./project.ts";

const TIME_MS = 120_000;

let project: GoProject;
let program: string;
let stopped: StoppedAgent;
beforeAll(async () => {
  if (!hasGo) return;
  project = makeGoProject();
  program = await project.build("started");
  stopped = await stoppedAgent();
}, TIME_MS);
afterEach(async () => {
  stopped?.restore();
  await stopped?.end();
});
afterAll(async () => {
  await stopped?.remove();
  project?.remove();
});

test.skipIf(!hasGo)("starts the agent as the last one was started", async () => {
  const env = { ...stopped.env, NODE_OPTIONS: "--title=x" };
  expect(await project.run([program], env)).toEqual({ code: 0, out: `${SECRET} <nil>\n`, err: "" });
  expect(await stopped.end()).toBe(true);
});

test.skipIf(!hasGo).each(wrongFiles)(
  "starts none where the file %s, and names the command",
  async (_what, spoil, message) => {
    spoil(stopped.startFile);
    const { out } = await project.run([program], stopped.env);
    expect(out).toBe(`error initializing client: ${message}; start it with \`postern agent start\`\n`);
    expect(await stopped.end()).toBe(false);
  },
);

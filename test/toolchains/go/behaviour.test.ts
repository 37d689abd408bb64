// The installed Go client with a real agent that is locked and stopped: what a program is told, and what the client does by itself.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type DemoAgent, SECRET, startDemoAgent } from "../demo-agent.ts";
import { type GoProject, hasGo, makeGoProject } from "./project.ts";

const TIME_MS = 120_000;

let project: GoProject;
let agent: DemoAgent;
beforeAll(async () => {
  if (!hasGo) return;
  project = makeGoProject();
  agent = await startDemoAgent();
}, TIME_MS);
afterAll(async () => {
  await agent?.remove();
  project?.remove();
});

test.skipIf(!hasGo)("a token goes on after a lock, and each error says what to do", { timeout: TIME_MS }, async () => {
  const { code, out, err } = await project.run([await project.build("behaviour")], agent.env);
  expect([code, err]).toEqual([0, ""]);
  expect(out.trimEnd().split("\n")).toEqual([
    SECRET,
    expect.stringMatching(
      /^true error initializing client: invalid service account token, .*; `postern service-account create` makes one$/,
    ),
    "the watch has ended: the account was locked; run `postern unlock`, and watch again",
    SECRET,
    "true true the account is locked; run `postern unlock`",
    expect.stringMatching(/^no agent is running: .*; start it with `postern agent start`$/),
  ]);
});

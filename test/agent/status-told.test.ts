// The agent.status of a program without a grant: states and counts, and only its own ids.
import { expect, test } from "vitest";
import { passing, startInProcess } from "./in-process.ts";
import { attachPerson, makeAccount, PASSWORD } from "./person.ts";

test("a stranger learns neither the account nor services; who may see the whole learns both", async () => {
  const agent = await startInProcess();
  const { account } = await passing(agent, makeAccount(agent));
  const stranger = await agent.connect();
  const told = await stranger.call("agent.status", {});
  expect(told).toMatchObject({ state: "unlocked", sessions: [{ state: "unlocked", proof: "pin" }], links: [] });
  expect(JSON.stringify(told)).not.toContain(account);
  const person = await passing(agent, attachPerson(agent));
  const whole = await person.channel.call("agent.status", {});
  expect(whole).toMatchObject({ sessions: [{ account }], links: [{ account, service: "embedded" }] });
  stranger.close();
  person.leave();
  await agent.close();
});

test("whoever presents a token learns of its own service alone, and nobody else does", async () => {
  const agent = await startInProcess();
  await passing(agent, makeAccount(agent));
  const maker = await agent.connect();
  const params = { password: PASSWORD, title: "CI", vaults: [] };
  const { token } = await passing(agent, maker.call("serviceAccounts.create", params));
  const bearer = await agent.connect();
  await passing(agent, bearer.call("clients.open", { token, integrationName: "ci", integrationVersion: "1" }));
  expect((await bearer.call("agent.status", {})).links).toHaveLength(1);
  expect(await maker.call("agent.status", {})).toMatchObject({ tokenSessions: 1, links: [] });
  bearer.close();
  maker.close();
  await agent.close();
});

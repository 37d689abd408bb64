// One request with many references that lead nowhere. A vault is searched once for all of them, and only the first get suggestions.
import { expect, test } from "vitest";
import { NEAR_ANSWERS_MAX } from "../../daemon/methods/secrets.ts";
import { inProcess } from "../service/doors.ts";
import { passing, startInProcess } from "./in-process.ts";
import { attachPerson, makeAccount } from "./person.ts";

test("names near the first few are told, after one look at the vault", async () => {
  const door = await inProcess();
  let pages = 0;
  const fetch = (request: Request) => {
    if (request.url.endsWith("items.list")) pages++;
    return door.address.fetch(request);
  };
  const agent = await startInProcess(undefined, { ...door, address: { ...door.address, fetch } });
  await passing(agent, makeAccount(agent));
  const person = await passing(agent, attachPerson(agent));
  person.always("yes");
  const asker = await agent.connect();
  const { id: vaultId } = await passing(agent, asker.call("vaults.create", { title: "Demo" }));
  const item = { vaultId, title: "Database", category: "Login" as const, fields: [] };
  await passing(agent, asker.call("items.create", { item }));
  await passing(agent, asker.call("items.list", { vaultId }));
  pages = 0;
  const references = Array.from({ length: 2 * NEAR_ANSWERS_MAX }, (_, at) => `op://Demo/Databas${at}/password`);
  const { outcomes } = await passing(agent, asker.call("secrets.resolveAll", { references }));
  const hints = outcomes.map((outcome) => ("error" in outcome && outcome.error?.hint?.includes("Database")) === true);
  expect(hints).toEqual(references.map((_, at) => at < NEAR_ANSWERS_MAX));
  expect(pages).toBe(1);
  asker.close();
  person.leave();
  await agent.close();
  await door.close();
});

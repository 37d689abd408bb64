// A cached answer ends once a second vault has the same title.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { agentKinds } from "../daemon/account/kinds.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { attachPerson, makeAccount, type Person } from "./person.ts";

let agent: InProcessAgent;
let person: Person;

describe.each(agentKinds)("of an account %s,", (_kind, accountOf) => {
  beforeEach(async () => {
    agent = await startInProcess(undefined, undefined, accountOf());
    await passing(agent, makeAccount(agent));
    person = await passing(agent, attachPerson(agent));
    person.always("yes");
  });
  afterEach(async () => {
    person.leave();
    await agent.close();
  });

  test.each([
    ["made", async (title: string) => void (await passing(agent, person.channel.call("vaults.create", { title })))],
    [
      "renamed",
      async (title: string) => {
        const { id: vaultId } = await passing(agent, person.channel.call("vaults.create", { title: "Else" }));
        await resolve("s3cret");
        await passing(agent, person.channel.call("vaults.update", { vaultId, title: title.toUpperCase() }));
      },
    ],
  ])("a reference by the title of a vault is ambiguous as soon as another vault of it is %s", async (_how, change) => {
    const { id: vaultId } = await passing(agent, person.channel.call("vaults.create", { title: "Mine" }));
    const field = { id: "password", title: "password", fieldType: "Concealed" as const, value: "s3cret" };
    const item = { vaultId, title: "Db", category: "Password" as const, fields: [field] };
    await passing(agent, person.channel.call("items.create", { item }));
    await resolve("s3cret");
    await resolve("s3cret");
    await change("Mine");
    await expect(ask()).rejects.toMatchObject({ errorName: "tooManyVaults" });
  });

  const ask = () => passing(agent, person.channel.call("secrets.resolve", { reference: "op://Mine/Db/password" }));

  async function resolve(secret: string): Promise<void> {
    expect(await ask()).toMatchObject({ secret });
  }
});

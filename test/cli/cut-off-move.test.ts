// A move that is interrupted before each of its calls, and a move with a foreign write in between, against a real agent.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Agent } from "../../clients/cli/agent/session.ts";
import { moveItem } from "../../clients/cli/commands/items/move.ts";
import { listItems } from "../../clients/cli/items/item-list.ts";
import type { Channel } from "../../clients/typescript/channel.ts";
import { takesClient } from "../../clients/typescript/generated.ts";
import { attachPerson, makeAccount, PASSWORD, type Person } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";

let running: RunningAgent;
let person: Person;
let channel: Channel;
let client: string;
let demo: string;
let other: string;

type Call = Agent["call"];
const call: Call = (method, params) => channel.call(method, takesClient.has(method) ? { ...params, client } : params);
const terminal = { tell: () => {} };

class Killed extends Error {}

/** An agent that gets the first calls of a command. The command is then killed. */
function until(calls: number): { call: Call } {
  let left = calls;
  return { call: (...given) => (left-- > 0 ? call(...given) : Promise.reject(new Killed())) as never };
}

/** An agent that does something else just before the first call of this kind. */
function before(wanted: string, act: () => Promise<unknown>): { call: Call } {
  let acted = false;
  return {
    call: async (...given) => {
      if (given[0] === wanted && !acted) {
        acted = true;
        await act();
      }
      return call(...given);
    },
  };
}

beforeAll(async () => {
  running = await startAgent();
  await makeAccount(running);
  person = await attachPerson(running);
  person.always("yes");
  demo = (await person.channel.call("vaults.create", { title: "Demo" })).id;
  other = (await person.channel.call("vaults.create", { title: "Other" })).id;
  const vaults = ["Demo", "Other"].map((vault) => ({ vault, permissions: ["read_items", "write_items"] as never }));
  const { token } = await person.channel.call("serviceAccounts.create", { password: PASSWORD, title: "CI", vaults });
  channel = await running.connect();
  const named = { integrationName: "t", integrationVersion: "1" };
  ({ client } = await channel.call("clients.open", { token, ...named }));
});
afterAll(async () => {
  channel.close();
  person.leave();
  await running.remove();
});

const valuesIn = (item: { fields: { value: string }[] }) => item.fields.map(({ value }) => value);
const everything = (vault: string) => listItems({ call }, vault, { active: true, archived: true });

async function filed(title: string, tags: string[] = ["work"]) {
  const fields = [{ id: "password", title: "password", fieldType: "Concealed" as const, value: "s3cret" }];
  const files = [{ name: "codes.txt", content: "MTIzNA==", sectionId: "", fieldId: "codes.txt" }];
  const made = await call("items.create", {
    item: { title, category: "Password" as const, vaultId: demo, fields, files, tags },
  });
  return { made, place: { vaultId: demo, itemId: made.id } };
}

test("a move that is cut off anywhere leaves no second item of the title in a vault, and the next move completes it", async () => {
  for (let calls = 1; ; calls++) {
    const title = `Cut ${calls}`;
    const { place } = await filed(title);
    const done = await moveItem({ agent: until(calls), terminal }, place, other, "items.delete").catch(
      (error) => error,
    );
    const old = (await everything(demo)).filter(({ id }) => id === place.itemId);
    const whole = (await everything(other)).filter((one) => one.title === title);
    expect(old.length + whole.length).toBeGreaterThan(0);
    expect(whole.length).toBeLessThan(2);
    if (!(done instanceof Killed)) {
      expect([old, whole[0]?.tags]).toEqual([[], ["work"]]);
      break;
    }
    if (old.length > 0) await moveItem({ agent: { call }, terminal }, place, other, "items.delete");
    const after = await everything(other);
    expect(after.filter((one) => one.title === title || one.title.includes(place.itemId))).toHaveLength(1);
    expect((await everything(demo)).filter(({ id }) => id === place.itemId)).toEqual([]);
    expect(calls).toBeLessThan(40);
  }
});

test.each(["items.delete", "items.archive"] as const)(
  "an edit just before %s stays, and no copy is left",
  async (how) => {
    const title = `Edited before ${how}`;
    const { made, place } = await filed(title);
    const fields = made.fields.map((field) => ({ ...field, value: "edited" }));
    const agent = before(how, () => call("items.put", { item: { ...made, fields } }));
    const moved = moveItem({ agent, terminal }, place, other, how);
    await expect(moved).rejects.toMatchObject({
      errorName: "versionConflict",
      message: expect.stringContaining("stays"),
    });
    expect(valuesIn(await call("items.get", place))).toEqual(["edited"]);
    expect((await everything(demo)).find(({ id }) => id === place.itemId)?.state).toBe("active");
    expect((await everything(other)).filter((one) => one.title === title || one.title.includes(made.id))).toEqual([]);
  },
);

test("a whole copy that somebody has changed since is neither used nor removed", async () => {
  const { made, place } = await filed("Twice");
  const dies = before("items.delete", () => Promise.reject(new Killed()));
  await expect(moveItem({ agent: dies, terminal }, place, other, "items.delete")).rejects.toThrow(Killed);
  const left = (await everything(other)).find(({ title }) => title === "Twice");
  const copy = await call("items.get", { vaultId: other, itemId: left?.id ?? "" });
  expect(copy.tags).toEqual(["work", `moving from ${demo}/${made.id}`]);
  const fields = copy.fields.map((field) => ({ ...field, value: "edited" }));
  await call("items.put", { item: { ...copy, fields } });
  const again = moveItem({ agent: { call }, terminal }, place, other, "items.delete");
  await expect(again).rejects.toMatchObject({ errorName: "conflict", message: expect.stringContaining(copy.id) });
  expect(valuesIn(await call("items.get", { vaultId: other, itemId: copy.id }))).toEqual(["edited"]);
  expect(valuesIn(await call("items.get", place))).toEqual(["s3cret"]);
});

test.each([99, 100])("an item with %i tags moves, from the archive too", async (count) => {
  const tags = Array.from({ length: count }, (_, index) => `t${index}`);
  const { place } = await filed(`Tags ${count}`, tags);
  await call("items.archive", place);
  const moved = await moveItem({ agent: { call }, terminal }, place, other, "items.delete");
  expect(moved.tags).toEqual(tags);
  expect((await everything(other)).find(({ id }) => id === moved.id)?.state).toBe("archived");
});

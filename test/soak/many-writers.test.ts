// Fifty writers change one item, each on its own connection. In each round one writer wins, and the others must fetch the item again. In the end no
// writer's change is lost. A write touches only its own item.
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { PosternError } from "../../clients/typescript/generated.ts";
import type { Item } from "../../protocol/item/item.ts";
import { attachPerson, makeAccount } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";

const WRITERS = 50;

let agent: RunningAgent;
let channel: Channel;
let vaultId: string;

beforeAll(async () => {
  agent = await startAgent();
  await makeAccount(agent);
  (await attachPerson(agent)).always("yes");
  channel = await agent.connect();
  vaultId = (await channel.call("vaults.create", { title: "Demo" })).id;
});
afterAll(() => agent.remove());

const make = (title: string) =>
  channel.call("items.create", {
    item: {
      title,
      category: "Login",
      vaultId,
      fields: [{ id: "own", title: "own", fieldType: "Concealed", value: title }],
    },
  });

const withField = (item: Item, id: string): Item => ({
  ...item,
  fields: [...item.fields, { id, title: id, fieldType: "Text", value: `by ${id}` }],
});

test(`of ${WRITERS} at once one wins, the others are told to fetch again, and nothing is lost`, async () => {
  const item = await make("Shared");
  const channels = await Promise.all(Array.from({ length: WRITERS }, () => agent.connect()));
  const refused: unknown[] = [];
  const written: number[] = [];

  /** Writes its own field, and retries as often as needed. */
  async function write(own: Channel, id: string): Promise<void> {
    for (let current = item; ; current = await own.call("items.get", { vaultId, itemId: item.id })) {
      try {
        written.push((await own.call("items.put", { item: withField(current, id) })).version);
        return;
      } catch (error) {
        refused.push(error);
      }
    }
  }
  await Promise.all(channels.map((own, index) => write(own, `w${index}`)));

  // Every writer started from the first version. So all but one were refused at least once, and only for this reason.
  expect(refused.length).toBeGreaterThanOrEqual(WRITERS - 1);
  for (const error of refused) {
    expect(error).toBeInstanceOf(PosternError);
    expect(error).toMatchObject({
      errorName: "versionConflict",
      message: "The submitted item is not up to date. Refetch the item and retry the request.",
    });
  }
  // Each version was written exactly once.
  expect(written.sort((a, b) => a - b)).toEqual(Array.from({ length: WRITERS }, (_, index) => index + 2));
  const { fields, version } = await channel.call("items.get", { vaultId, itemId: item.id });
  expect(version).toBe(WRITERS + 1);
  expect(fields.map(({ id, value }) => `${id} ${value}`).sort()).toEqual(
    ["own Shared", ...channels.map((_own, index) => `w${index} by w${index}`)].sort(),
  );
  for (const own of channels) own.close();
});

test("a change of one field seals that item anew and touches no other row", async () => {
  const [item] = await Promise.all(["A", "B", "C"].map(make));
  if (item === undefined) throw new Error("no item");
  const store = new DatabaseSync(join(agent.home, "data", "service.sqlite"), { readOnly: true });
  const rowsOf = (table: "items" | "item_versions") =>
    new Map(
      store
        .prepare(`select * from ${table} where vault = ?`)
        .all(vaultId)
        .map((row) => [`${row.id} ${row.revision}`, row]),
    );
  const before = { items: rowsOf("items"), versions: rowsOf("item_versions") };
  await channel.call("items.put", {
    item: { ...item, fields: item.fields.map((field) => ({ ...field, value: "changed" })) },
  });
  const after = { items: rowsOf("items"), versions: rowsOf("item_versions") };
  store.close();

  const changed = [...after.items].filter(([key]) => !before.items.has(key));
  expect(changed.map(([key]) => key)).toEqual([`${item.id} 2`]);
  for (const [key, row] of after.items) if (before.items.has(key)) expect(row).toEqual(before.items.get(key));
  // The store keeps the old version with its old seal. The versions of other items stay unchanged.
  const kept = [...after.versions].filter(([key]) => !before.versions.has(key));
  expect(kept.map(([key]) => key)).toEqual([`${item.id} 1`]);
  expect(kept[0]?.[1]).toMatchObject({ details: before.items.get(`${item.id} 1`)?.details });
});

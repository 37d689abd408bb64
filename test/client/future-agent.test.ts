// The TypeScript client with an agent of a later version. The client passes unknown values on or leaves them alone.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createClient, DesktopAuth, type OpenClient } from "../../clients/typescript/client.ts";
import { PosternError } from "../../clients/typescript/generated.ts";
import { catalogue, type MethodName } from "../../protocol/catalogue.ts";
import { type FutureAgent, LATER, ofLater, startFutureAgent } from "./future-agent.ts";

let agent: FutureAgent;
let client: OpenClient;
const events: string[] = [];

beforeAll(async () => {
  agent = await startFutureAgent({
    "files.openRead": () => ({ handle: "1", name: "backup.bin", size: 3 }),
    "secrets.validateReference": () => ({
      code: 9999,
      message: "not of these days",
      data: { name: LATER, hint: "ask later", [LATER]: 1 },
    }),
    "secrets.resolveAll": () => ({
      outcomes: [
        { ...(catalogue["secrets.resolve"].example.result as object), [LATER]: 1 },
        { error: { name: LATER, message: "not of these days" } },
      ],
    }),
  });
  client = await createClient({ auth: new DesktopAuth(), socket: agent.socket });
  client.onEvent((method) => events.push(method));
});
afterAll(async () => {
  client.close();
  await agent.close();
});

describe("a result with fields and words of later days is passed on:", () => {
  const answered = (Object.keys(catalogue) as MethodName[]).filter(
    (method) => !["secrets.validateReference", "secrets.resolveAll", "files.openRead", "agent.stop"].includes(method),
  );
  test.each(answered)("%s", async (method) => {
    const { example, result } = catalogue[method];
    const whole = ofLater(result as never, JSON.parse(JSON.stringify(example.result)));
    expect(await client.call(method, example.params as never)).toEqual(whole);
    expect(whole).toHaveProperty(LATER);
  });
});

test("also from agent.stop, which ends the connection", async () => {
  const other = await createClient({ auth: new DesktopAuth(), socket: agent.socket });
  expect(await other.call("agent.stop", {})).toHaveProperty(LATER);
  other.close();
});

test("an error of later days keeps its name, its number and its hint", async () => {
  const error: unknown = await client.call("secrets.validateReference", { reference: "op://a/b/c" }).catch((it) => it);
  expect(error).toBeInstanceOf(PosternError);
  expect(error).toMatchObject({ errorName: LATER, code: 9999, hint: "ask later", message: "not of these days" });
});

test("a notification of later days reaches its listeners, and the next answer comes", async () => {
  events.length = 0;
  await client.call("agent.status", {});
  expect(events).toEqual(expect.arrayContaining(["later.happened", "later.withoutParams"]));
});

describe("under the official names", () => {
  const vaultId = "abcdefghijklmnopqrstuvwxyz";
  const itemId = "bcdefghijklmnopqrstuvwxyz2";

  test("secrets", async () => {
    expect(await client.secrets.resolve("op://Demo/DATABASE_URL/password")).toBe("postgres://…");
    const { individualResponses } = await client.secrets.resolveAll(["op://a/b/c", "op://a/b/d"]);
    expect(individualResponses["op://a/b/c"]?.content?.secret).toBe("postgres://…");
    expect(individualResponses["op://a/b/d"]?.error?.message).toBe("not of these days");
  });

  test("items", async () => {
    const item = await client.items.get(vaultId, itemId);
    expect(item).toMatchObject({ title: "DATABASE_URL", category: LATER, createdAt: expect.any(Date) });
    expect(item.fields[0]).toMatchObject({ fieldType: LATER, value: "postgres://…" });
    expect(await client.items.put(item)).toMatchObject({ version: 2 });
    // The client sends unknown values back to the agent unchanged.
    expect(agent.asked.at(-1)?.params).toMatchObject({ item: { category: LATER, [LATER]: expect.anything() } });
    expect(await client.items.list(vaultId)).toMatchObject([{ title: "DATABASE_URL", state: LATER }]);
    expect((await client.items.getAll(vaultId, [itemId])).individualResponses[0]?.content?.title).toBe("DATABASE_URL");
    expect((await client.items.deleteAll(vaultId, [itemId])).individualResponses[itemId]?.error).toBeUndefined();
    expect(await client.items.files.read(vaultId, itemId, { name: "a", id: itemId, size: 3 })).toEqual(
      new Uint8Array([0, 1, 2]),
    );
  });

  test("shares", async () => {
    const policy = await client.items.shares.getAccountPolicy(vaultId, itemId);
    expect(policy).toMatchObject({ maxExpiry: LATER });
    const item = await client.items.get(vaultId, itemId);
    expect(await client.items.shares.create(item, policy, { oneTimeOnly: true })).toMatch(/^https:/);
  });

  test("vaults, groups and environments", async () => {
    expect(await client.vaults.list()).toMatchObject([
      { title: "Demo", vaultType: LATER, createdAt: expect.any(Date) },
    ]);
    expect(await client.vaults.get(vaultId, { accessors: true })).toMatchObject({ access: [{ accessorType: LATER }] });
    expect(await client.groups.get(vaultId, { vaultPermissions: true })).toMatchObject({ groupType: LATER });
    const { variables } = await client.environments.getVariables(vaultId);
    expect(variables).toMatchObject([{ name: "DATABASE_URL", masked: true }]);
  });
});

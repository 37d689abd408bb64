// The last use of a device or token is the last request at the service, to a few minutes, and not the sign-in.
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { TOUCH_MS } from "../../service/account/sign-in.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { attachPerson, makeAccount, PASSWORD, type Person } from "./person.ts";

let agent: InProcessAgent;
let person: Person;
let owner: Channel;
let vaultId: string;

const proof = { kind: "password", password: PASSWORD } as const;
const call = <T>(promise: Promise<T>) => passing(agent, promise);
const device = async () => (await call(owner.call("devices.list", { password: PASSWORD }))).devices[0];
const accounts = async () => (await call(owner.call("serviceAccounts.list", { proof }))).serviceAccounts;
const newToken = (more: object = {}) =>
  call(
    owner.call("serviceAccounts.create", {
      password: PASSWORD,
      title: "CI",
      vaults: [{ vault: vaultId, permissions: ["read_items"] }],
      ...more,
    }),
  );

beforeEach(async () => {
  agent = await startInProcess();
  agent.service.stop();
  await call(makeAccount(agent));
  person = await call(attachPerson(agent));
  person.always("yes");
  owner = person.channel;
  vaultId = (await call(owner.call("vaults.create", { title: "Demo" }))).id;
});
afterEach(async () => {
  person.leave();
  await agent.close();
});

test("a device's moves on with what it asks of the service, and its first day stays", async () => {
  const first = await device();
  expect(first?.lastSeenAt).toBe(first?.createdAt);
  agent.service.advance(TOUCH_MS + 1);
  await call(owner.call("vaults.create", { title: "Another" }));
  const later = await device();
  expect(Date.parse(later?.lastSeenAt ?? "") - Date.parse(first?.lastSeenAt ?? "")).toBe(TOUCH_MS + 1);
  expect(later?.createdAt).toBe(first?.createdAt);
});

test("a token's is missing until it is used, moves on with its use, and is of each token by itself", async () => {
  const made = await newToken();
  await newToken();
  expect((await accounts()).map(({ tokens }) => tokens.map((one) => one.lastUsedAt))).toEqual([
    [undefined],
    [undefined],
  ]);
  const ci = await agent.connect();
  const named = { token: made.token, integrationName: "ci", integrationVersion: "1" };
  const { client } = await ci.call("clients.open", named);
  const used = async () => (await accounts()).find(({ id }) => id === made.serviceAccountId)?.tokens[0]?.lastUsedAt;
  const first = Date.parse((await used()) ?? "");
  expect(first).toBeGreaterThan(0);
  agent.service.advance(TOUCH_MS + 1);
  await ci.call("vaults.list", { client });
  expect(Date.parse((await used()) ?? "") - first).toBe(TOUCH_MS + 1);
  expect((await accounts()).flatMap(({ tokens }) => tokens).filter((one) => one.lastUsedAt === undefined).length).toBe(
    1,
  );
  ci.close();
});

test("a token that has ended is reported as expired, at its end and not before", async () => {
  await newToken({ expiresInMs: 60_000 });
  const expired = async () => (await accounts())[0]?.tokens.map((one) => one.expired);
  agent.service.advance(59_999);
  expect(await expired()).toEqual([false]);
  agent.service.advance(1);
  expect(await expired()).toEqual([true]);
});

test("a service account's permissions are told by vault, with the vault's title", async () => {
  await newToken();
  expect((await accounts())[0]?.vaults).toEqual([
    { vaultId, title: "Demo", permissions: ["REVEAL_ITEM_PASSWORD", "READ_ITEMS"] },
  ]);
});

// Sends the example of every entry of the catalogue to an agent. The agent takes the parameters, and its answer has the shape of the example's
// result. The test fills in only values that the agent itself draws: ids, versions, handles, hashes, keys.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { catalogue, type MethodName, type ParamsOf } from "../../protocol/catalogue.ts";
import { type Door, overLoopback, PUBLIC_ADDRESS } from "../service/doors.ts";
import { enrol } from "./enrolled.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { attachPerson, type Person } from "./person.ts";
import { ORIGIN, type SoftwareAuthenticator, softwareAuthenticator } from "./software-authenticator.ts";

/** The password of the examples. */
const { password } = catalogue["accounts.create"].example.params as { password: string };

/** The filled-in values, by the name of the field. */
type Facts = Readonly<Record<string, unknown>>;

/** An agent with an account, a vault with an item, and a person who says yes to everything. */
type World = {
  readonly agent: InProcessAgent;
  /** The connection for the example and the steps before it. */
  readonly channel: Channel;
  readonly person: Person;
  readonly facts: Facts;
  /** Sends a request on that connection, and lets the agent's time pass until the answer. */
  readonly say: Channel["call"];
};

/** The parameters of an example in the catalogue. */
const paramsOf = <M extends MethodName>(method: M) => catalogue[method].example.params as ParamsOf<M>;

/** Makes the account of the examples, by sending two of them. */
async function makeWorld(agent: InProcessAgent): Promise<World> {
  const channel = await agent.connect();
  const say: Channel["call"] = (method, params) => passing(agent, channel.call(method, params));
  const { account, user, secretKey } = await say("accounts.create", paramsOf("accounts.create"));
  await say("accounts.setPin", paramsOf("accounts.setPin"));
  const person = await passing(agent, attachPerson(agent, password));
  person.always("yes");
  const { id: vaultId } = await say("vaults.create", { title: "Demo" });
  const { id: itemId } = await say("items.create", { item: { ...paramsOf("items.create").item, vaultId } });
  return { agent, channel, person, say, facts: { account, user, secretKey, vaultId, itemId } };
}

const vaultOf = ({ facts }: World) => facts.vaultId as string;

async function anItem(world: World): Promise<Facts> {
  const item = { ...paramsOf("items.create").item, vaultId: vaultOf(world), title: "Other" };
  const { id, version } = await world.say("items.create", { item });
  return { itemId: id, id, version };
}

async function aDocument(world: World, title = "Paper"): Promise<Facts> {
  const document = { name: "backup.bin", content: "AAEC" };
  const item = { vaultId: vaultOf(world), title, category: "Document" as const, document };
  const made = await world.say("items.create", { item });
  return { itemId: made.id, fileId: made.document?.id, version: made.version };
}

async function aChangedItem(world: World): Promise<Facts> {
  const { itemId } = await anItem(world);
  const item = await world.say("items.get", { vaultId: vaultOf(world), itemId: itemId as string });
  await world.say("items.put", { item: { ...item, notes: "changed" } });
  return { itemId, version: item.version };
}

async function anAttachedFile(world: World): Promise<Facts> {
  const { itemId, version } = await anItem(world);
  const { file } = paramsOf("files.attach");
  const place = { vaultId: vaultOf(world), itemId: itemId as string, version: version as number };
  const item = await world.say("files.attach", { ...place, file });
  return { itemId, version: item.version, fileId: item.files[0]?.attributes.id };
}

const aVault = async ({ say }: World): Promise<Facts> => ({ vaultId: (await say("vaults.create", { title: "V" })).id });
const aGroup = async ({ say }: World): Promise<Facts> => ({ groupId: (await say("groups.create", { title: "G" })).id });

async function aGroupOfAVault(world: World): Promise<Facts> {
  const { vaultId } = await aVault(world);
  const { groupId } = await aGroup(world);
  const groupPermissions = [{ groupId: groupId as string, permissions: 48 }];
  await world.say("vaults.grantGroupPermissions", { vaultId: vaultId as string, groupPermissions });
  return { vaultId, groupId };
}

async function anEnvironment({ say }: World): Promise<Facts> {
  return { environmentId: (await say("environments.create", paramsOf("environments.create"))).id };
}

async function aShare(world: World): Promise<Facts> {
  const { itemId } = world.facts as { itemId: string };
  const params = { expireAfter: "SevenDays", oneTimeOnly: true } as const;
  const named = { vaultId: vaultOf(world), itemId, params, linkAddress: PUBLIC_ADDRESS };
  return { shareId: (await world.say("items.shares.create", named)).shareId };
}

async function aServiceAccount({ say }: World): Promise<{ serviceAccountId: string; token: string }> {
  return say("serviceAccounts.create", paramsOf("serviceAccounts.create"));
}

async function aTokensClient(world: World): Promise<Facts> {
  const { serviceAccountId, token } = await aServiceAccount(world);
  const { client } = await world.say("clients.open", { token, integrationName: "ci", integrationVersion: "1" });
  await world.say("vaults.list", { client });
  return { serviceAccountId, client };
}

/** The file of a policy, and a process. */
async function aPolicy({ agent, say }: World): Promise<Facts> {
  writeFileSync(join(agent.home, "policy.json"), JSON.stringify({ version: 1, rules: [{ effect: "deny" }] }));
  return { sha256: (await say("policy.get", {})).file?.sha256, pid: process.pid };
}

/** An enrolled authenticator, and what it answers to the next challenge of each kind. */
async function anAuthenticator(world: World): Promise<Facts & { device: SoftwareAuthenticator }> {
  const device = softwareAuthenticator();
  const enrolled = await enrol({ call: world.say }, device, { name: `Key ${device.credential}`, password });
  return { authenticator: enrolled.authenticator, device };
}

/** A registration that the agent waits for, and what it answers to it. */
async function aRegistration({ say }: World): Promise<Facts> {
  const device = softwareAuthenticator();
  const { options } = await say("authenticators.enrol", { password, name: `Key ${device.credential}` });
  return { registration: device.create(options), device };
}

async function anUnlockAssertion(world: World): Promise<Facts> {
  const { registration, device } = await aRegistration(world);
  const made = await world.say("authenticators.register", { registration } as never);
  return { assertion: (device as SoftwareAuthenticator).get(made.options ?? expect.fail()) };
}

async function aKeysUnlock(world: World): Promise<Facts> {
  const { device } = await anAuthenticator(world);
  return { assertion: device.get((await world.say("authenticators.unlockChallenge", {})).options) };
}

async function aClient({ say }: World): Promise<Facts> {
  return say("clients.open", paramsOf("clients.open"));
}

/** Removes earlier grants of the test's own program, so that it is asked again. */
const withoutGrants = ({ say }: World) => say("grants.revoke", { all: true });

async function aGrant(world: World): Promise<Facts> {
  const { say } = world;
  await withoutGrants(world);
  await say("secrets.resolve", paramsOf("secrets.resolve"));
  const { grants } = await say("grants.list", {});
  return { grant: grants.find(({ field }) => field !== undefined)?.grant };
}

/** Opens a prompt that the person does not answer. */
async function aPrompt(world: World, asked: "vaults.create" | "groups.create"): Promise<Facts> {
  await withoutGrants(world);
  world.person.always("ignore");
  const opened = world.person.next();
  const asking = await world.agent.connect();
  // The example answers it, or it is withdrawn with the connection.
  asking.call(asked, { title: "Asked for" }).catch(() => undefined);
  const { prompt, code, hash } = await passing(world.agent, opened);
  return { prompt, code, hash };
}

async function anotherDevice(world: World): Promise<Facts> {
  const other = await startInProcess(undefined, world.agent.service);
  const channel = await other.connect();
  const { account, user, secretKey } = world.facts as { account: string; user: string; secretKey: string };
  await passing(other, channel.call("accounts.signIn", { account, user, secretKey, password, deviceName: "other" }));
  channel.close();
  await other.close();
  const { devices } = await world.say("devices.list", { password });
  return { device: devices.find(({ thisOne }) => !thisOne)?.device };
}

async function ownDevice({ say }: World): Promise<Facts> {
  return { device: (await say("devices.list", { password })).devices[0]?.device };
}

/** The steps before an example that needs more than the world has. */
const stages: Partial<Record<MethodName, (world: World) => Promise<Facts>>> = {
  "session.unlock": async ({ say }) => say("session.lock", {}),
  "clients.close": aClient,
  "clients.list": aClient,
  "secrets.unwatch": async ({ say }) => say("secrets.watch", paramsOf("secrets.watch")),
  "policy.get": aPolicy,
  "policy.approve": aPolicy,
  "policy.test": aPolicy,
  "devices.rename": ownDevice,
  "devices.remove": anotherDevice,
  "grants.list": aGrant,
  "grants.revoke": aGrant,
  "prompts.list": (world) => aPrompt(world, "vaults.create"),
  "prompts.answer": (world) => aPrompt(world, "groups.create"),
  "audit.list": async ({ say }) => {
    await say("secrets.resolve", paramsOf("secrets.resolve"));
    return {};
  },
  "items.put": anItem,
  "items.delete": anItem,
  "items.deleteAll": async (world) => ({ itemIds: [(await anItem(world)).itemId] }),
  "items.getAll": async ({ facts }) => ({ itemIds: [facts.itemId] }),
  "items.archive": anItem,
  "items.unarchive": async (world) => {
    const { itemId } = await anItem(world);
    await world.say("items.archive", { vaultId: vaultOf(world), itemId: itemId as string });
    return { itemId };
  },
  "items.history": aChangedItem,
  "items.restore": aChangedItem,
  "files.attach": anItem,
  "files.read": anAttachedFile,
  "files.delete": anAttachedFile,
  "files.replaceDocument": aDocument,
  "files.openRead": (world) => aDocument(world, "backup"),
  "files.readChunk": async (world) => {
    const { itemId, fileId } = (await aDocument(world)) as { itemId: string; fileId: string };
    return world.say("files.openRead", { vaultId: vaultOf(world), itemId, fileId });
  },
  "files.writeChunk": ({ say, facts }) =>
    say("files.openWrite", { vaultId: facts.vaultId as string, title: "new", name: "new.bin", size: 3 }),
  "files.close": ({ say, facts }) =>
    say("files.openWrite", { vaultId: facts.vaultId as string, title: "new", name: "new.bin", size: 3 }),
  "files.commit": async ({ say, facts }) => {
    const written = { vaultId: facts.vaultId as string, title: "new", name: "new.bin", size: 3 };
    const { handle } = await say("files.openWrite", written);
    await say("files.writeChunk", { handle, content: "AAEC" });
    return { handle };
  },
  "authenticators.list": anAuthenticator,
  "authenticators.register": aRegistration,
  "authenticators.enableUnlock": anUnlockAssertion,
  "authenticators.rename": anAuthenticator,
  "authenticators.remove": anAuthenticator,
  "authenticators.challenge": async (world) => ({
    ...(await anAuthenticator(world)),
    ...(await aPrompt(world, "vaults.create")),
  }),
  "authenticators.unlockChallenge": anAuthenticator,
  "authenticators.unlock": aKeysUnlock,
  "shares.list": aShare,
  "shares.revoke": aShare,
  "vaults.delete": aVault,
  "vaults.get": aGroupOfAVault,
  "vaults.grantGroupPermissions": async (world) => ({ ...(await aVault(world)), ...(await aGroup(world)) }),
  "vaults.updateGroupPermissions": aGroupOfAVault,
  "vaults.revokeGroupPermissions": aGroupOfAVault,
  "groups.get": aGroupOfAVault,
  "groups.list": aGroup,
  "groups.update": aGroup,
  "groups.delete": aGroup,
  "groups.members": aGroup,
  "environments.list": anEnvironment,
  "environments.getVariables": anEnvironment,
  "environments.set": anEnvironment,
  "environments.unset": anEnvironment,
  "environments.delete": anEnvironment,
  "serviceAccounts.list": aTokensClient,
  "serviceAccounts.rotate": aServiceAccount,
  "serviceAccounts.revoke": aServiceAccount,
  "serviceAccounts.rateLimit": aTokensClient,
};

/** Examples for an agent without an account. */
const WITHOUT_ACCOUNT: readonly MethodName[] = [
  "accounts.create",
  "accounts.serviceInfo",
  "accounts.signIn",
  "accounts.setDefault",
  "accounts.openRestore",
  "accounts.inspectBackup",
  "accounts.restore",
];

/** Examples that change the account so that others would fail after them. */
const LAST: readonly MethodName[] = ["accounts.changePassword", "accounts.remove"];

const methods = Object.keys(catalogue) as MethodName[];
const groupOf = (method: MethodName) => method.split(".")[0] ?? "";
const worlds = Map.groupBy(
  methods.filter((method) => !WITHOUT_ACCOUNT.includes(method) && !LAST.includes(method)),
  groupOf,
);

/** The example's parameters, with the real values in place of those of the same name. */
function filled(value: unknown, facts: Facts): unknown {
  if (Array.isArray(value)) return value.map((part) => filled(part, facts));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, Object.hasOwn(facts, key) ? facts[key] : filled(part, facts)]),
  );
}

/** The differences between an answer and the example: a missing field, or a value of another type. */
function missing(shown: unknown, answered: unknown, at = "result"): string[] {
  if (Array.isArray(shown)) {
    if (!Array.isArray(answered)) return [`${at} is no list`];
    return shown.flatMap((one) => {
      const tries = answered.map((other) => missing(one, other, `${at}[]`));
      return tries.length === 0 ? [`${at} is empty`] : (tries.toSorted((a, b) => a.length - b.length)[0] ?? []);
    });
  }
  if (typeof shown !== "object" || shown === null)
    return typeof shown === typeof answered && (shown === null) === (answered === null)
      ? []
      : [`${at} has another type`];
  if (typeof answered !== "object" || answered === null) return [`${at} is no object`];
  return Object.entries(shown).flatMap(([key, value]) =>
    Object.hasOwn(answered, key)
      ? missing(value, (answered as Facts)[key], `${at}.${key}`)
      : [`${at}.${key} is missing`],
  );
}

/** The schema, closed for fields that it does not name. A field of an answer that the catalogue lacks is a fault. */
function closed(schema: TSchema): TSchema {
  return JSON.parse(JSON.stringify(schema), (_key, part: unknown) =>
    typeof part === "object" && part !== null && "properties" in part ? { ...part, additionalProperties: false } : part,
  ) as TSchema;
}

async function replay(method: MethodName, { say }: Pick<World, "say">, facts: Facts): Promise<unknown> {
  const { params, result } = catalogue[method].example;
  // The service of these worlds runs within the agent, so its links lead to another address than its own.
  const beside = method === "items.shares.create" ? { linkAddress: PUBLIC_ADDRESS } : {};
  const answered = await say(method, { ...(filled(params, facts) as object), ...beside } as never);
  expect([...Compile(closed(catalogue[method].result as TSchema)).Errors(answered)]).toEqual([]);
  expect(missing(result, answered)).toEqual([]);
  return answered;
}

describe.each([...worlds])("the examples of %s", (_group, those) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(
      await startInProcess(undefined, undefined, undefined, undefined, [], { origin: () => ORIGIN }),
    );
  });
  afterAll(() => world.agent.close());

  test.each(those)("%s", async (method) => {
    world.person.always("yes");
    const facts = await stages[method]?.(world);
    await replay(method, world, { ...world.facts, ...facts });
  });
});

describe("the examples that change the account for those after them", () => {
  test.each(LAST)("%s", async (method) => {
    const world = await makeWorld(await startInProcess());
    await replay(method, world, world.facts);
    await world.agent.close();
  });
});

describe("the examples for an agent without an account", () => {
  let agent: InProcessAgent;
  let elsewhere: Door;
  let channel: Channel;
  const say: Channel["call"] = (method, params) => passing(agent, channel.call(method, params));

  beforeAll(async () => {
    elsewhere = await overLoopback();
  });
  afterAll(() => elsewhere.close());

  async function withNew(work: () => Promise<unknown>): Promise<void> {
    agent = await startInProcess();
    channel = await agent.connect();
    await work().finally(() => agent.close());
  }

  test("accounts.create", () => withNew(() => replay("accounts.create", { say }, {})));

  test("accounts.serviceInfo", () =>
    withNew(() => replay("accounts.serviceInfo", { say }, { service: elsewhere.address.origin })));

  test("accounts.signIn", async () => {
    const service = elsewhere.address.origin;
    let facts: Facts = {};
    await withNew(async () => {
      const named = { name: "Ada", password, service, registrationToken: elsewhere.registrationToken ?? "" };
      facts = await say("accounts.create", named);
    });
    await withNew(() => replay("accounts.signIn", { say }, { ...facts, service }));
  });

  test("accounts.setDefault", () =>
    withNew(async () => {
      const { account: name, proof, newProof } = paramsOf("accounts.setDefault");
      await say("accounts.create", paramsOf("accounts.create"));
      const { account } = await say("accounts.create", { name, password: passwordIn(newProof), proof });
      await replay("accounts.setDefault", { say }, { account });
    }));

  test("accounts.openRestore, accounts.inspectBackup and accounts.restore", async () => {
    const world = await makeWorld(await startInProcess());
    await aServiceAccount(world);
    const content = await backupOf(world);
    await world.agent.close();
    await withNew(async () => {
      const { handle } = (await replay("accounts.openRestore", { say }, {})) as { handle: string };
      await say("files.writeChunk", { handle, content });
      await replay("accounts.inspectBackup", { say }, { handle });
      await replay("accounts.restore", { say }, { handle, secretKey: world.facts.secretKey });
    });
  });
});

/** The backup of a small account, which fits in one chunk. */
async function backupOf({ say }: World): Promise<string> {
  const { handle } = await say("accounts.backup", { password });
  const { content, last } = await say("files.readChunk", { handle });
  expect(last).toBe(true);
  return content;
}

test("every example is said here", () => {
  const said = [...[...worlds.values()].flat(), ...LAST, ...WITHOUT_ACCOUNT];
  expect(said.sort()).toEqual(methods.toSorted());
});

function passwordIn(proof: { kind: string; password?: string }): string {
  return proof.password ?? expect.fail("the example has no password");
}

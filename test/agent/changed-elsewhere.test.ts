// Another device of the user changes things. A cached value stays right or is forgotten.
import { afterEach, beforeEach, expect, test } from "vitest";
import { type OpenAccount, openAccount } from "../../clients/account/open-account.ts";
import { signIn } from "../../clients/account/user-keys.ts";
import { newId } from "../../protocol/crypto/encoding.ts";
import { parseSecretKey } from "../../protocol/crypto/secret-key.ts";
import { crypto, details, type InProcess, inProcess, overview } from "../service/doors.ts";
import { type InProcessAgent, passing as passingOf, startInProcess } from "./in-process.ts";
import { attachPerson, makeAccount, PASSWORD, type Person, PIN } from "./person.ts";

const reference = "op://Demo/DB/password";

let agent: InProcessAgent;
let closeService: () => Promise<void>;
let person: Person;
let vaultId: string;
let elsewhere: OpenAccount;
/** The service's news of changes wait for these: before the request, and before the answer arrives. */
let tidings: Promise<void>;
let late: Promise<void>;
let door: InProcess;
/** Fails requests that wait for changes, as if the service went away. */
let gone: PromiseWithResolvers<never>;

function stayUp(): void {
  gone = Promise.withResolvers();
  gone.promise.catch(() => undefined);
}

const passing = <T>(work: Promise<T>) => passingOf(agent, work);
const nameOf = (error: { errorName?: string }) => error.errorName;
const resolved = () => passing(person.channel.call("secrets.resolve", { reference }));
const outcome = () => resolved().then(({ secret }) => secret, nameOf);

beforeEach(async () => {
  tidings = Promise.resolve();
  late = Promise.resolve();
  stayUp();
  door = await inProcess();
  closeService = () => door.close();
  const fetch: typeof door.address.fetch = async (request) => {
    if (!request.url.endsWith("events.wait")) return door.address.fetch(request);
    await tidings;
    const answer = await Promise.race([door.address.fetch(request), gone.promise]);
    await late;
    return answer;
  };
  agent = await startInProcess(undefined, { ...door, address: { ...door.address, fetch } });
  const { account, user, secretKey } = await passing(makeAccount(agent));
  await attach();
  ({ id: vaultId } = await passing(person.channel.call("vaults.create", { title: "Demo" })));
  const who = {
    account,
    user,
    device: newId(crypto),
    secretKey: parseSecretKey(crypto, secretKey) ?? new Uint8Array(),
  };
  const signedIn = await signIn(crypto, door.call, door.address, { ...who, password: PASSWORD });
  elsewhere = openAccount(crypto, account, user, signedIn);
  await elsewhere.createItem(vaultId, overview("DB"), details("s3cret"));
  await expect.poll(outcome, { interval: 1 }).toBe("s3cret");
});
afterEach(async () => {
  elsewhere.close();
  person.leave();
  await agent.close();
  await closeService();
});

async function attach(): Promise<void> {
  person = await passing(attachPerson(agent));
  person.always("yes");
}

test.each<[string, () => Promise<unknown>]>([
  ["made here", () => passing(person.channel.call("vaults.create", { title: "demo" }))],
  ["made elsewhere", () => elsewhere.createVault("demo", "")],
  [
    "given that title elsewhere",
    async () => elsewhere.updateVault((await elsewhere.createVault("Other", "")).id, { title: "DEMO" }),
  ],
])("a reference means two vaults when another of its title is %s", async (_where, change) => {
  expect(await resolved()).toMatchObject({ secret: "s3cret", cached: true });
  await change();
  await expect.poll(outcome, { interval: 1 }).toBe("tooManyVaults");
});

test("a value stays in the cache when another item of its vault changes", async () => {
  const other = await elsewhere.createItem(vaultId, overview("Other"), details("x"));
  const seen: string[] = [];
  person.channel.onNotification((method, { item }) => method === "item.changed" && seen.push(String(item)));
  await person.channel.call("agent.subscribe", {});
  await expect.poll(outcome, { interval: 1 }).toBe("s3cret");
  await elsewhere.putItem(vaultId, other.id, 1, { ...other, overview: overview("Another") });
  await expect.poll(() => seen, { interval: 1 }).toContain(other.id);
  expect(await resolved()).toMatchObject({ secret: "s3cret", cached: true });
});

test("what was read before the service said where its changes stand is read again", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  await passing(person.channel.call("session.lock", {}));
  person.leave();
  tidings = promise;
  const channel = await agent.connect();
  await passing(channel.call("session.unlock", { password: PASSWORD }));
  channel.close();
  await attach();
  await resolved();
  expect(await resolved()).toMatchObject({ secret: "s3cret", cached: true });
  const [item] = await elsewhere.findItems(vaultId, "DB");
  if (item === undefined) throw new Error("there is no item");
  await elsewhere.putItem(vaultId, item.id, item.revision, { ...item, details: details("changed") });
  resolve();
  await expect.poll(outcome, { interval: 1 }).toBe("changed");
});

/** Makes a last change, to an item with a unique name. Fulfilled once the agent has learned of it. */
async function heard(
  last: () => Promise<{ id: string }> = () =>
    elsewhere.createItem(vaultId, overview(`Sign ${newId(crypto)}`), details("x")),
): Promise<void> {
  const seen: string[] = [];
  const channel = await agent.connect();
  channel.onNotification((method, { item }) => method === "item.changed" && seen.push(String(item)));
  await channel.call("agent.subscribe", {});
  const { id } = await last();
  await expect.poll(() => seen, { interval: 1 }).toContain(id);
  channel.close();
}

test.each<[string, () => Promise<unknown>]>([
  [
    "a service account is made, which comes to its vault",
    () => elsewhere.serviceAccounts.create({ title: "CI", vaults: [{ id: vaultId, permissions: 32 }] }),
  ],
  [
    "a service account is made here",
    () => passing(person.channel.call("serviceAccounts.create", { password: PASSWORD, title: "CI", vaults: [] })),
  ],
  ["the user's own data change", () => elsewhere.changeUserData((data) => ({ ...data, name: "Ada L." }))],
])("a value stays in the cache when %s", async (_what, change) => {
  await heard();
  await resolved();
  expect(await resolved()).toMatchObject({ secret: "s3cret", cached: true });
  await change();
  await heard();
  expect(await resolved()).toMatchObject({ secret: "s3cret", cached: true });
});

test("news that come late forget what was read before the change, and leave what was read after it", async () => {
  await heard();
  await resolved();
  const { promise, resolve } = Promise.withResolvers<void>();
  late = promise;
  const [item] = await elsewhere.findItems(vaultId, "DB");
  if (item === undefined) throw new Error("there is no item");
  await elsewhere.putItem(vaultId, item.id, item.revision, { ...item, details: details("changed") });
  // Another spelling is read again.
  const again = () => passing(person.channel.call("secrets.resolve", { reference: "op://demo/db/password" }));
  expect(await again()).toMatchObject({ secret: "changed", cached: false });
  expect(await resolved()).toMatchObject({ secret: "s3cret", cached: true });
  resolve();
  await heard();
  expect(await again()).toMatchObject({ secret: "changed", cached: true });
  expect(await resolved()).toMatchObject({ secret: "changed", cached: false });
});

test("what is changed here and read again stays, when the news of that change come", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  late = promise;
  const item = await passing(person.channel.call("items.list", { vaultId }));
  const itemId = item.items.find(({ title }) => title === "DB")?.id ?? "";
  const read = await passing(person.channel.call("items.get", { vaultId, itemId }));
  const fields = read.fields.map((field) => ({ ...field, value: "mine" }));
  await passing(person.channel.call("items.put", { item: { ...read, fields } }));
  expect(await resolved()).toMatchObject({ secret: "mine", cached: false });
  resolve();
  await heard();
  expect(await resolved()).toMatchObject({ secret: "mine", cached: true });
});

test("a value whose prompt was open while the service was started anew is kept like any other", async () => {
  await heard();
  const other = { vaultId: (await passing(person.channel.call("vaults.create", { title: "Other" }))).id };
  await person.channel.call("grants.revoke", { all: true });
  const program = await agent.connect();
  person.always("ignore");
  const shown = person.next();
  const reading = program.call("secrets.resolve", { reference: "op://demo/db/password" });
  const prompt = await passing(shown);
  gone.reject(new TypeError("fetch failed"));
  const state = async () => (await person.channel.call("agent.status", {})).links[0]?.state;
  await expect.poll(state, { interval: 1 }).toBe("unreached");
  await door.store.close();
  door = await inProcess(door.folder);
  stayUp();
  agent.clock.advance(1_000);
  await expect.poll(state, { interval: 1 }).toBe("reached");
  person.always("yes");
  await passing(person.channel.call("items.list", other));
  // The agent's own data at the service is announced as a change too, and so is a write to another vault.
  await passing(person.channel.call("accounts.setPin", { password: PASSWORD, pin: PIN }));
  await heard(() =>
    passing(person.channel.call("items.create", { item: { ...other, title: "Sign", category: "Login" } })),
  );
  await person.yes(prompt, {});
  expect(await passing(reading)).toMatchObject({ secret: "s3cret", cached: false });
  expect(await passing(program.call("secrets.resolve", { reference: "op://demo/db/password" }))).toMatchObject({
    secret: "s3cret",
    cached: true,
  });
  program.close();
});

// What was read stays true or is forgotten, where another of the user's devices changes what it was read by.
import { afterEach, beforeEach, expect, test } from "vitest";
import { type OpenAccount, openAccount } from "../../clients/account/open-account.ts";
import { signIn } from "../../clients/account/user-keys.ts";
import { newId } from "../../protocol/crypto/encoding.ts";
import { parseSecretKey } from "../../protocol/crypto/secret-key.ts";
import { details, inProcess, overview, p } from "../service/doors.ts";
import { type InProcessAgent, passing as passingOf, startInProcess } from "./in-process.ts";
import { attachPerson, makeAccount, PASSWORD, type Person } from "./person.ts";

const reference = "op://Demo/DB/password";

let agent: InProcessAgent;
let closeService: () => Promise<void>;
let person: Person;
let vaultId: string;
let elsewhere: OpenAccount;
/** What the service's word of changes waits for. */
let tidings: Promise<void>;

const passing = <T>(work: Promise<T>) => passingOf(agent, work);
const nameOf = (error: { errorName?: string }) => error.errorName;
const resolved = () => passing(person.channel.call("secrets.resolve", { reference }));
const outcome = () => resolved().then(({ secret }) => secret, nameOf);

beforeEach(async () => {
  tidings = Promise.resolve();
  const door = await inProcess();
  closeService = door.close;
  const fetch: typeof door.address.fetch = async (request) => {
    if (request.url.endsWith("events.wait")) await tidings;
    return door.address.fetch(request);
  };
  agent = await startInProcess(undefined, { ...door, address: { ...door.address, fetch } });
  const { account, user, secretKey } = await passing(makeAccount(agent));
  await attach();
  ({ id: vaultId } = await passing(person.channel.call("vaults.create", { title: "Demo" })));
  const cheap = {
    ...p,
    argon2id: ((password, salt, cost) => p.argon2id(password, salt, { ...cost, memoryKiB: 1024 })) as typeof p.argon2id,
  };
  const who = { account, user, device: newId(p), secretKey: parseSecretKey(p, secretKey) ?? new Uint8Array() };
  const signedIn = await signIn(cheap, door.call, door.address, { ...who, password: PASSWORD });
  elsewhere = openAccount(p, account, user, signedIn);
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

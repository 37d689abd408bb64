// Service accounts over a real socket. The token is the proof. All connections that present it share its session, and no other does. A lock or
// a revocation ends the session, and idleness does not.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { createClient, errors } from "../../clients/typescript/client.ts";
import { TOKEN_LINGER_MS } from "../../daemon/session/holders.ts";
import { IDLE_MS } from "../../daemon/session/idle.ts";
import { TOKEN_STARTS_PER_FAMILY } from "../../daemon/session/starts.ts";
import { TOKEN_SESSIONS_MAX } from "../../daemon/session/token-sessions.ts";
import { permissionsOf } from "../../protocol/access/permissions.ts";
import { formatToken, parseToken } from "../../protocol/access/service-account-token.ts";
import { openCustody, sealToken, TOKEN_SECRET_BYTES } from "../../protocol/crypto/service-account.ts";
import { limits } from "../../protocol/limits.ts";
import { serviceLimits } from "../../protocol/service-catalogue.ts";
import { crypto, details, newUser, open as openAsUser, overLoopback, overview } from "../service/doors.ts";
import { type InProcessAgent, passing as passingOf, startInProcess } from "./in-process.ts";
import { makeAccount, PASSWORD } from "./person.ts";

const reference = "op://Demo/DB/password";
const integration = { integrationName: "ci", integrationVersion: "1" };
const named = (errorName: string) => expect.objectContaining({ errorName });

let agent: InProcessAgent;
let owner: Channel;
let vaultId: string;
let id: string;
let token: string;

/** Lets prompts be gathered until the promise settles. */
const passing = <T>(promise: Promise<T>): Promise<T> => passingOf(agent, promise);

/** Waits for something that happens by itself. The test's own time limit ends it. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}

async function present(text = token): Promise<{ channel: Channel; client: string }> {
  const channel = await agent.connect();
  return { channel, ...(await channel.call("clients.open", { token: text, ...integration })) };
}

const sessionsOf = async (user: string) =>
  (await agent.service.store.db.selectFrom("sessions").select("user").where("user", "=", user).execute()).length;
const open = async () => (await owner.call("agent.status", {})).tokenSessions;
const clientsOpen = async () => {
  const { clients } = await owner.call("clients.list", { proof: { kind: "password", password: PASSWORD } });
  return clients.filter(({ integrationName }) => integrationName === integration.integrationName).length;
};
const newToken = async (permissions = ["read_items", "write_items"]) =>
  owner.call("serviceAccounts.create", { password: PASSWORD, title: "CI", vaults: [{ vault: vaultId, permissions }] });

beforeEach(async () => {
  agent = await startInProcess();
  await passing(makeAccount(agent));
  owner = await agent.connect();
  owner.onNotification((method, params) => {
    if (method !== "prompt.opened" || params.text === undefined) return;
    const { code, hash } = params as { code: string; hash: string };
    const proof = { kind: "password", password: PASSWORD } as const;
    void owner.call("prompts.answer", { code, hash, answer: "yes", proof });
  });
  await owner.call("prompts.attach", { proof: { kind: "password", password: PASSWORD } });
  vaultId = (await passing(owner.call("vaults.create", { title: "Demo" }))).id;
  const fields = [{ id: "password", title: "password", fieldType: "Concealed" as const, value: "s3cret" }];
  await passing(owner.call("items.create", { item: { vaultId, title: "DB", category: "Password", fields } }));
  ({ serviceAccountId: id, token } = await newToken());
});
afterEach(async () => {
  owner.close();
  await agent.close();
});

describe("a token", () => {
  test("reads and writes without asking anybody, and serves only its client on its own connection", async () => {
    const { channel, client } = await present();
    expect((await channel.call("secrets.resolve", { reference, client })).secret).toBe("s3cret");
    const item = { vaultId, title: "New", category: "Password" as const };
    expect((await channel.call("items.create", { item, client })).title).toBe("New");
    expect((await owner.call("prompts.list", {})).prompts).toEqual([]);
    await owner.call("grants.revoke", { all: true });
    // The same connection without the client, and another connection with its number, have nothing.
    await expect(channel.call("secrets.resolve", { reference, noWait: true })).rejects.toThrow(
      named("approvalRequired"),
    );
    const other = await agent.connect();
    await expect(other.call("secrets.resolve", { reference, client })).rejects.toThrow(named("clientNotFound"));
    other.close();
    channel.close();
  });

  test("reads the environment that it was granted by its id, and no other", async () => {
    const variables = [{ name: "REGION", value: "eu", masked: false }];
    const made = await passing(owner.call("environments.create", { title: "staging" }));
    await passing(owner.call("environments.set", { environmentId: made.id, variables }));
    const other = await passing(owner.call("environments.create", { title: "production" }));
    const vaults = [{ vault: made.id, permissions: ["read_items"] }];
    const text = (await owner.call("serviceAccounts.create", { password: PASSWORD, title: "CI", vaults })).token;
    const { channel, client } = await present(text);
    const read = (environmentId: string) => channel.call("environments.getVariables", { environmentId, client });
    expect((await read(made.id)).variables).toEqual(variables);
    await expect(read(other.id)).rejects.toThrow(named("environmentNotFound"));
    channel.close();
  });

  test("is one session however many present it", async () => {
    const many = await Promise.all(Array.from({ length: 10 }, () => present()));
    await Promise.all(many.map(({ channel, client }) => channel.call("secrets.resolve", { reference, client })));
    expect(await sessionsOf(id)).toBe(1);
    expect(await open()).toBe(1);
    for (const { channel } of many) channel.close();
  });

  test("opens a session while no account is unlocked, and while there is no account", async () => {
    await owner.call("session.lock", {});
    const { channel, client } = await present();
    expect((await channel.call("secrets.resolve", { reference, client })).secret).toBe("s3cret");
    await expect(channel.call("secrets.resolve", { reference })).rejects.toThrow(named("locked"));
    channel.close();
    const elsewhere = await startInProcess(undefined, agent.service);
    const visitor = await elsewhere.connect();
    const opened = await visitor.call("clients.open", { token, ...integration });
    expect((await visitor.call("secrets.resolve", { reference, ...opened })).secret).toBe("s3cret");
    visitor.close();
    await elsewhere.close();
  });

  test("knows of its own account alone", async () => {
    const { channel, client } = await present();
    const { accounts } = await channel.call("accounts.list", { client });
    expect(accounts.map(({ user }) => user)).toEqual([id]);
    channel.close();
  });

  test.each([
    ["vaults.create", { title: "X" }],
    ["vaults.update", { title: "X" }],
    ["vaults.delete", {}],
    ["groups.create", { title: "X" }],
    ["environments.create", { title: "X" }],
  ] as const)("may not %s, whatever it was granted", async (method, params) => {
    const { channel, client } = await present();
    const about = method.startsWith("vaults.") && method !== "vaults.create" ? { vaultId } : {};
    const call = channel.call as (method: string, params: object) => Promise<unknown>;
    await expect(call(method, { ...params, ...about, client })).rejects.toThrow(named("notPermitted"));
    channel.close();
  });

  test("to read does not write", async () => {
    const { channel, client } = await present((await newToken(["read_items"])).token);
    const item = { vaultId, title: "New", category: "Password" as const };
    await expect(channel.call("items.create", { item, client })).rejects.toThrow(named("notPermitted"));
    channel.close();
  });

  test.each([
    ["of 1Password", () => "ops_abc", "tokenInvalid"],
    ["that is none", () => "hunter2", "tokenInvalid"],
    ["that was cut", () => token.slice(0, -8), "tokenInvalid"],
    ["with another secret", () => altered(token), "tokenRefused"],
  ])("%s is refused, opens nothing, and is recorded without its text", async (_what, text, errorName) => {
    await expect(present(text())).rejects.toThrow(named(errorName));
    expect(await open()).toBe(0);
    const proof = { kind: "password", password: PASSWORD } as const;
    const { records } = await owner.call("audit.list", { proof });
    expect(records.some((record) => record.event === "clients.open" && record.outcome === errorName)).toBe(true);
    expect(filesBelow(agent.home).some((content) => content.includes(text()))).toBe(false);
  });

  test("is kept in no file and no log record", async () => {
    const { channel, client } = await present();
    await channel.call("secrets.resolve", { reference, client });
    channel.close();
    const secret = Buffer.from(parseToken(token).secret);
    for (const mark of [token, secret.toString("base64"), secret.toString("latin1")])
      expect(filesBelow(agent.home).filter((content) => content.includes(mark))).toEqual([]);
  });

  test("shares by a link without a question if it may share items, and not if it may only read", async () => {
    const service = await overLoopback();
    const ada = await openAsUser(service, await newUser(service));
    const vault = await ada.account.createVault("Guests", "");
    const item = await ada.account.createItem(vault.id, overview("Wi-Fi"), details("s3cret"));
    const shares = async (permissions: readonly string[]) => {
      const vaults = [{ id: vault.id, permissions: permissionsOf(permissions) }];
      const { channel, client } = await present(
        (await ada.account.serviceAccounts.create({ title: "CI", vaults })).token,
      );
      const asked = { vaultId: vault.id, itemId: item.id, params: { oneTimeOnly: true }, client };
      return channel.call("items.shares.create", asked).finally(() => channel.close());
    };
    const { url, shareId } = await shares(["read_items", "share_items"]);
    expect(url).toMatch(new RegExp(`^${service.publicAddress}/s/${shareId}#[A-Za-z0-9_-]{43}$`));
    await expect(shares(["read_items"])).rejects.toThrow(named("notPermitted"));
    await expect(shares(["read_items", "write_items"])).rejects.toThrow(named("notPermitted"));
    expect((await ada.account.shares.list()).map(({ share }) => share)).toEqual([shareId]);
    expect((await owner.call("prompts.list", {})).prompts).toEqual([]);
    ada.account.close();
    await service.close();
  });

  test("of a foreign service reaches no other session or log, though it has the same id", async () => {
    const { channel } = await present();
    const theirs = await overLoopback();
    const eve = await openAsUser(theirs, await newUser(theirs, "Eve"));
    const { id: serviceAccount } = await eve.account.serviceAccounts.create({ title: "X", vaults: [] });
    const [listed] = (await eve.signedIn.session.call("serviceAccounts.list", {})).serviceAccounts;
    const place = { account: eve.account.id, serviceAccount };
    const { rootKey } = openCustody(crypto, { place, owner: eve.signedIn.rootKey, sealed: listed?.custody ?? "" });
    const same = parseToken(token).token;
    const secret = crypto.randomBytes(TOKEN_SECRET_BYTES);
    const sealed = sealToken(crypto, { place, token: same, secret, rootKey });
    await eve.signedIn.session.call("serviceAccounts.rotate", {
      serviceAccount,
      token: { token: same, ...sealed },
      overlapMs: 0,
    });
    const text = formatToken({ ...place, service: theirs.address.origin, token: same, secret });
    const visitor = await present(text);
    expect(await open()).toBe(2);
    expect(readdirSync(join(agent.home, "service-accounts")).length).toBe(2);
    visitor.channel.close();
    channel.close();
    eve.account.close();
    await theirs.close();
  });

  test("has its own log, which is written before it is answered", async () => {
    const { channel, client } = await present();
    await channel.call("items.create", { item: { vaultId, title: "New", category: "Password" }, client });
    const folder = join(agent.home, "service-accounts");
    const log = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => statSync(join(folder, name)).isFile() && !name.endsWith(".sealed"))
      .map((name) => readFileSync(join(folder, name), "utf8"))
      .join("");
    for (const event of ["clients.open", "items.create"]) expect(log).toContain(`"event":"${event}"`);
    expect(log).not.toContain("New");
    channel.close();
  });
});

test("a token is answered offline while its service is away, and let in once it is back", async () => {
  agent.setMood("away");
  await expect(present()).rejects.toThrow(named("offline"));
  agent.setMood("well");
  const { channel, client } = await present();
  expect((await channel.call("secrets.resolve", { reference, client })).secret).toBe("s3cret");
  channel.close();
});

describe("a token's session", () => {
  test("outlasts idleness while a connection holds it", async () => {
    const { channel, client } = await present();
    agent.clock.advance(IDLE_MS + TOKEN_LINGER_MS);
    expect((await channel.call("secrets.resolve", { reference, client })).secret).toBe("s3cret");
    channel.close();
  });

  test("waits for the next program as long as documented, and no longer", async () => {
    const first = await present();
    first.channel.close();
    await until(async () => (await clientsOpen()) === 0);
    agent.clock.advance(TOKEN_LINGER_MS - 1);
    expect(await open()).toBe(1);
    agent.clock.advance(1);
    await until(async () => (await open()) === 0);
  });

  test("also ends when its client is closed", async () => {
    const { channel, client } = await present();
    await channel.call("clients.close", { client });
    agent.clock.advance(TOKEN_LINGER_MS);
    await until(async () => (await open()) === 0);
    channel.close();
  });

  test("ends with a lock: its client is told, an open file ends, and the token begins the next session", async () => {
    const { channel, client } = await present();
    const document = { name: "a.txt", content: Buffer.from("content").toString("base64") };
    const item = { vaultId, title: "Doc", category: "Document" as const, document };
    const made = await channel.call("items.create", { item, client });
    const place = { vaultId, itemId: made.id, fileId: made.document?.id ?? "" };
    const { handle } = await channel.call("files.openRead", { ...place, client });
    const other = await agent.connect();
    await other.call("session.lock", {});
    await expect(channel.call("secrets.resolve", { reference, client })).rejects.toThrow(named("locked"));
    await expect(channel.call("serviceAccounts.rateLimit", { client })).rejects.toThrow(named("locked"));
    await expect(channel.call("files.readChunk", { handle })).rejects.toThrow(named("handleNotFound"));
    const again = await channel.call("clients.open", { token, ...integration });
    expect((await channel.call("secrets.resolve", { reference, ...again })).secret).toBe("s3cret");
    other.close();
    channel.close();
  });

  test("ends with the token's revocation, and answers nothing more out of its cache", async () => {
    const { channel, client } = await present();
    await channel.call("secrets.resolve", { reference, client });
    expect((await channel.call("secrets.resolve", { reference, client })).cached).toBe(true);
    const proof = { kind: "password", password: PASSWORD } as const;
    await owner.call("serviceAccounts.revoke", { serviceAccountId: id, proof });
    await until(async () => (await open()) === 0);
    await expect(channel.call("secrets.resolve", { reference, client })).rejects.toThrow(named("locked"));
    await expect(present()).rejects.toThrow(named("tokenRefused"));
    channel.close();
  });

  test("is told of changes in its vaults, and sees them at its next read", async () => {
    const { channel, client } = await present();
    const seen: unknown[] = [];
    channel.onNotification((method, params) => method === "item.changed" && seen.push(params.vault));
    await channel.call("agent.subscribe", {});
    const { itemId } = await channel.call("secrets.resolve", { reference, client });
    const titles = async () => (await channel.call("items.list", { vaultId, client })).items.map(({ title }) => title);
    expect([await titles(), await titles()]).toEqual([["DB"], ["DB"]]);
    const item = await passing(owner.call("items.get", { vaultId, itemId }));
    const fields = item.fields.map((field) => ({ ...field, value: "changed" }));
    await passing(owner.call("items.put", { item: { ...item, fields } }));
    await until(() => seen.length > 0);
    await passing(owner.call("items.create", { item: { vaultId, title: "Second", category: "Password" } }));
    await until(async () => (await titles()).length === 2);
    // This process has the owner's grants too, and gets the news once more.
    expect(new Set(seen)).toEqual(new Set([vaultId]));
    expect((await channel.call("secrets.resolve", { reference, client })).secret).toBe("changed");
    channel.close();
  });

  test("counts towards a limit; one more is refused, and an abandoned one makes room", async () => {
    const held: Channel[] = [];
    for (let count = 0; count < TOKEN_SESSIONS_MAX; count++)
      held.push((await present((await newToken()).token)).channel);
    const { token: last } = await newToken();
    await expect(present(last)).rejects.toThrow(named("busy"));
    held.pop()?.close();
    await until(async () => (await clientsOpen()) < TOKEN_SESSIONS_MAX);
    held.push((await present(last)).channel);
    expect(await open()).toBe(TOKEN_SESSIONS_MAX);
    for (const channel of held) channel.close();
  });

  test("is not kept out by a program whose tokens name a service that never answers", async () => {
    const asked: Socket[] = [];
    const silent = createServer((socket) => void asked.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const service = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const named26 = (letter: string) => letter.repeat(26);
    const hanging = ["a", "b", "c", "d", "e"].map((letter) =>
      formatToken({ ...parseToken(token), service, token: named26(letter) }),
    );
    const refused = hanging.slice(0, TOKEN_STARTS_PER_FAMILY).map((text) =>
      present(text).then(
        () => "let in",
        (error: { errorName: string }) => error.errorName,
      ),
    );
    await until(() => asked.length === TOKEN_STARTS_PER_FAMILY);
    await expect(present(hanging.at(-1))).rejects.toThrow(named("busy"));
    for (const socket of asked) socket.destroy();
    expect(new Set(await Promise.all(refused))).toEqual(new Set(["offline"]));
    const { channel } = await present();
    expect(await open()).toBe(1);
    channel.close();
    silent.close();
  });
});

describe("what a token may spend", () => {
  test("is not spent by answers out of the cache, and is shown to its holder", async () => {
    const { channel, client } = await present();
    await channel.call("secrets.resolve", { reference, client });
    const { reads } = await channel.call("serviceAccounts.rateLimit", { client });
    for (let count = 0; count < 100; count++) await channel.call("secrets.resolve", { reference, client });
    expect((await channel.call("serviceAccounts.rateLimit", { client })).reads).toEqual(reads);
    expect(reads.left).toBe(serviceLimits.readsPerHour - reads.used);
    await expect(owner.call("serviceAccounts.rateLimit", { client })).rejects.toThrow(named("clientNotFound"));
    channel.close();
  });

  test("is answered with RateLimitExceededError once it is gone", async () => {
    const client = await createClient({ auth: token, socket: agent.socket });
    await client.secrets.resolve(reference);
    await agent.service.store.db.updateTable("tokens").set({ writes: serviceLimits.writesPerHour }).execute();
    const made = client.items.create({ vaultId, title: "X", category: "Password" });
    await expect(made).rejects.toBeInstanceOf(errors.RateLimitExceededError);
    client.close();
  });
});

test("the TypeScript client presents its token again after a lock", async () => {
  const client = await createClient({ auth: token, socket: agent.socket });
  expect(await client.secrets.resolve(reference)).toBe("s3cret");
  await owner.call("session.lock", {});
  expect(await client.secrets.resolve(reference)).toBe("s3cret");
  client.close();
});

test("the TypeScript client presents its token once for all calls that a lock interrupted, however often it is locked", async () => {
  const client = await createClient({ auth: token, socket: agent.socket });
  for (let locks = 0; locks < 3; locks++) {
    await owner.call("session.lock", {});
    const reads = Array.from({ length: limits.clients + 1 }, () => client.secrets.resolve(reference));
    expect(new Set(await Promise.all(reads))).toEqual(new Set(["s3cret"]));
  }
  await owner.call("session.unlock", { password: PASSWORD });
  const proof = { kind: "password", password: PASSWORD } as const;
  const { clients } = await owner.call("clients.list", { proof });
  expect(clients.map(({ integrationName }) => integrationName)).toEqual(["Unknown"]);
  client.close();
});

test("a wrong password makes no token, and is counted", async () => {
  const asked = { password: "wrong", title: "X", vaults: [] };
  await expect(owner.call("serviceAccounts.create", asked)).rejects.toThrow(named("proofRefused"));
  const proof = { kind: "password", password: PASSWORD } as const;
  const { serviceAccounts } = await owner.call("serviceAccounts.list", { proof });
  expect(serviceAccounts.length).toBe(1);
});

/** The same token with one letter of its secret changed. */
function altered(text: string): string {
  const said = JSON.parse(Buffer.from(text.slice("postern_".length), "base64url").toString()) as { secret: string };
  const secret = (said.secret.startsWith("A") ? "B" : "A") + said.secret.slice(1);
  return `postern_${Buffer.from(JSON.stringify({ ...said, secret })).toString("base64url")}`;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, "latin1"));
}

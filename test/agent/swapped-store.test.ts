// A service whose store was replaced by an empty one. It knows no account, so it calls every password wrong and every token revoked. Neither
// is true, and the agent removes nothing from this machine for it.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { type InProcess, inProcess } from "../service/doors.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { attachPerson, makeAccount, PASSWORD, type Person } from "./person.ts";

let agent: InProcessAgent;
let person: Person;
let program: Channel;
let first: InProcess;
let other: InProcess;
let service: InProcess;
let swapped: boolean;
let gone: PromiseWithResolvers<never>;
/** Whether the service sends its store's identity. */
let says: boolean;
let account: string;

const call = <T>(promise: Promise<T>) => passing(agent, promise);
const named = (errorName: string) => expect.objectContaining({ errorName });
const proof = { kind: "password", password: PASSWORD } as const;
const reference = "op://Demo/DB/password";
const file = () => join(agent.home, "accounts", account, "account.json");
const kept = () => JSON.parse(readFileSync(file(), "utf8")) as { store?: string; wrongPasswords: number };

const unlock = (password = PASSWORD) => call(program.call("session.unlock", { password }));

function swap(): void {
  swapped = true;
  gone.reject(new TypeError("fetch failed"));
}

function swapBack(): void {
  gone = Promise.withResolvers();
  gone.promise.catch(() => undefined);
  swapped = false;
}

/** An agent on a copy of this one's home, as after a restart. */
async function onCopy(but?: string): Promise<InProcessAgent> {
  const home = mkdtempSync(join(tmpdir(), "postern-copy-"));
  cpSync(agent.home, home, { recursive: true, filter: (path) => !/\/run$|\.sock$|agent\.lock/.test(path) });
  if (but !== undefined) rmSync(join(home, but), { recursive: true });
  return startInProcess(home, service);
}

beforeEach(async () => {
  swapBack();
  says = true;
  first = await inProcess();
  other = await inProcess();
  const fetch: typeof first.address.fetch = async (request) => {
    const answer = (swapped ? other : first).address.fetch(request);
    // A service that goes away cuts the connections that wait for changes.
    const response = await (swapped ? answer : Promise.race([answer, gone.promise]));
    if (says || !request.url.endsWith("service.info")) return response;
    const { store, ...rest } = (await response.json()) as { store: string };
    return Response.json(rest);
  };
  service = { ...first, address: { ...first.address, fetch } };
  agent = await startInProcess(undefined, service);
  ({ account } = await call(makeAccount(agent)));
  person = await call(attachPerson(agent));
  person.always("yes");
  program = await agent.connect();
  const vaultId = (await call(person.channel.call("vaults.create", { title: "Demo" }))).id;
  const fields = [{ id: "password", title: "password", fieldType: "Concealed" as const, value: "s3cret" }];
  const item = { vaultId, title: "DB", category: "Password" as const, fields };
  await call(person.channel.call("items.create", { item }));
});
afterEach(async () => {
  swapBack();
  program.close();
  person.leave();
  await agent.close();
  await first.close();
  await other.close();
});

describe("an account that is locked", () => {
  beforeEach(async () => void (await program.call("session.lock", {})));

  test("gets the answer that the service does not have it, with a next step; no try is counted, and no file changes", async () => {
    const before = readFileSync(file(), "utf8");
    swap();
    for (let tries = 0; tries < 6; tries++) await expect(unlock()).rejects.toThrow(named("storeReplaced"));
    await expect(unlock("quite wrong")).rejects.toMatchObject({
      message: expect.stringContaining(
        "does not have the account: its store was replaced or emptied: the embedded one",
      ),
      hint: expect.stringMatching(/ask who runs the service.*postern restore/),
    });
    expect(readFileSync(file(), "utf8")).toBe(before);
    swapBack();
    expect(await unlock()).toMatchObject({ wrongPasswordTries: 0 });
  });

  test("opens here again after a restore from elsewhere to the other store, and then knows that store", async () => {
    await unlock();
    const { handle } = await call(person.channel.call("accounts.backup", { password: PASSWORD }));
    const { content } = await call(person.channel.call("files.readChunk", { handle }));
    const { secretKey } = await call(person.channel.call("accounts.kit", { password: PASSWORD }));
    await program.call("session.lock", {});
    swap();
    await expect(unlock()).rejects.toThrow(named("storeReplaced"));
    const elsewhere = await startInProcess(undefined, service);
    const channel = await elsewhere.connect();
    const restore = (await channel.call("accounts.openRestore", {})).handle;
    await channel.call("files.writeChunk", { handle: restore, content });
    await passing(elsewhere, channel.call("accounts.restore", { handle: restore, password: PASSWORD, secretKey }));
    const { store } = kept();
    expect(await unlock()).toMatchObject({ account });
    expect(kept().store).not.toBe(store);
    channel.close();
    await elsewhere.close();
  });

  test("is not taken off this machine: nobody checked the password", async () => {
    swap();
    const removed = call(program.call("accounts.remove", { password: "quite wrong" }));
    await expect(removed).rejects.toThrow(named("storeReplaced"));
    expect(readdirSync(join(agent.home, "accounts"))).toEqual([account]);
  });

  test("of its own store still has wrong passwords, and they are counted", async () => {
    await expect(unlock("quite wrong")).rejects.toThrow(named("wrongPassword"));
    expect(kept().wrongPasswords).toBe(1);
  });

  test("opens with a file from before stores were recorded, and the file then has its store", async () => {
    const { store, ...older } = kept();
    writeFileSync(file(), JSON.stringify(older));
    const again = await onCopy();
    const channel = await again.connect();
    await passing(again, channel.call("session.unlock", { password: PASSWORD }));
    const now = JSON.parse(readFileSync(join(again.home, "accounts", account, "account.json"), "utf8"));
    expect([typeof store, now.store]).toEqual(["string", store]);
    channel.close();
    await again.close();
  });

  test("with a store in its file that is no id does not start", async () => {
    writeFileSync(file(), JSON.stringify({ ...kept(), store: "../x" }));
    await expect(onCopy()).rejects.toThrow("names a store that is no id");
  });

  test("gets the same answers as before from a service that does not name its store", async () => {
    says = false;
    swap();
    await expect(unlock()).rejects.toThrow(named("wrongPassword"));
  });
});

describe("an account that is open", () => {
  test("stays open, forgets its cached values, reports this once, and goes on when its store is back", async () => {
    await call(program.call("secrets.resolve", { reference }));
    swap();
    for (let seconds = 0; seconds < 6; seconds++) {
      agent.clock.advance(1_000);
      await call(program.call("vaults.list", {})).catch(() => undefined);
    }
    const status = await person.channel.call("agent.status", {});
    expect(status).toMatchObject({
      state: "unlocked",
      links: [{ state: "unreached", replaced: { how: "otherStore" } }],
    });
    await expect(call(program.call("secrets.resolve", { reference }))).rejects.toThrow(named("storeReplaced"));
    swapBack();
    expect(await call(program.call("secrets.resolve", { reference }))).toMatchObject({ secret: "s3cret" });
    const { records } = await call(person.channel.call("audit.list", { proof, limit: 500 }));
    expect(records.filter(({ event }) => event === "service.replaced")).toMatchObject([{ outcome: "otherStore" }]);
    expect(records.filter(({ event }) => event === "session.lock")).toEqual([]);
  });
});

describe("a service account's token", () => {
  let token: string;
  const integration = { integrationName: "ci", integrationVersion: "1" };
  const present = async (at: InProcessAgent) => {
    const channel = await at.connect();
    const opened = passing(at, channel.call("clients.open", { token, ...integration }));
    return opened
      .then(({ client }) => ({ channel, client }))
      .catch((error: unknown) => {
        channel.close();
        throw error;
      });
  };
  beforeEach(async () => {
    const vaults = [{ vault: "Demo", permissions: ["read_items"] }];
    ({ token } = await call(
      person.channel.call("serviceAccounts.create", { password: PASSWORD, title: "CI", vaults }),
    ));
  });

  test("in use does not count as revoked, and works when the store is back", async () => {
    const { channel, client } = await present(agent);
    swap();
    await expect(channel.call("secrets.resolve", { reference, client })).rejects.toMatchObject({
      errorName: "storeReplaced",
      hint: expect.stringContaining("the token may be as good as ever"),
    });
    swapBack();
    expect(await channel.call("secrets.resolve", { reference, client })).toMatchObject({ secret: "s3cret" });
    channel.close();
  });

  test("that is presented again does not count as revoked if it was accepted before, with the person's account or without", async () => {
    (await present(agent)).channel.close();
    await call(program.call("session.lock", {}));
    const alone = await onCopy("accounts");
    swap();
    await expect(present(alone)).rejects.toThrow(named("storeReplaced"));
    await expect(present(agent)).rejects.toThrow(named("storeReplaced"));
    await alone.close();
  });

  test("that was never accepted does not count as revoked while the person's account is here", async () => {
    swap();
    await expect(present(agent)).rejects.toThrow(named("storeReplaced"));
  });

  test("counts as revoked if its own store says so, or if its store is unknown", async () => {
    const alone = await onCopy("accounts");
    const { serviceAccounts } = await call(person.channel.call("serviceAccounts.list", { proof }));
    const id = serviceAccounts[0]?.id ?? "";
    (await present(agent)).channel.close();
    await call(program.call("session.lock", {}));
    await call(program.call("session.unlock", { password: PASSWORD }));
    await call(person.channel.call("serviceAccounts.revoke", { serviceAccountId: id, proof }));
    await expect(present(agent)).rejects.toThrow(named("tokenRefused"));
    swap();
    await expect(present(alone)).rejects.toThrow(named("tokenRefused"));
    await alone.close();
  });
});

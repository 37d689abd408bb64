// Accounts that try to take the place during a restore, the leftovers of a failed restore, and strangers with backups beside an account.
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { limits } from "../../protocol/limits.ts";
import { type InProcess, inProcess, overLoopback } from "../service/doors.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { attachPerson, makeAccount, PASSWORD } from "./person.ts";
import { sealedBackup } from "./sealed-backup.ts";

let agent: InProcessAgent;
let channel: Channel;
let door: InProcess;
/** Called before each request to the embedded service. */
let before: (operation: string) => unknown;

beforeEach(async () => {
  before = () => undefined;
  door = await inProcess();
  const fetch = async (request: Request) => {
    await before(request.url.split("/").at(-1) ?? "");
    return door.address.fetch(request);
  };
  agent = await startInProcess(undefined, { ...door, address: { ...door.address, fetch } });
  channel = await agent.connect();
});
afterEach(async () => {
  channel.close();
  await agent.close();
  await door.close();
});

const outcomeOf = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => "whole",
    (error: { errorName: string; message: string }) => `${error.errorName}: ${error.message}`,
  );
const run = <T>(attempt: Promise<T>): Promise<T> => passing(agent, attempt);
const status = () => channel.call("agent.status", {});

/** Sends a backup of a foreign account. */
async function handedOver(replacePassword?: string, given = sealedBackup()) {
  const { bytes, secretKey, account } = await given;
  const { handle } = await run(
    channel.call("accounts.openRestore", replacePassword === undefined ? {} : { replacePassword }),
  );
  for (let at = 0; at < bytes.length; at += limits.chunkBytes)
    await channel.call("files.writeChunk", {
      handle,
      content: bytes.subarray(at, at + limits.chunkBytes).toString("base64"),
    });
  return { account, params: { handle, password: PASSWORD, secretKey } };
}

/** The person's own account's backup. */
async function ownBackup(): Promise<Buffer<ArrayBuffer>> {
  const { handle } = await run(channel.call("accounts.backup", { password: PASSWORD }));
  const { content, last } = await run(channel.call("files.readChunk", { handle }));
  expect(last).toBe(true);
  return Buffer.from(content, "base64");
}

/** Descriptors of held backups. */
function spools(): number {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(join("/proc/self/fd", fd)).startsWith(join(agent.home, "backup."));
    } catch {
      return false; // The descriptor that read the folder.
    }
  }).length;
}

test("beside an account nobody hands a backup over without its password", async () => {
  await run(makeAccount(agent));
  expect(await run(outcomeOf(channel.call("accounts.openRestore", {})))).toMatch(/^proofRequired/);
  const wrong = channel.call("accounts.openRestore", { replacePassword: "not the password" });
  expect(await run(outcomeOf(wrong))).toMatch(/^wrongCredentials: .*on this agent is wrong/);
  expect(spools()).toBe(0);
});

test("a line of millions of values is refused as its bytes arrive, and nothing of it is kept", async () => {
  const { handle } = await channel.call("accounts.openRestore", {});
  const content = Buffer.from(`{"kind":"header","a":[${"[],".repeat(limits.chunkBytes / 4)}`).toString("base64");
  expect(await outcomeOf(channel.call("files.writeChunk", { handle, content }))).toMatch(
    /^notRestorable: .*line 1 has more than 8192 values/,
  );
  expect(spools()).toBe(0);
});

const longBackup = () =>
  sealedBackup({
    rows: Array.from({ length: 12 }, (_, index) => ({
      ...{ kind: "chunk", vault: "a".repeat(26), item: "b".repeat(26), file: "c".repeat(26), index },
      sealed: Buffer.alloc(700_000, index).toString("base64"),
    })),
  });

test("a backup is let go whenever its connection ends, also while it is read", async () => {
  const { bytes } = await longBackup();
  const lost = await agent.connect();
  const { handle } = await lost.call("accounts.openRestore", {});
  for (let at = 0; at < bytes.length; at += limits.chunkBytes)
    await lost.call("files.writeChunk", {
      handle,
      content: bytes.subarray(at, at + limits.chunkBytes).toString("base64"),
    });
  expect(spools()).toBe(1);
  const reading = outcomeOf(lost.call("accounts.inspectBackup", { handle }));
  // Lines are read in their order. When this one is answered, the reading has begun.
  await lost.call("agent.status", {});
  lost.close();
  await reading;
  await expect.poll(spools).toBe(0);
});

test("backups are read one at a time, and one whose asker has gone is not read", async () => {
  const { params } = await handedOver(undefined, longBackup());
  const second = channel.call("accounts.openRestore", {});
  const { handle } = await second;
  const { bytes } = await sealedBackup();
  await channel.call("files.writeChunk", { handle, content: bytes.toString("base64") });
  const first = outcomeOf(channel.call("accounts.inspectBackup", { handle: params.handle }));
  expect(await outcomeOf(channel.call("accounts.inspectBackup", { handle }))).toMatch(/^busy: .*one backup at a time/);
  expect(await first).toBe("whole");
  const off = new AbortController();
  const ended = outcomeOf(channel.call("accounts.inspectBackup", { handle: params.handle }, { signal: off.signal }));
  off.abort();
  expect(await ended).not.toBe("whole");
  await expect.poll(() => outcomeOf(channel.call("accounts.inspectBackup", { handle }))).toBe("whole");
});

test("while a restore takes an account's place nobody else gets in, though they give restores up", async () => {
  await run(makeAccount(agent));
  const { params, account } = await handedOver(PASSWORD);
  const eve = await agent.connect();
  const attempt = async () =>
    (
      await outcomeOf(
        eve.call("accounts.create", { name: "Eve", password: "a stranger's own password", abandonRestore: true }),
      )
    ).split(":")[0];
  const tries: (string | undefined)[] = [];
  let between: Promise<string | undefined> | undefined;
  before = async (operation) => {
    // One try while the old account is still here, one as it goes, and one before the new one is whole.
    if (operation !== "devices.remove" && operation !== "accounts.endRestore") return;
    tries.push(await attempt());
    if (operation === "devices.remove") between = attempt();
  };
  const restoring = outcomeOf(channel.call("accounts.restore", { ...params, replacePassword: PASSWORD }));
  expect(await run(restoring)).toBe("whole");
  expect(tries).toEqual(["proofRequired", "restoreUnfinished"]);
  expect(["proofRequired", "restoreUnfinished"]).toContain(await run(between as Promise<string | undefined>));
  expect(await run(channel.call("accounts.kit", { password: PASSWORD }))).toMatchObject({ account });
  eve.close();
});

test("an account that gets its first item in the last moment is not replaced", async () => {
  await run(makeAccount(agent));
  const person = await run(attachPerson(agent));
  person.always("yes");
  const writer = await agent.connect();
  const [{ id: vaultId = "" } = {}] = (await run(writer.call("vaults.list", {}))).vaults;
  const item = { vaultId, title: "The first", category: "Login" as const, fields: [] };
  const { params } = await handedOver(PASSWORD);
  let written: Promise<string> | undefined;
  let looks = 0;
  before = (operation) => {
    // A check of an account reads its links last. This is the check before anything is made.
    if (operation !== "accounts.create" || looks++ > 0) return undefined;
    written = outcomeOf(writer.call("items.create", { item }));
    return written;
  };
  const restoring = outcomeOf(channel.call("accounts.restore", { ...params, replacePassword: PASSWORD }));
  expect(await run(restoring)).toMatch(/^accountExists: .*it has items/);
  expect(await written).toBe("whole");
  await run(channel.call("session.unlock", { password: PASSWORD }));
  const again = await run(attachPerson(agent));
  again.always("yes");
  expect((await run(writer.call("items.list", { vaultId }))).items).toMatchObject([{ title: "The first" }]);
  writer.close();
  person.leave();
  again.leave();
});

test("a backup of another under the id of a log that stays is dropped, and the log's own person comes in again", async () => {
  const kit = await run(makeAccount(agent));
  await run(channel.call("accounts.remove", { password: PASSWORD }));
  const elsewhere = await overLoopback();
  const { params } = await handedOver(undefined, sealedBackup({ account: kit.account }));
  const restoring = channel.call("accounts.restore", {
    ...params,
    service: elsewhere.address.origin,
    registrationToken: elsewhere.registrationToken ?? "",
  });
  const refused = await run(restoring.catch((error: unknown) => error));
  expect(refused).toMatchObject({ errorName: "fileUnusable" });
  expect((refused as Error).message).toContain(`accounts/${kit.account}/device.sealed`);
  expect((await status()).state).toBe("signedOut");
  const { account, user, secretKey } = kit;
  await run(channel.call("accounts.signIn", { account, user, secretKey, password: PASSWORD }));
  expect((await status()).state).toBe("unlocked");
  await elsewhere.close();
});

test("a damaged store of a log that stays is named by a restore, which leaves no account that nobody opens", async () => {
  const kit = await run(makeAccount(agent));
  const bytes = await ownBackup();
  await run(channel.call("accounts.remove", { password: PASSWORD }));
  const path = join(agent.home, "accounts", kit.account, "device.sealed");
  const store = readFileSync(path);
  store[store.length - 3] = (store[store.length - 3] ?? 0) ^ 1;
  writeFileSync(path, store);
  const elsewhere = await overLoopback();
  const given = Promise.resolve({ bytes, secretKey: kit.secretKey, account: kit.account });
  const { params } = await handedOver(undefined, given);
  const restoring = channel.call("accounts.restore", {
    ...params,
    service: elsewhere.address.origin,
    registrationToken: elsewhere.registrationToken ?? "",
  });
  const refused = await run(restoring.catch((error: unknown) => error));
  expect((refused as Error).message).toContain(`accounts/${kit.account}/device.sealed`);
  expect((await status()).state).toBe("signedOut");
  await elsewhere.close();
});

const listening = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

async function deadPort(): Promise<string> {
  const server = createServer();
  const url = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return url;
}

async function restoreAt(service: string, given = sealedBackup()): Promise<string> {
  const { params } = await handedOver(undefined, given);
  return run(outcomeOf(channel.call("accounts.restore", { ...params, service })));
}

test("a restore to where nobody listens leaves no mark, and the next account is made", async () => {
  expect(await restoreAt(await deadPort())).toMatch(/^offline/);
  expect(readdirSync(agent.home)).not.toContain("restore-begun.json");
  expect((await run(makeAccount(agent))).name).toBe("Ada");
});

test("a restore that is refused leaves the mark of one that was cut off before it", async () => {
  before = (operation) => {
    if (operation === "accounts.endRestore") throw new TypeError("fetch failed");
  };
  const { params, account } = await handedOver();
  expect(await run(outcomeOf(channel.call("accounts.restore", params)))).toMatch(/^offline/);
  const marked = () => JSON.parse(readFileSync(join(agent.home, "restore-begun.json"), "utf8")) as object;
  expect(marked()).toEqual({ account, service: "embedded" });
  const refusing = createServer((_request, response) => response.writeHead(500).end("{}"));
  expect(await restoreAt(await listening(refusing))).toMatch(/^serviceRefused/);
  expect(await restoreAt(await deadPort())).toMatch(/^offline/);
  expect(marked()).toEqual({ account, service: "embedded" });
  refusing.close();
});

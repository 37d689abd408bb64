// Marked secrets go through all work of the agent and the command. Then all that they wrote or showed is searched for the marks. After a lock,
// the agent's memory is searched for every key of the account.
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createClient, DesktopAuth } from "../../clients/typescript/client.ts";
import { loadSodium } from "../../daemon/host/sodium.ts";
import { deriveUserKeys, subkey } from "../../protocol/crypto/derivation.ts";
import { open } from "../../protocol/crypto/envelope.ts";
import { openKeyset } from "../../protocol/crypto/keyset.ts";
import { parseSecretKey } from "../../protocol/crypto/secret-key.ts";
import { openVaultGrant } from "../../protocol/crypto/vault-key.ts";
import { postern } from "../cli/postern.ts";
import { foundInMemory, mayLookIntoMemory } from "./process-memory.ts";
import { openRaw } from "./raw.ts";
import { type RunningAgent, startAgent } from "./start.ts";

/** The mark in each secret, name and reference of the test. */
const MARK = "zq7Leak";
const PASSWORD = `${MARK}Password correct horse`;
const PIN = `${MARK}93`;
const VALUE = `${MARK}Value-postgres`;
const TITLE = `${MARK}Title`;
const VAULT = `${MARK}Vault`;
const reference = `op://${VAULT}/${TITLE}/password`;

let agent: RunningAgent;
let kit: { account: string; user: string; secretKey: string };
const shown: string[] = [];
const processes = new Map<string, string>();

/** Reads argv and environment of the agent and of all its programs, as another process could. */
function look(): void {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const argv = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      // Only processes of this home. The program under `postern run` has its secret on purpose.
      const environ = readFileSync(`/proc/${pid}/environ`, "utf8");
      if (!environ.includes(agent.home) || environ.includes("PROGRAM_UNDER_RUN=1\0") === false)
        processes.set(pid, argv + (environ.includes(agent.home) ? environ : ""));
    } catch {
      // It ended meanwhile.
    }
  }
}

beforeAll(async () => {
  agent = await startAgent();
  const watching = setInterval(look, 5);
  const person = await agent.connect();
  kit = await person.call("accounts.create", { name: "Ada", password: PASSWORD, pin: PIN, approvers: [] });
  person.onNotification((method, params) => {
    if (method !== "prompt.opened" || params.text === undefined) return;
    const { code, hash } = params as { code: string; hash: string };
    person
      .call("prompts.answer", { code, answer: "yes", hash, proof: { kind: "pin", pin: PIN } })
      .catch(() => undefined);
  });
  await person.call("prompts.attach", { proof: { kind: "password", password: PASSWORD } });
  await conversations();
  clearInterval(watching);
  look();
  person.close();
}, 120_000);
afterAll(() => agent.remove());

async function conversations(): Promise<void> {
  const client = await createClient({
    auth: new DesktopAuth(),
    socket: agent.socket,
    integrationName: `${MARK}Integration`,
  });
  const note = async (work: Promise<unknown>) =>
    shown.push(
      await work.then(
        () => "",
        (error: Error) => `${error.name} ${error.message}`,
      ),
    );
  const { id: vaultId } = await client.vaults.create({ title: VAULT, description: `${MARK}Description` });
  const item = await client.items.create({
    vaultId,
    title: TITLE,
    category: "Password",
    fields: [{ id: "password", title: "password", fieldType: "Concealed", value: VALUE }],
    notes: `${MARK}Notes`,
    tags: [`${MARK}Tag`],
  });
  await client.secrets.resolve(reference);
  await client.secrets.resolveAll([reference, `op://${VAULT}/${MARK}Gone/x`]);
  await note(client.secrets.resolve(`op://${VAULT}/${MARK}Nothing/x`));
  await note(client.secrets.resolve(`op://${MARK}?bad`));
  await note(client.items.put({ ...item, version: 9 }));
  await note(
    client.items.create({
      vaultId,
      title: "",
      category: "Password",
      fields: [{ id: `${MARK}!`, title: MARK, fieldType: "Concealed", value: VALUE, sectionId: `${MARK}Section` }],
    }),
  );
  await note(client.call("items.get", { vaultId: MARK, itemId: MARK }));
  await note(client.call("session.unlock", { password: `${MARK}Wrong` }));
  await note(client.call("grants.list", { proof: { kind: "pin", pin: `${MARK}000` } }));
  await note(client.call("accounts.kit", { password: `${MARK}Wrong` }));
  const { token } = await client.call("serviceAccounts.create", {
    password: PASSWORD,
    title: `${MARK}Account`,
    vaults: [{ vault: vaultId, permissions: ["read_items"] }],
  });
  const bearer = await createClient({ auth: token, socket: agent.socket });
  await bearer.secrets.resolve(reference);
  await note(bearer.secrets.resolve(`op://${VAULT}/${MARK}Nothing/x`));
  bearer.close();
  await note(createClient({ auth: `postern_${MARK}`, socket: agent.socket }));
  await client.items.put({ ...item, fields: item.fields.map((field) => ({ ...field, value: `${VALUE}2` })) });
  client.close();
  const raw = await openRaw(agent.socket);
  for (const line of [
    `{"${MARK}":`,
    `{"jsonrpc":"2.0","id":1,"method":"${MARK}"}`,
    `{"jsonrpc":"2.0","id":1,"method":"secrets.resolve","params":{"${MARK}":1}}`,
    `"${MARK}\\ud800"`,
  ]) {
    raw.send(`${line}\n`);
    shown.push(JSON.stringify(await raw.next()));
  }
  raw.close();
  writeFileSync(join(agent.home, "outside.env"), `SAFE=1\n`);
  for (const words of [
    ["read", reference],
    ["read", `op://${VAULT}/${MARK}Gone/x`],
    ["grants", "--mine"],
    ["status"],
    ["doctor"],
    ["item", "list", "--vault", vaultId],
  ]) {
    const ran = await postern(words, { home: agent.home });
    shown.push(ran.err);
  }
  await postern(["run", "--", "sh", "-c", "true"], { home: agent.home, env: { PROGRAM_UNDER_RUN: "1", X: reference } });
}

describe("a mark is found nowhere:", () => {
  test("not in the agent's log", () => expect(agent.log()).not.toContain(MARK));

  test("not in an error, nor in what the command tells on stderr", () => {
    // The text of a prompt is shown only to the person, at a terminal. All others saw errors.
    expect(shown.filter((text) => text.includes(MARK))).toEqual([]);
    expect(shown.filter((text) => text !== "").length).toBeGreaterThan(10);
  });

  test("not in a file of the home, sealed stores and the audit log included", () => {
    const found = filesIn(agent.home).filter((path) => readFileSync(path).includes(MARK));
    expect(found).toEqual([]);
    expect(filesIn(agent.home).length).toBeGreaterThan(4);
  });

  test("not in argv or environment of the agent, nor of the command but where a person put it", () => {
    const leaks = [...processes.values()].filter(
      (text) => text.includes(MARK) && !text.includes(reference) && !text.includes(`${MARK}Gone`),
    );
    expect(leaks).toEqual([]);
    const own =
      readFileSync(`/proc/${agent.process.pid}/cmdline`, "utf8") +
      readFileSync(`/proc/${agent.process.pid}/environ`, "utf8");
    expect(own).not.toContain(MARK);
  });

  test("not in a temporary file of this user made meanwhile", () => {
    const recent = readdirSync("/tmp").filter((name) => name.includes("postern") && !agent.home.endsWith(name));
    for (const name of recent) {
      const path = join("/tmp", name);
      if (statSync(path, { throwIfNoEntry: false })?.isFile() === true)
        expect(readFileSync(path).includes(MARK)).toBe(false);
    }
  });
});

function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesIn(path);
    return entry.isFile() ? [path] : [];
  });
}

test.skipIf(!mayLookIntoMemory)(
  "after a lock no key of the account is in the agent's memory, and before it they are (needs root to look)",
  async () => {
    const keys = await accountKeys();
    const present = () => foundInMemory(agent.process.pid ?? 0, keys);
    expect(present()).toEqual(expect.arrayContaining(["root key", "identity", "box", "vault key", "index key"]));
    const channel = await agent.connect();
    await channel.call("session.lock", {});
    expect(present()).toEqual([]);
    const found = spawn("true");
    await new Promise((resolve) => found.once("exit", resolve));
    channel.close();
  },
);

/** The keys, derived here from password, kit and the sealed rows. The test knows only what an owner knows. */
async function accountKeys(): Promise<Record<string, Uint8Array>> {
  const crypto = loadSodium();
  const secretKey = parseSecretKey(crypto, kit.secretKey);
  if (secretKey === undefined) throw new Error("the kit's Secret Key is none");
  const database = new DatabaseSync(join(agent.home, "data", "service.sqlite"), { readOnly: true });
  const user = database.prepare("SELECT * FROM users").get() as Record<string, Uint8Array>;
  const grant = database.prepare("SELECT * FROM vault_grants LIMIT 1").get() as Record<
    string,
    Uint8Array & string & number
  >;
  database.close();
  const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString("base64");
  const { account, user: id } = kit;
  const { unlockKey, signInSeed } = await deriveUserKeys(crypto, { password: PASSWORD, secretKey, account, user: id });
  const rootKey = open(
    crypto,
    unlockKey,
    { part: "root key", account, user: id },
    Uint8Array.from(user.root_key ?? []),
  );
  const keyset = openKeyset(crypto, rootKey, account, id, {
    identity: text(user.identity),
    box: text(user.box),
    boxSignature: text(user.box_signature),
    sealedPrivate: text(user.sealed_private),
  });
  const stored = {
    keyId: text(grant.key_id),
    epoch: Number(grant.epoch),
    recipient: text(grant.recipient),
    granter: text(grant.granter),
    permissions: Number(grant.permissions),
    sealed: text(grant.sealed),
    signature: text(grant.signature),
  };
  const vaultKey = openVaultGrant(crypto, {
    account,
    vault: String(grant.vault),
    grant: stored,
    keyset,
    pinnedGranters: [keyset.identity.publicKey],
  });
  return {
    "unlock key": unlockKey,
    "sign-in seed": signInSeed,
    "root key": rootKey,
    "device store key": subkey(crypto, rootKey, "postern/1 device store"),
    identity: keyset.identity.secretKey.subarray(0, 32),
    box: keyset.box.secretKey,
    "vault key": vaultKey.key,
    "index key": vaultKey.indexKey,
  };
}

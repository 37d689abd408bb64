// Kills the service after each single statement of a write. The unacknowledged write must be there whole or not at all. All earlier acknowledged
// writes are there, and the same write succeeds after the restart. Without transactions the same kills leave halves, so the checks can see a half.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { OpenedItem } from "../../clients/account/item-rows.ts";
import type { OpenAccount } from "../../clients/account/open-account.ts";
import { addressOf, createServiceClient } from "../../clients/account/service-client.ts";
import { type Door, details, newUser, open, overview } from "../service/doors.ts";
import { halvesIn } from "../service/whole.ts";

/** More statements than any write has. After the last statement the write is acknowledged, and the round ends. */
const STATEMENTS_MAX = 30;

let folder: string;
let port = 0;
let child: ChildProcess;
let registrationToken: string | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "postern-torn-"));
  port = 0;
  registrationToken = undefined;
});
afterEach(() => {
  child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

const path = () => join(folder, "service.sqlite");

async function start(parted: boolean): Promise<Door> {
  const program = fileURLToPath(new URL("../service/dying.ts", import.meta.url));
  const words = ["--data", folder, "--port", String(port), ...(parted ? ["--parted"] : [])];
  child = spawn(process.execPath, ["--no-warnings", program, ...words], {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  const line = await new Promise<string>((resolve, reject) => {
    child.once("exit", () => reject(new Error("the service did not start")));
    child.stdout?.once("data", (said: Buffer) => resolve(said.toString()));
  });
  child.removeAllListeners("exit");
  const facts = JSON.parse(line) as { listening: string; registrationToken?: string };
  registrationToken ??= facts.registrationToken;
  port = Number(new URL(facts.listening).port);
  const address = addressOf(facts.listening);
  return { address, call: createServiceClient(address), registrationToken, folder, close: async () => undefined };
}

function armed(statements: number): Promise<void> {
  const told = new Promise<void>((resolve) => child.once("message", () => resolve()));
  child.send(statements);
  return told;
}

const died = () =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise<void>((resolve) => child.once("exit", () => resolve()));

type Write = (account: OpenAccount, vault: string, before: OpenedItem) => Promise<unknown>;

const writes: readonly (readonly [string, Write])[] = [
  ["an item made", (account, vault) => account.createItem(vault, overview("New"), details("new"))],
  [
    "an item changed",
    (account, vault, item) => account.putItem(vault, item.id, item.revision, { ...item, details: details("next") }),
  ],
  [
    "an item archived",
    (account, vault, item) => account.putItem(vault, item.id, item.revision, { ...item, state: "archived" }),
  ],
  ["an item deleted", (account, vault, item) => account.deleteItem(vault, item.id)],
  [
    "a batch made",
    (account, vault) =>
      account.createItems(
        vault,
        ["A", "B", "C"].map((title) => ({
          id: title.toLowerCase().repeat(26),
          overview: overview(title),
          details: details("b"),
        })),
      ),
  ],
];

/** Kills after each statement of one write. Returns the number of kills and the halves that it found. */
async function killBehindEach(write: Write, parted: boolean): Promise<{ deaths: number; halves: string[] }> {
  const door = await start(parted);
  const { account } = await open(door, await newUser(door));
  for (let deaths = 0; deaths <= STATEMENTS_MAX; deaths++) {
    const vault = await account.createVault(`Round ${deaths}`, "");
    const item = await account.createItem(vault.id, overview("Kept"), details("kept"));
    await armed(deaths + 1);
    const acknowledged = await write(account, vault.id, item).then(
      () => true,
      () => false,
    );
    if (acknowledged) return { deaths, halves: [] };
    await died();
    const halves = halvesIn(path());
    // The next rounds would find the same halves again.
    if (halves.length > 0) return { deaths, halves };
    await start(parted);
    const kept = await account.getItem(vault.id, item.id);
    expect(kept.details.fields[0]?.value).toBe("kept");
    await write(account, vault.id, kept);
    expect(halvesIn(path())).toEqual([]);
  }
  throw new Error("the write has no end");
}

test.each(writes)(
  "%s is whole or not there, after whichever statement the service dies",
  { timeout: 120_000 },
  async (_what, write) => {
    const { deaths, halves } = await killBehindEach(write, false);
    expect(halves).toEqual([]);
    expect(deaths).toBeGreaterThanOrEqual(3);
  },
);

test.each(writes)("%s is halved by the same kills without transactions", { timeout: 120_000 }, async (_what, write) => {
  expect((await killBehindEach(write, true)).halves).not.toEqual([]);
});

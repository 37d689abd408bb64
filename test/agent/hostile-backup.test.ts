// Hostile backups with a right seal. Their content tries to write or remove files elsewhere, or to fill the agent's memory. A folder beside the
// agent's stands for the other files.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { backupLimits } from "../../clients/account/backup-bounds.ts";
import { newUserData } from "../../clients/account/user-data.ts";
import type { Channel } from "../../clients/typescript/channel.ts";
import { newId } from "../../protocol/crypto/encoding.ts";
import { limits } from "../../protocol/limits.ts";
import { crypto } from "../account/restored.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { PASSWORD } from "./person.ts";
import { type SealedAs, sealedBackup } from "./sealed-backup.ts";

let base: string;
let agent: InProcessAgent;
let channel: Channel;

beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), "postern-h-"));
  mkdirSync(join(base, "victim2"));
  writeFileSync(join(base, "victim2", "account.json"), "mine");
  writeFileSync(join(base, "victim2", "audit-000001.log"), "mine");
  mkdirSync(join(base, "a", "b"), { recursive: true });
  agent = await startInProcess(join(base, "a", "b"));
  channel = await agent.connect();
});
afterEach(async () => {
  channel.close();
  await agent.close();
  rmSync(base, { recursive: true, force: true });
});

const outcomeOf = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => "whole",
    (error: { errorName: string; message: string }) => `${error.errorName}: ${error.message}`,
  );

async function restore(given: SealedAs): Promise<string> {
  const { bytes, secretKey } = await sealedBackup(given);
  const { handle } = await channel.call("accounts.openRestore", {});
  await channel.call("files.writeChunk", { handle, content: bytes.toString("base64") });
  return passing(agent, outcomeOf(channel.call("accounts.restore", { handle, password: PASSWORD, secretKey })));
}

function demandUntouched(): void {
  expect(readdirSync(base).sort()).toEqual(["a", "victim2"]);
  expect(readdirSync(join(base, "a"))).toEqual(["b"]);
  expect(readdirSync(join(base, "victim2")).sort()).toEqual(["account.json", "audit-000001.log"]);
  for (const name of ["account.json", "audit-000001.log"])
    expect(readFileSync(join(base, "victim2", name), "utf8")).toBe("mine");
  const accounts = join(agent.home, "accounts");
  expect(existsSync(accounts) ? readdirSync(accounts) : []).toEqual([]);
}

describe("ids that would be paths", () => {
  test.each([
    "../../../victim2",
    "../../../../../../../../../../../../tmp/victim2",
    "/tmp/victim2",
    "..",
    ".",
    "",
    "victim\0two",
    "..\\..\\..\\victim2",
    `${"a".repeat(25)}/`,
    "a".repeat(900),
  ])("a header with the account %j makes nothing anywhere", async (account) => {
    expect(await restore({ account })).toMatch(/^notRestorable: .*line 1: account must match/);
    demandUntouched();
    expect((await channel.call("agent.status", {})).state).toBe("signedOut");
  });

  test.each(["../../../victim2", "", "a\0b"])("a header with the user %j makes nothing either", async (user) => {
    expect(await restore({ user })).toMatch(/^notRestorable: .*line 1: user must match/);
    demandUntouched();
  });

  test("an honest id under which a link lies leads nowhere", async () => {
    const account = newId(crypto);
    mkdirSync(join(agent.home, "accounts"), { mode: 0o700, recursive: true });
    symlinkSync(join(base, "victim2"), join(agent.home, "accounts", account));
    expect(await restore({ account })).toBe("whole");
    await passing(agent, channel.call("accounts.remove", { password: PASSWORD, withLog: true }));
    const left = readdirSync(join(agent.home, "accounts"));
    expect(left).toEqual([expect.stringMatching(/\.removed$/)]);
    expect(readlinkSync(join(agent.home, "accounts", left[0] ?? ""))).toBe(join(base, "victim2"));
    rmSync(join(agent.home, "accounts", left[0] ?? ""));
    demandUntouched();
  });

  test("a removal leaves what somebody else laid into the account's folder", async () => {
    const account = newId(crypto);
    expect(await restore({ account })).toBe("whole");
    mkdirSync(join(agent.home, "accounts", account, "photos"));
    writeFileSync(join(agent.home, "accounts", account, "photos", "one.jpg"), "mine");
    await passing(agent, channel.call("accounts.remove", { password: PASSWORD, withLog: true }));
    const [left = ""] = readdirSync(join(agent.home, "accounts"));
    expect(readdirSync(join(agent.home, "accounts", left))).toEqual(["photos"]);
    expect(readFileSync(join(agent.home, "accounts", left, "photos", "one.jpg"), "utf8")).toBe("mine");
  });
});

describe("what is sealed and is none", () => {
  test.each([
    ["no name", {}],
    ["a name of the wrong type", { ...newUserData("Eve"), name: 7 }],
    ["nothing", null],
    ["counters of the wrong type", { ...newUserData("Eve"), deviceCounters: { a: "b" } }],
  ])("user data with %s is refused by its kind", async (_what, data) => {
    expect(await restore({ data: data as object })).toMatch(/^notRestorable: .*the user's own data/);
    demandUntouched();
  });

  test.each([
    ["null", null, /^notRestorable: .*line 2: it is of no kind/],
    ["a group of nothing", { kind: "group" }, /^notRestorable: .*line 2: group is required/],
    ["an item in a vault of the wrong type", { kind: "item", vault: 7, item: {} }, /^notRestorable: .*line 2: /],
    [
      "a vault without its id",
      { kind: "vault", vault: { type: "personal" } },
      /^notRestorable: .*line 2: vault\.vault/,
    ],
  ])("a line that is %s is reported by its number", async (_what, row, expected) => {
    expect(await restore({ rows: [row as object] })).toMatch(expected);
    demandUntouched();
  });
});

/** Open files without a name. */
function spools(): number {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(join("/proc/self/fd", fd)).startsWith(join(agent.home, "backup."));
    } catch {
      return false; // The descriptor that read the folder.
    }
  }).length;
}

describe("bytes that never become a line", () => {
  const chunk = Buffer.alloc(limits.chunkBytes, 0x61).toString("base64");

  test("end at the bound of a line: the agent goes on, and nothing of them stays", async () => {
    const { handle } = await channel.call("accounts.openRestore", {});
    const chunks = backupLimits.headerBytes / limits.chunkBytes;
    for (let sent = 0; sent < chunks; sent++) await channel.call("files.writeChunk", { handle, content: chunk });
    expect([spools(), readdirSync(agent.home).filter((name) => name.startsWith("backup"))]).toEqual([1, []]);
    expect(await outcomeOf(channel.call("files.writeChunk", { handle, content: "YQ==" }))).toMatch(
      /^notRestorable: .*line 1 is longer than/,
    );
    expect(spools()).toBe(0);
    expect(await outcomeOf(channel.call("files.writeChunk", { handle, content: "YQ==" }))).toMatch(/^handleNotFound/);
    expect(await channel.call("agent.status", {})).toMatchObject({ state: "signedOut" });
  });

  test("go with the connection that ends in the middle", async () => {
    const lost = await agent.connect();
    const { handle } = await lost.call("accounts.openRestore", {});
    await lost.call("files.writeChunk", { handle, content: chunk });
    expect(spools()).toBe(1);
    lost.close();
    await expect.poll(spools).toBe(0);
  });
});

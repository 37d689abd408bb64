// The names of devices: every device of the account has them, and the service's store does not.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openUserData } from "../../clients/account/user-data.ts";
import { closeSignedIn, openKeys } from "../../clients/account/user-keys.ts";
import { deviceName } from "../../daemon/session/device-names.ts";
import { DEVICE_NAME_LENGTH_MAX } from "../../protocol/catalogue/accounts.ts";
import { newId } from "../../protocol/crypto/encoding.ts";
import { parseSecretKey } from "../../protocol/crypto/secret-key.ts";
import { crypto, type InProcess, inProcess } from "../service/doors.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { makeAccount, PASSWORD } from "./person.ts";

let folder: string;
let service: InProcess;
let agent: InProcessAgent;
let other: InProcessAgent;
let kit: Awaited<ReturnType<typeof makeAccount>>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "postern-names-"));
  service = await inProcess(folder);
  agent = await startInProcess(undefined, service);
  other = await startInProcess(undefined, agent.service);
  kit = await passing(agent, makeAccount(agent));
  const { account, user, secretKey } = kit;
  const channel = await other.connect();
  await passing(
    other,
    channel.call("accounts.signIn", { account, user, secretKey, password: PASSWORD, deviceName: "the-other-desk" }),
  );
  channel.close();
});
afterEach(async () => {
  await other.close();
  await agent.close();
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

async function named(on = agent): Promise<(string | undefined)[]> {
  const channel = await on.connect();
  const { devices } = await passing(on, channel.call("devices.list", { password: PASSWORD }));
  channel.close();
  return devices.map(({ name }) => name);
}

test("a device is called as was said at its sign-in, or as its machine, on all of them", async () => {
  const expected = [deviceName(hostname()), "the-other-desk"];
  expect([await named(), await named(other)]).toEqual([expected, expected]);
});

test("a new name is seen by the other device, and one that was removed leaves none", async () => {
  const channel = await agent.connect();
  const { devices } = await passing(agent, channel.call("devices.list", { password: PASSWORD }));
  const device = devices.find(({ thisOne }) => !thisOne)?.device ?? "";
  await passing(agent, channel.call("devices.rename", { password: PASSWORD, device, name: "attic" }));
  expect((await named(other))[1]).toBe("attic");
  await passing(agent, channel.call("devices.remove", { password: PASSWORD, device }));
  expect(await named()).toEqual([deviceName(hostname())]);
  channel.close();
});

test("neither the service's store nor a file of the agent's holds a name", async () => {
  const holding = (text: string) =>
    [folder, agent.home, other.home].flatMap((below) =>
      readdirSync(below, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && readFileSync(join(entry.parentPath, entry.name)).includes(text))
        .map(({ name }) => name),
    );
  // This search would find a clear name.
  expect(holding(kit.account)).toEqual(expect.arrayContaining(["account.json"]));
  expect(holding(kit.account).some((name) => name.startsWith("service.sqlite"))).toBe(true);
  expect(holding("the-other-desk")).toEqual([]);
});

test.each([
  ["an ordinary name", "desk", "desk"],
  ["what turns a line around", "de\u202esk", "desk"],
  ["controls", "de\u001b[2Jsk", "de[2Jsk"],
  ["blanks around", "  desk\n", "desk"],
  ["one at the limit", "d".repeat(DEVICE_NAME_LENGTH_MAX), "d".repeat(DEVICE_NAME_LENGTH_MAX)],
  ["one past it", "d".repeat(DEVICE_NAME_LENGTH_MAX + 1), "d".repeat(DEVICE_NAME_LENGTH_MAX)],
])("%s is kept so", (_what, given, kept) => {
  expect(deviceName(given)).toBe(kept);
});

test.each(["", " ", "\u200b\u202e"])("%j is no name", (given) => {
  expect(() => deviceName(given)).toThrow("nothing that can be shown");
});

/** The user's own data at the service, opened as the person's devices open it. */
async function userData() {
  const channel = await agent.connect();
  const { handle } = await passing(agent, channel.call("accounts.backup", { password: PASSWORD }));
  const { content } = await passing(agent, channel.call("files.readChunk", { handle }));
  channel.close();
  const [header = ""] = Buffer.from(content, "base64").toString().split("\n");
  const { record } = JSON.parse(header) as { record: Parameters<typeof openKeys>[1]["record"] };
  const secretKey = parseSecretKey(crypto, kit.secretKey) ?? new Uint8Array();
  const who = { account: kit.account, user: kit.user, device: newId(crypto), secretKey };
  const call = () => Promise.reject(new Error("nothing is asked"));
  const keys = await openKeys(crypto, { ...who, password: PASSWORD, origin: "o", call, record });
  const data = openUserData(crypto, keys.rootKey, who, record.data);
  closeSignedIn(crypto, keys);
  return data;
}

test("a device that signs out takes its name and its counter along", async () => {
  const named = await userData();
  expect(Object.values(named.deviceNames ?? {})).toContain("the-other-desk");
  expect(Object.keys(named.deviceCounters)).toHaveLength(2);
  const channel = await other.connect();
  await passing(other, channel.call("accounts.remove", { password: PASSWORD }));
  channel.close();
  const left = await userData();
  expect(Object.values(left.deviceNames ?? {})).toEqual([deviceName(hostname())]);
  expect(Object.keys(left.deviceCounters)).toHaveLength(1);
});

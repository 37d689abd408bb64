// The files that authenticators rely on, changed by another program of the user: none of the changes approves or unlocks anything. The trouble of the
// service at an unlock by an authenticator is here too.
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { inProcess } from "../service/doors.ts";
import { enrol } from "./enrolled.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { PASSWORD } from "./person.ts";
import { ORIGIN, type SoftwareAuthenticator, softwareAuthenticator } from "./software-authenticator.ts";

let agent: InProcessAgent;
let page: Channel;
let device: SoftwareAuthenticator;
let folder: string;
let authenticator: string;

const run = <T>(attempt: Promise<T>): Promise<T> => passing(agent, attempt);
const password = { kind: "password", password: PASSWORD } as const;
const nameOf = (attempt: Promise<unknown>) =>
  run(
    attempt.then(
      () => "answered",
      (error: { errorName?: string }) => error.errorName ?? "unknown",
    ),
  );

const asking = { origin: () => ORIGIN };

beforeEach(async () => {
  agent = await startInProcess(undefined, undefined, undefined, undefined, [], asking);
  page = await agent.connect();
  const { account } = await run(page.call("accounts.create", { name: "Ada", password: PASSWORD, approvers: [] }));
  folder = join(agent.home, "accounts", account);
  device = softwareAuthenticator();
  ({ authenticator } = await run(enrol(page, device)));
});
afterEach(() => agent.close());

const accountFile = () => join(folder, "account.json");
const store = () => join(folder, "device.sealed");

type File = { keyUnlock: { signInSeed: string; copies: Record<string, string>[] } };
const read = () => JSON.parse(readFileSync(accountFile(), "utf8")) as File;
const write = (file: object) => writeFileSync(accountFile(), JSON.stringify(file), { mode: 0o600 });

/** Another agent on the same home, after the files were changed. */
async function again(change: () => void): Promise<void> {
  await agent.stop();
  page.close();
  change();
  const { home, service } = agent;
  const next = await startInProcess(home, service, undefined, undefined, [], asking);
  agent = { ...next, close: () => next.close().then(service.close) };
  page = await agent.connect();
}

async function unlock(by = device) {
  const { options } = await page.call("authenticators.unlockChallenge", {});
  return page.call("authenticators.unlock", { assertion: by.get(options) });
}

const state = async () => (await page.call("agent.status", {})).sessions[0]?.state;

test("an account file without copies opens as before, and no authenticator unlocks it", async () => {
  await again(() => {
    const { keyUnlock: _gone, ...older } = read();
    write(older);
  });
  expect(await nameOf(unlock())).toBe("authenticatorUnavailable");
  await run(page.call("session.unlock", { password: PASSWORD }));
  const { authenticators } = await run(page.call("authenticators.list", { proof: password }));
  expect(authenticators).toMatchObject([{ authenticator, unlocks: false }]);
});

describe("the account stays locked", () => {
  /** The copy of the device, with the public key of an authenticator of the attacker's. */
  test("where another public key was put beside the copy, and the attacker signs with its own", async () => {
    const attacker = softwareAuthenticator();
    await run(enrol(page, attacker, { name: "Attacker" }));
    await again(() => {
      const file = read();
      const [own, foreign] = file.keyUnlock.copies;
      // The attacker's key under the id of the person's authenticator, and the person's copy under the attacker's.
      write({
        ...file,
        keyUnlock: {
          ...file.keyUnlock,
          copies: [{ ...own, credential: attacker.credential, publicKey: foreign?.publicKey }],
        },
      });
    });
    expect(await nameOf(unlock(attacker))).toBe("proofRefused");
    expect(await state()).toBe("locked");
  });

  test.each(["secret", "salt", "rootKey", "publicKey"])("where the %s of the copy was changed", async (part) => {
    await again(() => {
      const file = read();
      const [copy = {}] = file.keyUnlock.copies;
      const bytes = Buffer.from(copy[part] ?? "", "base64");
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
      write({ ...file, keyUnlock: { ...file.keyUnlock, copies: [{ ...copy, [part]: bytes.toString("base64") }] } });
    });
    expect(await nameOf(unlock())).toBe("proofRefused");
    expect(await state()).toBe("locked");
  });

  test("by a removed authenticator whose copy was put back, and the copy goes at the next unlock", async () => {
    const before = read();
    await run(page.call("authenticators.remove", { authenticator, password: PASSWORD }));
    await again(() => write(before));
    expect(await nameOf(unlock())).toBe("proofRefused");
    expect(await state()).toBe("locked");
    await run(page.call("session.unlock", { password: PASSWORD }));
    expect(read().keyUnlock).toBeUndefined();
  });

  test("by a removed authenticator whose copy and device store were both put back, and the person is told", async () => {
    const before = read();
    copyFileSync(store(), `${store()}.kept`);
    await run(page.call("authenticators.remove", { authenticator, password: PASSWORD }));
    await again(() => {
      write(before);
      copyFileSync(`${store()}.kept`, store());
    });
    expect(await nameOf(unlock())).toBe("proofRefused");
    expect(await state()).toBe("locked");
    const { warnings } = await run(page.call("session.unlock", { password: PASSWORD }));
    expect(warnings.join()).toContain("fingerprint readers and security keys were taken away");
    const { authenticators } = await run(page.call("authenticators.list", { proof: password }));
    expect(authenticators).toEqual([]);
  });

  test("where the sealed seed was changed, until the password seals it anew", async () => {
    await again(() => {
      const file = read();
      write({ ...file, keyUnlock: { ...file.keyUnlock, signInSeed: Buffer.alloc(120, 1).toString("base64") } });
    });
    expect(await nameOf(unlock())).toBe("passwordNeeded");
    await run(page.call("session.unlock", { password: PASSWORD }));
    await run(page.call("session.lock", {}));
    expect(await nameOf(unlock())).toBe("answered");
  });

  test("where the service is away or lies, and opens once it is well", async () => {
    await run(page.call("session.lock", {}));
    agent.setMood("away");
    expect(await nameOf(unlock())).toBe("offline");
    agent.setMood("lying");
    expect(await nameOf(unlock())).toBe("sealBroken");
    agent.setMood("well");
    expect(await nameOf(unlock())).toBe("answered");
  });

  test("where the service came back with another store", async () => {
    await agent.stop();
    page.close();
    const { home, service } = agent;
    const other = await inProcess();
    const next = await startInProcess(home, other, undefined, undefined, [], asking);
    agent = { ...next, close: () => Promise.all([next.close(), service.close()]).then(other.close) };
    page = await agent.connect();
    expect(await nameOf(unlock())).toBe("storeReplaced");
    expect(await state()).toBe("locked");
  });
});

test.each([
  ["a text", "x"],
  ["a copy that lacks a part", { signInSeed: "AA==", copies: [{ credential: "x" }] }],
  ["a seed that is no base64", { signInSeed: "!", copies: [] }],
])(
  "an account file with unlock keys that are %s keeps the agent from starting, and stays",
  async (_what, keyUnlock) => {
    await agent.stop();
    page.close();
    const before = read();
    write({ ...before, keyUnlock });
    await expect(startInProcess(agent.home, agent.service)).rejects.toThrow("unlock keys in an unknown form");
    expect(read().keyUnlock).toEqual(keyUnlock);
    write(before);
    const { home, service } = agent;
    const next = await startInProcess(home, service, undefined, undefined, [], asking);
    agent = { ...next, close: () => next.close().then(service.close) };
  },
);

// The service as a process: refused starts, the token that it prints once, its files on disk, and its end.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { request } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { addressOf, createServiceClient } from "../../clients/account/service-client.ts";
import { makeAccount } from "../agent/person.ts";
import { startAgent } from "../agent/start.ts";
import { serviceProgram as program } from "../programs.ts";
import { crypto, type Door, newUser, open } from "./doors.ts";

type Facts = { listening: string; origin: string; registrationToken?: string };

let folder: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "postern-svc-"));
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

function run(...args: string[]): ChildProcess {
  const child = spawn(process.execPath, ["--no-warnings", program, "--data", folder, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  return child;
}

async function started(...args: string[]): Promise<{ child: ChildProcess; facts: Facts; output: () => string }> {
  const child = run("--port", "0", ...args);
  let output = "";
  child.stderr?.on("data", (chunk) => {
    output += String(chunk);
  });
  await new Promise<void>((listening, failed) => {
    child.once("exit", () => failed(new Error(`it did not start: ${output}`)));
    child.stdout?.on("data", (chunk) => {
      output += String(chunk);
      if (output.includes("\n")) listening();
    });
  });
  return { child, facts: JSON.parse(output) as Facts, output: () => output };
}

/** Waits for the end of a process. Returns its exit status and its stderr. */
async function ended(child: ChildProcess): Promise<{ status: number | null; stderr: string }> {
  let stderr = "";
  child.stderr?.on("data", (chunk) => {
    stderr += String(chunk);
  });
  const [status] = (await once(child, "close")) as [number | null];
  return { status, stderr };
}

function doorOf(facts: Facts): Door {
  const address = addressOf(facts.listening);
  const call = createServiceClient(address);
  return { address, call, registrationToken: facts.registrationToken, folder, close: async () => undefined };
}

const mode = (name: string) => statSync(join(folder, name)).mode & 0o777;

describe("a service process", () => {
  test("names a port that is in use, and prints its token at the next start", async () => {
    const holder = createServer().listen(0, "127.0.0.1");
    await once(holder, "listening");
    const { port } = holder.address() as AddressInfo;
    const refused = await ended(run("--port", String(port)));
    holder.close();
    expect(refused).toEqual({
      status: 2,
      stderr: `postern service: port ${port} is in use\n  next: choose another with --port\n`,
    });
    expect((await started()).facts.registrationToken).toBeDefined();
  });

  test("prints its token at the first start only, and keeps only its hash", async () => {
    const first = await started();
    const token = first.facts.registrationToken ?? "";
    expect(token).toMatch(/^[\w-]{43}$/);
    const kept = readFileSync(join(folder, "registration.sha256"), "utf8");
    expect(kept.trim()).toBe(crypto.sha256(new TextEncoder().encode(token)).toHex());
    const done = ended(first.child);
    first.child.kill("SIGTERM");
    await done;

    const second = await started();
    expect(second.facts).toEqual({ listening: second.facts.listening, origin: second.facts.listening });
    expect(readFileSync(join(folder, "registration.sha256"), "utf8")).toBe(kept);
    await newUser(doorOf({ ...second.facts, registrationToken: token }));
  });

  test("is refused while another process has the store, with the folder and that process, until it has died", async () => {
    const first = await started();
    const refused = await ended(run("--port", "0"));
    expect(refused).toEqual({
      status: 2,
      stderr: `postern service: another service works with this store: ${join(folder, "service.sqlite")} (process ${first.child.pid})\n  next: stop that one, or name another folder with --data\n`,
    });
    await newUser(doorOf(first.facts));
    const died = once(first.child, "exit");
    first.child.kill("SIGKILL");
    await died;
    await started();
  });

  test("does not start on the store of an agent that runs", async () => {
    const agent = await startAgent();
    await makeAccount(agent);
    const child = run("--data", join(agent.home, "data"), "--port", "0");
    const { status, stderr } = await ended(child);
    expect({ status, stderr }).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(`(process ${agent.process.pid})`),
    });
    await agent.remove();
  });

  test("does not follow a link in the lock's place", async () => {
    symlinkSync(join(folder, "elsewhere"), join(folder, "service.sqlite.lock"));
    const { status, stderr } = await ended(run("--port", "0"));
    expect(status).toBe(2);
    expect(stderr).toContain("service.sqlite.lock is no file");
    expect(existsSync(join(folder, "elsewhere"))).toBe(false);
  });

  test("leaves files that nobody else can read", async () => {
    await started();
    expect(mode("registration.sha256")).toBe(0o600);
    const beside = ["", "-wal", "-shm", ".lock", ".pid"];
    for (const end of beside) expect(mode(`service.sqlite${end}`)).toBe(0o600);
  });

  test("prints the address of links, and has no page without such an address", async () => {
    const page = async (listening: string) => (await fetch(`${listening}/s/${"a".repeat(26)}`)).status;
    const info = async (listening: string) => {
      const headers = { "content-type": "application/json" };
      return (await fetch(`${listening}/v1/service.info`, { method: "POST", headers, body: "{}" })).json();
    };
    const { child, facts } = await started("--public-address", "https://share.example");
    expect(await info(facts.listening)).toMatchObject({ publicAddress: "https://share.example" });
    expect(await page(facts.listening)).toBe(200);
    const done = ended(child);
    child.kill("SIGTERM");
    await done;
    const none = (await started()).facts;
    expect(await info(none.listening)).not.toHaveProperty("publicAddress");
    expect(await page(none.listening)).toBe(404);
  });

  test("listens on loopback, and binds sign-ins to the origin it was given and not to the Host header", async () => {
    const { facts } = await started("--origin", "https://vault.example");
    expect(facts.listening).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(facts.origin).toBe("https://vault.example");
    const info = await postWithHost(facts.listening, "evil.example");
    expect(JSON.parse(info)).toMatchObject({ origin: "https://vault.example", registration: "token" });
    const door = doorOf(facts);
    const ada = await newUser(door);
    // Signed for the dialled address, which is not the configured one.
    await expect(open(door, ada)).rejects.toMatchObject({ name: "wrongCredentials" });
    await open({ ...door, address: { ...door.address, origin: "https://vault.example" } }, ada);
  });

  test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
    "ends in order on %s while agents wait for changes",
    async (signal) => {
      const { child, facts } = await started();
      const door = doorOf(facts);
      const { account, signedIn } = await open(door, await newUser(door));
      const vault = await account.createVault("Kept", "");
      const { cursor } = await account.changes(undefined, AbortSignal.timeout(20_000));
      const waiting = account.changes(cursor, AbortSignal.timeout(60_000)).catch((error: Error) => error);
      // This request came after the wait, on another connection. So the wait has begun.
      await signedIn.session.call("users.get", {});
      const done = ended(child);
      child.kill(signal);
      expect(await done).toEqual({ status: 0, stderr: "" });
      expect(await waiting).toMatchObject({ name: "offline" });
      // Closed in order: the last connection merges the log into the store.
      expect(() => statSync(join(folder, "service.sqlite-wal"))).toThrow("ENOENT");
      expect(vault.id).toMatch(/^[a-z2-7]{26}$/);
    },
  );

  test("killed without warning, still has every write that it acknowledged", async () => {
    const { child, facts } = await started();
    const door = doorOf(facts);
    const ada = await newUser(door);
    const { account } = await open(door, ada);
    const made = [];
    for (let index = 0; index < 10; index++) made.push((await account.createVault(`vault ${index}`, "")).id);
    const done = ended(child);
    child.kill("SIGKILL");
    await done;
    const again = await started("--origin", facts.origin);
    const address = { ...addressOf(again.facts.listening), origin: facts.origin };
    const reopened = await open({ ...doorOf(again.facts), address }, ada);
    expect((await reopened.account.vaults()).map((vault) => vault.id).toSorted()).toEqual(made.toSorted());
  });
});

/** service.info asked with a Host header of the caller's choice, which fetch does not allow. */
async function postWithHost(url: string, host: string): Promise<string> {
  const outgoing = request(`${url}/v1/service.info`, {
    method: "POST",
    headers: { host, "content-type": "application/json" },
  });
  outgoing.end("{}");
  const [response] = (await once(outgoing, "response")) as [AsyncIterable<Buffer>];
  let body = "";
  for await (const chunk of response) body += chunk.toString();
  return body;
}

describe("a service process refuses to start", () => {
  test.each([
    ["with an origin that is not https", ["--origin", "http://vault.example"], "--origin"],
    ["with an origin by the name of loopback", ["--origin", "http://localhost:8420"], "--origin"],
    ["with an origin that has a path", ["--origin", "https://vault.example/postern"], "--origin"],
    ["with an origin that carries a password", ["--origin", "https://ada:pw@vault.example"], "--origin"],
    ["with an origin that is no URL", ["--origin", "vault.example"], "--origin"],
    ["with a public address that is not https", ["--public-address", "http://share.example"], "--public-address"],
    ["with a public address that has a path", ["--public-address", "https://share.example/s"], "--public-address"],
    ["with a proxy by a name", ["--proxy", "localhost"], "--proxy"],
    ["with a proxy and its port", ["--proxy", "127.0.0.1:80"], "--proxy"],
    ["beyond loopback without an origin", ["--host", "0.0.0.0"], "--origin"],
    ["with a port that is none", ["--port", "65536"], "--port"],
    ["with a port that is a word", ["--port", "http"], "--port"],
    ["with an option it does not know", ["--insecure"], "--insecure"],
  ])("%s", async (_why, args, names) => {
    const { status, stderr } = await ended(run("--port", "0", ...args));
    expect(status).toBe(2);
    expect(stderr).toContain(names);
    expect(stderr).not.toContain("pw@");
  });

  test("in a folder that others can enter", async () => {
    chmodSync(folder, 0o755);
    const { status, stderr } = await ended(run("--port", "0"));
    expect(status).toBe(2);
    expect(stderr).toContain("chmod 700");
  });

  test.each(["abc", "-1", "65536", "80x", "", "0x10", " 80", "1.5"])("on the port %j, told as --port", async (port) => {
    const refused = { name: "BadStart", message: "--port must be a number from 0 to 65535" };
    const { status, stderr } = await ended(run("--port", port, "--json"));
    expect(status).toBe(2);
    expect(JSON.parse(stderr)).toMatchObject({ error: { ...refused, hint: expect.stringContaining("--port 8420") } });
  });

  test.each([
    ["an option without its value", ["--port"], "--port has no value"],
    ["an option that there is not", ["--bogus"], "--bogus was not understood"],
    [
      "an address of another machine",
      ["--host", "192.0.2.1", "--origin", "https://x.example"],
      "--host 192.0.2.1 is no",
    ],
  ])("with %s, and names it with the next step", async (_what, words, told) => {
    const { status, stderr } = await ended(run(...words));
    expect(status).toBe(2);
    expect(stderr).toContain(told);
    expect(stderr).toMatch(/\n {2}next: .+\n$/);
  });

  test("on a lock that is damaged, and names it", async () => {
    writeFileSync(join(folder, "service.sqlite.lock"), "x".repeat(5000));
    const { status, stderr } = await ended(run("--port", "0"));
    expect(status).toBe(2);
    expect(stderr).toContain("service.sqlite.lock is damaged");
  });

  test.each([
    ["a link", (path: string) => symlinkSync(folder, path), "is a link"],
    ["a file", (path: string) => writeFileSync(path, ""), "is no folder"],
  ])("on a folder that is %s, which chmod would not mend", async (_what, lay, told) => {
    const path = join(folder, "laid");
    lay(path);
    const { status, stderr } = await ended(run("--port", "0", "--data", path));
    expect(status).toBe(2);
    expect(stderr).toContain(`${path} ${told}`);
    expect(stderr).not.toContain("chmod");
  });

  test("with a damaged hash of its token, which would let nobody register", async () => {
    writeFileSync(join(folder, "registration.sha256"), "12ab");
    const { status, stderr } = await ended(run("--port", "0"));
    expect(status).toBe(2);
    expect(stderr).toContain("registration.sha256");
    expect(stderr).not.toContain("12ab");
  });

  test("on a port that another service has", async () => {
    const { facts } = await started();
    const { port } = new URL(facts.listening);
    const other = mkdtempSync(join(tmpdir(), "postern-svc-"));
    const { status, stderr } = await ended(run("--data", other, "--port", port));
    rmSync(other, { recursive: true, force: true });
    expect(status).toBe(2);
    expect(stderr).toContain(`port ${port} is in use`);
  });
});

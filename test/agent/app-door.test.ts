// The door of the desktop app, from outside: real HTTP against an agent in this process. First the strangers, then the page.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CODE_MS } from "../../daemon/window/one-time-codes.ts";
import { PAGES_MAX, UNUSED_MS } from "../../daemon/window/page-sessions.ts";
import { limits } from "../../protocol/limits.ts";
import { hasTool } from "../tools.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { enter, openPage, type Page, say, type Way, wayOf } from "./page-client.ts";
import { attachPerson, makeAccount, PASSWORD, PIN } from "./person.ts";
import { startAgent } from "./start.ts";

let agent: InProcessAgent;
const pages: Page[] = [];

beforeEach(async () => {
  agent = await startInProcess();
  await makeAccount(agent);
});
afterEach(async () => {
  for (const page of pages.splice(0)) page.leave();
  await agent.close();
});

/** The file that a program gets, and where it leads. */
async function opened(): Promise<Way & { file: string }> {
  const channel = await agent.connect();
  const { file } = await channel.call("app.open", {});
  channel.close();
  return { ...wayOf(file), file };
}

async function app(way?: Way): Promise<Page & { way: Way }> {
  const to = way ?? (await opened());
  const page = await openPage(to, await enter(to));
  pages.push(page);
  return { ...page, way: to };
}

const code = ({ code: value }: Way) => JSON.stringify({ code: value });

describe("a request is refused", () => {
  const strangers: [string, number, Parameters<typeof say>[1]][] = [
    ["of a website whose name leads here", 421, { path: "/enter", headers: { host: "rebound.example:80" } }],
    ["by the address in place of the name", 421, { path: "/enter", headers: { host: "127.0.0.1" } }],
    ["without a host", 400, { path: "/enter", headers: { host: undefined } }],
    ["for the page by another name", 421, { method: "GET", path: "/", headers: { host: "localhost" } }],
    [
      "of a page on another port of this machine",
      403,
      { path: "/enter", headers: { origin: "http://postern.localhost:1" } },
    ],
    ["of a page on the machine's own name", 403, { path: "/enter", headers: { origin: "http://localhost" } }],
    ["without an origin", 403, { path: "/enter", headers: { origin: undefined } }],
    ["of a file or a sandboxed frame", 403, { path: "/enter", headers: { origin: "null" } }],
    ["that the browser calls same-site", 403, { path: "/enter", headers: { "sec-fetch-site": "same-site" } }],
    ["that the browser calls cross-site", 403, { path: "/enter", headers: { "sec-fetch-site": "cross-site" } }],
    ["of a form", 415, { path: "/enter", headers: { "content-type": "application/x-www-form-urlencoded" } }],
    ["of a form with plain text", 415, { path: "/enter", headers: { "content-type": "text/plain" } }],
    ["that asks for rights of other origins", 405, { method: "OPTIONS", path: "/enter" }],
    ["of another method", 405, { method: "PUT", path: "/enter" }],
    ["for a line without a session", 401, { path: "/receive" }],
    [
      "for a line with a session that was made up",
      401,
      { path: "/receive", headers: { authorization: `Postern ${"a".repeat(43)}` } },
    ],
    ["for a line with another kind of right", 401, { path: "/send", headers: { authorization: "Bearer abc" } }],
    ["for another place", 404, { method: "GET", path: "/assets/../main.ts" }],
  ];

  test.each(strangers)("%s: %i", async (_name, status, asked) => {
    const way = await opened();
    const body = asked.path === "/enter" ? { body: code(way) } : {};
    const said = await say(way, { ...asked, ...body });
    expect(said.status).toBe(status);
    expect(said.headers["access-control-allow-origin"]).toBeUndefined();
    // The code is still worth a session: nothing of the request was looked at.
    expect((await say(way, { path: "/enter", body: code(way) })).status).toBe(200);
  });

  test.each(["", "{", "null", "[]", '{"code":1}', '{"code":""}', `{"code":"${"a".repeat(300)}"}`])(
    "that enters with %s",
    async (body) => {
      const way = await opened();
      expect(await say(way, { path: "/enter", body })).toMatchObject({ status: 403, body: '{"error":"spent"}' });
    },
  );
});

describe("a code", () => {
  test("lies in a file that only this user can read, and not in an address", async () => {
    const { file, host } = await opened();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(file, "..")).mode & 0o777).toBe(0o700);
    // Another name at each start, so that nothing in the browser is left from whoever had the port before.
    expect(host).toMatch(/^[0-9a-f]{32}\.postern\.localhost:\d+$/);
  });

  test("is worth one session, and takes its file along", async () => {
    const way = await opened();
    expect((await enter(way)).session).toMatch(/^[\w-]{43}$/);
    expect(existsSync(way.file)).toBe(false);
    expect((await say(way, { path: "/enter", body: code(way) })).status).toBe(403);
  });

  test("is worth nothing after a minute, and its file is gone", async () => {
    const way = await opened();
    agent.clock.advance(CODE_MS - 1);
    expect(existsSync(way.file)).toBe(true);
    agent.clock.advance(1);
    expect(existsSync(way.file)).toBe(false);
    expect((await say(way, { path: "/enter", body: code(way) })).status).toBe(403);
  });
});

describe("both loopback addresses", () => {
  test.each(["127.0.0.1", "::1"])("answer: %s", async (address) => {
    const way = await opened();
    expect((await say(way, { path: "/enter", body: code(way), address })).status).toBe(200);
  });
});

describe("the door does not open", () => {
  test.each(["127.0.0.1", "::1"])("where another program has its port on %s", async (host) => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen({ host, port: 0, ipv6Only: true }, resolve));
    const { port } = other.address() as { port: number };
    const second = await startInProcess(undefined, undefined, undefined, undefined, [], { appPort: port });
    const channel = await second.connect();
    await expect(channel.call("app.open", {})).rejects.toMatchObject({ errorName: "appUnavailable" });
    await new Promise((resolve) => other.close(resolve));
    // It is tried again at the next wish.
    expect(wayOf((await channel.call("app.open", {})).file).port).toBe(port);
    channel.close();
    await second.close();
  });

  test("where it is switched off", async () => {
    const second = await startInProcess(undefined, undefined, undefined, undefined, [], { appPort: undefined });
    const channel = await second.connect();
    await expect(channel.call("app.open", {})).rejects.toMatchObject({ errorName: "appUnavailable" });
    channel.close();
    await second.close();
  });
});

describe("a page of the app", () => {
  test("may ask like any program, and sees no name before a person allows it", async () => {
    const page = await app();
    const hello = await page.call("agent.hello", { protocol: 2, client: { name: "postern app", version: "1" } });
    expect(hello.protocol).toBe(2);
    for (const method of ["agent.status", "grants.list", "clients.list", "audit.list", "prompts.list"] as const) {
      expect(JSON.stringify(await page.call(method, {}))).not.toMatch(/Personal|Ada/);
    }
    await expect(page.call("vaults.list", { noWait: true })).rejects.toMatchObject({ refusal: "approvalRequired" });
  });

  test("gets a list of names as it is, though the agent wipes its bytes of the answer", async () => {
    const person = await attachPerson(agent);
    person.always("yes");
    const channel = await agent.connect();
    const { id } = await passing(agent, channel.call("vaults.create", { title: "Demo" }));
    const items = ["one", "two", "three"].map((title) => ({ title, category: "Login" as const, vaultId: id }));
    await passing(agent, channel.call("items.createAll", { vaultId: id, items }));
    const page = await app();
    const listed = await passing(agent, page.call("items.list", { vaultId: id }));
    expect(listed.items.map(({ title }) => title).sort()).toEqual(["one", "three", "two"]);
    person.leave();
    channel.close();
  });

  test("answers its own question with a proof, and the grant is that page's alone", async () => {
    const page = await app();
    const other = await app();
    await page.call("agent.subscribe", {});
    const listed = page.call("vaults.list", {});
    await passing(agent, page.told("prompt.opened"));
    const [shown] = (await page.call("prompts.list", {})).prompts;
    if (shown === undefined) throw new Error("the page does not see its own question");
    expect(shown).toMatchObject({ own: true, who: { program: "a page of the Postern app", pid: 0, startedBy: [] } });
    expect(shown.asked?.join("\n")).toMatch(
      /^a page of the Postern app, which any program of yours can open, wants to read/,
    );
    expect(shown.asked).toContain("Yes holds for this page of the app.");
    expect((await other.call("prompts.list", {})).prompts).toEqual([]);
    const proof = { kind: "pin", pin: PIN } as const;
    const [proven] = (await page.call("prompts.list", { code: shown.code, proof })).prompts;
    await page.call("prompts.answer", { code: shown.code, answer: "yes", hash: proven?.hash ?? "" });
    expect((await listed).vaults).toHaveLength(1);
    await expect(other.call("vaults.list", { noWait: true })).rejects.toMatchObject({ refusal: "approvalRequired" });
    expect((await page.call("grants.list", {})).grants[0]?.subject).toMatchObject({ kind: "app" });
  });

  test("has no door for the official SDKs", async () => {
    const page = await app();
    const said = page.call("agent.hello", { protocol: 2, client: { name: "a", version: "1" }, door: "sdk" });
    await expect(said).rejects.toMatchObject({ refusal: "invalidRequest" });
  });

  test("keeps its session over a reload, and loses it after ten minutes without a page", async () => {
    const page = await app();
    page.leave();
    const again = await openPage(page.way, { session: page.token });
    again.leave();
    await again.ended;
    agent.clock.advance(UNUSED_MS + 1);
    await expect(openPage(page.way, { session: page.token })).rejects.toThrow("no line: 401");
  });

  test("knows its agent by a secret that it never sends", async () => {
    const way = await opened();
    const { session, agent: key } = await enter(way);
    const page = await openPage(way, { session, agent: key });
    pages.push(page);
    expect(key).toMatch(/^[\w-]{43}$/);
    await expect(openPage(way, { session, agent: "another" })).rejects.toThrow("a stranger");
  });

  test("can be open in eight tabs, and not in nine", async () => {
    const page = await app();
    for (let count = 1; count < PAGES_MAX; count++) pages.push(await openPage(page.way, { session: page.token }));
    await expect(openPage(page.way, { session: page.token })).rejects.toThrow("no line: 429");
  });

  test("sends no line that is longer than any other", async () => {
    const page = await app();
    const headers = { authorization: `Postern ${page.token}` };
    const body = "x".repeat(limits.lineBytes);
    expect((await say(page.way, { path: "/send", headers, body })).status).toBe(404);
    const long = page.call("vaults.get", { vaultId: "x".repeat(limits.lineBytes) });
    await expect(long).rejects.toThrow("not taken: 413");
  });
});

describe("at a lock", () => {
  test("an open page gets another session, and its old token is worth nothing", async () => {
    const page = await app();
    const thief = page.token;
    const next = page.told("app.session");
    const channel = await agent.connect();
    await channel.call("session.lock", {});
    const begun = await next;
    await page.ended;
    await expect(openPage(page.way, { session: thief })).rejects.toThrow("no line: 401");
    const again = await openPage(page.way, begun);
    pages.push(again);
    expect(await again.call("session.unlock", { password: PASSWORD })).toBeDefined();
    channel.close();
  });

  test("two pages with one token part ways: what is allowed to one later is not the other's", async () => {
    const page = await app();
    const copy = await openPage(page.way, { session: page.token });
    pages.push(copy);
    const told = [page.told("app.session"), copy.told("app.session")];
    const channel = await agent.connect();
    await channel.call("session.lock", {});
    const [one, other] = await Promise.all(told);
    expect(one?.session).toMatch(/^[\w-]{43}$/);
    expect(other?.session).not.toBe(one?.session);
    channel.close();
  });
});

describe("the way in of a question", () => {
  let asker: Awaited<ReturnType<InProcessAgent["connect"]>>;

  /** The redirect file of the question that a program asks now, on an agent that shows questions in the app. */
  async function questionWay(second: InProcessAgent): Promise<Way> {
    await makeAccount(second, "Ada", { approvers: ["app"] });
    asker = await second.connect();
    await asker.call("agent.subscribe", {});
    asker.call("vaults.list", {}).catch(() => undefined);
    const find = () => readdirSync(join(second.home, "run")).find((name) => name.startsWith("app-"));
    await passing(
      second,
      expect
        .poll(find, { timeout: 10_000 })
        .toBeDefined()
        .then(() => undefined),
    );
    return wayOf(join(second.home, "run", find() ?? ""));
  }

  test("is told to the asker when a second one tries it, and shows no more than the question", async () => {
    const browsers = { opener: "/usr/bin/true", notifier: "/usr/bin/false" };
    const second = await startInProcess(undefined, undefined, undefined, undefined, [], {
      env: { DISPLAY: ":0" },
      browsers,
    });
    const way = await questionWay(second);
    const entered = await enter(way);
    const twice = new Promise<string>((resolve) => {
      asker.onNotification((method) => method === "prompt.usedTwice" && resolve(method));
    });
    expect((await say(way, { path: "/enter", body: code(way) })).status).toBe(403);
    expect(await twice).toBe("prompt.usedTwice");
    const page = await openPage(way, entered);
    const [shown] = (await page.call("prompts.list", {})).prompts;
    expect(shown).toMatchObject({ prompt: entered.prompt, who: expect.anything() });
    expect(shown).not.toHaveProperty("own");
    expect(shown).not.toHaveProperty("text");
    page.leave();
    asker.close();
    await second.close();
  });
});

test("the stop of the agent ends every page and removes every file", async () => {
  const page = await app();
  const { file } = await opened();
  const { home } = agent;
  await agent.stop();
  await page.ended;
  expect(existsSync(file)).toBe(false);
  await expect(openPage(page.way, { session: page.token })).rejects.toThrow("ECONNREFUSED");
  agent = await startInProcess(home, agent.service);
});

/** What the page's door says to a program of a user: nothing where it ends the connection unread. */
function saidTo(user: number, { host, port }: Way, address: string): string {
  const request = `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
  const words = [`--reuid=${user}`, "--clear-groups", "nc", "-w", "5", address, `${port}`];
  return spawnSync("setpriv", words, { input: request, encoding: "utf8", timeout: 20_000 }).stdout;
}

const canBeOthers = process.getuid?.() === 0 && hasTool("setpriv") && hasTool("nc");

describe.skipIf(!canBeOthers)("another user of the machine (needs root, setpriv and nc)", () => {
  test.each(["127.0.0.1", "::1"])("gets no byte of an answer from %s, and this user does", async (address) => {
    // An agent of its own process: this one cannot answer while it waits for a program.
    const other = await startAgent();
    const channel = await other.connect();
    const way = wayOf((await channel.call("app.open", {})).file);
    expect(saidTo(65_534, way, address)).toBe("");
    expect(saidTo(0, way, address)).toMatch(/^HTTP\/1\.1 200 OK/);
    channel.close();
    await other.remove();
  });
});

// The official SDKs' door of a real agent, spoken to as the bridge does it: one envelope out, one back. sdk-operations.test.ts has every
// operation, and sdk-large.test.ts the long lines.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { limits } from "../../protocol/limits.ts";
import { attachPerson, makeAccount, PASSWORD, type Person, type Prompt } from "./person.ts";
import { openRaw } from "./raw.ts";
import { config, envelopeOf, hello, invocation, openSdk, outcomeOf, type SdkProgram } from "./sdk-raw.ts";
import { type RunningAgent, startAgent, temporaryHome } from "./start.ts";

const reference = "op://Demo/login/password";
let agent: RunningAgent;
let home: string;
let person: Person;
let program: SdkProgram;

beforeAll(async () => {
  home = temporaryHome();
  agent = await startAgent(home, {}, ["--trace", join(home, "trace")]);
  await makeAccount(agent);
  person = await attachPerson(agent);
  person.always("yes");
  const { id: vaultId } = await person.channel.call("vaults.create", { title: "Demo" });
  const field = { id: "password", title: "password", fieldType: "Concealed", value: "hunter2 é" } as const;
  await person.channel.call("items.create", { item: { vaultId, title: "login", category: "Login", fields: [field] } });
  program = await openSdk(agent.socket);
});
afterAll(async () => {
  program.close();
  await agent.remove();
});

const failureOf = async (outcome: ReturnType<SdkProgram["envelope"]>) =>
  ((await outcome) as { failure?: { name: string; message: string } }).failure;
const resolve = (client: number, by = program) => by.invoke(client, "SecretsResolve", { secret_reference: reference });

describe("a client", () => {
  test("is opened, resolves a reference, and is released", async () => {
    const client = await program.init();
    expect(Number.isSafeInteger(client)).toBe(true);
    expect(await resolve(client)).toEqual({ document: "hunter2 é" });
    expect(await program.envelope("release_client", client)).toEqual({ document: undefined });
    expect(await failureOf(resolve(client))).toMatchObject({ name: "DesktopSessionExpired" });
  });

  test("works on the account that its envelope names, by name or id", async () => {
    const { accounts } = await person.channel.call("accounts.list", {});
    const client = await program.init(accounts[0]?.account);
    expect(await resolve(client)).toEqual({ document: "hunter2 é" });
  });

  test("with the token of a service account, and no account in its envelope, works as that service account", async () => {
    const vaults = [{ vault: "Demo", permissions: ["read_items"] }];
    const made = await person.channel.call("serviceAccounts.create", { password: PASSWORD, title: "CI", vaults });
    const asked = person.seen.length;
    const client = await program.init("", { ...config, serviceAccountToken: made.token });
    expect(await resolve(client)).toEqual({ document: "hunter2 é" });
    expect(await failureOf(program.invoke(client, "VaultsCreate", { params: { title: "New" } }))).toMatchObject({
      message: expect.stringContaining("permissions"),
    });
    expect(person.seen.length).toBe(asked);
    await program.envelope("release_client", client);
  });

  test("with a token that is none is refused", async () => {
    const given = { ...config, serviceAccountToken: "ops_eyJzaWduSW5BZGRyZXNzIjoieCJ9" };
    const refused = await failureOf(program.envelope("init_client", given, ""));
    expect(refused).toMatchObject({
      name: "ServiceAccountTokenParsing",
      message: expect.stringContaining("1Password"),
    });
  });

  test("that released its id already releases it again without an error", async () => {
    expect(await program.envelope("release_client", 987_654)).toEqual({ document: undefined });
  });

  test("of an account that is not here gets nothing, and does not learn why", async () => {
    const client = await program.init("Nobody");
    expect(await failureOf(resolve(client))).toMatchObject({
      message: expect.stringMatching(/denied, or no such account/i),
    });
  });

  test("is asked about like any other: a no is told as a no", async () => {
    const own = await openSdk(agent.socket);
    person.always("no");
    const client = await own.init();
    const outcome = own.invoke(client, "VaultsDelete", { vault_id: "a".repeat(26) });
    expect((await failureOf(outcome))?.message).toMatch(/denied/i);
    person.always("yes");
    own.close();
  });

  test("whose account was locked is told so once, in the one name that makes it open another, and that one waits for the unlock", async () => {
    const client = await program.init();
    await person.channel.call("session.lock", {});
    expect(await failureOf(resolve(client))).toMatchObject({
      name: "DesktopSessionExpired",
      message: expect.stringContaining("postern unlock"),
    });
    const waiting = resolve(await program.init());
    const other = await openSdk(agent.socket);
    const alsoWaiting = resolve(client, other);
    await person.channel.call("session.unlock", { password: PASSWORD });
    person.leave();
    person = await attachPerson(agent);
    person.always("yes");
    // A prompt that was shown before the approver attached again.
    const isUnseen = ({ prompt }: { prompt: string }) => !person.seen.some((seen) => seen.prompt === prompt);
    const { prompts } = await person.channel.call("prompts.list", { proof: { kind: "password", password: PASSWORD } });
    for (const prompt of prompts.filter(isUnseen)) await person.yes(prompt as Prompt);
    expect([await waiting, await alsoWaiting]).toEqual([{ document: "hunter2 é" }, { document: "hunter2 é" }]);
    other.close();
  });

  test("past the most of one process takes the place of the one that was used longest ago", async () => {
    const first = await program.init();
    const second = await program.init();
    const more = [];
    for (let count = 0; count < limits.clients - 2; count++) more.push(await program.init());
    expect(await resolve(first)).toEqual({ document: "hunter2 é" });
    await program.init();
    expect(await failureOf(resolve(second))).toMatchObject({ name: "DesktopSessionExpired" });
    expect(await resolve(first)).toEqual({ document: "hunter2 é" });
    for (const client of more) await program.envelope("release_client", client);
  });
});

describe("a configuration", () => {
  test.each<[string, unknown, string]>([
    ["no name", { ...config, integrationName: "" }, "integration name was not specified"],
    ["no version", { ...config, integrationVersion: "" }, "integration version was not specified"],
    [
      "a name of 41",
      { ...config, integrationName: "n".repeat(41) },
      "integration name was too long. Max allowed: 40 chars",
    ],
    [
      "a version of 21",
      { ...config, integrationVersion: "1".repeat(21) },
      "integration version was too long. Max allowed: 20 chars",
    ],
    ["a slash", { ...config, integrationName: "a/b" }, "integration name contained unallowed char: '/'"],
    ["a token", { ...config, serviceAccountToken: "ops_x" }, "cannot use both SA token and desktop app authentication"],
    ["a token that is no text", { ...config, serviceAccountToken: 7 }, "untagged enum ClientConfig"],
    ["a name that is no text", { ...config, integrationName: 7 }, "untagged enum ClientConfig"],
    ["no object", [], "untagged enum ClientConfig"],
  ])("with %s is refused in the official words", async (_what, given, text) => {
    expect(await failureOf(program.envelope("init_client", given))).toEqual({
      name: "InvalidConfiguration",
      message: expect.stringContaining(text),
    });
  });

  test.each([
    ["", "one authentication method must be specified"],
    ["a".repeat(65), "account must not have more than 64 characters"],
  ])("for the account %j is refused by the rule", async (account, text) => {
    const outcome = await failureOf(program.envelope("init_client", config, account));
    expect(outcome?.message).toContain(text);
  });

  test.each([
    ["of the longest name and version", { integrationName: "n".repeat(40), integrationVersion: "1".repeat(20) }],
    ["of Go, with an empty token and a null account", { serviceAccountToken: "", account_name: null }],
    ["with keys that nobody knows", { unheard: { of: 1 } }],
  ])("%s is taken", async (_what, more) => {
    expect(await program.init("Ada", more)).toBeGreaterThan(0);
  });
});

describe("a line that is no request is refused, and the connection goes on:", () => {
  const base64 = (text: string | Uint8Array) => Buffer.from(text).toString("base64");
  const row = (kind: unknown, payload: unknown, account: unknown = "Ada") =>
    JSON.stringify({ kind, account_name: account, payload });
  test.each<[string, string, string]>([
    ["no JSON", "{nonsense", "must be JSON"],
    ["an empty line", "", "must be JSON"],
    ["no object", "[]", "must be an object"],
    ["no payload", '{"kind":"invoke","account_name":"Ada"}', "must be an object with kind"],
    ["no account", '{"kind":"invoke","payload":""}', "must be an object with kind"],
    ["JSON-RPC", JSON.stringify({ jsonrpc: "2.0", id: 1, method: "agent.status" }), "must be an object with kind"],
    ["another kind", row("invoke_sync", base64("{}")), "kind must be"],
    ["payload without padding", row("invoke", "e30"), "must be base64"],
    ["payload of half a character", row("invoke", base64(new Uint8Array([0x22, 0xff, 0x22]))), "payload must be JSON"],
    ["an empty payload", row("invoke", ""), "payload must be JSON"],
    ["a deep payload", row("invoke", base64("[".repeat(limits.depth + 1))), "nested deeper"],
    ["half of a surrogate pair", row("invoke", base64('{"invocation":"\\ud800"}')), "payload must be JSON"],
    ["no invocation", row("invoke", base64("{}")), "missing field `invocation`"],
    ["a release of no id", row("release_client", base64('"x"')), "must be the id of a client"],
    ["a release of a negative id", row("release_client", base64("-1")), "must be the id of a client"],
  ])("%s", async (_what, line, text) => {
    program.send(`${line}\n`);
    const outcome = outcomeOf((await program.next()) ?? "");
    expect(outcome).toMatchObject({ failure: { message: expect.stringContaining(text) } });
    expect(await resolve(await program.init())).toEqual({ document: "hunter2 é" });
  });

  test.each<[string, unknown, unknown, unknown]>([
    ["an unknown operation", 1, "ItemsFrobnicate", {}],
    [
      "an operation of the client itself",
      1,
      "GeneratePassword",
      { recipe: { type: "Pin", parameters: { length: 4 } } },
    ],
    ["a method of ours", 1, "secrets.resolve", { reference }],
    ["a name of every object", 1, "constructor", {}],
    ["a missing parameter", 1, "SecretsResolve", {}],
    ["a parameter of another type", 1, "SecretsResolve", { secret_reference: 7 }],
    ["a client id that is a text", "1", "SecretsResolve", { secret_reference: reference }],
    ["no client id", undefined, "SecretsResolve", { secret_reference: reference }],
  ])("%s", async (_what, client, name, parameters) => {
    expect(await failureOf(program.envelope("invoke", invocation(client, name as string, parameters)))).toMatchObject({
      message: expect.stringMatching(/^data did not match any variant of untagged enum Invocation: /),
    });
  });

  test("wrong parameters win over an unknown client, and an error repeats nothing of them", async () => {
    const outcome = await failureOf(program.invoke(987_654, "SecretsResolve", { secret_reference: ["hunter3"] }));
    expect(outcome?.message).toContain("secret_reference must be string");
    expect(JSON.stringify(outcome)).not.toContain("hunter3");
  });
});

describe("an error of resolving has the official name and words:", () => {
  test.each([
    ["op://Demo/login/nothing", "the specified field cannot be found within the item"],
    ["op://Demo/nothing/password", "no item matched the secret reference query"],
    ["op://Nowhere/login/password", "no vault matched the secret reference query"],
    ["op://Demo/login", "the secret reference could not be parsed: secret reference has invalid format"],
    ["op://Demo/login/é", "the secret reference could not be parsed: invalid character in secret reference"],
    [`${reference}?attribute=otp`, "TOTP attribute can only be applied to TOTP-type fields"],
  ])("%s", async (secret_reference, text) => {
    const client = await program.init();
    expect(await failureOf(program.invoke(client, "SecretsResolve", { secret_reference }))).toEqual({
      name: "ResolvingSecretReference",
      message: expect.stringContaining(`error resolving secret reference: ${text}`),
    });
  });
});

describe("a connection", () => {
  test("greets in JSON-RPC, and speaks envelopes from then on", async () => {
    const raw = await openRaw(agent.socket);
    expect(await raw.ask(hello)).toMatchObject({ jsonrpc: "2.0", id: 1, result: { agent: { name: "postern" } } });
    expect(await raw.ask({ jsonrpc: "2.0", id: 2, method: "agent.status" })).toMatchObject({ success: false });
    raw.close();
  });

  test("of another protocol stays one of JSON-RPC", async () => {
    const raw = await openRaw(agent.socket);
    const answer = await raw.ask({ ...hello, params: { ...hello.params, protocol: 1 } });
    expect(answer).toMatchObject({ error: { data: { name: "protocolMismatch" } } });
    expect(await raw.ask({ jsonrpc: "2.0", id: 2, method: "agent.status" })).toMatchObject({ id: 2, result: {} });
    raw.close();
  });

  test("that said something else before stays one of JSON-RPC", async () => {
    const raw = await openRaw(agent.socket);
    await raw.ask({ jsonrpc: "2.0", id: 1, method: "agent.status" });
    expect(await raw.ask(hello)).toMatchObject({
      error: { data: { name: "invalidRequest" }, message: expect.stringContaining("must be the first line") },
    });
    expect(await raw.ask({ jsonrpc: "2.0", id: 2, method: "agent.status" })).toMatchObject({ id: 2, result: {} });
    raw.close();
  });

  test("that says such a hello in a batch stays one of JSON-RPC, with its clients", async () => {
    const raw = await openRaw(agent.socket);
    const params = { integrationName: "shop", integrationVersion: "1" };
    raw.send(`${JSON.stringify([{ jsonrpc: "2.0", id: 2, method: "clients.open", params }, hello])}\n`);
    const answers = (await raw.next()) as unknown as { id: number; result?: { client: string }; error?: object }[];
    expect(answers.find(({ id }) => id === 1)).toMatchObject({ error: { data: { name: "invalidRequest" } } });
    const client = answers.find(({ id }) => id === 2)?.result?.client;
    const closing = { jsonrpc: "2.0", id: 3, method: "clients.close", params: { client } };
    expect(await raw.ask(closing)).toMatchObject({ id: 3, result: {} });
    raw.close();
  });

  test("that sends again before the answer is closed", async () => {
    const own = await openSdk(agent.socket);
    const line = envelopeOf("init_client", config);
    own.send(line + line);
    expect(await own.next()).toBeUndefined();
  });

  test("that sends thousands of lines at once is closed with one line in the log", async () => {
    const own = await openSdk(agent.socket);
    const notes = () => agent.log().split("another request before the answer").length - 1;
    const before = notes();
    own.send("\n".repeat(60_000));
    while ((await own.next()) !== undefined);
    // Another answer shows that the agent is done with that chunk.
    await program.init();
    expect(notes() - before).toBe(1);
  });

  test("that ends while a person is asked withdraws its question", async () => {
    person.always("ignore");
    const own = await openSdk(agent.socket);
    const client = await own.init();
    const opened = person.next();
    own.send(envelopeOf("invoke", invocation(client, "VaultsUpdate", { vault_id: "b".repeat(26), params: {} })));
    const { code } = await opened;
    const closed = new Promise((done) =>
      person.channel.onNotification((method, params) => {
        if (method === "prompt.closed" && params.code === code) done(undefined);
      }),
    );
    own.close();
    await closed;
    // Listening for the end took the person's own listener away.
    person.leave();
    person = await attachPerson(agent);
    person.always("yes");
  });

  test("whose program stopped sending still gets its answer", async () => {
    const own = await openSdk(agent.socket);
    own.socket.end(envelopeOf("init_client", config));
    expect(outcomeOf((await own.next()) ?? "")).toMatchObject({ document: expect.any(Number) });
    expect(await own.next()).toBeUndefined();
  });
});

/** A program of its own: it says one envelope with the client of another process, and prints the answer. */
const OTHER_PROGRAM = `
  const [path, hello, envelope] = process.argv.slice(1);
  const socket = require("node:net").connect(path);
  let lines = 0;
  socket.write(hello + "\\n");
  socket.on("data", (chunk) => {
    if (lines++ === 0) return socket.write(envelope);
    process.stdout.write(chunk);
    if (chunk.includes(10)) socket.end();
  });`;

describe("what a program does here", () => {
  test("is in the log and in the trace like any other request", async () => {
    const client = await program.init();
    expect(await resolve(client)).toHaveProperty("document");
    await failureOf(program.invoke(client, "SecretsResolve", {}));
    const { records } = await person.channel.call("audit.list", { limit: 20 });
    expect(records.map(({ event, outcome }) => `${event} ${outcome}`)).toContain("secrets.resolve ok");
    const trace = () => readFileSync(join(agent.home, "trace"), "utf8");
    const last = () =>
      trace()
        .trim()
        .split("\n")
        .slice(-12)
        .map((line) => JSON.parse(line) as { method: string | null; outcome: string })
        .map(({ method, outcome }) => `${method} ${outcome}`);
    // The agent writes with a delay.
    await expect
      .poll(last)
      .toEqual(expect.arrayContaining(["clients.open ok", "secrets.resolve ok", "null invalidRequest"]));
    expect(trace()).not.toContain("hunter2");
  });
});

describe("the clients of a process", () => {
  test("are of no use to another process", async () => {
    const client = await program.init();
    const envelope = envelopeOf("invoke", invocation(client, "SecretsResolve", { secret_reference: reference }));
    const words = ["-e", OTHER_PROGRAM, agent.socket, JSON.stringify(hello), envelope];
    const { stdout } = await promisify(execFile)(process.execPath, words);
    expect(outcomeOf(stdout)).toMatchObject({ failure: { name: "DesktopSessionExpired" } });
    expect(await resolve(client)).toEqual({ document: "hunter2 é" });
  });

  test("are the same on all its connections, also after the first one ended", async () => {
    const first = await openSdk(agent.socket);
    const client = await first.init();
    const second = await openSdk(agent.socket);
    expect(await resolve(client, second)).toEqual({ document: "hunter2 é" });
    first.close();
    expect(await resolve(client, second)).toEqual({ document: "hunter2 é" });
    second.close();
  });
});

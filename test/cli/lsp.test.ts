// postern lsp over real pipes, with a real agent: what an editor is offered and told, what a person is asked for it, and that no value is in any of it.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { DOCUMENT_LENGTH_MAX } from "../../clients/editors/server/serve-editor.ts";
import { attachPerson, makeAccount, PASSWORD, type Person } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { applied, type Editor, startEditor } from "./editor.ts";

const ENV = "file:///project/.env";
const CODE = "file:///project/a.ts";

/** Each value that the account has. No output of the server has any of them. */
const VALUES = ["m4rked-one", "m4rked-two", "m4rked-notes", "m4rked.example"];

let agent: RunningAgent;
let person: Person;
let editor: Editor;
let demo: string;
let database: { id: string; version: number };

async function forgetGrants(): Promise<void> {
  const channel = await agent.connect();
  await channel.call("session.lock", {});
  person.leave();
  await channel.call("session.unlock", { password: PASSWORD });
  channel.close();
  person = await attachPerson(agent);
  person.always("yes");
}

const rename = async (title: string) => {
  const item = await person.channel.call("items.get", { vaultId: demo, itemId: database.id });
  await person.channel.call("items.put", { item: { ...item, title } });
};
const labels = async (marked: string, uri = ENV) => (await editor.complete(uri, marked)).map(({ label }) => label);
const written = async (marked: string, uri = ENV) =>
  (await editor.complete(uri, marked)).map(({ textEdit }) => textEdit.newText);
const codes = (uri = ENV) => editor.diagnostics(uri)?.map(({ code }) => code);
const standings = () => editor.standings.map(({ standing }) => standing);

beforeAll(async () => {
  agent = await startAgent(mkdtempSync(join(tmpdir(), "postern-ls-")));
  await makeAccount(agent);
  person = await attachPerson(agent);
  person.always("yes");
  const { channel } = person;
  demo = (await channel.call("vaults.create", { title: "Demo" })).id;
  for (const title of ["Two Words", "Tüte", "Twin", "Twin"]) await channel.call("vaults.create", { title });
  const fields = [
    { id: "password", title: "password", fieldType: "Concealed" as const, value: "m4rked-one" },
    { id: "host", title: "host", fieldType: "Text" as const, value: "m4rked-two", sectionId: "net" },
  ];
  const make = (title: string) =>
    channel.call("items.create", {
      item: {
        vaultId: demo,
        title,
        category: "Login",
        fields,
        sections: [{ id: "net", title: "network" }],
        notes: "m4rked-notes",
        websites: [{ url: "https://m4rked.example", label: "", autofillBehavior: "Never" }],
      },
    });
  database = await make("Database");
  for (const title of ["Mail box", "Double", "Double"]) await make(title);
  await channel.call("items.archive", { vaultId: demo, itemId: (await make("Old")).id });
});
/** Editors of this test are one subject: what was allowed for one holds for the next, until a lock. */
beforeEach(async () => {
  person.always("yes");
  editor = await startEditor(agent.home);
});
afterEach(async () => {
  await editor.leave();
});
afterAll(async () => {
  person.leave();
  await agent.remove();
  rmSync(agent.home, { recursive: true, force: true });
});

describe("completion", () => {
  test("offers vaults, items and the parameters of a query, after one question", async () => {
    await forgetGrants();
    expect((await labels("A=op://|")).sort()).toEqual(["Demo", "Personal", "Twin", "Twin", "Two Words", "Tüte"]);
    expect((await labels("A=op://Demo/|")).sort()).toEqual(["Database", "Double", "Double", "Mail box"]);
    expect(await labels("A=op://demo/data|")).toEqual(["Database"]);
    expect(await labels("A=op://Demo/Database/password?|")).toEqual([
      "attribute=otp",
      "attribute=totp",
      "ssh-format=openssh",
    ]);
    expect(person.seen).toHaveLength(1);
    const text = person.seen[0]?.text.join("\n") ?? "";
    expect(text).toContain("names");
    // The editor of this test is the test itself.
    expect(text).toContain(process.execPath);
    expect(text).toContain("whatever it starts, through the postern command");
    expect(standings().at(-1)).toBe("allowed");
  });

  test("writes an id where the title cannot stand, or where two have it", async () => {
    const id = expect.stringMatching(/^[a-z2-7]{26}$/);
    expect((await written("A=op://Tw|")).sort((a, b) => a.length - b.length)).toEqual(["Two Words", id, id]);
    expect(await written("A=op://Tü|")).toEqual([id]);
    expect(await written("A=op://Demo/Mail|")).toEqual(["Mail box"]);
    expect(await written("see op://Demo/Mail|", CODE)).toEqual([id]);
    expect(await written('"op://Demo/Mail|"', CODE)).toEqual(["Mail box"]);
  });

  test("replaces the typed part alone", async () => {
    const [offer] = await editor.complete(ENV, "\nA=op://Demo/data|");
    expect(offer?.textEdit).toEqual({
      range: { start: { line: 1, character: 12 }, end: { line: 1, character: 16 } },
      newText: "Database",
    });
  });

  test("offers fields where the editor may read the item already, and asks nobody for them", async () => {
    await forgetGrants();
    expect(await labels("A=op://Demo/Database/|")).toEqual([]);
    expect(person.seen).toHaveLength(1);
    // The editor itself has the command read an item.
    const { postern } = await import("./postern.ts");
    expect(await postern(["item", "get", "Database", "--vault", "Demo"], { home: agent.home })).toMatchObject({
      code: 0,
    });
    expect(await labels("A=op://Demo/Database/|")).toEqual(["password", "host", "network"]);
    expect(await labels("A=op://Demo/Database/network/|")).toEqual(["host"]);
  });

  test.each([
    "A=|",
    "A=op:|",
    "A=op://Nowhere/|",
    "A=op://Twin/|",
    "A=op://Demo/Old/|",
    "A=op://a/b/c/d/|",
    '"op://Demo" |',
  ])("offers nothing at %s", async (marked) => expect(await labels(marked)).toEqual([]));

  test("after a no does not ask again, until the person says so", async () => {
    await forgetGrants();
    person.always("no");
    expect(await labels("A=op://|")).toEqual([]);
    expect(await labels("A=op://D|")).toEqual([]);
    expect([person.seen.length, standings().at(-1)]).toEqual([1, "denied"]);
    person.always("yes");
    await editor.request("workspace/executeCommand", { command: "postern.allowNames" });
    expect(await labels("A=op://D|")).toContain("Demo");
    expect(person.seen).toHaveLength(2);
  });

  test("that the person types past is stopped, and its question stays the only one", async () => {
    await forgetGrants();
    person.always("ignore");
    const first = editor.completing(ENV, "A=op://|");
    const prompt = await person.next();
    first.stop();
    await expect(first.offered).resolves.toEqual([]);
    const second = editor.completing(ENV, "A=op://D|");
    await person.yes(prompt);
    expect((await second.offered).map(({ label }) => label)).toContain("Demo");
    expect(person.seen).toHaveLength(1);
    expect(editor.standings).toContainEqual({ standing: "waiting", code: prompt.code });
  });
});

describe("diagnostics", () => {
  test("judge the text alone until the person allows names, and open no question", async () => {
    await forgetGrants();
    editor.show(ENV, "A=op://Demo/Nothing/x\nB=op://x\n");
    await expect.poll(() => codes()).toEqual(["reference-malformed"]);
    expect(person.seen).toHaveLength(0);
    await editor.request("workspace/executeCommand", { command: "postern.allowNames" });
    await expect.poll(() => codes()).toEqual(["reference-dangling", "reference-malformed"]);
  });

  test("come again when an item is renamed, and the list that was open leads to the new title", async () => {
    expect(await labels("A=op://Demo/Data|")).toEqual(["Database"]);
    editor.show(ENV, "A=op://Demo/Database/password\n");
    await expect.poll(() => codes()).toEqual([]);
    await rename("Datenbank");
    await expect.poll(() => codes()).toEqual(["reference-dangling"]);
    expect(await labels("A=op://Demo/Dat|")).toEqual(["Datenbank"]);
    editor.show(ENV, "A=op://Demo/Database/password\n");
    await rename("Database");
    await expect.poll(() => codes()).toEqual([]);
  });

  test("end with the document", async () => {
    editor.show(ENV, "A=op://x\n");
    await expect.poll(() => codes()).toEqual(["reference-malformed"]);
    editor.close(ENV);
    await expect.poll(() => codes()).toEqual([]);
  });

  test("are those of a text up to its bound, and none of a longer one", async () => {
    const most = `A=op://x\n${" ".repeat(DOCUMENT_LENGTH_MAX - 9)}`;
    editor.show(ENV, most);
    await expect.poll(() => codes()).toEqual(["reference-malformed"]);
    editor.show(ENV, `${most} `);
    await expect.poll(() => codes()).toEqual([]);
  });
});

describe("hover", () => {
  const TEXT = "A=op://Demo/Database/password\nB=op://Demo/Databse/password\n";

  test("tells the item by name and no value, and asks nobody", async () => {
    await forgetGrants();
    editor.show(ENV, TEXT);
    expect(await editor.hover(ENV, { line: 0, character: 5 })).toContain("postern.allowNames");
    expect(person.seen).toHaveLength(0);
    await labels("A=op://|");
    editor.show(ENV, TEXT);
    const told = await editor.hover(ENV, { line: 0, character: 5 });
    expect(told).toMatch(/^Database\nLogin in the vault Demo\nlast changed \d{4}-.*Z\nits fields are not shown/);
    expect(await editor.hover(ENV, { line: 1, character: 5 })).toContain('did you mean "Database"?');
  });

  test.each([
    ["beside a reference", { line: 0, character: 0 }],
    ["behind the text", { line: 99, character: 99 }],
  ])("%s tells nothing", async (_what, position) => {
    editor.show(ENV, TEXT);
    expect(await editor.hover(ENV, position)).toBeUndefined();
  });
});

describe("a fix", () => {
  async function fixed(uri: string, text: string, title: string): Promise<string> {
    editor.show(uri, text);
    await expect.poll(() => editor.diagnostics(uri)?.length).toBeGreaterThan(0);
    const actions = await editor.actions(uri, editor.diagnostics(uri) ?? []);
    const action = actions.find((one) => one.title === title);
    if (action === undefined) throw new Error(`there is no ${title} among ${actions.map((one) => one.title)}`);
    return applied(uri, text, action);
  }

  test("of a near miss writes the right title", async () => {
    await labels("A=op://|");
    expect(await fixed(ENV, "A=op://Demo/Databse/password\n", "Write Database")).toBe(
      "A=op://Demo/Database/password\n",
    );
  });

  test("of what looks like a reference writes the prefix", async () => {
    expect(await fixed(CODE, 'get("OP://Demo/Database/password");\n', "Write op://")).toBe(
      'get("op://Demo/Database/password");\n',
    );
  });

  test.each([
    [ENV, "A=op://x\n", "# postern-lint-ignore reference-malformed\nA=op://x\n"],
    [CODE, '  get("op://x");\n', '  // postern-lint-ignore reference-malformed\n  get("op://x");\n'],
    ["file:///a.md", "op://x/y", "<!-- postern-lint-ignore reference-malformed -->\nop://x/y"],
  ])("that ignores in %s leaves nothing to tell", async (uri, text, expected) => {
    const after = await fixed(uri, text, "Ignore reference-malformed here");
    expect(after).toBe(expected);
    editor.show(uri, after);
    await expect.poll(() => codes(uri)).toEqual([]);
  });

  test("is not offered for what JSON has no comment for, or for another program's diagnostic", async () => {
    const uri = "file:///a.json";
    editor.show(uri, '{"a": "op://x"}');
    await expect.poll(() => codes(uri)).toEqual(["reference-malformed"]);
    const own = editor.diagnostics(uri) ?? [];
    expect(await editor.actions(uri, own)).toEqual([]);
    expect(await editor.actions(ENV, own)).toEqual([]);
    expect(
      await editor.actions(
        uri,
        own.map((one) => ({ ...one, source: "eslint" })),
      ),
    ).toEqual([]);
  });
});

describe("an agent that does not answer", () => {
  test("is told once where it is locked, in the middle of a completion too", async () => {
    await forgetGrants();
    person.always("ignore");
    const waiting = editor.completing(ENV, "A=op://|");
    await person.next();
    await person.channel.call("session.lock", {});
    expect(await waiting.offered).toEqual([]);
    expect(await labels("A=op://D|")).toEqual([]);
    await expect.poll(() => standings().filter((one) => one === "locked")).toHaveLength(1);
    await person.channel.call("session.unlock", { password: PASSWORD });
    person.leave();
    person = await attachPerson(agent);
    person.always("yes");
    expect(await labels("A=op://D|")).toContain("Demo");
  });

  test("is found again after it was stopped and started", async () => {
    expect(await labels("A=op://|")).toContain("Demo");
    person.leave();
    await agent.end();
    await expect.poll(() => standings().at(-1)).toBe("noAgent");
    expect(await labels("A=op://|")).toEqual([]);
    editor.show(ENV, "A=op://x\n");
    await expect.poll(() => codes()).toEqual(["reference-malformed"]);
    agent = await agent.restart();
    const channel = await agent.connect();
    await channel.call("session.unlock", { password: PASSWORD });
    channel.close();
    person = await attachPerson(agent);
    person.always("yes");
    expect(await labels("A=op://|")).toContain("Demo");
  });

  test("is not started, and the text is judged", async () => {
    const home = mkdtempSync(join(tmpdir(), "postern-lo-"));
    const alone = await startEditor(home);
    alone.show(ENV, "A=op://x\nB=op://Demo/a/b\n");
    await expect.poll(() => alone.diagnostics(ENV)?.map(({ code }) => code)).toEqual(["reference-malformed"]);
    expect(alone.standings).toEqual([{ standing: "noAgent" }]);
    expect(await alone.leave()).toBe(0);
    rmSync(home, { recursive: true, force: true });
  });
});

test("a workspace's settings lead to no other socket and no other program", async () => {
  const folder = mkdtempSync(join(tmpdir(), "postern-lh-"));
  const socket = join(folder, "agent.sock");
  let connections = 0;
  const hostile = createServer((peer) => {
    connections++;
    peer.destroy();
  }).listen(socket);
  const settings = { postern: { socket, path: "/bin/false", env: { POSTERN_SOCKET: socket } }, POSTERN_SOCKET: socket };
  const other = await startEditor(agent.home, {
    initialize: { initializationOptions: settings, rootUri: `file://${folder}` },
  });
  other.notify("workspace/didChangeConfiguration", { settings });
  other.show(ENV, "A=op://Demo/Database/x\n");
  expect((await other.complete(ENV, "A=op://D|")).map(({ label }) => label)).toContain("Demo");
  expect(connections).toBe(0);
  expect(await other.leave()).toBe(0);
  hostile.close();
  rmSync(folder, { recursive: true, force: true });
});

test("another account is worked on where it is chosen, and one that is not there offers nothing", async () => {
  const other = await startEditor(agent.home, { words: ["--account", "Nobody"] });
  expect(await other.complete(ENV, "A=op://|")).toEqual([]);
  await other.leave();
});

test("the end of the editor's pipe ends the server", async () => {
  const other = await startEditor(agent.home);
  await other.complete(ENV, "A=op://|");
  const ended = new Promise((resolve) => other.process.once("exit", resolve));
  other.process.stdin?.end();
  await ended;
});

test("no request is answered with a value, a value's part or a secret of the text", async () => {
  const { postern } = await import("./postern.ts");
  // The editor may read the item, so that its fields are shown.
  await postern(["item", "get", "Database", "--vault", "Demo"], { home: agent.home });
  const token = ["ghp", "aB3dE5gH7jK9mN1pQ3sT5vX7zA9cE1gH3jK5"].join("_");
  const text = `A=op://Demo/Database/password\nB=op://${token}\nTOKEN=${token}\nC=OP://Demo/${token}/x\n`;
  for (const marked of [
    "A=op://|",
    "A=op://Demo/|",
    "A=op://Demo/Database/|",
    "A=op://Demo/Database/network/|",
    "A=op://Demo/Database/password?|",
  ])
    await editor.complete(ENV, marked);
  editor.show(ENV, text);
  await expect.poll(() => codes()?.length).toBe(4);
  for (let line = 0; line < 4; line++) await editor.hover(ENV, { line, character: 8 });
  expect(await editor.hover(ENV, { line: 0, character: 8 })).toContain("(Concealed); this editor may read it");
  await editor.actions(ENV, editor.diagnostics(ENV) ?? []);
  await editor.request("workspace/executeCommand", { command: "postern.allowNames" });
  for (const method of [
    "workspace/executeCommand",
    "textDocument/hover",
    "textDocument/completion",
    "textDocument/codeAction",
    "textDocument/definition",
  ])
    await editor.request(method, { textDocument: { uri: ENV }, command: token }).catch(() => undefined);
  for (const method of ["textDocument/hover", "textDocument/completion", "textDocument/codeAction"])
    await expect(editor.request(method, { textDocument: null, position: token })).rejects.toThrow(
      "the language server could not answer this",
    );
  for (const value of [...VALUES, token, token.slice(4, 14)]) expect(editor.output()).not.toContain(value);
  expect(editor.output()).toContain("secret-in-clear");
});

// The stored rows are altered under a running agent. The command then refuses to read the value: sealed data failed its check. Nothing is
// answered, and the untouched items still work.
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient, DesktopAuth } from "../../clients/typescript/client.ts";
import { postern } from "../cli/postern.ts";
import { attachPerson, makeAccount, type Person } from "./person.ts";
import { type RunningAgent, startAgent } from "./start.ts";

let agent: RunningAgent;
let person: Person;
let database: DatabaseSync;
let vault: string;
let otherVault: string;
const ids = new Map<string, string>();

type Column =
  | "id"
  | "revision"
  | "tag"
  | "item_key"
  | "overview"
  | "details"
  | "details_digest"
  | "signature"
  | "writer"
  | "key_id"
  | "files";
type Row = { readonly [name in Column]: Uint8Array & string & number };

const row = (title: string): Row =>
  database.prepare("SELECT * FROM items WHERE id = ?").get(ids.get(title) ?? "") as Row;
const set = (title: string, column: string, value: Uint8Array | string | number) =>
  void database.prepare(`UPDATE items SET ${column} = ? WHERE id = ?`).run(value, ids.get(title) ?? "");
const altered = (bytes: Uint8Array | undefined, at: number, to = 1) => {
  const copy = Uint8Array.from(bytes ?? []);
  const index = at < 0 ? copy.length + at : at;
  copy[index] = (copy[index] ?? 0) ^ to;
  return copy;
};

/** The change of the item with the case's name. "Untouched" stays as a source of honest parts. */
const attacks: Record<string, (title: string) => void> = {
  "details swapped with another item's": (title) => set(title, "details", row("Untouched").details),
  "overview swapped with another item's": (title) => set(title, "overview", row("Untouched").overview),
  "item key swapped with another item's": (title) => set(title, "item_key", row("Untouched").item_key),
  "details and their digest swapped": (title) => {
    set(title, "details", row("Untouched").details);
    set(title, "details_digest", row("Untouched").details_digest);
  },
  "overview put in the place of details": (title) => set(title, "details", row(title).overview),
  "details truncated": (title) => set(title, "details", Uint8Array.from(row(title).details).slice(0, -1)),
  "details emptied": (title) => set(title, "details", new Uint8Array()),
  "one bit of the details altered": (title) => set(title, "details", altered(row(title).details, -1)),
  "one bit of the overview altered": (title) => set(title, "overview", altered(row(title).overview, 40)),
  "an unknown suite": (title) => set(title, "details", altered(row(title).details, 0, 2)),
  "another revision": (title) => set(title, "revision", 7),
  "another writer": (title) => set(title, "writer", altered(row(title).writer, 0)),
  "another signature": (title) => set(title, "signature", row("Untouched").signature),
  "one bit of the signature altered": (title) => set(title, "signature", altered(row(title).signature, 63)),
  "another vault key": (title) => set(title, "key_id", altered(row(title).key_id, 0)),
  "a file that was not signed": (title) =>
    set(
      title,
      "files",
      JSON.stringify([{ id: "a".repeat(26), sealedKey: "AAAA", size: 1, chunks: 1, header: "AAAA" }]),
    ),
  "the whole row of another item under this tag": (title) => {
    for (const column of ["revision", "item_key", "overview", "details", "details_digest", "signature"] as const)
      set(title, column, row("Untouched")[column]);
  },
};

beforeAll(async () => {
  agent = await startAgent();
  await makeAccount(agent);
  person = await attachPerson(agent);
  person.always("yes");
  const client = await createClient({ auth: new DesktopAuth(), socket: agent.socket });
  vault = (await client.vaults.create({ title: "Demo" })).id;
  otherVault = (await client.vaults.create({ title: "Elsewhere" })).id;
  for (const title of ["Untouched", ...Object.keys(attacks).map((_name, index) => `Item ${index}`), "Moved"]) {
    const made = await client.items.create({
      vaultId: vault,
      title,
      category: "Password",
      fields: [{ id: "password", title: "password", fieldType: "Concealed", value: `secret of ${title}` }],
    });
    ids.set(title, made.id);
  }
  client.close();
  database = new DatabaseSync(join(agent.home, "data", "service.sqlite"));
  database.exec("PRAGMA busy_timeout = 5000");
});
afterAll(async () => {
  database.close();
  await agent.remove();
});

const read = (reference: string) => postern(["read", reference], { home: agent.home });

test("untouched items are read", async () => {
  expect(await read("op://Demo/Untouched/password")).toMatchObject({ code: 0, out: "secret of Untouched" });
});

test.each(Object.keys(attacks).map((name, index) => [name, index] as const))(
  "%s is refused through the command",
  async (name, index) => {
    attacks[name]?.(`Item ${index}`);
    const ran = await read(`op://Demo/Item ${index}/password`);
    expect(ran.out).toBe("");
    expect(ran.code).toBe(8);
    expect(ran.err).toContain("postern: sealed data failed its check");
  },
);

test("an item moved into another vault is refused there", async () => {
  database
    .prepare("UPDATE items SET vault = ?, tag = ? WHERE id = ?")
    .run(otherVault, row("Moved").tag, ids.get("Moved") ?? "");
  const ran = await read(`op://Elsewhere/${ids.get("Moved")}/password`);
  expect(ran).toMatchObject({ code: 8, out: "" });
});

test("a title's tag put on another item is refused: what comes back is not what was asked for", async () => {
  set("Untouched", "tag", row("Item 0").tag);
  database.prepare("DELETE FROM items WHERE id = ?").run(ids.get("Item 0") ?? "");
  expect((await read("op://Demo/Item 0/password")).code).toBe(8);
});

test("a vault's name, or a vault key's grant, that was altered locks the vault's names out", async () => {
  const before = database.prepare("SELECT overview FROM vaults WHERE id = ?").get(otherVault) as Row;
  database.prepare("UPDATE vaults SET overview = ? WHERE id = ?").run(altered(before.overview, -1), otherVault);
  const channel = await agent.connect();
  await channel.call("session.lock", {});
  await channel.call("session.unlock", { password: "seven quiet harbours" });
  channel.close();
  person.leave();
  person = await attachPerson(agent);
  person.always("yes");
  expect((await read("op://Elsewhere/x/password")).code).toBe(8);
});

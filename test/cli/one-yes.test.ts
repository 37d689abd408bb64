// Counts the questions of each command that names a thing of the account by its title. Each runs at a terminal of its own, where nothing was
// allowed before. A person answers each question as narrowly as it was asked.
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { attachPerson, makeAccount, PIN } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { openTerminal } from "../build/terminal.ts";

const main = fileURLToPath(new URL("../../clients/cli/main.ts", import.meta.url));
const command = `node --no-warnings -- ${main}`;

let agent: RunningAgent;

beforeAll(async () => {
  agent = await startAgent();
  await makeAccount(agent);
  const person = await attachPerson(agent);
  person.always("yes");
  const channel = await agent.connect();
  const { id: vaultId } = await channel.call("vaults.create", { title: "Demo" });
  for (const title of ["Work", "Gone", "Spare"]) await channel.call("vaults.create", { title });
  const titles = ["DB", "edited", "archived", "unarchived", "deleted", "moved", "moved aside", "with file", "restored"];
  const items = titles.map((title) => ({
    vaultId,
    title,
    category: "Password" as const,
    fields: [{ id: "password", title: "password", fieldType: "Concealed" as const, value: "s3cret" }],
  }));
  const { outcomes } = await channel.call("items.createAll", { vaultId, items });
  const made = new Map(outcomes.flatMap((one) => ("error" in one ? [] : [[one.title, one] as const])));
  const idOf = (title: string) => made.get(title)?.id ?? "";
  await channel.call("items.archive", { vaultId, itemId: idOf("unarchived") });
  const restored = made.get("restored");
  if (restored !== undefined) await channel.call("items.put", { item: { ...restored, notes: "later" } });
  const { version } = await channel.call("items.get", { vaultId, itemId: idOf("with file") });
  const file = { name: "key.pem", content: "AAEC", sectionId: "", fieldId: "key" };
  await channel.call("files.attach", { vaultId, itemId: idOf("with file"), version, file });
  const variables = [{ name: "REGION", value: "eu", masked: false }];
  for (const title of ["staging", "old"]) await channel.call("environments.create", { title, variables });
  for (const title of ["Operations", "Nobody"]) await channel.call("groups.create", { title });
  channel.close();
  person.leave();
  writeFileSync(join(agent.home, ".env"), "TOKEN=t0ken\n");
  writeFileSync(join(agent.home, "note.txt"), "a note\n");
});
afterAll(() => agent.remove());

/** Runs a command at a new terminal. Says yes to each question. Returns the number of questions, and the exit code. */
async function asked(words: string): Promise<{ questions: number; code: number; screen: string }> {
  const terminal = openTerminal(
    { HOME: agent.home, POSTERN_HOME: agent.home, PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, LANG: "C.UTF-8" },
    agent.home,
  );
  try {
    terminal.type(`${command} ${words}; echo code=$?=`);
    for (let questions = 0; ; ) {
      const [seen, code] = await terminal.sees(/Approval PIN|Allow\? \[y\/N\]|for good\?|code=(\d+)=/);
      if (code !== undefined) return { questions, code: Number(code), screen: terminal.screen() };
      if (seen === "Approval PIN") questions++;
      terminal.type(seen === "Approval PIN" ? PIN : "y");
    }
  } finally {
    terminal.end();
  }
}

const commands = [
  "vault list",
  "vault create Made",
  "vault edit Spare --description spare",
  "vault delete Gone",
  "ls",
  "ls --vault Demo",
  "item get DB --vault Demo",
  "item create --vault Demo --title New --field user=ada",
  "item create --vault Demo --file note.txt",
  "item edit edited --vault Demo --field user=ada",
  "item edit edited --vault Demo --field 'see[reference]=DB'",
  "item attach edited note.txt --vault Demo",
  "item file rm 'with file' key.pem --vault Demo",
  "item move moved --vault Demo --to Work",
  "item move 'moved aside' --vault Demo --to Work --archive",
  "item archive archived --vault Demo",
  "item unarchive unarchived --vault Demo",
  "item history DB --vault Demo",
  "item restore restored --vault Demo --version 1",
  "item delete deleted --vault Demo --yes",
  "share create Demo/DB Demo/edited",
  "share list",
  "group list",
  "group create Others",
  "group grant Operations --vault Spare --permissions read_items",
  "group revoke Operations --vault Spare",
  "group delete Nobody",
  "env list",
  "env create made",
  "env get staging",
  "env set staging --plain ZONE=a",
  "env unset staging ZONE",
  "env import staging .env",
  "env import fresh .env",
  "env export staging --out-file staging.env",
  "env run staging -- true",
  "env delete old --yes",
  "import env .env --vault Demo",
  "import env .env --vault Demo --dry-run",
  "read op://Demo/DB/password",
];

test("count", async () => {
  const rows: string[] = [];
  for (const words of commands) {
    const began = performance.now();
    const { questions, code, screen } = await asked(words);
    rows.push(`${questions} ${code} ${Math.round(performance.now() - began)}ms ${words}`);
    if (code !== 0) rows.push(screen.slice(-600));
  }
  console.log(rows.join("\n"));
  expect(rows).toBeDefined();
}, 300_000);

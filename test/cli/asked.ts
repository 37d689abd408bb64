// Counts the questions of a command. It runs at a terminal of its own, where nothing was allowed before, and a person says yes to each question.
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { attachPerson, makeAccount, PIN } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { openTerminal } from "../build/terminal.ts";
import { command as main } from "../programs.ts";

/** An agent with an account that has a thing for each command to work on. */
export async function startFilled(): Promise<RunningAgent> {
  const agent = await startAgent();
  await makeAccount(agent);
  const person = await attachPerson(agent);
  person.always("yes");
  const channel = await agent.connect();
  const { id: vaultId } = await channel.call("vaults.create", { title: "Demo" });
  for (const title of ["Work", "Gone", "Spare"]) await channel.call("vaults.create", { title });
  const titles = ["DB", "edited", "archived", "unarchived", "deleted", "moved", "moved aside", "with file", "restored"];
  const fields = [{ id: "password", title: "password", fieldType: "Concealed" as const, value: "s3cret" }];
  const items = titles.map((title) => ({ vaultId, title, category: "Password" as const, fields }));
  const { outcomes } = await channel.call("items.createAll", { vaultId, items });
  const made = new Map(outcomes.flatMap((one) => ("error" in one ? [] : [[one.title, one] as const])));
  const itemOf = (title: string) => {
    const item = made.get(title);
    if (item === undefined) throw new Error(`${title} was not made`);
    return item;
  };
  await channel.call("items.archive", { vaultId, itemId: itemOf("unarchived").id });
  await channel.call("items.put", { item: { ...itemOf("restored"), notes: "later" } });
  const { id: itemId, version } = itemOf("with file");
  const file = { name: "key.pem", content: "AAEC", sectionId: "", fieldId: "key" };
  await channel.call("files.attach", { vaultId, itemId, version, file });
  const variables = [{ name: "REGION", value: "eu", masked: false }];
  for (const title of ["staging", "old"]) await channel.call("environments.create", { title, variables });
  for (const title of ["Operations", "Nobody"]) await channel.call("groups.create", { title });
  channel.close();
  person.leave();
  writeFileSync(join(agent.home, ".env"), "TOKEN=t0ken\n");
  writeFileSync(join(agent.home, "note.txt"), "a note\n");
  writeFileSync(join(agent.home, "references.env"), "A=op://Demo/DB/password\nB=op://Demo/edited/password\n");
  return agent;
}

export type Asked = { readonly questions: number; readonly code: number; readonly screen: string };

/** Runs `postern …` at a new terminal. `keys` are pressed at each question before the PIN. */
export async function asked(agent: RunningAgent, words: string, keys = ""): Promise<Asked> {
  const path = `${dirname(process.execPath)}:/usr/bin:/bin`;
  const env = { HOME: agent.home, POSTERN_HOME: agent.home, PATH: path, LANG: "C.UTF-8", MAIN: main };
  const terminal = openTerminal(env, agent.home);
  let left = keys;
  try {
    terminal.type(`node --no-warnings -- ${main} ${words}; echo code=$?=`);
    for (;;) {
      const [seen, code] = await terminal.sees(/Approval PIN|\[y\/N\]|for good\?|code=(\d+)=/);
      const screen = terminal.screen();
      if (code !== undefined)
        return { questions: screen.match(/waiting for approval, code/g)?.length ?? 0, code: Number(code), screen };
      if (seen !== "Approval PIN") {
        terminal.type("y");
        continue;
      }
      terminal.type(left === "" ? PIN : left.slice(0, 1));
      left = left === "" ? keys : left.slice(1);
    }
  } finally {
    terminal.end();
  }
}

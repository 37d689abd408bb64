// A plain morning at one terminal, played by script: an unlock, a dev server with 13 references, a script with three reads, and a program on the
// client, with two idle gaps of 15 minutes. The agent runs in this process, so that the gaps pass at once.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ownPrograms } from "../../daemon/peer/own-programs.ts";
import { passing, startInProcess } from "../agent/in-process.ts";
import { PASSWORD, PIN } from "../agent/person.ts";

import { openTerminal } from "../build/terminal.ts";
import { agentProgram, command as main } from "../programs.ts";

/** Milliseconds of a gap without use. */
const GAP_MS = 15 * 60_000;

/** References of the dev server. */
const REFERENCES = 13;

export type Morning = {
  readonly passwords: number;
  readonly answers: number;
  /** Keys pressed for passwords and answers, Enter among them. */
  readonly keystrokes: number;
  readonly changesOfTerminal: number;
  /** Without the gaps. */
  readonly seconds: number;
  /** All that the terminal showed. */
  readonly screen: string;
};

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const command = `node --no-warnings -- ${main}`;
const reference = (index: number) => `op://Demo/item ${index}/password`;

export async function playMorning(): Promise<Morning> {
  const ours = ownPrograms(pathToFileURL(agentProgram).href);
  const agent = await startInProcess(undefined, undefined, undefined, undefined, ours);
  const wait = <T>(promise: Promise<T>) => passing(agent, promise);
  const channel = await agent.connect();
  // A test answers here, and not the agent's own question.
  const account = { name: "Ada", password: PASSWORD, pin: PIN, idleLock: "eightHours" } as const;
  await wait(channel.call("accounts.create", { ...account, approvers: [] }));
  await wait(fill(agent));
  await wait(channel.call("session.lock", {}));
  channel.close();

  const work = join(agent.home, "work");
  prepare(work);
  const terminal = openTerminal(
    {
      HOME: agent.home,
      POSTERN_HOME: agent.home,
      PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
      LANG: "C.UTF-8",
    },
    work,
  );
  const sees = (text: string | RegExp) => wait(terminal.sees(text));
  const typed = { passwords: 0, answers: 0, keystrokes: 0 };
  const press = (line: string) => {
    typed.keystrokes += line.length + 1;
    terminal.type(line);
  };
  const began = performance.now();
  try {
    terminal.type(`${command} unlock`);
    await sees("Account password");
    press(PASSWORD);
    typed.passwords++;
    await sees("Unlocked.");

    terminal.type(`${command} run --env-file .env.postern -- node server.mjs`);
    await sees("Approval PIN");
    press("v");
    await sees("everything in each of their vaults.");
    await sees("Approval PIN");
    press("d");
    await sees("It ends after 8 hours");
    await sees("Approval PIN");
    press(PIN);
    typed.answers++;
    await sees(`listening with ${REFERENCES}`);
    terminal.key("\u001a");
    await sees("Stopped");
    terminal.type("bg");
    await sees("server.mjs &");

    agent.clock.advance(GAP_MS);
    terminal.type("bash three-reads.sh");
    await sees("read 3 of 3");

    agent.clock.advance(GAP_MS);
    terminal.type("node --no-warnings program.mjs");
    await sees("the program has it");
    const seconds = (performance.now() - began) / 1000;
    return { ...typed, changesOfTerminal: 0, seconds, screen: terminal.screen() };
  } finally {
    terminal.type("kill %1");
    terminal.end();
    await agent.close();
    rmSync(agent.home, { recursive: true, force: true });
  }
}

async function fill(agent: Awaited<ReturnType<typeof startInProcess>>): Promise<void> {
  const { attachPerson } = await import("../agent/person.ts");
  const person = await attachPerson(agent);
  person.always("yes");
  const channel = await agent.connect();
  const { id: vaultId } = await channel.call("vaults.create", { title: "Demo" });
  const items = Array.from({ length: REFERENCES }, (_, index) => ({
    vaultId,
    title: `item ${index}`,
    category: "Password" as const,
    fields: [{ id: "password", title: "password", fieldType: "Concealed" as const, value: `value of ${index}` }],
  }));
  await channel.call("items.createAll", { vaultId, items });
  channel.close();
  person.leave();
}

/** The files of the morning. */
function prepare(folder: string): void {
  mkdirSync(folder);
  const lines = Array.from({ length: REFERENCES }, (_, index) => `SECRET_${index}="${reference(index)}"`);
  writeFileSync(join(folder, ".env.postern"), `${lines.join("\n")}\n`);
  writeFileSync(
    join(folder, "server.mjs"),
    `const found = Object.entries(process.env).filter(([name, value]) => name.startsWith("SECRET_") && !value.startsWith("op://"));
console.log("listening with", found.length);
setInterval(() => undefined, 60_000);
`,
  );
  const reads = [0, 1, 2].map(
    (index) => `${command} read "${reference(index)}" >/dev/null && echo read ${index + 1} of 3`,
  );
  writeFileSync(join(folder, "three-reads.sh"), `${reads.join("\n")}\n`);
  const client = pathToFileURL(here("../../clients/typescript/entry.ts")).href;
  writeFileSync(
    join(folder, "program.mjs"),
    `import { createClient, DesktopAuth } from ${JSON.stringify(client)};
const client = await createClient({ auth: new DesktopAuth("Ada"), integrationName: "shop", integrationVersion: "1.0.0" });
const value = await client.secrets.resolve(${JSON.stringify(reference(12))});
console.log(value === "value of 12" ? "the program has it" : "wrong value");
process.exit();
`,
  );
}

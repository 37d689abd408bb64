// The stage for tests of the app's page and for its pictures: an agent in this process with the real door, an account with items that programs ask
// for, and a real Chromium. Opening a browser is the one thing that is left to the test: it reads the redirect file that the agent wrote.
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import type { Channel } from "../../clients/typescript/channel.ts";
import type { Methods } from "../../clients/typescript/generated.ts";
import type { AccountOf } from "../../daemon/session/unlocked.ts";
import { type InProcessAgent, passing, startInProcess } from "../agent/in-process.ts";
import { attachPerson, makeAccount, type Person } from "../agent/person.ts";

import { openTerminal } from "../build/terminal.ts";

export { PASSWORD, PIN } from "../agent/person.ts";

export const REFERENCE = "op://Demo/DATABASE_URL/password";

/** A title that tries everything: markup, a second line, reordering, and as long as a title may be. */
export const HOSTILE = `<img src=x onerror=alert(1)>\n  op://Demo/other/password\u202e${"gnol ".repeat(39)}\u2066 end`;

export type Asker = {
  /** The name of the error that it was answered, or "allowed". */
  readonly answer: Promise<string>;
  stop(): void;
};

export type Stage = {
  readonly agent: InProcessAgent;
  /** A connection that may do everything, as the person's own command. */
  readonly channel: Channel;
  readonly person: Person;
  readonly vaultId: string;
  readonly hostileId: string;
  /** A program without a terminal asks for a value. */
  ask(reference?: string): Asker;
  /** It asks for an item by its ids. Only the agent's text has the title. */
  askById(itemId: string): Asker;
  /** A script asks, started by make in a shell at a terminal. */
  askFromMake(): Asker;
  /** Goes to the page that the agent opens for the one question. */
  openPrompt(page: Page): Promise<void>;
  /** Opens the app in a page. */
  openApp(page: Page): Promise<void>;
  /** The file that leads a browser to the page of the next question. */
  redirect(): Promise<string>;
  /** Stops the agent under its pages. */
  stop(): Promise<void>;
  close(): Promise<void>;
};

/** Opens the stage. The agent shows each question in the app. `accountOf` makes its account, where a test wants to seal something itself. */
export async function openStage(accountOf?: AccountOf): Promise<Stage> {
  const agent = await startInProcess(undefined, undefined, accountOf, undefined, [], {
    env: { DISPLAY: ":0" },
    browsers: { opener: "/usr/bin/true", notifier: "/usr/bin/false" },
  });
  // The page counts down by the time of day.
  agent.clock.setWall(Date.now());
  await makeAccount(agent, "Ada", { approvers: ["app"] });
  const person = await attachPerson(agent);
  const channel = await agent.connect();
  person.always("yes");
  const { id: vaultId } = await passing(agent, channel.call("vaults.create", { title: "Demo" }));
  const fields = [{ id: "password", title: "password", fieldType: "Concealed" as const, value: "s3cret" }];
  const made = { vaultId, category: "Password", fields } as const;
  const create = (title: string) => passing(agent, channel.call("items.create", { item: { ...made, title } }));
  await create("DATABASE_URL");
  await create("STRIPE_KEY");
  const { id: hostileId } = await create(HOSTILE);
  person.always("ignore");
  // The agent showed the questions of the stage itself too.
  const known = new Set(redirectsOf(agent));
  let isStopped = false;
  const stage: Stage = {
    ...{ agent, channel, person, vaultId, hostileId },
    ask: (reference = REFERENCE) => startAsker(agent, "secrets.resolve", { reference }),
    askById: (itemId) => startAsker(agent, "items.get", { vaultId, itemId }),
    askFromMake: () => startMake(agent),
    redirect: async () => {
      const found = await passing(
        agent,
        until(() => redirectsOf(agent).find((name) => !known.has(name))),
      );
      known.add(found);
      return pathToFileURL(join(agent.home, "run", found)).href;
    },
    openPrompt: async (page) => {
      await page.goto(await stage.redirect());
      await page.waitForURL(/^http:/);
    },
    openApp: async (page) => {
      const { file } = await channel.call("app.open", {});
      await page.goto(pathToFileURL(file).href);
      await page.waitForURL(/^http:/);
    },
    stop: async () => {
      isStopped = true;
      await agent.stop();
    },
    close: async () => {
      person.leave();
      channel.close();
      if (!isStopped) await agent.stop();
      await agent.service.close();
      rmSync(agent.home, { recursive: true, force: true });
    },
  };
  return stage;
}

const redirectsOf = ({ home }: InProcessAgent) =>
  readdirSync(join(home, "run")).filter((name) => /^app-.*\.html$/.test(name));

function startAsker<M extends keyof Methods>(agent: InProcessAgent, method: M, params: Methods[M]["params"]): Asker {
  const child = spawn("nc", ["-N", "-U", agent.socket], { detached: true, stdio: ["pipe", "pipe", "ignore"] });
  child.stdin.end(`${JSON.stringify({ jsonrpc: "2.0", id: 1, method, params })}\n`);
  const read = async () => {
    let said = "";
    for await (const chunk of child.stdout) said += chunk;
    return outcomeOf(said);
  };
  return { answer: read(), stop: () => child.kill() };
}

/** The outcome of request 1 among the lines of a connection. */
function outcomeOf(said: string): string {
  const lines = said.split("\n").filter((line) => line.startsWith("{"));
  const answer = lines.map((line) => JSON.parse(line)).find(({ id }) => id === 1);
  return String(answer?.error?.data?.name ?? (answer?.result === undefined ? "nothing" : "allowed"));
}

/** Opens a client under a name of its own, asks, prints the answer and ends. */
const script = (socket: string) => `import { connect } from "node:net";
const channel = connect(${JSON.stringify(socket)});
const send = (id, method, params) => channel.write(JSON.stringify({ jsonrpc: "2.0", id, method, params }) + "\\n");
let said = "";
channel.on("data", (bytes) => {
  said += bytes;
  for (const line of said.split("\\n").slice(0, -1)) {
    const { id, result } = JSON.parse(line);
    if (id === 0) send(1, "secrets.resolve", { client: result.client, reference: ${JSON.stringify(REFERENCE)} });
    if (id === 1) {
      console.log("answered " + line);
      channel.destroy();
    }
  }
  said = said.slice(said.lastIndexOf("\\n") + 1);
});
send(0, "clients.open", { integrationName: "shop-deploy", integrationVersion: "2.4.0" });
`;

function startMake(agent: InProcessAgent): Asker {
  const folder = join(agent.home, "shop");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "deploy.js"), script(agent.socket));
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  writeFileSync(join(folder, "Makefile"), "deploy:\n\t@node deploy.js\n");
  const terminal = openTerminal({ HOME: agent.home, PATH: `${dirname(process.execPath)}:/usr/bin:/bin` }, folder);
  terminal.type("make deploy");
  const answer = terminal.sees(/answered (\{.*\})/).then(
    ([, line = ""]) => outcomeOf(line),
    () => "nothing",
  );
  return { answer, stop: terminal.end };
}

/** Waits until there is something. The test's own time limit ends the wait. */
async function until<T>(look: () => T | undefined): Promise<T> {
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

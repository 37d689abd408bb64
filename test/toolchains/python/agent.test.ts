// The installed Python client with a real agent: a program for the official package, and what a program can rely on beside it.
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { attachPerson, makeAccount, PASSWORD, type Person } from "../../agent/person.ts";
import { type RunningAgent, startAgent } from "../../agent/start.ts";
import { REFERENCE, SECRET } from "../demo-agent.ts";
import {
  buildClient,
  clientSource,
  type Environment,
  installedClient,
  programs,
  pythonsHere,
  run,
  temporaryFolder,
  toolEnvironment,
} from "./environment.ts";
import { officialOutput } from "./official-output.ts";

const tools = toolEnvironment();
const folder = temporaryFolder();
let client: Environment;
let agent: RunningAgent;
let person: Person;
let env: Record<string, string>;

beforeAll(async () => {
  const [python] = pythonsHere();
  if (tools === undefined || python === undefined) return;
  client = installedClient(tools, python, buildClient(tools, folder).wheel, folder);
  agent = await startAgent();
  await makeAccount(agent);
  person = await attachPerson(agent);
  person.always("yes");
  const owner = await agent.connect();
  const { id: vaultId } = await owner.call("vaults.create", { title: "Demo" });
  const fields = [{ id: "password", title: "password", fieldType: "Concealed" as const, value: SECRET }];
  await owner.call("items.create", { item: { vaultId, title: "DATABASE_URL", category: "Password", fields } });
  const vaults = [{ vault: vaultId, permissions: ["read_items"] }];
  const { token } = await owner.call("serviceAccounts.create", { password: PASSWORD, title: "CI", vaults });
  owner.close();
  env = { POSTERN_HOME: agent.home, TOKEN: token, REFERENCE };
}, 120_000);
afterAll(async () => {
  await agent?.remove();
  rmSync(folder, { recursive: true, force: true });
});

const holds = (part: string) => ({ code: 0, out: `${part}\n`, err: "" });

describe.skipIf(tools === undefined)("the Python client", () => {
  test("runs a program for the official package after its import lines alone were changed", async () => {
    person.always("yes");
    const official = readFileSync(join(programs, "official.py"), "utf8");
    const ours = official.replaceAll("from onepassword", "from postern");
    writeFileSync(join(folder, "program.py"), ours);
    const ran = await run(client, [join(folder, "program.py")], env);
    expect(ran).toEqual({ code: 0, out: officialOutput, err: "" });
  });

  const examples = [...readFileSync(join(clientSource, "README.md"), "utf8").matchAll(/```python\n([\s\S]*?)```/g)];

  test.each(["asynchronous", "synchronous"].map((kind, index) => [kind, examples[index]?.[1] ?? ""]))(
    "runs the %s example of its README",
    async (_kind, text) => {
      person.always("yes");
      expect(await run(client, ["-W", "error", "-c", text], env)).toEqual({ code: 0, out: `${SECRET}\n`, err: "" });
    },
  );

  test.each(["models", "threads", "tasks", "fork", "fork_inside_a_loop", "watch", "watch_in_a_loop"])(
    "%s",
    async (part) => {
      person.always("yes");
      expect(await run(client, ["behaviour.py", part], env)).toEqual(holds(part));
    },
  );

  test.each(["deadline", "cancel", "interrupt", "closed"])("%s", async (part) => {
    person.always("ignore");
    expect(await run(client, ["-X", "dev", "behaviour.py", part], env)).toEqual(holds(part));
  });

  test("says what is wrong with a socket, and what to do", async () => {
    const place = (name: string, mode: number) => {
      const made = join(folder, name);
      mkdirSync(made);
      chmodSync(made, mode);
      return join(made, "s");
    };
    const [nothing, file, open, left] = [place("a", 0o700), place("b", 0o700), place("c", 0o755), place("d", 0o700)];
    writeFileSync(file, "");
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(open, resolve));
    const { out } = await run(client, ["refusals-setup.py", left], env);
    expect(out).toBe("bound\n");
    const ran = await run(client, ["behaviour.py", "refusals", nothing, file, open, left], env);
    server.close();
    expect(ran.err).toBe("");
    expect(ran.out.split("\n")).toEqual([...REFUSALS.flatMap((text) => [text, text]), "refusals", ""]);
  });
});

const REFUSALS = [
  "AgentNotRunning no agent is running: there is no socket; start it with `postern agent start`",
  "UntrustedSocket the agent's socket is not trusted: it is not a socket; move that file out of the way, and run `postern agent start`",
  "UntrustedSocket the agent's socket is not trusted: its folder is open to other users; another user may have put it there; remove it, and run `postern agent start`",
  "AgentNotRunning no agent is running: the socket is left over from an agent that has ended; start it with `postern agent start`",
];

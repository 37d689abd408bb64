// Every command that works on an account asks once, at a terminal where nothing was allowed before, however narrowly a person answers. The counts
// are printed.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exitCodes } from "../../clients/cli/terminal/exit-code.ts";
import type { RunningAgent } from "../agent/start.ts";
import { asked, startFilled } from "./asked.ts";

/** Each command. */
const commands = [
  "vault list",
  "vault create Made",
  "vault edit Spare --title Renamed",
  "vault delete Gone",
  "ls",
  "ls --vault Demo",
  "item get DB --vault Demo",
  "item create --vault Demo --title New --field user=ada",
  "item create --vault Demo --title Linked --field 'see[reference]=DB'",
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
  "group grant Operations --vault Work --permissions read_items",
  "group revoke Operations --vault Work",
  "group delete Nobody",
  "env list",
  "env create made",
  "env get staging",
  "env set staging --plain ZONE=a",
  "env unset staging ZONE",
  "env import staging .env",
  "env import fresh .env",
  "env export staging --out-file staging.env --force",
  "env run staging -- true",
  "env delete old --yes",
  "import env .env --vault Demo",
  "import env .env --vault Demo --dry-run",
  "read op://Demo/DB/password",
  "run --env-file references.env -- true",
  "lint references.env",
];

/** The embedded service makes no links. It says so after the yes. */
const codes: Readonly<Record<string, number>> = { "share create Demo/DB Demo/edited": exitCodes.usage };

describe.each([
  ["as asked", ""],
  ["for once", "o"],
])("with a yes %s", (_how, keys) => {
  let agent: RunningAgent;
  const counts: string[] = [];

  beforeAll(async () => {
    agent = await startFilled();
  });
  afterAll(async () => {
    await agent.remove();
    console.log(["questions", ...counts].join("\n"));
  });

  test.each(commands)("%s asks once", async (words) => {
    const { questions, code } = await asked(agent, words, keys);
    counts.push(`${questions}  postern ${words}`);
    expect({ questions, code }).toEqual({ questions: 1, code: codes[words] ?? 0 });
  });
});

// A command that needs two things asks once, and what the text says is what is given. cli/each-command-once.test.ts shows it for every command.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exitCodes } from "../../clients/cli/terminal/exit-code.ts";
import type { RunningAgent } from "../agent/start.ts";
import { asked, startFilled } from "./asked.ts";

let agent: RunningAgent;

beforeAll(async () => {
  agent = await startFilled();
});
afterAll(() => agent.remove());

const lines = (screen: string) => screen.replaceAll("\r", "").split("\n");

test("what a command does with a title is asked in the words that were typed, and takes one yes", async () => {
  const { questions, code, screen } = await asked(agent, "item move moved --vault Demo --to Work");
  expect({ questions, code }).toEqual({ questions: 1, code: 0 });
  expect(lines(screen)).toEqual(
    expect.arrayContaining(["  the item moved in the vault Demo", "  everything in the vault Work"]),
  );
  expect(screen).not.toContain("Allow?");
});

test("what differs from the typed words is shown after the proof, and takes a yes", async () => {
  const { questions, code, screen } = await asked(agent, "item history db --vault demo");
  expect({ questions, code }).toEqual({ questions: 1, code: 0 });
  const [before = "", after = ""] = screen.split("Allow?")[0]?.split("Approval PIN") ?? [];
  expect([before.includes("the item DB"), after.includes("the item DB in the vault Demo")]).toEqual([false, true]);
});

test.each([
  ["item get Nothing --vault Demo", "no item has this title or id"],
  ["item get DB --vault Nowhere", "no vault has this title or id"],
  ["env get nowhere", "no environment has this title or id"],
])("%s is asked about like any other, and tells only after the yes that it is not there", async (words, text) => {
  const { questions, code, screen } = await asked(agent, words);
  expect({ questions, code }).toEqual({ questions: 1, code: exitCodes.notFound });
  expect(screen.slice(0, screen.indexOf("Approval PIN"))).not.toContain(text);
  expect(screen).toContain(`postern: ${text}`);
});

test("an environment to import into is made with the same yes, where there is none", async () => {
  const { questions, code, screen } = await asked(agent, "env import fresh .env");
  expect({ questions, code }).toEqual({ questions: 1, code: 0 });
  expect(lines(screen)).toEqual(
    expect.arrayContaining([
      "    or, where there is none:",
      "    create an environment, and read the names in the whole account",
    ]),
  );
});

describe("for once", () => {
  test.each(["item edit edited --vault Demo --field user=ada", "env export staging --out-file staging.env"])(
    "%s has all of its requests covered, and the next command none",
    async (words) => {
      const { questions, code, screen } = await asked(
        agent,
        `${words} && node --no-warnings -- "$MAIN" grants --mine --json`,
        "o",
      );
      expect({ questions, code, screen: screen.slice(-300) }).toMatchObject({ questions: 1, code: 0 });
      expect(screen).toContain("Yes holds for this one command, ten minutes at most.");
      expect(screen).toContain('{"grants":[]}');
    },
  );
});

test.each([
  ["vault delete Gone", "everything in the vault Gone"],
  ["group grant Operations --vault Spare --permissions read_items", "everything in the vault Spare"],
])("%s takes one yes even where that was widened to the account", async (words, line) => {
  const { questions, code, screen } = await asked(agent, words, "a");
  expect({ questions, code }).toEqual({ questions: 1, code: 0 });
  expect(screen).toContain(line);
  expect(screen).toContain("Sharing, deleting a vault, and changing who may use one ask by themselves.");
});

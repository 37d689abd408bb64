// Lists through the official packages, unchanged: one that fits into a line as numbers, one that fits only in the shorter forms of JavaScript and
// Go, and, on request, one that fits in none. The items have long tags, so some hundred of them are as long as a hundred thousand others.
import { afterAll, beforeAll, expect, test } from "vitest";
import { PAGED_BYTES_MAX } from "../../daemon/wire/sdk-envelope.ts";
import { limits } from "../../protocol/limits.ts";
import { attachPerson, makeAccount, type Person } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { type GoProject, hasGo, makeOfficialProject } from "./go/project.ts";
import { cannotHost, javascript, makeOfficialHost, type OfficialHost, python } from "./official-host.ts";

const TIME_MS = 240_000;

/** The tags of an item, which are nearly all of its place in the list. Each character is three in a list of numbers, and a comma. */
const TAGS = Array.from({ length: 100 }, (_, n) => `${n}`.padEnd(250, "x"));
const ITEM_BYTES = JSON.stringify(TAGS).length;
const BATCH = 100;

let agent: RunningAgent;
let person: Person;
let host: OfficialHost;
let project: GoProject | undefined;
let vaultId: string;
let made = 0;

beforeAll(async () => {
  if (cannotHost) return;
  host = makeOfficialHost();
  agent = await startAgent();
  await makeAccount(agent);
  person = await attachPerson(agent);
  person.always("yes");
  ({ id: vaultId } = await person.channel.call("vaults.create", { title: "Long" }));
  if (!hasGo) return;
  project = makeOfficialProject();
  const built = await project?.run(["go", "build", "-o", "made/list", "./list"], { CGO_ENABLED: "1" });
  expect(built).toMatchObject({ code: 0, err: "" });
}, TIME_MS);
afterAll(async () => {
  if (cannotHost) return;
  host.remove();
  project?.remove();
  person.leave();
  await agent.remove();
});

/** Makes items until the list has so many bytes. Returns their number. */
async function fillTo(bytes: number): Promise<number> {
  for (; made * ITEM_BYTES < bytes; made += BATCH) {
    const items = Array.from({ length: BATCH }, () => ({
      vaultId,
      title: "t",
      category: "Login" as const,
      tags: TAGS,
    }));
    const { outcomes } = await person.channel.call("items.createAll", { vaultId, items });
    expect(outcomes.some((one) => "error" in one)).toBe(false);
  }
  return made;
}

const inPython = python("list");

/** What each package says of the list. Its next call is answered in each. */
async function told(): Promise<Record<string, unknown>> {
  const go = project === undefined ? undefined : [`${project.folder}/made/list`];
  const answers: Record<string, unknown> = {};
  for (const [name, command] of Object.entries({ javascript: javascript("list"), python: inPython, go })) {
    if (command === undefined) throw new Error(`the official package of ${name} is not here`);
    const { code, lines, err } = await host.run(command, { POSTERN_HOME: agent.home, VAULT: vaultId });
    expect([code, err]).toEqual([0, ""]);
    const [answer, title] = JSON.parse(lines[0] ?? "null") as [unknown, string];
    expect(title).toBe("Long");
    answers[name] = answer;
  }
  return answers;
}

const cannot = cannotHost || !hasGo || inPython === undefined;
/** A text that a person can read: short and ASCII. */
const REFUSED = expect.stringMatching(/^(?=.*at most 75497472 bytes; ask for less at a time)[ -~]{1,250}$/);

test.skipIf(cannot)("a list that fits as numbers comes whole", { timeout: TIME_MS }, async () => {
  const count = await fillTo(limits.sdkLineBytes / 5);
  expect(await told()).toEqual({ javascript: count, python: count, go: count });
});

test.skipIf(cannot)(
  "a longer one comes whole in JavaScript and Go, and Python says why not",
  { timeout: TIME_MS },
  async () => {
    const count = await fillTo(limits.sdkLineBytes / 3);
    expect(await told()).toEqual({ javascript: count, python: REFUSED, go: count });
  },
);

// Making so many items takes a minute.
if (process.env.POSTERN_TEST_FULL === "1")
  test.skipIf(cannot)(
    "one that is longer than any answer is refused, and each says why",
    { timeout: TIME_MS },
    async () => {
      await fillTo(PAGED_BYTES_MAX + 1);
      expect(await told()).toEqual({ javascript: REFUSED, python: REFUSED, go: REFUSED });
    },
  );

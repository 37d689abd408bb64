// Files from one MiB to 50 through the official packages, unchanged. What a package can carry comes back equal. What it cannot carry ends in an error
// that a person can read, and the agent serves the others meanwhile.
import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { limits } from "../../protocol/limits.ts";
import { attachPerson, makeAccount, type Person } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { hasGo, makeOfficialProject } from "./go/project.ts";
import { cannotHost, javascript, makeOfficialHost, type OfficialHost, python } from "./official-host.ts";

const TIME_MS = 700_000;
const MiB = 1024 * 1024;

/** A text that a person can read: short and ASCII. */
const told = (words: string) => expect.stringMatching(new RegExp(`^(?=.*${words})[ -~]{1,250}$`));
const NOT_SENT = told("larger than 72 MiB, and was not sent");
const OF_PACKAGE = told("message size exceeds the limit of 52428800 bytes");
const ELSEWHERE = told("read this file with `postern read`");

/** What becomes of a file with a new item, attached, and read. */
type Row = readonly [mib: number, created: unknown, attached: unknown, read: unknown];

const well = (mib: number): Row => [mib, mib, mib, true];
const rows: Readonly<Record<"javascript" | "python" | "go", readonly Row[]>> = {
  javascript: [
    ...[1, 6, 7, 12].map(well),
    [16, OF_PACKAGE, OF_PACKAGE, true],
    [37, OF_PACKAGE, OF_PACKAGE, ELSEWHERE],
    [50, OF_PACKAGE, OF_PACKAGE, ELSEWHERE],
  ],
  python: [
    ...[1, 6].map(well),
    [7, 7, 7, ELSEWHERE],
    ...[12, 16, 37, 50].map((mib): Row => [mib, NOT_SENT, NOT_SENT, ELSEWHERE]),
  ],
  go: [...[1, 6, 7, 12, 16, 37].map(well), [50, OF_PACKAGE, OF_PACKAGE, ELSEWHERE]],
};

/** Each package takes minutes for all sizes, and JavaScript's most. So usually there are few. */
const usual = { javascript: [7], python: [6, 12], go: [16, 50] } as const;
const isWhole = process.env.POSTERN_TEST_FULL === "1";
const rowsOf = (language: keyof typeof rows) =>
  rows[language].filter(([mib]) => isWhole || (usual[language] as readonly number[]).includes(mib));
const SIZES = new Set([rowsOf("javascript"), rowsOf("python"), rowsOf("go")].flat().map(([mib]) => mib));

/** The largest memory of the agent, in MiB. A request of 72 MiB is read in a thread, with its text and its numbers; there is one at a time. */
const AGENT_MIB_MAX = 1_200;

let agent: RunningAgent;
let person: Person;
let host: OfficialHost;

beforeAll(async () => {
  if (cannotHost) return;
  host = makeOfficialHost();
  agent = await startAgent();
  await makeAccount(agent);
  person = await attachPerson(agent);
  person.always("yes");
  const { id: vaultId } = await person.channel.call("vaults.create", { title: "Files" });
  for (const size of SIZES) await keep(vaultId, size);
}, TIME_MS);
afterAll(async () => {
  if (cannotHost) return;
  host.remove();
  person.leave();
  await agent.remove();
});

/** A document of the account, by chunks. Its bytes are those that the programs expect. */
async function keep(vaultId: string, size: number): Promise<void> {
  const { channel } = person;
  const chunk = Uint8Array.from({ length: limits.chunkBytes }, (_, at) => (at * 167) & 255).toBase64();
  const place = { vaultId, title: `${size} MiB`, name: "d.bin", size: size * MiB };
  const { handle } = await channel.call("files.openWrite", place);
  for (let sent = 0; sent < size; sent++) await channel.call("files.writeChunk", { handle, content: chunk });
  await channel.call("files.commit", { handle });
}

/** Requests of another program while one handles files. More would only take its time. */
const ASKED_MEANWHILE = 200;

/** Runs the program, and compares what it tells. Meanwhile another program asks the agent, and gets its answers. */
async function demandRows(language: keyof typeof rows, command: readonly string[]): Promise<void> {
  const { channel } = person;
  let ended = false;
  const program = host
    .run(command, {
      POSTERN_HOME: agent.home,
      SIZES: rowsOf(language)
        .map(([mib]) => mib)
        .join(" "),
    })
    .finally(() => {
      ended = true;
    });
  for (let asked = 0; !ended && asked < ASKED_MEANWHILE; asked++) {
    const { vaults } = await channel.call("vaults.list", {});
    expect(vaults.length).toBeGreaterThan(0);
  }
  const { code, lines, err } = await program;
  expect([code, err]).toEqual([0, ""]);
  expect(lines.map((line) => JSON.parse(line))).toEqual(rowsOf(language));
}

afterEach(() => {
  if (cannotHost) return;
  const peakKib = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${agent.process.pid}/status`, "utf8"))?.[1];
  expect(Number(peakKib) / 1024).toBeLessThan(AGENT_MIB_MAX);
});

test.skipIf(cannotHost)("JavaScript attaches files up to 14 MiB and reads them up to 20", { timeout: TIME_MS }, () =>
  demandRows("javascript", javascript("files")),
);

const inPython = python("files");
test.skipIf(cannotHost || inPython === undefined)(
  "Python attaches files up to 11 MiB and reads them up to 6",
  { timeout: TIME_MS },
  () => demandRows("python", inPython ?? []),
);

test.skipIf(cannotHost || !hasGo)(
  "Go attaches files up to 37 MiB and reads them up to 40",
  { timeout: TIME_MS },
  async () => {
    const project = makeOfficialProject();
    if (project === undefined) throw new Error("the official Go module cannot be fetched");
    try {
      const built = await project.run(["go", "build", "-o", "made/files", "./files"], { CGO_ENABLED: "1" });
      expect(built).toMatchObject({ code: 0, err: "" });
      await demandRows("go", [`${project.folder}/made/files`]);
    } finally {
      project.remove();
    }
  },
);

// The official packages, unchanged, with the bridge at the place where they look and a real agent: JavaScript, Python and Go. The place is
// the machine's own, so the tests need root, and no 1Password there.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compileLibrary } from "../../clients/bridge/compile.ts";
import { foreignPlaces, installBridge, type Machine, uninstallBridge } from "../../clients/cli/bridge/install.ts";
import { LIBRARY } from "../../clients/cli/bridge/library.ts";
import { cannotRun, ownCompiler, ownTarget, version } from "../build/bridge-host.ts";
import { type DemoAgent, SECRET, startDemoAgent } from "./demo-agent.ts";
import { hasGo, makeOfficialProject } from "./go/project.ts";
import { askedFor, hasEnvironments, javascriptOf, officialVersions, pythonOf } from "./official-versions.ts";
import { type Environment, run as runPython, toolEnvironment } from "./python/environment.ts";
import { officialOutput } from "./python/official-output.ts";
import { runtimes } from "./runtimes.ts";
import { hasTool } from "./toolbox.ts";

const TIME_MS = 180_000;

const machine: Machine = {
  platform: process.platform,
  architecture: process.arch,
  prefix: undefined,
  user: process.geteuid?.(),
};
const built = fileURLToPath(new URL(`../../dist/bridge/${ownTarget?.name}/${LIBRARY}`, import.meta.url));
const cannotInstall = cannotRun || machine.user !== 0 || foreignPlaces(machine).length > 0;

let agent: DemoAgent;
beforeAll(async () => {
  if (cannotInstall) return;
  compileLibrary(ownCompiler ?? "", version, built);
  installBridge(machine);
  agent = await startDemoAgent();
});
afterAll(async () => {
  if (cannotInstall) return;
  await agent.remove();
  uninstallBridge(machine);
});

/** Runs a program of JavaScript. When it says "lock", the account is locked and unlocked before it goes on. */
async function runScript(
  command: readonly string[],
  file = "desktop.mjs",
  folder = fileURLToPath(new URL("./programs/official", import.meta.url)),
): Promise<{ code: number | null; lines: string[]; err: string }> {
  const program = join(folder, file);
  const [name = "", ...words] = [...command, program];
  const child = spawn(name, words, { env: { PATH: process.env.PATH ?? "", HOME: "/nowhere", ...agent.env } });
  let out = "";
  let err = "";
  child.stderr.on("data", (chunk: Buffer) => {
    err += chunk.toString();
  });
  child.stdout.on("data", async (chunk: Buffer) => {
    out += chunk.toString();
    if (!chunk.toString().includes("lock\n")) return;
    await agent.lockAndUnlock();
    child.stdin.write("\n");
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, lines: out.trimEnd().split("\n"), err };
}

const words = (...values: unknown[]) => values.map((value) => JSON.stringify(value)).join(" ");

/** What the program of JavaScript prints. */
const LINES = [
  words(SECRET),
  words(SECRET, "itemNotFound"),
  expect.stringMatching(/^true ".*item.*"$/),
  words("Shop", "é\n漢", true),
  words(true, 0),
  words(300, [SECRET]),
  "lock",
  // The account was locked meanwhile, so the client opened another session by itself.
  words(SECRET),
];

describe.skipIf(cannotInstall).each(runtimes.map((host) => [host.name, host] as const))(
  "JavaScript in %s",
  (_name, host) => {
    const isMissing = host.tool !== undefined && !hasTool(host.tool);
    test.skipIf(isMissing)(
      "reads, writes, takes files, calls at once, and goes on after a lock",
      { timeout: TIME_MS },
      async () => {
        expect(await runScript(host.command)).toEqual({ code: 0, lines: LINES, err: "" });
      },
    );
  },
);

/** The questions for every operation of a program: one for each thing that it touches, however often. */
const questions = (version: string) => [
  expect.stringContaining("op://Demo/DATABASE_URL/password"),
  expect.stringContaining("create a vault, and read the names in the whole account"),
  ...(hasEnvironments(version) ? [expect.stringContaining("everything in the environment staging")] : []),
];

/** What a program prints that carries out every operation of its package. */
const everything = (version: string) => [
  words(SECRET.length),
  words(1),
  words(true),
  words("Every", true),
  words("Every one"),
  words(true, 22),
  words("b.bin", 99_999),
  words(1, 0),
  words(100, 50),
  words([["Many 0", "archived"]]),
  words(["itemNotFound"]),
  words(72),
  words("ThirtyDays", ["Email", "Domain"]),
  expect.stringContaining("no public address"),
  words(true),
  words(true),
  ...(hasEnvironments(version) ? [words([["PORT", "8080"]])] : []),
  expect.stringMatching(/vault/i),
  words("not called", [], hasEnvironments(version) ? 29 : 28),
];

const EVERYTHING_TITLE = "carries out every operation, and a person is asked once for each thing";

async function demandEverything(
  version: string,
  run: () => Promise<{ code: number | null; lines: string[]; err: string }>,
) {
  const before = agent.asked().length;
  expect(await run()).toEqual({ code: 0, lines: everything(version), err: "" });
  expect(agent.asked().slice(before)).toEqual(questions(version));
}

describe.skipIf(cannotInstall)("JavaScript", () => {
  const { current } = officialVersions.javascript;
  test(EVERYTHING_TITLE, { timeout: TIME_MS }, () =>
    demandEverything(current, () => runScript([process.execPath], "every.mjs")),
  );

  test.each(askedFor("javascript"))(`in version %s ${EVERYTHING_TITLE}`, { timeout: TIME_MS }, async (version) => {
    const { path, remove } = javascriptOf(version);
    try {
      await demandEverything(version, () => runScript([process.execPath], "every.mjs", path));
    } finally {
      remove();
    }
  });
});

test.skipIf(cannotInstall || !hasGo)("Go runs a program as its README shows", { timeout: TIME_MS }, async () => {
  const project = makeOfficialProject();
  if (project === undefined) throw new Error("the official Go module cannot be fetched");
  try {
    // A token of ours is not for the official core, which asks 1Password's own service with it.
    const source = "official/main.go";
    const text = readFileSync(`${project.folder}/${source}`, "utf8");
    project.write(source, text.replace("\tdemand(tokens(ctx))\n", ""));
    const env = { CGO_ENABLED: "1" };
    expect(await project.run(["go", "build", "-o", "made/official", "./official"], env)).toMatchObject({ code: 0 });
    const ran = await project.run([`${project.folder}/made/official`], agent.env);
    const whole = readFileSync(fileURLToPath(new URL("./go/programs/official/output.txt", import.meta.url)), "utf8");
    expect(ran).toEqual({ code: 0, out: whole.replace(`${SECRET}\nopened: false\n`, ""), err: "" });
  } finally {
    project.remove();
  }
});

const inLines = ({ out, ...rest }: { code: number | null; out: string; err: string }) => ({
  ...rest,
  lines: out.trimEnd().split("\n"),
});

/** The program with every operation that a version of the package has. */
function goProgram(text: string, version: string): string {
  if (hasEnvironments(version)) return text;
  return text.replace(/\t"environments": .*\n/, "").replace(/\tenvironments := [\s\S]*?\ttell\(pairs\)\n/, "");
}

describe.skipIf(cannotInstall || !hasGo)("Go", () => {
  const versions: readonly string[] = [officialVersions.go.current, ...askedFor("go")];
  test.each(versions)(`in version %s ${EVERYTHING_TITLE}`, { timeout: TIME_MS }, async (version) => {
    const project = makeOfficialProject(version);
    if (project === undefined) throw new Error("the official Go module cannot be fetched");
    try {
      const source = "every/main.go";
      project.write(source, goProgram(readFileSync(`${project.folder}/${source}`, "utf8"), version));
      const built = await project.run(["go", "build", "-o", "made/every", "./every"], { CGO_ENABLED: "1" });
      expect(built).toMatchObject({ code: 0, err: "" });
      await demandEverything(version, async () =>
        inLines(await project.run([`${project.folder}/made/every`], agent.env)),
      );
    } finally {
      project.remove();
    }
  });
});

const tools = toolEnvironment();

describe.skipIf(cannotInstall || tools === undefined)("Python", () => {
  const run = async (env: object) =>
    inLines(await runPython(tools as Environment, ["every.py"], { ...agent.env, ...env }));
  const { current } = officialVersions.python;
  test(EVERYTHING_TITLE, { timeout: TIME_MS }, () => demandEverything(current, () => run({})));

  test.each(askedFor("python"))(`in version %s ${EVERYTHING_TITLE}`, { timeout: TIME_MS }, async (version) => {
    const { path, remove } = pythonOf(version, tools as Environment);
    try {
      await demandEverything(version, () => run({ PYTHONPATH: path }));
    } finally {
      remove();
    }
  });
});

// The last one, since it leaves a vault behind. It lists the vaults, as the others do.

test.skipIf(cannotInstall || tools === undefined)(
  "Python runs a program as its README shows",
  { timeout: TIME_MS },
  async () => {
    if (tools === undefined) return;
    const ran = await runPython(tools, ["official.py"], agent.env);
    expect(ran).toEqual({ code: 0, out: officialOutput, err: "" });
  },
);

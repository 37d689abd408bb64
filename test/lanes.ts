// The lanes of tests: which files each runs, and for how many seconds it may run on a busy machine. On a quiet one a lane takes
// half of its budget at most; all together stay below 35 minutes there.

/** Long kills, floods, and searches through many cases. They run in CI, and by `npm run test:soak`. */
const soak = ["test/soak/**/*.test.ts"];

/** The packed client under other people's runtimes and tools. They are installed from npm, so no other lane waits for them. */
const interop = ["test/toolchains/**/*.test.ts"];

/** What runs in one process: no agent, no service, no command of its own. */
const inProcess = ["architecture", "protocol", "daemon", "account", "service", "client", "interop"].map(
  (folder) => `test/${folder}/**/*.test.ts`,
);

/** In process or nearly so, and still many seconds each: the fast lane leaves them to the gate. */
const slow = [
  "account/lying-service",
  "account/overtaken-restore",
  "daemon/account/ssh-key",
  "service/contract",
  "service/followers",
  "service/groups",
  "service/limits",
  "service/main",
  "service/own-files",
  "service/put-back",
  "service/service-accounts",
  "service/shares",
  "service/retry",
  "service/interleaved/at-once",
  "service/uploads",
  "service/wrong-clock",
].map((name) => `test/${name}.test.ts`);

export type LaneName = "fast" | "gate" | "soak" | "interop";

/** `checks` says whether types, lint and generated files are looked at too. */
export type Lane = {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly checks: boolean;
  readonly budgetS: number;
  /** What runs once before the files of the lane. */
  readonly setup?: string;
};

export const lanes: Readonly<Record<LaneName, Lane>> = {
  /** Within a minute: what a developer runs before each commit. */
  fast: { include: inProcess, exclude: slow, checks: true, budgetS: 180 },
  /** `npm test`, within ten minutes: everything but the long ones, and those with foreign tools. */
  gate: { include: ["test/**/*.test.ts"], exclude: [...soak, ...interop], checks: true, budgetS: 1_800 },
  soak: { include: soak, exclude: [], checks: false, budgetS: 1_500 },
  interop: { include: interop, exclude: [], checks: false, budgetS: 600, setup: "test/toolchains/setup.ts" },
};

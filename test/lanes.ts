// The lanes of tests: the files of each lane, and its time limit in seconds on a busy machine. On a quiet machine a lane takes at most half of its
// budget, and all lanes together stay below 35 minutes.

/**
 * Long series of kills, floods, and searches through many cases. They run in CI, and by `npm run test:soak`. Some stand beside the shorter tests of
 * their subject.
 */
const soak = [
  "test/soak/**/*.test.ts",
  "test/cli/run/pipes.test.ts",
  "test/editors/hostile-text.test.ts",
  "test/native/bad-input.test.ts",
  "test/native/run.test.ts",
  "test/agent/*-races.test.ts",
  "test/agent/accounts-apart.test.ts",
  "test/agent/application.test.ts",
  "test/agent/authenticator-files.test.ts",
  "test/agent/kept-list.test.ts",
  "test/agent/near-names.test.ts",
  "test/agent/pinentry-terminal-more.test.ts",
  "test/agent/pinentry-window.test.ts",
  "test/agent/sdk-large.test.ts",
  "test/cli/beside.test.ts",
  "test/cli/each-command-once.test.ts",
  "test/cli/approvers.test.ts",
  "test/cli/idle-lock.test.ts",
  "test/cli/log-days.test.ts",
  "test/cli/one-by-one.test.ts",
  "test/cli/policy.test.ts",
  "test/cli/service-down.test.ts",
  "test/cli/tmux.test.ts",
  "test/polkit/deadline.test.ts",
  "test/service/interleaved/at-once.test.ts",
  "test/service/limits.test.ts",
];

/**
 * Other people's programs: polkit and fprintd, the packed client under runtimes and tools that are installed from npm, the share page in a browser, a release by git
 * and npm, and the examples in projects of npm. No other lane waits for them.
 */
const interop = [
  "test/polkit/dialogue.test.ts",
  "test/polkit/finger.test.ts",
  "test/toolchains/**/*.test.ts",
  "test/web/share-page.test.ts",
  "test/desktop/authenticator.test.ts",
  "test/release/**/*.test.ts",
  "test/agent/over-ssh.test.ts",
  "test/desktop/opened-browser.test.ts",
  "test/desktop/*-page.test.ts",
  "test/desktop/items.test.ts",
  "test/logind/**/*.test.ts",
  "test/examples/**/*.test.ts",
];

/** Tests that run in one process, without an agent, service or command of their own. */
const inProcess = ["architecture", "protocol", "daemon", "account", "service", "client", "editors", "interop"].map(
  (folder) => `test/${folder}/**/*.test.ts`,
);

/** These run in one process or nearly so, but take many seconds each. The fast lane leaves them to the gate. */
const slow = [
  "account/lying-service",
  "client/deadline",
  "client/sdk",
  "client/sdk-leniency",
  "account/overtaken-restore",
  "client/prompt-notice",
  "client/started",
  "client/watch",
  "editors/hostile-text",
  "daemon/account/ssh-key",
  "daemon/peer/interpreters",
  "service/contract",
  "service/followers",
  "service/groups",
  "service/limits",
  "service/made-vaults",
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

/** `checks` says whether the lane also checks types, lint and generated files. */
export type Lane = {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly checks: boolean;
  readonly budgetS: number;
  /** Test files at once. */
  readonly workers: number;
  /** What runs once before the files of the lane, in this order. */
  readonly setup: readonly string[];
};

/** Builds the package that the tests start. */
const BUILT = "test/built.ts";

export const lanes: Readonly<Record<LaneName, Lane>> = {
  /** Takes less than a minute. A developer runs it before each commit. */
  fast: { include: inProcess, exclude: slow, checks: true, budgetS: 180, workers: 2, setup: [] },
  /**
   * `npm test`, within ten minutes: everything but the long ones, and those with foreign tools. A test waits for its agent a part of the time, so a
   * third worker finds room on two cores.
   */
  gate: {
    include: ["test/**/*.test.ts"],
    exclude: [...soak, ...interop],
    checks: true,
    budgetS: 1_800,
    workers: 3,
    setup: [BUILT],
  },
  soak: { include: soak, exclude: [], checks: false, budgetS: 2_000, workers: 2, setup: [BUILT] },
  interop: {
    include: interop,
    exclude: [],
    checks: false,
    budgetS: 1_500,
    workers: 2,
    setup: [BUILT, "test/toolchains/setup.ts"],
  },
};

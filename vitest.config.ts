// Two workers, since the tests start real agents and Argon2id takes 128 MiB each time.
import { defineConfig } from "vitest/config";
import { lanes } from "./test/lanes.ts";

export default defineConfig({
  test: {
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // What is polled for comes from another process, and a busy machine gives that its turn late.
    expect: { poll: { timeout: 20_000 } },
    // Every test file gets a fresh process, so that none can lean on another's state.
    isolate: true,
    projects: Object.entries(lanes).map(([name, { include, exclude, setup }]) => ({
      extends: true,
      test: { name, include: [...include], exclude: [...exclude], globalSetup: [...setup] },
    })),
  },
});

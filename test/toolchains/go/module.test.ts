// The sources of the Go client as Go's own tools see them, on the two newest releases of Go.
import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DemoAgent, startDemoAgent } from "../demo-agent.ts";
import { copyOfClient, hasGo, type Ran } from "./project.ts";

const TIME_MS = 240_000;

/** The two newest releases. Go fetches the one that is not here. */
const releases = ["go1.26.8", "go1.27.4"];

/** The checker of code that Go's own `vet` leaves out, in an exact version. */
const STATICCHECK = "honnef.co/go/tools/cmd/staticcheck@v0.8.0";

/** Whether Go has the release, or can fetch it. */
const hasRelease = (release: string): boolean =>
  spawnSync("go", ["version"], { env: { ...process.env, GOTOOLCHAIN: release } }).status === 0;

const hasStaticcheck = hasGo && spawnSync("go", ["run", STATICCHECK, "-version"]).status === 0;

let client: ReturnType<typeof copyOfClient>;
let agent: DemoAgent;
beforeAll(async () => {
  if (!hasGo) return;
  client = copyOfClient();
  agent = await startDemoAgent();
}, TIME_MS);
afterAll(async () => {
  await agent?.remove();
  client?.remove();
});

const clean: Ran = { code: 0, out: "", err: "" };
const plain = { CGO_ENABLED: "0" };

describe.skipIf(!hasGo)("the sources", () => {
  test("are formatted", async () => {
    expect(await client.run(["gofmt", "-l", "."])).toEqual(clean);
  });

  test.each(["linux", "darwin", "windows"])("pass vet for %s", { timeout: TIME_MS }, async (system) => {
    expect(await client.run(["go", "vet", "./..."], { ...plain, GOOS: system })).toEqual(clean);
  });

  test.skipIf(!hasStaticcheck)("pass staticcheck", { timeout: TIME_MS }, async () => {
    expect(await client.run(["go", "run", STATICCHECK, "-tags", "agent", "./..."], plain)).toEqual(clean);
  });

  test("use the standard library alone", async () => {
    const { out } = await client.run(
      ["go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "./..."],
      plain,
    );
    const [first = "", ...rest] = out.trim().split("\n");
    expect([first, ...rest].filter((path) => !path.startsWith("postern.invalid/client"))).toEqual([]);
    expect(rest.length).toBeGreaterThan(1);
  });
});

describe.each(releases)("with %s", (release) => {
  const toolchain = { GOTOOLCHAIN: release };
  const isThere = hasGo && hasRelease(release);

  test.skipIf(!isThere)("the tests pass under the race detector", { timeout: TIME_MS }, async () => {
    const ran = await client.run(["go", "test", "-race", "-count=1", "./..."], { ...toolchain, CGO_ENABLED: "1" });
    expect([ran.code, ran.out]).toEqual([0, expect.stringMatching(/^ok\s+postern\.invalid\/client\s/m)]);
  });

  test.skipIf(!isThere)("the examples run with a real agent", { timeout: TIME_MS }, async () => {
    const words = ["go", "test", "-tags", "agent", "-run", "^Example", "-v", "-count=1", "."];
    const { code, out } = await client.run(words, { ...toolchain, ...plain, ...agent.env });
    expect([code, out.match(/^--- PASS: \w+/gm)?.length]).toEqual([0, 5]);
  });
});

// The agent opens the person's own browser through the system's opener: the one that the person's settings name, and none that a variable names.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { enter, openPage, say, wayOf } from "../agent/page-client.ts";
import { makeAccount, PIN } from "../agent/person.ts";
import { type RunningAgent, startAgent, temporaryHome } from "../agent/start.ts";
import { hasTool } from "../tools.ts";

let agent: RunningAgent;
let home: string;
let rogue: string;

/** A browser that only writes down what it was started with. */
function browserAt(path: string, notes: string): void {
  writeFileSync(path, `#!/bin/sh\necho "$1" > ${notes}.new\numask >> ${notes}.new\nmv ${notes}.new ${notes}\n`, {
    mode: 0o755,
  });
}

/** The settings of a desktop: the browser for pages, and for files with pages. */
function setBrowser(program: string): void {
  const applications = join(home, ".local", "share", "applications");
  mkdirSync(applications, { recursive: true });
  mkdirSync(join(home, ".config"), { recursive: true });
  writeFileSync(
    join(applications, "own-browser.desktop"),
    `[Desktop Entry]\nType=Application\nName=Own browser\nExec=${program} %u\nMimeType=text/html;\n`,
  );
  writeFileSync(join(home, ".config", "mimeapps.list"), "[Default Applications]\ntext/html=own-browser.desktop\n");
}

describe.skipIf(!hasTool("xdg-open") || !hasTool("nc"))("a question for the app (needs xdg-open and nc)", () => {
  beforeAll(async () => {
    home = temporaryHome();
    rogue = join(home, "rogue");
    browserAt(rogue, join(home, "rogue-was-here"));
    browserAt(join(home, "browser"), join(home, "opened"));
    setBrowser(join(home, "browser"));
    agent = await startAgent(home, { DISPLAY: ":0", BROWSER: rogue });
    await makeAccount(agent, "Ada", { approvers: ["app"] });
  });
  afterAll(() => agent.remove());

  test("comes in the person's browser, by a file that only this user can read, and the page answers it", async () => {
    const asking = {
      jsonrpc: "2.0",
      id: 1,
      method: "secrets.resolve",
      params: { reference: "op://Personal/None/password" },
    };
    const asker = spawn("nc", ["-N", "-U", agent.socket], {
      env: { BROWSER: rogue },
      stdio: ["pipe", "pipe", "ignore"],
    });
    asker.stdin.end(`${JSON.stringify(asking)}\n`);
    await expect.poll(() => existsSync(join(home, "opened")), { timeout: 20_000 }).toBe(true);
    const [started = "", mask] = readFileSync(join(home, "opened"), "utf8").split("\n");
    const file = started.replace(/^file:\/\//, "");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    // The agent's own mask would make every file that the person saves private.
    expect(mask).toBe("0022");
    const way = wayOf(file);
    const session = await enter(way);
    // Who comes second is turned away, and the page that came first may see this one question.
    expect((await say(way, { path: "/enter", body: JSON.stringify({ code: way.code }) })).status).toBe(403);
    const page = await openPage(way, session);
    const [shown] = (await page.call("prompts.list", {})).prompts;
    expect(shown).toMatchObject({ prompt: session.prompt, who: { program: expect.stringContaining("nc") } });
    expect(shown?.asked).toContain("  op://Personal/None/password");
    expect(shown?.text).toBeUndefined();
    const proof = { kind: "pin", pin: PIN } as const;
    const [proven] = (await page.call("prompts.list", { code: shown?.code ?? "", proof })).prompts;
    expect(proven?.text?.join("\n")).toContain("op://Personal/None/password");
    const closed = page.told("prompt.closed");
    await page.call("agent.subscribe", {});
    await page.call("prompts.answer", { prompt: shown?.prompt ?? "", answer: "no" });
    expect(await closed).toMatchObject({ prompt: session.prompt, ending: "denied" });
    await page.ended;
    expect(existsSync(join(home, "rogue-was-here"))).toBe(false);
  });
});

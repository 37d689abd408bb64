// The app in a real Chromium, as a person meets it: the agent, its door and its page are real.
import { createServer } from "node:http";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { passing } from "../agent/in-process.ts";
import { chromiumPath, startChromium } from "../web/stage.ts";
import { barriersOn } from "./barriers.ts";
import { type Asker, openStage, PASSWORD, PIN, REFERENCE, type Stage } from "./stage.ts";

describe.skipIf(chromiumPath === undefined)("the app", () => {
  let stage: Stage;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];
  const askers: Asker[] = [];

  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    stage = await openStage();
    context = await browser.newContext();
    page = await context.newPage();
    complaints = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    await stage.openApp(page);
    await page.getByRole("heading", { name: "Your account" }).waitFor();
  });
  afterEach(async () => {
    for (const asker of askers.splice(0)) asker.stop();
    await context.close();
    await stage.close();
    expect(complaints).toEqual([]);
  });

  const button = (name: string) => page.getByRole("button", { name, exact: true });
  const goTo = (name: string) => page.getByRole("link", { name, exact: true }).click();
  /** Asks for the whole list, and answers the page's own question. */
  const allow = async () => {
    await button("Show it").click();
    await passing(stage.agent, page.locator("button:enabled", { hasText: "Deny" }).waitFor());
    await page.locator(".question .field input").fill(PIN);
    await button("Approve").click();
    await page.locator(".question .field input").waitFor({ state: "detached" });
  };
  const allowedAt = async (name: string) => {
    await goTo(name);
    await allow();
  };
  const ask = (start: (stage: Stage) => Asker) => {
    const asker = start(stage);
    askers.push(asker);
    return asker;
  };
  /** The test's own process reads a value, which its grant on the vault covers. */
  const read = () => stage.channel.call("secrets.resolve", { reference: REFERENCE });

  test("shows each list only after a proof, and says which one it is", async () => {
    for (const name of ["Questions", "Grants", "Clients", "Log"]) {
      await goTo(name);
      await page.getByRole("heading", { level: 1, name }).waitFor();
      await button("Show it").waitFor();
      expect(await barriersOn(page)).toEqual([]);
    }
    await button("Show it").click();
    await passing(stage.agent, page.locator("button:enabled", { hasText: "Deny" }).waitFor());
    expect(await page.locator(".question").innerText()).toContain(
      "wants to see and manage grants, prompts and the audit log",
    );
    expect(await barriersOn(page)).toEqual([]);
    await button("Deny").click();
    await page.getByText("You said no.").waitFor();
    expect(await page.locator("table").count()).toBe(0);
  });

  test("keeps its page over a reload, and what was allowed to it too", async () => {
    await allowedAt("Log");
    await page.locator("table").waitFor();
    await page.reload();
    await page.locator("table").waitFor();
    expect(page.url()).toMatch(/#\/log$/);
  });

  test("locks, and unlocks by the password, which it keeps nowhere; what was allowed before ends", async () => {
    await allowedAt("Grants");
    await goTo("Accounts");
    await button("Lock").click();
    await page.getByLabel("Account password").fill("wrong password");
    await button("Unlock").click();
    await page.getByText("The account password is wrong.").waitFor();
    expect(await page.getByLabel("Account password").inputValue()).toBe("");
    expect(await barriersOn(page)).toEqual([]);
    stage.agent.clock.advance(60_000);
    await page.getByLabel("Account password").fill(PASSWORD);
    await button("Unlock").click();
    await page.getByText("One wrong password was tried since the last unlock.").waitFor();
    expect(await page.evaluate(() => JSON.stringify({ ...sessionStorage }))).not.toContain(PASSWORD);
    await goTo("Grants");
    await button("Show it").waitFor();
  });

  test("says that everything is locked, and leads to the unlock", async () => {
    await stage.channel.call("session.lock", {});
    await goTo("Log");
    await page.getByRole("link", { name: "Unlock an account" }).click();
    await page.getByLabel("Account password").waitFor();
  });

  test("shows the live grants with their time, and ends one of them", async () => {
    await read();
    await allowedAt("Grants");
    const row = page.locator(".rows li", { hasText: "Demo" });
    await row.waitFor();
    expect(await row.innerText()).toMatch(/process \d+\s+may read and change Demo\s+9 min left/);
    expect(await barriersOn(page)).toEqual([]);
    await row.getByRole("button").click();
    await page.getByText("One grant has ended.").waitFor();
    await row.waitFor({ state: "detached" });
    const refused = stage.channel.call("secrets.resolve", { reference: REFERENCE, noWait: true });
    await expect(refused).rejects.toMatchObject({ errorName: "approvalRequired" });
  });

  test("loses its own right with its own grant", async () => {
    await allowedAt("Grants");
    await page.locator(".rows li", { hasText: "a page of the Postern app" }).getByRole("button").click();
    await button("Show it").waitFor();
    expect(await page.locator(".rows").count()).toBe(0);
  });

  test("loses its right after ten minutes without use, and shows nothing more then", async () => {
    await allowedAt("Log");
    await page.locator("table").waitFor();
    // The account itself locks after ten minutes too. A use of the account keeps it open, and does not keep the page's right.
    stage.person.always("yes");
    for (let minutes = 0; minutes < 12; minutes += 3) {
      stage.agent.clock.advance(3 * 60_000);
      await passing(stage.agent, read());
    }
    await goTo("Grants");
    await button("Show it").waitFor();
  });

  test("shows every open question, and answers one of them", async () => {
    await allowedAt("Questions");
    await page.getByText("No program waits for an answer.").waitFor();
    const first = ask(({ ask: asks }) => asks());
    const second = ask(({ askById, hostileId }) => askById(hostileId));
    await passing(stage.agent, page.locator(".question").nth(1).waitFor());
    expect(await barriersOn(page)).toEqual([]);
    const one = page.locator(".question", { hasText: REFERENCE });
    const other = page.locator(".question", { hasText: "onerror" });
    // Each label is that of its own field.
    await other.getByLabel("Approval PIN").fill("000000");
    await one.getByLabel("Approval PIN").fill(PIN);
    await one.getByRole("button", { name: "Approve" }).click();
    expect(await passing(stage.agent, first.answer)).toBe("allowed");
    await other.getByRole("button", { name: "Deny" }).click();
    expect(await passing(stage.agent, second.answer)).toBe("approvalDenied");
    expect(await page.locator("img").count()).toBe(0);
  });

  test("shows the connected programs, with their own names marked as such", async () => {
    const channel = await stage.agent.connect();
    await channel.call("clients.open", { integrationName: "shop <b>", integrationVersion: "1.0.0" });
    await allowedAt("Clients");
    const row = page.locator(".rows li", { hasText: "shop <b> 1.0.0" });
    await row.waitFor();
    expect(await row.innerText()).toContain("its own words");
    expect(await barriersOn(page)).toEqual([]);
    channel.close();
    await button("Look again").click();
    await row.waitFor({ state: "detached" });
  });

  test("shows who read what, finds one item, and says that the log is whole", async () => {
    await read();
    await allowedAt("Log");
    await page.getByText(/The log is whole: \d+ records/).waitFor();
    const rows = page.locator("tbody tr");
    await rows.filter({ hasText: "read a secret" }).filter({ hasText: "DATABASE_URL" }).first().waitFor();
    const all = await rows.count();
    await page.getByLabel("About").fill("Demo/DATABASE_URL");
    await page.keyboard.press("Enter");
    await expect.poll(() => rows.count()).toBeLessThan(all);
    expect(await rows.filter({ hasNotText: "DATABASE_URL" }).count()).toBe(0);
    await page.getByLabel("When").selectOption("hour");
    await page.getByText(/newest first/).waitFor();
    expect(await barriersOn(page)).toEqual([]);
    await page.getByLabel("About").fill("Demo/nothing there");
    await page.keyboard.press("Enter");
    await page.locator(".fault").waitFor();
  });

  test("fits a narrow screen on every page, light and dark", async () => {
    await read();
    await page.setViewportSize({ width: 360, height: 640 });
    await allowedAt("Grants");
    for (const name of ["Accounts", "Questions", "Grants", "Clients", "Log"])
      for (const colorScheme of ["light", "dark"] as const) {
        await goTo(name);
        await page.emulateMedia({ colorScheme });
        await page.getByRole("heading", { level: 1 }).waitFor();
        expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
        expect(await barriersOn(page)).toEqual([]);
      }
  });

  test("asks nothing of a program that takes the port of an ended agent, and ends", async () => {
    const { port } = new URL(page.url());
    await stage.stop();
    const heard: string[] = [];
    const stranger = createServer((request, response) => {
      heard.push(request.url ?? "");
      response.writeHead(200, {
        "content-type": "application/x-ndjson",
        "postern-connection": "x",
        "postern-agent": "y",
      });
      response.flushHeaders();
    });
    await new Promise<void>((resolve) => stranger.listen(Number(port), "127.0.0.1", resolve));
    await page.getByRole("heading", { name: "This page has ended" }).waitFor({ timeout: 20_000 });
    expect(new Set(heard)).toEqual(new Set(["/receive"]));
    stranger.closeAllConnections();
    await new Promise((resolve) => stranger.close(resolve));
    // The browser says on its console that the port was closed for a moment.
    complaints.length = 0;
  });
});

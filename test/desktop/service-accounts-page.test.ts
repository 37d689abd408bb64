// The page of the service accounts in a real Chromium: the token is shown once, and each refusal makes and ends nothing.
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { passing } from "../agent/in-process.ts";
import { chromiumPath, startChromium } from "../web/stage.ts";
import { barriersOn } from "./barriers.ts";
import { openStage, PASSWORD, PIN, type Stage } from "./stage.ts";

describe.skipIf(chromiumPath === undefined)("the service accounts (needs chromium)", () => {
  let stage: Stage;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    stage = await openStage();
    context = await browser.newContext();
    page = await context.newPage();
    // Below the limit of a test, so that a failure says which step it was.
    page.setDefaultTimeout(10_000);
    await stage.openApp(page);
    await page.getByRole("link", { name: "Service accounts" }).click();
    await page.getByRole("button", { name: "Show it" }).click();
    await passing(stage.agent, page.locator("button:enabled", { hasText: "Deny" }).waitFor());
    await page.locator(".question .field input").fill(PIN);
    await page.getByRole("button", { name: "Approve", exact: true }).click();
    await creating().waitFor();
  });
  afterEach(async () => {
    await context.close();
    await stage.close();
  });

  const creating = () => page.getByRole("form", { name: "New service account" });
  const row = () => page.locator(".rows li", { hasText: "CI" });
  const token = () => page.locator(".token").innerText();
  const listed = async () => {
    const proof = { kind: "password", password: PASSWORD } as const;
    return (await passing(stage.agent, stage.channel.call("serviceAccounts.list", { proof }))).serviceAccounts;
  };
  const make = async (password = PASSWORD, vault = "Demo") => {
    await creating().getByLabel("Name").fill("CI");
    await creating().getByLabel("Vault 1, by title or id").fill(vault);
    await creating().getByLabel("Account password").fill(password);
    await creating().getByRole("button", { name: "Make it" }).click();
  };
  const shows = (text: string | RegExp) => passing(stage.agent, page.getByText(text).first().waitFor());
  /** What a program gets by a token. */
  const opens = async (given: string) => {
    const channel = await stage.agent.connect();
    const asked = { integrationName: "ci", integrationVersion: "1.0.0", token: given };
    const answer = await passing(stage.agent, channel.call("clients.open", asked)).then(
      () => "ok",
      (error: { errorName: string }) => error.errorName,
    );
    channel.close();
    return answer;
  };

  test("makes nothing without a name, a vault, the right password, and a vault that is there", async () => {
    await creating().getByRole("button", { name: "Make it" }).click();
    await shows("Give it a name.");
    await make(PASSWORD, "");
    await shows("Type the title of each vault.");
    await make("");
    await shows("Type the account password.");
    await make("wrong password");
    await shows("The account password is wrong.");
    await make(PASSWORD, "Nowhere");
    await passing(stage.agent, creating().locator(".fault", { hasText: "Vault couldn't be found." }).waitFor());
    expect(await listed()).toEqual([]);
    expect(await page.locator(".token").count()).toBe(0);
  });

  test("shows a token once, keeps it nowhere, and forgets it when the page is left", async () => {
    await creating().getByLabel("What it may do in vault 1").selectOption("read and change");
    await creating().getByLabel("Its token lives").selectOption("30 days");
    await make();
    await shows("It is shown this once");
    const text = await token();
    expect(await opens(text)).toBe("ok");
    await page.getByRole("button", { name: "Copy" }).click();
    await shows("Copied. Other programs can read the clipboard");
    expect(await barriersOn(page)).toEqual([]);
    const kept = await page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage, at: location.href }));
    expect(kept).not.toContain(text);
    expect(await row().innerText()).toMatch(/may read and change Demo\s+made .*, ends /);
    const [made] = await listed();
    const days = (Date.parse(made?.tokens[0]?.expiresAt ?? "") - Date.parse(made?.createdAt ?? "")) / 86_400_000;
    expect(Math.round(days)).toBe(30);
    await page.getByRole("link", { name: "Accounts", exact: true }).click();
    await page.getByRole("link", { name: "Service accounts" }).click();
    await row().waitFor();
    expect(await page.content()).not.toContain(text);
  });

  test("replaces a token by the password only, and revokes after a second yes only", async () => {
    await make();
    await shows("It is shown this once");
    const first = await token();
    await row().getByRole("button", { name: "New token for CI" }).click();
    await row().getByLabel("Account password").fill("wrong password");
    await row().getByRole("button", { name: "Make the next token" }).click();
    await shows("The account password is wrong.");
    expect(await token()).toBe(first);
    await row().getByLabel("Account password").fill(PASSWORD);
    await row().getByRole("button", { name: "Make the next token" }).click();
    await expect.poll(() => passing(stage.agent, token())).not.toBe(first);
    const second = await token();
    expect([await opens(first), await opens(second)]).toEqual([expect.stringMatching(/token/i), "ok"]);
    await row().getByRole("button", { name: "Revoke CI" }).click();
    await row().getByRole("button", { name: "Keep it" }).click();
    expect((await listed())[0]?.revokedAt).toBeUndefined();
    await row().getByRole("button", { name: "Revoke CI", exact: true }).click();
    expect(await barriersOn(page)).toEqual([]);
    await row().getByRole("button", { name: "Yes, revoke CI" }).click();
    await shows("Its tokens have ended");
    await row().waitFor({ state: "detached" });
    expect(await page.locator(".token").count()).toBe(0);
    expect((await listed())[0]?.revokedAt).toBeDefined();
    expect(await opens(second)).not.toBe("ok");
  });

  test("fits a narrow screen, light and dark", async () => {
    await make();
    await shows("It is shown this once");
    await page.setViewportSize({ width: 360, height: 640 });
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
      expect(await barriersOn(page)).toEqual([]);
    }
  });
});

// Links to copies of an item, made, listed and ended in the app, in a real Chromium.
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { passing } from "../agent/in-process.ts";
import { PUBLIC_ADDRESS } from "../service/doors.ts";
import { chromiumPath, startChromium } from "../web/stage.ts";
import { barriersOn } from "./barriers.ts";
import { openVisit, type Visit } from "./item-visit.ts";

describe.skipIf(chromiumPath === undefined)("the links of an item in the app", () => {
  let browser: Browser;
  let visit: Visit;

  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    visit = await openVisit(browser);
    await visit.openList();
    await visit.openItem("STRIPE_KEY");
  });
  afterEach(() => visit.close());

  const link = () => visit.page.locator(".token code");
  const shares = () =>
    visit.elsewhere(async ({ channel }) =>
      (await channel.call("shares.list", {})).shares.map(({ title, ...one }) => one),
    );
  const made = async () => {
    await visit.button("Make a link").click();
    await visit.answerNamed();
    await link().waitFor();
  };
  test("are shown once, and are neither in the address nor in the storage", async () => {
    const { page, context, button } = visit;
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.getByLabel("The link works for").selectOption("one day");
    await page.getByLabel("it can be opened once").check();
    await made();
    const url = await link().innerText();
    expect(url.startsWith(`${PUBLIC_ADDRESS}/`)).toBe(true);
    await page.getByText("It can be opened once, until").waitFor();
    expect(await barriersOn(page)).toEqual([]);
    await button("Copy the link").click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(url);
    const [share] = await shares();
    expect(share).toMatchObject({ oneTimeOnly: true, state: "open", views: 0 });
    const lifeMs = Date.parse(share?.expiresAt ?? "") - Date.parse(share?.createdAt ?? "");
    expect(lifeMs).toBe(24 * 60 * 60_000);
    const secret = url.slice(url.indexOf("#") + 1);
    const kept = await page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }) + location.href);
    expect(kept).not.toContain(secret);
    await button("Done").click();
    expect(await page.content()).not.toContain(secret);
  });

  test("are gone from the page that was left", async () => {
    const { page, row } = visit;
    await made();
    const url = await link().innerText();
    await page.getByRole("link", { name: "All items" }).click();
    await row("STRIPE_KEY").click();
    await visit.button("Make a link").waitFor();
    expect(await page.content()).not.toContain(url.slice(url.indexOf("#")));
  });

  test("are not made after a no", async () => {
    const { page, button, stage } = visit;
    await button("Make a link").click();
    await passing(stage.agent, page.locator(".question button:enabled", { hasText: "Deny" }).waitFor());
    await button("Deny").click();
    await page.locator("form [role=alert]").waitFor();
    expect(await barriersOn(page)).toEqual([]);
    expect(await shares()).toEqual([]);
  });

  test("are not made of a version that somebody has changed meanwhile", async () => {
    await visit.elsewhere(async ({ channel, vaultId }) => {
      const { items } = await channel.call("items.list", { vaultId });
      const itemId = items.find(({ title }) => title === "STRIPE_KEY")?.id ?? "";
      const item = await channel.call("items.get", { vaultId, itemId });
      await channel.call("items.put", { item: { ...item, notes: "newer" } });
    });
    await visit.button("Make a link").click();
    await visit.answerNamed();
    await visit.page.locator("form [role=alert]").waitFor();
    expect(await shares()).toEqual([]);
  });

  test("are listed by the right to the list of items, of this item alone, and can be ended", async () => {
    const { page, button } = visit;
    await visit.elsewhere(async ({ channel, vaultId }) => {
      const { items } = await channel.call("items.list", { vaultId });
      const itemId = items.find(({ title }) => title === "DATABASE_URL")?.id ?? "";
      await channel.call("items.shares.create", { vaultId, itemId, params: { oneTimeOnly: false } });
    });
    await made();
    await page.getByText("A link of").first().waitFor();
    expect(await page.getByText("A link of").count()).toBe(1);
    expect(await barriersOn(page)).toEqual([]);
    await page.getByRole("button", { name: "End it" }).click();
    await visit.answer();
    await page.getByText("was ended").waitFor();
    expect(await page.getByRole("button", { name: "End it" }).count()).toBe(0);
    expect((await shares()).map(({ state }) => state).sort()).toEqual(["open", "revoked"]);
    await button("Done").click();
  });
});

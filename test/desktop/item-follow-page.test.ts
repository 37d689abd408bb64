// The items of the app while another program changes them, in a real Chromium.
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { chromiumPath, startChromium } from "../web/stage.ts";
import { barriersOn } from "./barriers.ts";
import { openVisit, type Visit } from "./item-visit.ts";

describe.skipIf(chromiumPath === undefined)("items that change elsewhere", () => {
  let browser: Browser;
  let visit: Visit;

  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    visit = await openVisit(browser);
    await visit.openList();
  });
  afterEach(() => visit.close());

  const change = (title: string, parts: { title?: string; notes?: string }) =>
    visit.elsewhere(async ({ channel, vaultId }) => {
      const { items } = await channel.call("items.list", { vaultId });
      const itemId = items.find((one) => one.title === title)?.id ?? "";
      const item = await channel.call("items.get", { vaultId, itemId });
      await channel.call("items.put", { item: { ...item, ...parts } });
      return { vaultId, itemId };
    });
  const remove = (place: { vaultId: string; itemId: string }) =>
    visit.elsewhere(({ channel }) => channel.call("items.delete", place));

  test("appear in the list, under the search that was typed, are renamed there and go", async () => {
    const { page, row } = visit;
    const search = page.getByLabel("Search");
    await search.fill("key");
    await page.getByText("1 item.", { exact: true }).waitFor();
    await visit.create({ title: "A new key", category: "Login" });
    await row("A new key").waitFor();
    const place = await change("A new key", { title: "An old key" });
    await row("An old key").waitFor();
    expect(await row("A new key").count()).toBe(0);
    await remove(place);
    await row("An old key").waitFor({ state: "detached" });
    expect(await search.inputValue()).toBe("key");
    expect(await page.locator(".item").count()).toBe(1);
  });

  test("leave the list where it was scrolled to", async () => {
    const { page, row } = visit;
    await visit.elsewhere(({ channel, vaultId }) => {
      const titles = Array.from({ length: 90 }, (_none, at) => `item ${100 + at}`);
      const items = titles.map((title) => ({ title, category: "Login" as const, vaultId }));
      return channel.call("items.createAll", { vaultId, items });
    });
    await page.getByText("93 items.").waitFor();
    const box = page.locator(".windowed");
    await box.evaluate((list) => list.scrollTo(0, 2000));
    await row("item 140").waitFor();
    await visit.create({ title: "zebra", category: "Login" });
    await page.getByText("94 items.").waitFor();
    expect(await box.evaluate((list) => list.scrollTop)).toBe(2000);
    expect(await row("item 140").count()).toBe(1);
  });

  test("stay on their page as they were, which says so and shows the new one when it is asked for", async () => {
    const { page, button } = visit;
    await visit.openItem("STRIPE_KEY");
    await button("Show password").click();
    await change("STRIPE_KEY", { notes: "newer" });
    await page.getByText("This item was changed elsewhere.").waitFor();
    expect(await page.locator(".value", { hasText: "s3cret" }).count()).toBe(1);
    expect(await page.getByText("newer", { exact: true }).count()).toBe(0);
    expect(await barriersOn(page)).toEqual([]);
    await button("Show the new one").click();
    await page.getByText("newer", { exact: true }).waitFor();
    expect(await page.getByText("This item was changed elsewhere.").count()).toBe(0);
  });

  test("say on their page that they were deleted, and an own change says nothing", async () => {
    const { page, button } = visit;
    await visit.openItem("STRIPE_KEY");
    await page.getByLabel("Files to attach").setInputFiles({ name: "a", mimeType: "text/plain", buffer: Buffer.of(1) });
    await visit.answerNamed();
    await button("Save a").waitFor();
    const place = await change("DATABASE_URL", { title: "Renamed" });
    const itemId = page.url().split("/").at(-1) ?? "";
    expect(await page.getByText("changed elsewhere").count()).toBe(0);
    await remove({ vaultId: place.vaultId, itemId });
    await page.getByText("This item was deleted elsewhere.").waitFor();
    expect(await barriersOn(page)).toEqual([]);
  });
});

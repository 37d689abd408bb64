// The items of the app in a real Chromium: the list, its search, and what a person meets there.
import { readFileSync } from "node:fs";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Methods } from "../../clients/typescript/generated.ts";
import { passing } from "../agent/in-process.ts";
import { chromiumPath, startChromium } from "../web/stage.ts";
import { barriersOn } from "./barriers.ts";
import { openStage, PIN, type Stage } from "./stage.ts";

type Made = Methods["items.create"]["params"]["item"];

describe.skipIf(chromiumPath === undefined)("the items of the app", () => {
  let stage: Stage;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];

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
    page.on("console", (message) => {
      if (message.type() === "error" && message.text().includes("Content Security Policy"))
        complaints.push(message.text());
    });
  });
  afterEach(async () => {
    await context.close();
    await stage.close();
    expect(complaints).toEqual([]);
  });

  const button = (name: string) => page.getByRole("button", { name, exact: true });
  const rows = () => page.locator(".item");
  const row = (title: string) => page.locator(".item", { hasText: title });
  const answer = async () => {
    await passing(stage.agent, page.locator(".question button:enabled", { hasText: "Deny" }).waitFor());
    await page.locator(".question .field input").fill(PIN);
    await button("Approve").click();
    await page.locator(".question .field input").waitFor({ state: "detached" });
  };
  /** The same for a question by ids: the agent then shows the names, and the page asks for a yes to them. */
  const answerNamed = async () => {
    await answer();
    await page.getByText("This is what it would get.").waitFor();
    await button("Approve").click();
    await page.locator(".question").waitFor({ state: "detached" });
  };
  const byPerson = async <T>(made: Promise<T>): Promise<T> => passing(stage.agent, made);
  const create = async (item: Omit<Made, "vaultId">, vaultId = stage.vaultId) => {
    stage.person.always("yes");
    const { id } = await byPerson(stage.channel.call("items.create", { item: { ...item, vaultId } }));
    stage.person.always("ignore");
    return id;
  };
  const openItems = async () => {
    await stage.openApp(page);
    await page.getByRole("link", { name: "Items", exact: true }).click();
    await button("Show it").waitFor();
  };
  const allowed = async () => {
    await openItems();
    await button("Show it").click();
    await answer();
    await page.locator(".item").first().waitFor();
  };

  test("asks once for the names of all vaults, and shows them by title", async () => {
    stage.person.always("yes");
    const { id } = await byPerson(stage.channel.call("vaults.create", { title: "Work" }));
    stage.person.always("ignore");
    await create({ title: "aardvark", category: "Login" }, id);
    await allowed();
    expect(await page.locator(".question").count()).toBe(0);
    expect(await rows().locator(".item-title").allInnerTexts()).toEqual([
      expect.stringContaining("<img src=x"),
      "aardvark",
      "DATABASE_URL",
      "STRIPE_KEY",
    ]);
    expect(await row("aardvark").innerText()).toContain("Login in Work");
    expect(await barriersOn(page)).toEqual([]);
  });

  test("asks nobody before the button, and shows nothing after a no", async () => {
    await openItems();
    expect(await page.locator(".question").count()).toBe(0);
    expect(await barriersOn(page)).toEqual([]);
    await button("Show it").click();
    await passing(stage.agent, page.locator(".question button:enabled", { hasText: "Deny" }).waitFor());
    await button("Deny").click();
    await page.getByText("You said no.").waitFor();
    expect(await rows().count()).toBe(0);
  });

  test("says in one row that a vault could not be read, where the yes was for one call alone", async () => {
    await openItems();
    await button("Show it").click();
    await passing(stage.agent, page.locator(".question button:enabled", { hasText: "Deny" }).waitFor());
    await page.getByText("more, or longer").click();
    await page.getByLabel("For how long").selectOption("once");
    await answer();
    await page.getByText("The items of Demo could not be read.").waitFor();
    expect(await rows().count()).toBe(0);
    expect(await page.locator(".question").count()).toBe(0);
    expect(await barriersOn(page)).toEqual([]);
  });

  test("says that everything is locked, and shows no item any more", async () => {
    await allowed();
    await stage.channel.call("session.lock", {});
    await page.getByRole("link", { name: "Unlock an account" }).waitFor();
    expect(await rows().count()).toBe(0);
  });

  test("finds by title, category, vault, tag and address in any case, and says how many", async () => {
    await create({
      title: "Mail",
      category: "Login",
      tags: ["Family"],
      websites: [{ url: "https://mail.example.org", label: "", autofillBehavior: "Never" }],
    });
    await allowed();
    for (const text of ["mAIL", "LOGIN", "family", "Mail.Example", "demo fam"]) {
      await page.getByLabel("Search").fill(text);
      await page.getByText("1 item.", { exact: true }).waitFor();
      await row("Mail").waitFor();
    }
    await page.getByLabel("Search").fill("mail stripe");
    await page.getByText("No items.").waitFor();
    // A value is not searched: nothing here has one.
    await page.getByLabel("Search").fill("s3cret");
    await page.getByText("No items.").waitFor();
  });

  test("shows one vault where one is chosen, and archived items where they are asked for", async () => {
    stage.person.always("yes");
    const { id } = await byPerson(stage.channel.call("vaults.create", { title: "Work" }));
    const itemId = await create({ title: "old", category: "Login" }, id);
    stage.person.always("yes");
    await byPerson(stage.channel.call("items.archive", { vaultId: id, itemId }));
    stage.person.always("ignore");
    await allowed();
    expect(await row("old").count()).toBe(0);
    await page.getByLabel("Vault").selectOption("Work");
    await page.getByText("No items.").waitFor();
    await page.getByLabel("archived too").check();
    expect(await row("old").innerText()).toContain("archived");
    expect(await rows().count()).toBe(1);
  });

  test("keeps only the rows in view in the document, and the arrow keys reach the others", async () => {
    stage.person.always("yes");
    for (let block = 0; block < 6; block++) {
      const items = Array.from({ length: 100 }, (_none, at): Made => {
        const title = `item ${1000 + block * 100 + at}`;
        return { title, category: "Login", vaultId: stage.vaultId };
      });
      await byPerson(stage.channel.call("items.createAll", { vaultId: stage.vaultId, items }));
    }
    stage.person.always("ignore");
    await allowed();
    await page.getByText("603 items.").waitFor();
    expect(await rows().count()).toBeLessThan(60);
    await page.getByLabel("Search").fill("item");
    await page.getByText("600 items.").waitFor();
    const last = page.locator('[aria-posinset="600"]');
    expect(await last.count()).toBe(0);
    await rows().first().focus();
    await page.keyboard.press("ArrowDown");
    await expect.poll(() => page.locator(":focus").innerText()).toContain("item 1001");
    await page.keyboard.press("End");
    await expect.poll(() => page.locator(":focus").innerText()).toContain("item 1599");
    expect(await last.getAttribute("aria-setsize")).toBe("600");
    expect(await rows().count()).toBeLessThan(60);
    await page.locator(".windowed").evaluate((box) => box.scrollTo(0, 0));
    await row("item 1000").waitFor();
    // The row of the keys stays, though it is out of view.
    expect(await page.locator(":focus").innerText()).toContain("item 1599");
    expect(await barriersOn(page)).toEqual([]);
  });

  test("cuts a title that reorders text and is as long as may be to one row, at 360 pixels too", async () => {
    await page.setViewportSize({ width: 360, height: 640 });
    await allowed();
    const hostile = row("onerror");
    const { height = 0 } = (await hostile.boundingBox()) ?? {};
    expect(height).toBeLessThanOrEqual(56);
    expect(await hostile.innerText()).not.toMatch(/[\u202e\u2066]/);
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    expect(await barriersOn(page)).toEqual([]);
  });

  const openItem = async (title: string) => {
    await row(title).click();
    await answerNamed();
    await page.getByRole("heading", { level: 1, name: title }).waitFor();
  };
  const value = () => page.locator(".value", { hasText: "s3cret" });

  test("hides a concealed value until it is asked for, and again once the item is left", async () => {
    await allowed();
    await openItem("STRIPE_KEY");
    expect(await page.content()).not.toContain("s3cret");
    expect(await barriersOn(page)).toEqual([]);
    await button("Show password").click();
    await value().waitFor();
    expect(await barriersOn(page)).toEqual([]);
    const kept = await page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }) + location.href);
    expect(kept).not.toContain("s3cret");
    await page.getByRole("link", { name: "All items" }).click();
    await row("STRIPE_KEY").click();
    await button("Show password").waitFor();
    expect(await value().count()).toBe(0);
    expect(await page.content()).not.toContain("s3cret");
  });

  test("copies a value that it does not show", async () => {
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await allowed();
    await openItem("STRIPE_KEY");
    await button("Copy password").click();
    await page.getByText("Copied").waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("s3cret");
    expect(await value().count()).toBe(0);
  });

  test("shows no value after a no, and none at an address that was only opened", async () => {
    await allowed();
    await row("STRIPE_KEY").click();
    await passing(stage.agent, page.locator(".question button:enabled", { hasText: "Deny" }).waitFor());
    await button("Deny").click();
    await page.getByText("You said no.").waitFor();
    expect(await button("Show password").count()).toBe(0);
    await page.reload();
    await page.getByText("The item with its values.").waitFor();
    expect(await page.locator(".question").count()).toBe(0);
  });

  test("ticks a one-time code of the agent's making, and never draws its seed", async () => {
    const SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
    const fields = [{ id: "code", title: "code", fieldType: "Totp" as const, value: SEED }];
    await create({ title: "Bank", category: "Login", fields });
    await page.clock.install();
    await allowed();
    await openItem("Bank");
    const code = page.locator(".item-field .code");
    expect(await code.innerText()).toMatch(/^\d{6}$/);
    const first = await code.innerText();
    expect(await page.locator(".left-of-code").innerText()).toMatch(/^\d+ s left$/);
    stage.agent.clock.setWall(Date.now() + 60_000);
    await page.clock.runFor(60_000);
    await expect.poll(() => code.innerText()).not.toBe(first);
    expect(await page.content()).not.toContain(SEED);
    expect(await barriersOn(page)).toEqual([]);
  });

  test("says why a seed makes no code", async () => {
    const fields = [{ id: "code", title: "code", fieldType: "Totp" as const, value: "not a seed!" }];
    await create({ title: "Bank", category: "Login", fields });
    await allowed();
    await openItem("Bank");
    await page.getByText("unable to generate one-time password").waitFor();
    expect(await page.content()).not.toContain("not a seed!");
  });

  test("makes a link of an https address alone", async () => {
    const urls = [
      "https://mail.example.org/a",
      "http://plain.example",
      "javascript:alert(1)",
      "https:// broken",
      "https://a@b.example",
    ];
    const websites = urls.map((url) => ({ url, label: "", autofillBehavior: "Never" as const }));
    await create({ title: "Mail", category: "Login", websites, notes: "first\nsecond", tags: ["a tag"] });
    await allowed();
    await openItem("Mail");
    const links = page.locator("main a[target=_blank]");
    expect(await links.count()).toBe(1);
    expect(await links.getAttribute("rel")).toBe("noreferrer noopener");
    expect(await page.locator(".rows li").allInnerTexts()).toEqual(urls);
    expect(await page.locator(".value").innerText()).toBe("first\nsecond");
    expect(await page.locator(".tags").innerText()).toBe("a tag");
    expect(await barriersOn(page)).toEqual([]);
  });

  test("saves a file as it is, byte by byte", async () => {
    const bytes = Buffer.alloc(1_500_000, "0123456789");
    const file = { name: "back\u202eup.bin", content: bytes.toString("base64"), sectionId: "", fieldId: "file" };
    await create({ title: "Backup", category: "Login", files: [file] });
    await allowed();
    await openItem("Backup");
    await page.getByText("1.5 MB").waitFor();
    expect(await barriersOn(page)).toEqual([]);
    const coming = page.waitForEvent("download");
    await button("Save backup.bin").click();
    const download = await coming;
    expect(download.suggestedFilename()).toBe("backup.bin");
    expect(readFileSync(await download.path()).equals(bytes)).toBe(true);
    await page.getByText("Handed to the browser").waitFor();
  });

  test("archives an item, and takes it out again", async () => {
    await allowed();
    await openItem("STRIPE_KEY");
    await button("Archive").click();
    await answerNamed();
    await page.getByText("2 items.").waitFor();
    await page.getByLabel("archived too").check();
    await row("STRIPE_KEY").click();
    await button("Take out of the archive").click();
    await page.getByText("3 items.").waitFor();
    expect(await row("STRIPE_KEY").innerText()).not.toContain("archived");
  });

  test("deletes an item only after a second yes on the page, and nothing after a denied question", async () => {
    await allowed();
    await openItem("STRIPE_KEY");
    await button("Delete …").click();
    await page.getByText("Nothing brings it back.").waitFor();
    expect(await barriersOn(page)).toEqual([]);
    expect(await page.locator(":focus").innerText()).toBe("Keep it");
    await page.keyboard.press("Enter");
    await button("Archive").waitFor();
    await button("Delete …").click();
    await button("Delete for good").click();
    await passing(stage.agent, page.locator(".question button:enabled", { hasText: "Deny" }).waitFor());
    await button("Deny").click();
    await page.locator("[role=alert]").waitFor();
    await button("Delete …").waitFor();
    // After a no the agent lets the page wait before it may ask again.
    stage.agent.clock.advance(60_000);
    await button("Delete …").click();
    await button("Delete for good").click();
    await answerNamed();
    await page.getByText("2 items.").waitFor();
    expect(await row("STRIPE_KEY").count()).toBe(0);
  });

  test("refuses to archive a version that somebody has changed meanwhile", async () => {
    const itemId = await create({ title: "Shared", category: "Login" });
    await allowed();
    await openItem("Shared");
    stage.person.always("yes");
    const item = await byPerson(stage.channel.call("items.get", { vaultId: stage.vaultId, itemId }));
    await byPerson(stage.channel.call("items.put", { item: { ...item, notes: "newer" } }));
    stage.person.always("ignore");
    await button("Archive").click();
    await answerNamed();
    await page.locator(".acts [role=alert]").waitFor();
    expect(await button("Archive").count()).toBe(1);
  });
});

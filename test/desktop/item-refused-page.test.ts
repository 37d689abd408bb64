// A form of an item that cannot be saved as it is, in a real Chromium. Each refusal says the next step, writes nothing, and keeps what was typed.
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Item, ItemField } from "../../clients/typescript/generated.ts";
import { passing } from "../agent/in-process.ts";
import { chromiumPath, startChromium } from "../web/stage.ts";
import { barriersOn } from "./barriers.ts";
import { type FormStage, openFormStage } from "./form-stage.ts";
import { PASSWORD, PIN } from "./stage.ts";

const field = (title: string, fieldType: ItemField["fieldType"], value = ""): ItemField => ({
  ...{ id: title.replace(" ", "-"), title, fieldType, value },
});

describe.skipIf(chromiumPath === undefined)("a form of an item that is refused (needs chromium)", () => {
  let browser: Browser;
  let context: BrowserContext;
  let at: FormStage;
  let page: Page;

  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    context = await browser.newContext();
    at = await openFormStage(context);
    page = at.page;
  });
  afterEach(async () => {
    await context.close();
    await at.close();
    expect(at.complaints).toEqual([]);
  });

  const box = (name: string, on = page) => on.getByLabel(name, { exact: true });
  const simple = () =>
    at.create({
      ...{ title: "Shared", category: "Login", notes: "old notes" },
      fields: [field("username", "Text", "ada"), field("password", "Concealed", "s3cret")],
    });
  const typed = async () => {
    const item = await simple();
    await at.edit(item);
    await box("password").fill("typed");
    return item;
  };
  const isUnsaved = async (item: Item) => {
    expect(await box("password").inputValue()).toBe("typed");
    expect((await at.read(item.id)).version).toBe(item.version);
  };

  test.each([
    ["a title of 257 characters", "Title", "t".repeat(257), "The title may have 256 characters. Here are 257."],
    ["a title of blanks", "Title", "  ", "Give the item a title."],
    ["a day that does not exist", "day", "2027-02-30", "Write a date that exists as YYYY-MM-DD"],
    ["a month in another form", "month", "2027-07", "Write the month and the year as MM/YYYY"],
    ["a seed that makes no codes", "code", "not a seed!", "This makes no one-time codes"],
    ["a reference to no item", "other", "Mail", "Write the id of another item"],
    ["notes that are too long", "Notes", "n".repeat(131_073), "The notes may have 131072 characters."],
  ])("%s is told at its place, with the focus there", async (_what, name, value, said) => {
    const fields = [
      field("day", "Date"),
      field("month", "MonthYear"),
      field("code", "Totp"),
      field("other", "Reference"),
    ];
    const item = await at.create({ title: "Dates", category: "SecureNote", fields });
    await at.edit(item);
    await box(name).fill(value);
    await at.refused(said);
    expect(await box(name).getAttribute("aria-invalid")).toBe("true");
    const spoken = await box(name).evaluate(
      (input) => document.getElementById(input.getAttribute("aria-describedby") ?? "")?.innerText,
    );
    expect(spoken).toContain(said);
    expect(await box(name).evaluate((input) => input === document.activeElement)).toBe(true);
    expect(await barriersOn(page)).toEqual([]);
    expect((await at.read(item.id)).version).toBe(item.version);
  });

  test("a title of 256 characters outside the first plane is saved, and one more is refused", async () => {
    const item = await simple();
    await at.edit(item);
    await box("Title").fill("🔑".repeat(257));
    await at.refused("Here are 257.");
    await box("Title").fill("🔑".repeat(256));
    await at.saved();
    expect((await at.read(item.id)).title).toBe("🔑".repeat(256));
  });

  test("a private key that the agent cannot read is told at its field", async () => {
    const item = await at.create({ title: "Key", category: "SshKey" });
    await at.edit(item);
    await page.getByText("Add a field").click();
    await page.getByLabel("Its kind").selectOption("private key");
    await at.button("Add it").click();
    await box("private key").fill("no key at all");
    await at.refused("This was refused: error parsing private key: it is no private key");
    expect(await box("private key").getAttribute("aria-invalid")).toBe("true");
    expect((await at.read(item.id)).version).toBe(item.version);
  });

  test("a field beyond the two hundredth, and one without a name, are not added", async () => {
    const fields = Array.from({ length: 200 }, (_none, number) => field(`f${number}`, "Text", "x"));
    const item = await at.create({ title: "Many", category: "SecureNote", fields });
    await at.edit(item);
    await page.getByText("Add a field").click();
    await at.button("Add it").click();
    await at.shows("An item may have 200 fields. Remove one first.");
    await at.button("Remove f7").click();
    await at.button("Add it").click();
    await at.shows("Write the name of the new field first.");
    await page.getByLabel("Name of the new field").fill("last");
    await page.keyboard.press("Enter");
    await box("last").fill("y");
    await at.saved();
    const after = await at.read(item.id);
    expect([after.fields.length, after.fields.at(-1)?.value]).toEqual([200, "y"]);
  });

  test("a second window that saves later is told, keeps its text, and loses nothing of the first", async () => {
    const item = await typed();
    const other = await at.anotherPage();
    await at.edit(item, other);
    await box("Notes", other).fill("newer notes");
    await other.getByRole("button", { name: "Save", exact: true }).click();
    await passing(at.stage.agent, other.waitForURL(new RegExp(`${item.id}$`)));
    await at.refused("Somebody changed this item while you were editing it.");
    expect(await barriersOn(page)).toEqual([]);
    expect(await box("password").inputValue()).toBe("typed");
    await at.button("Read the newer version").click();
    await at.shows("This is the newer version with your changes.");
    expect(await box("Notes").inputValue()).toBe("newer notes");
    await at.saved();
    const after = await at.read(item.id);
    expect([after.notes, after.fields.map(({ value }) => value)]).toEqual(["newer notes", ["ada", "typed"]]);
  });

  test("a part that both changed is named, and stays as it was typed", async () => {
    const item = await typed();
    await at.put({ ...item, fields: [field("username", "Text", "bob"), field("password", "Concealed", "theirs")] });
    await at.refused("Somebody changed this item while you were editing it.");
    await at.button("Read the newer version").click();
    await at.shows(/You both changed password\./);
    expect([await box("username").inputValue(), await box("password").inputValue()]).toEqual(["bob", "typed"]);
    await at.saved();
    expect((await at.read(item.id)).fields.map(({ value }) => value)).toEqual(["bob", "typed"]);
  });

  test("what is typed while the newer version is read stays", async () => {
    const item = await typed();
    await at.put({ ...item, title: "Theirs" });
    await at.refused("Somebody changed this item while you were editing it.");
    // In one turn of the page, so that the answer comes after the typing.
    await at.button("Read the newer version").evaluate((button: HTMLElement) => {
      const notes = document.querySelector("textarea");
      if (notes === null) throw new Error("the form has no notes");
      button.click();
      notes.value = "typed meanwhile";
      notes.dispatchEvent(new Event("input", { bubbles: true }));
    });
    await at.shows("This is the newer version with your changes.");
    expect([await box("Title").inputValue(), await box("Notes").inputValue()]).toEqual(["Theirs", "typed meanwhile"]);
  });

  test("an item that was deleted meanwhile is said to be gone, and the form stays", async () => {
    const item = await typed();
    const { channel, agent, vaultId } = at.stage;
    await passing(agent, channel.call("items.delete", { vaultId, itemId: item.id }));
    await at.refused("The item is gone: somebody deleted it.");
    expect(await box("password").inputValue()).toBe("typed");
  });

  test("a service that is away or lies loses nothing, and the next try saves", async () => {
    const item = await typed();
    at.stage.agent.setMood("away");
    await at.refused("The service cannot be reached, so nothing was saved.");
    at.stage.agent.setMood("lying");
    await at.refused("The service answered with something that it may not say");
    at.stage.agent.setMood("well");
    await isUnsaved(item);
    await at.saved();
    expect((await at.read(item.id)).fields.map(({ value }) => value)).toEqual(["ada", "typed"]);
  });

  test("the question about a save is asked on the page while the service is away", async () => {
    const item = await typed();
    at.stage.person.always("ignore");
    at.stage.agent.setMood("away");
    await at.button("Save").click();
    const deny = page.locator(".question button:enabled", { hasText: "Deny" });
    await passing(at.stage.agent, deny.waitFor());
    await deny.click();
    await at.shows("You said no, so nothing was saved. What you typed is still here.");
    at.stage.agent.setMood("well");
    at.stage.person.always("yes");
    await isUnsaved(item);
  });

  test("a vault that the account may only read is told, and the form stays", async () => {
    const item = await typed();
    const READ = 16 + 32;
    const { store } = at.stage.agent.service;
    await store.write(async (db) => {
      await db.updateTable("vault_grants").set({ permissions: READ }).where("vault", "=", at.stage.vaultId).execute();
    });
    await at.refused("This account may not write to that vault.");
    await isUnsaved(item);
  });

  test("a lock in mid-edit drops what was typed, and says so", async () => {
    await typed();
    await at.stage.channel.call("session.lock", {});
    await at.shows("The account was locked before you saved. What you had typed is gone from this page.");
    expect(await page.locator("input, textarea").count()).toBe(0);
    expect(await barriersOn(page)).toEqual([]);
  });

  test("a lock while nothing was typed says nothing of a loss", async () => {
    await at.edit(await simple());
    await at.stage.channel.call("session.lock", {});
    await at.shows("Everything is locked.");
    expect(await page.getByText("is gone from this page").count()).toBe(0);
  });

  test("a save that reaches the agent after a lock leaves the page with the session that the lock gave it", async () => {
    await typed();
    let reached = () => {};
    let release = () => {};
    const isUnderWay = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const isLocked = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route("**/send", async (route) => {
      if (route.request().postData()?.includes("items.put") === true) {
        reached();
        await isLocked;
      }
      await route.continue();
    });
    const refused = page.waitForResponse((answer) => answer.status() === 401);
    await at.button("Save").click();
    await isUnderWay;
    await at.stage.channel.call("session.lock", {});
    await at.shows("The account was locked before you saved.");
    release();
    await refused;
    await page.getByRole("link", { name: "Unlock an account" }).click();
    await page.getByLabel("Account password").fill(PASSWORD);
    await at.button("Unlock").click();
    await at.shows("Unlocked");
  });

  test("a question that is denied saves nothing, and one that is answered on the page saves", async () => {
    const item = await typed();
    at.stage.person.always("ignore");
    await at.button("Save").click();
    const deny = page.locator(".question button:enabled", { hasText: "Deny" });
    await passing(at.stage.agent, deny.waitFor());
    await deny.click();
    await at.shows("You said no, so nothing was saved. What you typed is still here.");
    expect(await box("password").inputValue()).toBe("typed");
    at.stage.agent.clock.advance(60_000);
    await at.button("Save").click();
    await passing(at.stage.agent, deny.waitFor());
    await page.locator(".question .field input").fill(PIN);
    await at.button("Approve").click();
    await page.getByText("This is what it would get.").waitFor();
    await at.button("Approve").click();
    await passing(at.stage.agent, page.waitForURL(new RegExp(`${item.id}$`)));
    at.stage.person.always("yes");
    expect((await at.read(item.id)).fields.map(({ value }) => value)).toEqual(["ada", "typed"]);
  });
});

// A new item in a real Chromium: one of each category, read back by another client, and passwords that the agent makes.
import { generateKeyPairSync } from "node:crypto";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type NewCategory, newCategories, usualDraft } from "../../clients/desktop/items/form/usual-fields.ts";
import { categoryText } from "../../clients/desktop/items/shelf.ts";
import type { ItemField } from "../../clients/typescript/generated.ts";
import { passing } from "../agent/in-process.ts";
import { chromiumPath, startChromium } from "../web/stage.ts";
import { barriersOn } from "./barriers.ts";
import { type FormStage, openFormStage } from "./form-stage.ts";

const KEY = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();

const VALUES: Partial<Record<ItemField["fieldType"], string>> = {
  Totp: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
  Date: "2027-01-31",
  MonthYear: "07/2027",
  SshKey: KEY,
};

/** Milliseconds for the loop over all categories, on a busy machine. */
const LOOP_MS = 180_000;

describe.skipIf(chromiumPath === undefined)("a new item (needs chromium)", () => {
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
    await at.go("#/items/new");
    await at.button("Show it").click();
    await at.shows("Category");
    const offered = await page.locator("form").getByLabel("Vault").locator("option").allInnerTexts();
    expect(offered).toEqual(offered.toSorted());
  });
  afterEach(async () => {
    await context.close();
    await at.close();
    expect(at.complaints).toEqual([]);
  });

  const box = (name: string) => page.getByLabel(name, { exact: true });
  const begin = async (category: NewCategory) => {
    await at.go("#/items/new");
    await page.locator("form").getByLabel("Vault").selectOption("Demo");
    await page.locator("form").getByLabel("Category").selectOption(category);
    await at.button("Go on").click();
    await box("Title").fill(`a ${category}`);
  };
  const made = async () => {
    await at.saved();
    return at.read(page.url().split("/").at(-1) ?? "");
  };
  const titles = async () =>
    (await passing(at.stage.agent, at.stage.channel.call("items.list", { vaultId: at.stage.vaultId }))).items.map(
      ({ title }) => title,
    );

  /** Fills in every field that the form offers, and tells what should be stored: section, title, kind, value. */
  const fillAll = async (category: NewCategory) => {
    const { fields, sections } = usualDraft(category);
    const stored: string[][] = [];
    for (const [number, { field, group }] of fields.entries()) {
      const section = sections[sections.findIndex(({ key }) => key === group)]?.section.title ?? "";
      const place =
        section === "" ? page.locator("fieldset.plain").first() : page.getByRole("group", { name: section });
      const { title, fieldType } = field;
      const value = VALUES[fieldType] ?? `value ${number}`;
      if (fieldType === "Address") await place.getByLabel("City", { exact: true }).first().fill(value);
      else {
        if (fieldType === "SshKey") await at.button(`Show ${title}`).click();
        await place.getByLabel(title, { exact: true }).first().fill(value);
      }
      stored.push([section, title, fieldType, value]);
    }
    return stored;
  };

  test(
    "of every category is made with its usual fields, and another client reads them equal",
    async () => {
      const file = { name: "deed.txt", mimeType: "text/plain", buffer: Buffer.from("the deed") };
      for (const category of newCategories) {
        await begin(category);
        await page.getByRole("heading", { level: 1, name: `New ${categoryText(category)}` }).waitFor();
        const stored = await fillAll(category);
        if (category === "Document") await page.getByLabel("File of the document").setInputFiles(file);
        if (category === "Document") await at.shows("It takes deed.txt.");
        const item = await made();
        const section = new Map(item.sections.map(({ id, title }) => [id, title]));
        const read = item.fields.map(({ title, fieldType, value, sectionId }) => [
          ...[section.get(sectionId ?? "") ?? "", title, fieldType, value],
        ]);
        expect([category, item.category, item.title]).toEqual([category, category, `a ${category}`]);
        expect(read).toEqual(stored);
        expect(item.document?.name).toBe(category === "Document" ? "deed.txt" : undefined);
        expect(item.document?.size ?? 8).toBe(8);
      }
      expect((await titles()).length).toBe(newCategories.length + 3);
    },
    LOOP_MS,
  );

  test("stores no field and no section that stays empty, and has the ids that autofill looks for", async () => {
    await begin("SoftwareLicense");
    await box("order number").fill("17");
    const license = await made();
    expect(license.fields.map(({ id, value }) => [id, value])).toEqual([["Order order number", "17"]]);
    expect(license.sections.map(({ title }) => title)).toEqual(["Order"]);
    await begin("Login");
    await box("username").fill("ada");
    await box("password").fill("s3cret");
    await at.button("Add an address").click();
    await box("Address").fill("https://a.example");
    const login = await made();
    expect(login.fields.map(({ id, sectionId }) => [id, sectionId])).toEqual([
      ["username", undefined],
      ["password", undefined],
    ]);
    expect(login.websites.map(({ url }) => url)).toEqual(["https://a.example"]);
  });

  test("goes to the vault that was chosen, and stands on the list afterwards", async () => {
    const { channel, agent } = at.stage;
    const { id } = await passing(agent, channel.call("vaults.create", { title: "Work" }));
    await at.go("#/items");
    await at.button("Look again").click();
    await at.go("#/items/new");
    await page.locator("form").getByLabel("Vault").selectOption("Work");
    await page.locator("form").getByLabel("Category").selectOption("SecureNote");
    await at.button("Go on").click();
    await box("Title").fill("At work");
    await at.saved();
    expect(page.url()).toContain(`#/items/${id}/`);
    await page.getByRole("link", { name: "All items" }).click();
    await passing(agent, page.locator(".item", { hasText: "At work" }).waitFor());
    expect(await page.locator(".item", { hasText: "At work" }).innerText()).toContain("Secure note in Work");
  });

  test("without a title, or a document without its file or with too large a one, is not made", async () => {
    await begin("Document");
    await box("Title").fill("");
    await at.refused("2 parts need another look.");
    await at.shows("Choose the file of the document.");
    const large = { name: "large.bin", mimeType: "", buffer: Buffer.alloc(2 * 1024 * 1024 + 1) };
    await page.getByLabel("File of the document").setInputFiles(large);
    await at.shows("A new document takes 2.1 MB here.");
    await box("Title").fill("Deed");
    await at.refused("One part needs another look.");
    expect(await barriersOn(page)).toEqual([]);
    expect(await titles()).not.toContain("Deed");
  });

  test("is not made twice or lost where the service is away or the vault may only be read", async () => {
    const { agent, vaultId } = at.stage;
    await begin("Password");
    await box("password").fill("typed");
    agent.setMood("away");
    await at.refused("The service cannot be reached, so nothing was saved.");
    agent.setMood("well");
    const { permissions } = await agent.service.store.db
      .selectFrom("vault_grants")
      .select("permissions")
      .where("vault", "=", vaultId)
      .executeTakeFirstOrThrow();
    const allow = (bits: number) =>
      agent.service.store.write(async (db) => {
        await db.updateTable("vault_grants").set({ permissions: bits }).where("vault", "=", vaultId).execute();
      });
    await allow(16 + 32);
    await at.refused("This account may not write to that vault.");
    expect(await box("password").inputValue()).toBe("typed");
    await allow(permissions);
    const item = await made();
    expect(item.fields.map(({ value }) => value)).toEqual(["typed"]);
    expect((await titles()).filter((title) => title === "a Password").length).toBe(1);
  });

  test("asks before it is left, and is dropped at a lock with a word about it", async () => {
    await begin("Password");
    await box("password").fill("typed");
    await page.getByRole("link", { name: "Cancel" }).click();
    await page.getByRole("alertdialog").waitFor();
    await at.button("Stay here").click();
    expect(await box("password").inputValue()).toBe("typed");
    await at.stage.channel.call("session.lock", {});
    await at.shows("The account was locked before you saved.");
    expect(await page.locator("input").count()).toBe(0);
  });

  test("takes a password that the agent makes, of each kind, and keeps it out of the address and the storage", async () => {
    await begin("Login");
    const panel = page.getByRole("group", { name: "Generate a value for password" });
    const generated = async () => {
      await panel.getByRole("button", { name: /^Make/ }).click();
      await panel.locator(".value").waitFor();
      return panel.locator(".value").innerText();
    };
    await at.button("Generate a value for password").click();
    const first = await generated();
    expect(first).toMatch(/^(?=.*\d)(?=.*[!*\-.@_]).{20}$/);
    expect(await barriersOn(page)).toEqual([]);
    await panel.getByRole("checkbox", { name: "digits" }).uncheck();
    await panel.getByRole("checkbox", { name: "symbols" }).uncheck();
    await panel.getByLabel("Length, 8 to 100").fill("100");
    expect(await generated()).toMatch(/^[A-Za-z]{100}$/);
    await panel.getByLabel("Kind").selectOption("PIN of digits");
    await panel.getByLabel("Length, 3 to 12").fill("4");
    expect(await generated()).toMatch(/^\d{4}$/);
    await panel.getByLabel("Kind").selectOption("memorable words");
    await panel.getByLabel("Between them").selectOption("periods");
    const words = await generated();
    expect(words).toMatch(/^[a-z-]+(?:\.[a-z-]+){3}$/);
    await panel.getByRole("button", { name: "Use it" }).click();
    await panel.waitFor({ state: "detached" });
    expect(await box("password").inputValue()).toBe(words);
    const kept = await page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }) + location.href);
    expect([kept.includes(words), kept.includes(first)]).toEqual([false, false]);
    expect((await made()).fields.map(({ value }) => value)).toEqual([words]);
  });

  test.each(["", "7", "101", "9.5"])(
    "a length of %j makes nothing, and the return key saves nothing",
    async (typed) => {
      await begin("Login");
      await at.button("Generate a value for password").click();
      const panel = page.getByRole("group", { name: "Generate a value for password" });
      await panel.getByLabel("Length, 8 to 100").fill(typed);
      await page.keyboard.press("Enter");
      await at.shows("Write a whole number from 8 to 100.");
      expect(await panel.locator(".value").count()).toBe(0);
      expect(page.url()).toMatch(/#\/items\/new$/);
      expect(await titles()).not.toContain("a Login");
    },
  );
});

// The form of an item in a real Chromium: what it sends, what it leaves alone, and that no refusal loses what was typed.
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Item, ItemField } from "../../clients/typescript/generated.ts";
import { passing } from "../agent/in-process.ts";
import { chromiumPath, startChromium } from "../web/stage.ts";
import { barriersOn } from "./barriers.ts";
import { type FormStage, openFormStage } from "./form-stage.ts";
import { HOSTILE } from "./stage.ts";

const SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
const ADDRESS = { street: "1 Quay", city: "Bergen", country: "Norway", zip: "5003", state: "" };

/** A field of each kind that an item of this category may have. */
const everyKind = (reference: string): ItemField[] => [
  { id: "text", title: "text", fieldType: "Text", value: "plain" },
  { id: "secret", title: "secret", fieldType: "Concealed", value: "s3cret" },
  { id: "card", title: "card", fieldType: "CreditCardNumber", value: "4111111111111111" },
  { id: "cardType", title: "card kind", fieldType: "CreditCardType", value: "visa" },
  { id: "phone", title: "phone", fieldType: "Phone", value: "+47 555" },
  { id: "url", title: "site", fieldType: "Url", value: "https://a.example" },
  { id: "code", title: "code", fieldType: "Totp", value: SEED },
  { id: "mail", title: "mail", fieldType: "Email", value: "ada@a.example" },
  { id: "menu", title: "menu", fieldType: "Menu", value: "one" },
  { id: "month", title: "month", fieldType: "MonthYear", value: "07/2027" },
  { id: "day", title: "day", fieldType: "Date", value: "2027-01-31" },
  { id: "other", title: "other", fieldType: "Reference", value: reference },
  {
    ...{ id: "home", title: "home", fieldType: "Address", value: "" },
    details: { type: "Address", content: ADDRESS },
    sectionId: "more",
  },
];

/** An item without what changes by itself: its version, its time, and the codes of the moment. */
const still = ({ version: _version, updatedAt: _updatedAt, fields, ...item }: Item) => ({
  ...item,
  fields: fields.map(({ details, ...field }) => (details?.type === "Otp" ? field : { ...field, details })),
});

describe.skipIf(chromiumPath === undefined)("the form of an item (needs chromium)", () => {
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

  const box = (name: string) => page.getByLabel(name, { exact: true });
  const simple = () =>
    at.create({
      ...{ title: "Shared", category: "Login", notes: "old notes", tags: ["old"] },
      fields: [
        { id: "username", title: "username", fieldType: "Text", value: "ada" },
        { id: "password", title: "password", fieldType: "Concealed", value: "s3cret" },
      ],
    });
  const valuesOf = async (item: Item) =>
    Object.fromEntries((await at.read(item.id)).fields.map(({ title, value }) => [title, value]));

  test("sends what it did not touch as it was: kinds, sections, files, addresses, codes and line ends", async () => {
    const other = await simple();
    const before = await at.create({
      ...{ title: "All", category: "Login", notes: "a\r\nb\n", tags: ["a, b", " c"] },
      fields: [...everyKind(other.id), { id: "lines", title: "lines", fieldType: "Concealed", value: "a\r\nb\nc\n" }],
      sections: [
        { id: "more", title: "More" },
        { id: "empty", title: "" },
      ],
      websites: [
        { url: "https://a.example", label: "first", autofillBehavior: "ExactDomain" },
        { url: "javascript:1", label: "", autofillBehavior: "Never" },
      ],
      files: [{ name: "a.txt", content: "AAEC", sectionId: "more", fieldId: "file" }],
    });
    await at.edit(before);
    await box("Title").fill("All of it");
    await at.saved();
    const after = await at.read(before.id);
    expect(still(after)).toEqual(still({ ...before, title: "All of it" }));
    expect(after.version).toBe(before.version + 1);
  });

  test("changes a field of each kind in one call", async () => {
    const [first, other] = [await simple(), await simple()];
    const before = await at.create({
      ...{ title: "All", category: "SecureNote", fields: everyKind(first.id) },
      sections: [{ id: "more", title: "More" }],
    });
    const typed = {
      ...{ text: "other", secret: "n3w", card: "5555", "card kind": "mc", phone: "1", site: "https://b.example" },
      ...{ code: `otpauth://totp/a?secret=${SEED}`, mail: "b@b.example", menu: "two", month: "01/2030" },
      ...{ day: "2028-02-29", other: other.id },
    };
    await at.edit(before);
    for (const [name, value] of Object.entries(typed)) await box(name).fill(value);
    await box("City").fill("Oslo");
    await at.saved();
    const after = await at.read(before.id);
    expect(await valuesOf(before)).toEqual({ ...typed, home: "1 Quay, Oslo, 5003, Norway" });
    expect(after.fields.at(-1)?.details).toEqual({ type: "Address", content: { ...ADDRESS, city: "Oslo" } });
    expect(after.version).toBe(before.version + 1);
    expect(after.fields.map(({ id }) => id)).toEqual(before.fields.map(({ id }) => id));
  });

  test("adds, names and removes fields, sections, tags and addresses", async () => {
    const before = await at.create({
      ...{ title: "Mail", category: "Login", tags: ["old", "kept"] },
      fields: [
        { id: "username", title: "username", fieldType: "Text", value: "ada" },
        { id: "gone", title: "gone", fieldType: "Text", value: "x", sectionId: "s1" },
        { id: "left", title: "left", fieldType: "Text", value: "y", sectionId: "s1" },
      ],
      sections: [
        { id: "s1", title: "First" },
        { id: "s2", title: "Second" },
      ],
      websites: [{ url: "https://old.example", label: "", autofillBehavior: "Never" }],
    });
    await at.edit(before);
    await at.button("Remove gone").click();
    await at.button("Remove the section First").click();
    await at.button("Rename the section Second").click();
    await page.getByLabel("Name of the section").fill("Renamed");
    await page.keyboard.press("Enter");
    await at.button("Rename left").click();
    await page.getByLabel("Name of the field").fill("moved");
    await page.getByLabel("Name of a new section").fill("Third");
    await page.keyboard.press("Enter");
    const third = page.getByRole("group", { name: "Third" });
    await third.getByText("Add a field").click();
    await third.getByLabel("Name of the new field").fill("PIN (old)");
    await third.getByLabel("Its kind").selectOption("concealed");
    await third.getByRole("button", { name: "Add it" }).click();
    await box("PIN (old)").fill("0000");
    await at.button("Remove the tag old").click();
    await page.getByLabel("Another tag").fill("new, with a comma");
    await at.button("Remove address 1").click();
    await at.button("Add an address").click();
    await box("Address").fill("https://new.example");
    await box("Notes").fill("one\ntwo");
    await at.saved();
    const after = await at.read(before.id);
    expect(after.sections).toEqual([
      { id: "s2", title: "Renamed" },
      { id: "Third", title: "Third" },
      { id: "", title: "" },
    ]);
    expect(after.fields).toEqual([
      { id: "username", title: "username", fieldType: "Text", value: "ada" },
      { id: "left", title: "moved", fieldType: "Text", value: "y", sectionId: "" },
      { id: "Third PIN old", title: "PIN (old)", fieldType: "Concealed", value: "0000", sectionId: "Third" },
    ]);
    expect([after.tags, after.notes]).toEqual([["kept", "new, with a comma"], "one\ntwo"]);
    expect(after.websites).toEqual([
      { url: "https://new.example", label: "website", autofillBehavior: "AnywhereOnWebsite" },
    ]);
  });

  test("hides a concealed value, keeps it out of the document, the address and the storage, and drops it with the page", async () => {
    const item = await simple();
    await at.edit(item);
    const password = box("password");
    for (const [name, value] of [
      ["type", "password"],
      ["autocomplete", "off"],
      ["spellcheck", "false"],
    ] as const)
      expect(await password.getAttribute(name)).toBe(value);
    await password.fill("typed s3cret");
    const kept = () => page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }) + location.href);
    expect((await kept()) + (await page.content())).not.toContain("s3cret");
    await at.button("Show password").click();
    expect(await password.getAttribute("type")).toBe("text");
    expect(await password.inputValue()).toBe("typed s3cret");
    expect(await barriersOn(page)).toEqual([]);
    await page.getByRole("link", { name: "Cancel" }).click();
    await at.button("Leave without saving").click();
    await at.shows("All items");
    await at.edit(item);
    expect(await password.inputValue()).toBe("s3cret");
    expect(await password.getAttribute("type")).toBe("password");
  });

  test("keeps the line ends of a secret that is pasted into a box of one line", async () => {
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const item = await simple();
    await at.edit(item);
    await page.evaluate(() => navigator.clipboard.writeText("first\nsecond\nthird"));
    await box("password").focus();
    await page.keyboard.press("ControlOrMeta+A");
    await page.keyboard.press("ControlOrMeta+V");
    await at.shows("hidden, 3 lines");
    await at.button("Show password").click();
    await box("password").focus();
    // Without its line ends the box stays as it is, and the focus in it.
    await page.keyboard.press("ControlOrMeta+A");
    await page.keyboard.type("one");
    await page.keyboard.press("Enter");
    await page.keyboard.type("two");
    await at.saved();
    expect((await valuesOf(item)).password).toBe("one\ntwo");
  });

  test("asks before unsaved changes are left: by a link, by another address and by the browser", async () => {
    const item = await simple();
    await at.edit(item);
    await box("Notes").fill("typed");
    const ask = page.getByRole("alertdialog", { name: "Unsaved changes" });
    await page.getByRole("link", { name: "Grants", exact: true }).click();
    await ask.waitFor();
    expect(await page.locator(":focus").innerText()).toBe("Stay here");
    expect(page.url()).toContain("/edit");
    expect(await barriersOn(page)).toEqual([]);
    await page.keyboard.press("Enter");
    await ask.waitFor({ state: "detached" });
    expect(await box("Notes").inputValue()).toBe("typed");
    await at.go("#/items");
    await ask.waitFor();
    await at.button("Stay here").click();
    await page.goBack();
    await ask.waitFor();
    expect(page.url()).toContain("/edit");
    await at.button("Stay here").click();
    expect(await box("Notes").inputValue()).toBe("typed");
    const asked = page.waitForEvent("dialog");
    const reloaded = page.reload().catch(() => undefined);
    await (await asked).dismiss();
    await reloaded;
    expect(await box("Notes").inputValue()).toBe("typed");
    await page.getByRole("link", { name: "Grants", exact: true }).click();
    await at.button("Leave without saving").click();
    await page.getByRole("heading", { level: 1, name: "Grants" }).waitFor();
    expect((await at.read(item.id)).notes).toBe("old notes");
  });

  test("leaves without a question where nothing was changed, and after a save", async () => {
    const item = await simple();
    await at.edit(item);
    await page.getByRole("link", { name: "Grants", exact: true }).click();
    await page.getByRole("heading", { level: 1, name: "Grants" }).waitFor();
    await at.edit(item);
    await box("Notes").fill("typed");
    await at.saved();
    await page.getByRole("link", { name: "Grants", exact: true }).click();
    await page.getByRole("heading", { level: 1, name: "Grants" }).waitFor();
  });

  test("asks nobody at an address that was only opened", async () => {
    const item = await simple();
    await at.go(`#/items/${item.vaultId}/${item.id}/edit`);
    await at.shows("The item with its values, to change them.");
    expect(await page.locator(".question").count()).toBe(0);
    expect(await box("Title").count()).toBe(0);
  });

  test("draws titles of others as text, on one line and without reordering, and saves them as they are", async () => {
    const title = "<img src=x onerror=alert(1)>\u202egnol";
    const item = await at.create({
      ...{ title: HOSTILE, category: "SecureNote", tags: [title] },
      fields: [{ id: "a", title, fieldType: "Text", value: "\u202ex", sectionId: "s" }],
      sections: [{ id: "s", title }],
    });
    await page.setViewportSize({ width: 360, height: 640 });
    await at.edit(item);
    expect(await page.locator("img").count()).toBe(0);
    const drawn = await page.locator("h1, legend, label, .tags li").allInnerTexts();
    expect(drawn.join("")).not.toMatch(/[\u202e\u2066]/);
    expect(drawn.filter((text) => text.includes("onerror")).length).toBe(4);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    expect(await barriersOn(page)).toEqual([]);
    await box("Notes").fill("typed");
    await at.saved();
    expect(still(await at.read(item.id))).toEqual(still({ ...item, notes: "typed" }));
  });

  test("goes on by the tab key, saves by the return key, and fits a narrow screen, light and dark", async () => {
    const item = await simple();
    await at.edit(item);
    await box("Title").focus();
    await page.keyboard.press("End");
    await page.keyboard.type("!");
    await page.keyboard.press("Tab");
    expect(await page.locator(":focus").inputValue()).toBe("ada");
    await page.setViewportSize({ width: 360, height: 640 });
    await page.getByText("Add a field").first().click();
    await at.button("Generate a value for password").click();
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
      expect(await barriersOn(page)).toEqual([]);
    }
    await box("Title").focus();
    await page.keyboard.press("Enter");
    await passing(at.stage.agent, page.waitForURL(new RegExp(`${item.id}$`)));
    expect((await at.read(item.id)).title).toBe("Shared!");
  });
});

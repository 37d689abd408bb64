// Stores pictures of the app's pages and of its questions, in their states, beside the page's sources. People look at them. The tests check the rest.
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import type { OpenAccount } from "../../clients/account/open-account.ts";
import type { Methods } from "../../clients/typescript/generated.ts";
import { sealedAccount } from "../../daemon/session/sealed-account.ts";
import { passing } from "../agent/in-process.ts";
import { startChromium } from "../web/stage.ts";
import { type Asker, openStage, PASSWORD, PIN, type Stage } from "./stage.ts";

const folder = fileURLToPath(new URL("../../clients/desktop/screenshots/", import.meta.url));

type Made = Methods["items.create"]["params"]["item"];

type Shot = {
  readonly name: string;
  readonly dark?: boolean;
  readonly narrow?: boolean;
  /** Opens the page, and does what the person does. */
  readonly act: (page: Page, stage: Stage) => Promise<unknown>;
};

const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name });
const ended = (page: Page) => page.locator("[data-ending]").waitFor();
const askers: Asker[] = [];
/** The account of the present picture, which can seal anything. */
let sealing: OpenAccount;

async function asked(page: Page, stage: Stage, start: (stage: Stage) => Asker): Promise<void> {
  askers.push(start(stage));
  await stage.openPrompt(page);
  await page.locator("button:enabled", { hasText: "Deny" }).waitFor();
}

async function proven(page: Page, proof: string): Promise<void> {
  await page.locator(".question .field input").fill(proof);
  await button(page, "Approve").click();
}

const byMake = (stage: Stage) => stage.askFromMake();
const byNc = (stage: Stage) => stage.ask();
const question = (page: Page, stage: Stage) => asked(page, stage, byMake);

async function shownById(page: Page, stage: Stage, item: string): Promise<void> {
  await asked(page, stage, () => stage.askById(item));
  await proven(page, PIN);
  await page.locator("button:enabled", { hasText: "Deny" }).waitFor();
}

/** A page of the app that may see the whole. */
async function allowed(page: Page, stage: Stage, route: string): Promise<void> {
  await stage.openApp(page);
  await page.locator("h1").waitFor();
  await page.evaluate((hash) => {
    location.hash = hash;
  }, route);
  const show = button(page, "Show it");
  await show.click();
  await passing(stage.agent, page.locator(".question .field input").waitFor());
  await proven(page, PIN);
  await page.locator(".question .field input").waitFor({ state: "detached" });
}

async function withGrants(page: Page, stage: Stage, route: string): Promise<void> {
  for (const reference of ["op://Demo/DATABASE_URL/password", "op://Demo/STRIPE_KEY/password"]) {
    stage.person.always("yes");
    await passing(stage.agent, stage.ask(reference).answer);
  }
  stage.person.always("yes", { lasts: "untilLock", width: "vault" });
  const make = stage.askFromMake();
  askers.push(make);
  await passing(stage.agent, make.answer);
  stage.person.always("ignore");
  await allowed(page, stage, route);
}

/** Several items, one of them with a field of each look. */
async function withItems(page: Page, stage: Stage): Promise<void> {
  stage.person.always("yes");
  const create = (item: Omit<Made, "vaultId">) =>
    passing(stage.agent, stage.channel.call("items.create", { item: { ...item, vaultId: stage.vaultId } }));
  for (const title of ["Bank card", "Home router", "Passport", "Staging database", "Wi-Fi"])
    await create({ title, category: "SecureNote", notes: "a note" });
  await create({
    ...{ title: "Mail", category: "Login", tags: ["family", "daily"], notes: "The second address is the old one." },
    fields: [
      { id: "username", title: "username", fieldType: "Text", value: "ada@example.org" },
      { id: "password", title: "password", fieldType: "Concealed", value: "correct horse battery" },
      {
        id: "code",
        title: "one-time code",
        fieldType: "Totp",
        value: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
        sectionId: "more",
      },
    ],
    sections: [{ id: "more", title: "Second factor" }],
    websites: [
      { url: "https://mail.example.org", label: "", autofillBehavior: "Never" },
      { url: "http://old.example.org", label: "old", autofillBehavior: "Never" },
    ],
    files: [{ name: "recovery.txt", content: "AAEC", sectionId: "more", fieldId: "recovery" }],
  });
  stage.person.always("ignore");
  await allowed(page, stage, "#/items");
  await page.locator(".item").first().waitFor();
}

/** Answers the page's own question, and then the one with the names that were looked up. */
async function answered(page: Page, stage: Stage): Promise<void> {
  await passing(stage.agent, page.locator(".question .field input").waitFor());
  await proven(page, PIN);
  await page.getByText("This is what it would get.").waitFor();
  await button(page, "Approve").click();
  await page.locator(".question").waitFor({ state: "detached" });
}

async function withItem(page: Page, stage: Stage): Promise<void> {
  await withItems(page, stage);
  await page.locator(".item", { hasText: "Mail" }).click();
  await answered(page, stage);
  await button(page, "Show password").click();
}

/** Two files that were attached, and one of the name of another. */
async function withFiles(page: Page, stage: Stage): Promise<void> {
  await withItem(page, stage);
  const file = (name: string, bytes: number) => ({ name, mimeType: "text/plain", buffer: Buffer.alloc(bytes, "a") });
  const files = [file("codes.txt", 90), file("a longer name of a scanned letter.pdf", 420_000), file("codes.txt", 90)];
  await page.getByLabel("Files to attach").setInputFiles(files);
  await answered(page, stage);
  await page.getByText("Attached.").nth(1).waitFor();
  await button(page, "Remove codes.txt").click();
}

/** A link that was just made, and one that has ended. */
async function withLinks(page: Page, stage: Stage): Promise<void> {
  await withItem(page, stage);
  await button(page, "Make a link").click();
  await answered(page, stage);
  await button(page, "End it").click();
  await passing(stage.agent, page.locator(".question .field input").waitFor());
  await proven(page, PIN);
  await page.getByText("was ended").waitFor();
  await button(page, "Done").click();
  await page.getByLabel("it can be opened once").check();
  await button(page, "Make a link").click();
  await page.locator(".token").waitFor();
}

/** The list with an item in it that cannot be read. */
async function withDamaged(page: Page, stage: Stage): Promise<void> {
  const overview = { title: "x", toJSON: () => ({ title: 5 }) };
  const details = { fields: [], sections: [], notes: "", files: [] };
  await sealing.createItem(stage.vaultId, overview as unknown as Parameters<OpenAccount["createItem"]>[1], details);
  await withItems(page, stage);
}

async function damagedItem(page: Page, stage: Stage): Promise<void> {
  await withDamaged(page, stage);
  await page.locator(".item", { hasText: "cannot be read" }).click();
  await button(page, "Delete …").click();
}

/** The form of the item that has a field of each look, with one that is wrong and a password that was just made. */
async function withForm(page: Page, stage: Stage): Promise<void> {
  await withItem(page, stage);
  await page.getByRole("link", { name: "Edit", exact: true }).click();
  await page.getByLabel("Title").fill("");
  await button(page, "Generate a value for password").click();
  await button(page, "Make one").click();
  await page.locator(".panel .value").waitFor();
  await button(page, "Save").click();
  await page.getByText("One part needs another look").waitFor();
}

async function withNewItem(page: Page, stage: Stage): Promise<void> {
  await allowed(page, stage, "#/items/new");
  await page.locator("form").getByLabel("Category").selectOption("BankAccount");
  await button(page, "Go on").click();
  await page.getByLabel("Title").fill("Savings");
}

async function settings(page: Page, stage: Stage): Promise<void> {
  await allowed(page, stage, "#/settings");
  await page.getByLabel("after eight hours").check();
  await page.getByLabel("Account password").first().waitFor();
}

async function serviceAccounts(page: Page, stage: Stage): Promise<void> {
  await allowed(page, stage, "#/service-accounts");
  await page.getByLabel("Name").fill("CI");
  await page.getByLabel("Vault 1, by title or id").fill("Demo");
  await page.getByLabel("Account password").fill(PASSWORD);
  await button(page, "Make it").click();
  await passing(stage.agent, page.locator(".token").waitFor());
}

const shots: readonly Shot[] = [
  { name: "items", act: withItems },
  { name: "items-dark", dark: true, act: withItems },
  { name: "items-narrow", narrow: true, act: withItems },
  { name: "item", act: withItem },
  { name: "item-dark", dark: true, act: withItem },
  { name: "item-narrow", narrow: true, act: withItem },
  { name: "item-edit", act: withForm },
  { name: "item-edit-dark", dark: true, act: withForm },
  { name: "item-edit-narrow", narrow: true, act: withForm },
  { name: "item-new", act: withNewItem },
  { name: "item-new-dark", dark: true, act: withNewItem },
  { name: "item-new-narrow", narrow: true, act: withNewItem },
  { name: "item-files", act: withFiles },
  { name: "item-files-dark", dark: true, act: withFiles },
  { name: "item-files-narrow", narrow: true, act: withFiles },
  { name: "item-links", act: withLinks },
  { name: "item-links-dark", dark: true, act: withLinks },
  { name: "item-links-narrow", narrow: true, act: withLinks },
  { name: "items-damaged", act: withDamaged },
  { name: "items-damaged-dark", dark: true, act: withDamaged },
  { name: "items-damaged-narrow", narrow: true, act: withDamaged },
  { name: "item-damaged", act: damagedItem },
  { name: "item-damaged-dark", dark: true, act: damagedItem },
  { name: "item-damaged-narrow", narrow: true, act: damagedItem },
  { name: "question", act: question },
  { name: "question-dark", dark: true, act: question },
  { name: "question-narrow", narrow: true, act: question },
  {
    name: "question-wider",
    act: async (page, stage) => {
      await asked(page, stage, byNc);
      await page.getByText("more, or longer").click();
      await page.getByLabel("How much").selectOption("vault");
      await page.getByLabel("For how long").selectOption("untilLock");
      await page.getByLabel("change it too").check();
      await page.getByText("You also allow to read, change and delete").waitFor();
    },
  },
  {
    name: "question-wrong-pin",
    act: async (page, stage) => {
      await question(page, stage);
      await proven(page, "000000");
      await page.getByText("Wrong PIN").waitFor();
    },
  },
  { name: "question-shown", act: (page, stage) => shownById(page, stage, stage.hostileId) },
  { name: "question-shown-dark", dark: true, act: (page, stage) => shownById(page, stage, stage.hostileId) },
  {
    name: "question-away",
    act: async (page, stage) => {
      await question(page, stage);
      await page.route("**/receive", (route) => route.abort());
      await page.reload();
      await page.getByText("cannot be reached").waitFor();
    },
  },
  {
    name: "approved",
    act: async (page, stage) => {
      await asked(page, stage, byNc);
      await proven(page, PIN);
      await ended(page);
    },
  },
  {
    name: "denied",
    dark: true,
    act: async (page, stage) => {
      await asked(page, stage, byNc);
      await button(page, "Deny").click();
      await ended(page);
    },
  },
  {
    name: "timed-out",
    act: async (page, stage) => {
      await asked(page, stage, byNc);
      stage.agent.clock.advance(10 * 60_000);
      await ended(page);
    },
  },
  { name: "accounts", act: (page, stage) => stage.openApp(page).then(() => page.locator("h1").waitFor()) },
  {
    name: "accounts-locked",
    dark: true,
    act: async (page, stage) => {
      await stage.openApp(page);
      await button(page, "Lock").click();
      await page.getByLabel("Account password").fill("wrong password");
      await button(page, "Unlock").click();
      await page.locator(".fault").waitFor();
    },
  },
  {
    name: "own-question",
    act: async (page, stage) => {
      await stage.openApp(page);
      await page.getByRole("link", { name: "Grants" }).click();
      await button(page, "Show it").click();
      await passing(stage.agent, page.locator(".question .field input").waitFor());
      await page.locator("button:enabled", { hasText: "Deny" }).waitFor();
    },
  },
  {
    name: "questions",
    act: async (page, stage) => {
      await allowed(page, stage, "#/questions");
      askers.push(stage.ask(), stage.askById(stage.hostileId));
      await passing(stage.agent, page.locator(".question").nth(1).waitFor());
    },
  },
  { name: "grants", act: (page, stage) => withGrants(page, stage, "#/grants") },
  { name: "grants-dark", dark: true, act: (page, stage) => withGrants(page, stage, "#/grants") },
  { name: "grants-narrow", narrow: true, act: (page, stage) => withGrants(page, stage, "#/grants") },
  {
    name: "clients",
    act: async (page, stage) => {
      await stage.channel.call("clients.open", { integrationName: "shop", integrationVersion: "2.4.0" });
      await allowed(page, stage, "#/clients");
      await page.locator(".rows li").first().waitFor();
    },
  },
  { name: "log", act: (page, stage) => withGrants(page, stage, "#/log").then(() => page.locator("table").waitFor()) },
  {
    name: "log-dark",
    dark: true,
    act: (page, stage) => withGrants(page, stage, "#/log").then(() => page.locator("table").waitFor()),
  },
  {
    name: "log-narrow",
    narrow: true,
    act: (page, stage) => allowed(page, stage, "#/log").then(() => page.locator("table").waitFor()),
  },
  { name: "keys", act: (page, stage) => allowed(page, stage, "#/keys") },
  { name: "keys-dark", dark: true, act: (page, stage) => allowed(page, stage, "#/keys") },
  { name: "service-accounts", act: serviceAccounts },
  { name: "service-accounts-dark", dark: true, act: serviceAccounts },
  { name: "service-accounts-narrow", narrow: true, act: serviceAccounts },
  { name: "settings", act: settings },
  { name: "settings-dark", dark: true, act: settings },
  { name: "settings-narrow", narrow: true, act: settings },
];

/** Each picture has an agent of its own, so that none depends on another. */
async function take(browser: Browser, shot: Shot): Promise<void> {
  const stage = await openStage((parts) => {
    sealing = parts.open;
    return sealedAccount(parts);
  });
  const context = await browser.newContext({
    viewport: shot.narrow === true ? { width: 360, height: 640 } : { width: 800, height: 640 },
    colorScheme: shot.dark === true ? "dark" : "light",
  });
  const page = await context.newPage();
  try {
    await shot.act(page, stage);
    await page.mouse.move(0, 0);
    await page.screenshot({ path: `${folder}${shot.name}.png`, fullPage: true });
  } finally {
    for (const asker of askers.splice(0)) asker.stop();
    await context.close();
    await stage.close();
  }
}

mkdirSync(folder, { recursive: true });
const wanted = process.argv.slice(2);
const taken = shots.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const browser = await startChromium();
for (const shot of taken) await take(browser, shot);
await browser.close();
process.stdout.write(`screenshots: wrote ${taken.length} to clients/desktop/screenshots\n`);

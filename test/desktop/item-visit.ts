// A person who visits the items of the app: the real page in a Chromium, at a stage of its own. It answers the questions that the page raises, and
// another program changes the same account meanwhile.
import type { Browser, BrowserContext, Page } from "playwright-core";
import { expect } from "vitest";
import type { Item, Methods } from "../../clients/typescript/generated.ts";
import type { AccountOf } from "../../daemon/session/unlocked.ts";
import { passing } from "../agent/in-process.ts";
import { openStage, PIN, type Stage } from "./stage.ts";

type NewItem = Omit<Methods["items.create"]["params"]["item"], "vaultId">;

export type Visit = {
  readonly stage: Stage;
  readonly context: BrowserContext;
  readonly page: Page;
  /** Answers the question on the page with the PIN. */
  answer(): Promise<void>;
  /** The same where the page then shows the names that were looked up, and asks for a yes to them. */
  answerNamed(): Promise<void>;
  /** Another program acts, and a person allows it elsewhere. */
  elsewhere<T>(act: (stage: Stage) => Promise<T>): Promise<T>;
  create(item: NewItem): Promise<Item>;
  /** Opens the app and its list of items. */
  openList(): Promise<void>;
  /** Goes from the list to an item. */
  openItem(title: string): Promise<void>;
  button(name: string): ReturnType<Page["getByRole"]>;
  row(title: string): ReturnType<Page["locator"]>;
  /** Ends it. The page must not have complained meanwhile. */
  close(): Promise<void>;
};

export async function openVisit(browser: Browser, accountOf?: AccountOf): Promise<Visit> {
  const stage = await openStage(accountOf);
  const context = await browser.newContext();
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    const isOfPolicy = message.type() === "error" && message.text().includes("Content Security Policy");
    if (isOfPolicy) complaints.push(message.text());
  });
  const question = page.locator(".question");
  const visit: Visit = {
    ...{ stage, context, page },
    button: (name) => page.getByRole("button", { name, exact: true }),
    row: (title) => page.locator(".item", { hasText: title }),
    answer: async () => {
      await passing(stage.agent, question.locator("button:enabled", { hasText: "Deny" }).waitFor());
      const field = question.locator(".field input");
      await field.fill(PIN);
      await visit.button("Approve").click();
      await field.waitFor({ state: "detached" });
    },
    answerNamed: async () => {
      await visit.answer();
      await page.getByText("This is what it would get.").waitFor();
      await visit.button("Approve").click();
      await question.waitFor({ state: "detached" });
    },
    elsewhere: async (act) => {
      stage.person.always("yes");
      try {
        return await passing(stage.agent, act(stage));
      } finally {
        stage.person.always("ignore");
      }
    },
    create: (item) =>
      visit.elsewhere(({ channel, vaultId }) => channel.call("items.create", { item: { ...item, vaultId } })),
    openList: async () => {
      await stage.openApp(page);
      await page.getByRole("link", { name: "Items", exact: true }).click();
      await visit.button("Show it").click();
      await visit.answer();
      await page.locator(".item").first().waitFor();
    },
    openItem: async (title) => {
      await visit.row(title).click();
      await visit.answerNamed();
      await page.getByRole("heading", { level: 1, name: title }).waitFor();
    },
    close: async () => {
      await context.close();
      await stage.close();
      expect(complaints).toEqual([]);
    },
  };
  return visit;
}

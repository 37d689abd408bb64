// The stage for tests of the form of an item: the app on its list, with a person elsewhere who answers each question.
import type { BrowserContext, Page } from "playwright-core";
import type { Item, Methods } from "../../clients/typescript/generated.ts";
import { passing } from "../agent/in-process.ts";
import { openStage, type Stage } from "./stage.ts";

export type Made = Methods["items.create"]["params"]["item"];

export type FormStage = {
  readonly stage: Stage;
  readonly page: Page;
  /** What the browser complained of. */
  readonly complaints: readonly string[];
  button(name: string | RegExp): ReturnType<Page["getByRole"]>;
  /** Lets the agent's time pass until the page shows this. */
  shows(text: string | RegExp): Promise<void>;
  create(item: Omit<Made, "vaultId">): Promise<Item>;
  /** The item as another client reads it. */
  read(itemId: string): Promise<Item>;
  /** Writes it as another client does. */
  put(item: Item): Promise<Item>;
  go(place: string): Promise<void>;
  /** The form of an item, open in a page of its own or in another one. */
  edit(item: Pick<Item, "id" | "vaultId">, at?: Page): Promise<void>;
  /** Presses Save, and waits until the item is shown. */
  saved(): Promise<void>;
  /** Presses Save, and waits until the page says this. */
  refused(text: string | RegExp): Promise<void>;
  anotherPage(): Promise<Page>;
  close(): Promise<void>;
};

export async function openFormStage(context: BrowserContext): Promise<FormStage> {
  const stage = await openStage();
  stage.person.always("yes");
  const complaints: string[] = [];
  const openPage = async () => {
    const page = await context.newPage();
    // Below the limit of a test, so that a failure says which step it was.
    page.setDefaultTimeout(10_000);
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error" && message.text().includes("Content Security Policy"))
        complaints.push(message.text());
    });
    await stage.openApp(page);
    // The app has taken the one-time code out of the address, which a test changes next.
    await page.getByRole("link", { name: "Items", exact: true }).waitFor();
    return page;
  };
  const page = await openPage();
  const byPerson = <T>(made: Promise<T>): Promise<T> => passing(stage.agent, made);
  const button = (name: string | RegExp) => page.getByRole("button", { name, exact: true });
  const go = (place: string, at = page) =>
    at.evaluate((hash) => {
      location.hash = hash;
    }, place);
  const { vaultId, channel } = stage;
  return {
    ...{ stage, page, complaints, button, go },
    shows: (text) => byPerson(page.getByText(text).first().waitFor()),
    create: (item) => byPerson(channel.call("items.create", { item: { ...item, vaultId } })),
    read: (itemId) => byPerson(channel.call("items.get", { vaultId, itemId })),
    put: (item) => byPerson(channel.call("items.put", { item })),
    edit: async (item, at = page) => {
      await go(`#/items/${item.vaultId}/${item.id}/edit`, at);
      const first = at.getByRole("button", { name: /^(?:Show it|Save)$/ }).last();
      await byPerson(first.waitFor());
      // A right that is there already needs no question.
      if ((await first.innerText()) === "Show it") await first.click();
      await byPerson(at.getByRole("button", { name: "Save", exact: true }).waitFor());
    },
    saved: async () => {
      await button("Save").click();
      await byPerson(page.waitForURL(/#\/items\/[a-z2-7]+\/[a-z2-7]+$/));
    },
    refused: async (text) => {
      await button("Save").click();
      await byPerson(page.getByText(text).first().waitFor());
    },
    anotherPage: openPage,
    close: () => stage.close(),
  };
}

// An item in the app whose sealed content is none: one row that says so, beside the others.
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { OpenAccount } from "../../clients/account/open-account.ts";
import { sealedAccount } from "../../daemon/session/sealed-account.ts";
import { chromiumPath, startChromium } from "../web/stage.ts";
import { barriersOn } from "./barriers.ts";
import { openVisit, type Visit } from "./item-visit.ts";

describe.skipIf(chromiumPath === undefined)("a malformed item in the app", () => {
  let browser: Browser;
  let visit: Visit;
  let sealing: OpenAccount;

  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    visit = await openVisit(browser, (parts) => {
      sealing = parts.open;
      return sealedAccount(parts);
    });
  });
  afterEach(() => visit.close());

  const details = { fields: [], sections: [], notes: "", files: [] };
  const seal = async (overview: unknown, inside: unknown = details) => {
    const sealed = { title: "x", toJSON: () => overview };
    const [over, content] = [sealed, inside] as unknown as [Parameters<OpenAccount["createItem"]>[1], typeof details];
    return (await sealing.createItem(visit.stage.vaultId, over, content)).id;
  };

  test("is one row with its id, is found by it, and can be deleted while the others stay", async () => {
    const id = await seal({ title: ["<b>x</b>"] });
    await visit.openList();
    const { page, row, button } = visit;
    expect(await page.locator(".item").count()).toBe(4);
    expect(await row(id).innerText()).toContain("An item that cannot be read");
    expect(await barriersOn(page)).toEqual([]);
    await page.getByLabel("Search").fill(id);
    await page.getByText("1 item.", { exact: true }).waitFor();
    await row(id).click();
    await page.getByRole("heading", { level: 1, name: "An item that cannot be read" }).waitFor();
    expect(await button("Archive").count()).toBe(0);
    expect(await barriersOn(page)).toEqual([]);
    await button("Delete …").click();
    await button("Delete for good").click();
    await visit.answerNamed();
    await page.getByLabel("Search").fill("");
    await page.getByText("3 items.").waitFor();
    expect(await row(id).count()).toBe(0);
  });

  test("with a right overview says on its page that it is none, and shows nothing of it", async () => {
    const overview = { title: "Hollow", category: "Login", tags: [], websites: [] };
    const id = await seal(overview, { fields: "s3cret" });
    await visit.openList();
    await visit.row("Hollow").click();
    await visit.answerNamed();
    await visit.page.getByText(`What is sealed as this item is none: ${id}.`).waitFor();
    expect(await visit.page.content()).not.toContain("s3cret");
  });
});

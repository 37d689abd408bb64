// Files of an item in the app: attached by the button and by a drop, cancelled, refused and removed, in a real Chromium.
import { closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Route } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { HANDLES_MAX } from "../../daemon/transfer/handles.ts";
import { passing } from "../agent/in-process.ts";
import { chromiumPath, startChromium } from "../web/stage.ts";
import { barriersOn } from "./barriers.ts";
import { openVisit, type Visit } from "./item-visit.ts";

const MIB = 1024 * 1024;

describe.skipIf(chromiumPath === undefined)("the files of an item in the app", () => {
  let browser: Browser;
  let visit: Visit;
  let folder: string;

  beforeAll(async () => {
    browser = await startChromium();
    folder = mkdtempSync(join(tmpdir(), "postern-files-"));
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    visit = await openVisit(browser);
    await visit.openList();
    await visit.openItem("STRIPE_KEY");
  });
  afterEach(() => visit.close());

  const picker = () => visit.page.getByLabel("Files to attach");
  const file = (name: string, content: Uint8Array | string) => ({
    name,
    mimeType: "application/octet-stream",
    buffer: Buffer.from(content),
  });
  const saving = (name: string) => visit.button(`Save ${name}`);
  const stored = () =>
    visit.elsewhere(async ({ channel, vaultId }) => {
      const { items } = await channel.call("items.list", { vaultId });
      const itemId = items.find(({ title }) => title === "STRIPE_KEY")?.id ?? "";
      return channel.call("items.get", { vaultId, itemId });
    });
  const names = async () => (await stored()).files.map(({ attributes }) => attributes.name);

  /** Holds the page's next calls of a method back. They go on with the returned function. */
  async function held(method: string): Promise<{ come: Promise<unknown>; goOn(): Promise<void> }> {
    const waiting: Route[] = [];
    const { promise: come, resolve } = Promise.withResolvers<unknown>();
    await visit.page.route("**/send", (route) => {
      if (route.request().postDataJSON().method !== method) return void route.continue();
      waiting.push(route);
      return resolve(undefined);
    });
    return {
      come,
      goOn: async () => {
        for (const route of waiting) await route.continue();
        await visit.page.unroute("**/send");
      },
    };
  }

  test("are attached one after another by one yes, and saved as they were, an empty one too", async () => {
    const { page } = visit;
    const bytes = Buffer.alloc(MIB + 7, "0123456789");
    await picker().setInputFiles([file("large.bin", bytes), file("empty.txt", ""), file("sm\u202eall.txt", "x")]);
    await visit.answerNamed();
    await saving("small.txt").waitFor();
    expect(await barriersOn(page)).toEqual([]);
    const item = await stored();
    expect(item.files.map(({ attributes: { name, size } }) => [name, size])).toEqual([
      ["large.bin", MIB + 7],
      ["empty.txt", 0],
      ["sm\u202eall.txt", 1],
    ]);
    expect(item.version).toBe(4);
    const coming = page.waitForEvent("download");
    await saving("large.bin").click();
    // The button opens the browser's own picker, which is not shown beside it.
    expect(await picker().isVisible()).toBe(false);
    expect(readFileSync(await (await coming).path()).equals(bytes)).toBe(true);
  });

  test("are attached by a drop anywhere on the page, which does not leave the app", async () => {
    const { page } = visit;
    const address = page.url();
    await page.evaluate(() => {
      const data = new DataTransfer();
      data.items.add(new File(["dropped"], "dropped.txt"));
      const event = () => new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
      if (document.body.dispatchEvent(event())) throw new Error("the browser would open the file");
    });
    await visit.answerNamed();
    await saving("dropped.txt").waitFor();
    expect(page.url()).toBe(address);
    expect(await names()).toEqual(["dropped.txt"]);
  });

  test("of 500 MB is refused at once with the limit, and not a byte of it is read", async () => {
    const { page } = visit;
    const path = join(folder, "huge.bin");
    const descriptor = openSync(path, "w");
    ftruncateSync(descriptor, 500_000_000);
    closeSync(descriptor);
    await page.evaluate(() => {
      const counted = globalThis as unknown as { reads: number };
      counted.reads = 0;
      for (const way of ["slice", "arrayBuffer", "stream", "text"] as const) {
        const before = Blob.prototype[way] as (...given: unknown[]) => unknown;
        Object.assign(Blob.prototype, {
          [way](this: Blob, ...given: unknown[]) {
            counted.reads++;
            return before.apply(this, given);
          },
        });
      }
    });
    const sent: string[] = [];
    page.on("request", (request) => sent.push(String(request.postDataJSON()?.method)));
    await picker().setInputFiles(path);
    await page.getByText("Not attached. It has 500.0 MB. A file has 52.4 MB at most.").waitFor();
    expect(await page.evaluate(() => (globalThis as unknown as { reads: number }).reads)).toBe(0);
    expect(sent.filter((method) => method.startsWith("files."))).toEqual([]);
    expect(await barriersOn(page)).toEqual([]);
    expect(await names()).toEqual([]);
  });

  test("of the largest size is let through, and one byte more is not", async () => {
    const { page } = visit;
    for (const [name, size] of [
      ["most.bin", 50 * MIB],
      ["more.bin", 50 * MIB + 1],
    ] as const) {
      const descriptor = openSync(join(folder, name), "w");
      ftruncateSync(descriptor, size);
      closeSync(descriptor);
    }
    await picker().setInputFiles([join(folder, "more.bin"), join(folder, "most.bin")]);
    await page.locator("li", { hasText: "more.bin" }).getByText("A file has 52.4 MB at most.").waitFor();
    await passing(visit.stage.agent, page.locator(".question button:enabled", { hasText: "Deny" }).waitFor());
    await visit.button("Deny").click();
    await page.locator("li", { hasText: "most.bin" }).getByRole("alert").waitFor();
    expect(await names()).toEqual([]);
  });

  test("show their progress, and a cancelled one is not attached while the next one is", async () => {
    const { page, button } = visit;
    await picker().setInputFiles(file("first.txt", "1"));
    await visit.answerNamed();
    await saving("first.txt").waitFor();
    const chunk = await held("files.writeChunk");
    await picker().setInputFiles([file("second.bin", Buffer.alloc(3 * MIB)), file("third.txt", "3")]);
    await chunk.come;
    expect(await page.getByRole("progressbar", { name: "Attaching second.bin" }).getAttribute("max")).toBe(
      String(3 * MIB),
    );
    await page.getByText("Waits for the one before.").waitFor();
    expect(await barriersOn(page)).toEqual([]);
    await button("Cancel attaching second.bin").click();
    await chunk.goOn();
    await saving("third.txt").waitFor();
    await page.getByText("Cancelled. Nothing of it was attached.").waitFor();
    expect(await names()).toEqual(["first.txt", "third.txt"]);
  });

  test("that wait are cancelled without being begun", async () => {
    const chunk = await held("files.writeChunk");
    await picker().setInputFiles([file("a.txt", "a"), file("b.txt", "b")]);
    await visit.answerNamed();
    await chunk.come;
    await visit.button("Cancel attaching b.txt").click();
    await chunk.goOn();
    await saving("a.txt").waitFor();
    expect(await names()).toEqual(["a.txt"]);
  });

  test("can be cancelled more often than the agent holds files, in both directions", async () => {
    const { page, button } = visit;
    await picker().setInputFiles(file("kept.bin", Buffer.alloc(2 * MIB)));
    await visit.answerNamed();
    await saving("kept.bin").waitFor();
    for (let count = 0; count <= HANDLES_MAX; count++) {
      const reading = await held("files.readChunk");
      await saving("kept.bin").click();
      await reading.come;
      await button("Cancel kept.bin").click();
      await reading.goOn();
      await saving("kept.bin").waitFor();
      const writing = await held("files.writeChunk");
      await picker().setInputFiles(file(`n${count}.bin`, "x"));
      await writing.come;
      await button(`Cancel attaching n${count}.bin`).click();
      await writing.goOn();
      await page
        .locator("li", { hasText: `n${count}.bin` })
        .getByText("Cancelled.")
        .waitFor();
    }
    expect(await names()).toEqual(["kept.bin"]);
  });

  test("of a name that the item has are refused, and of a name that is under way", async () => {
    const { page } = visit;
    await picker().setInputFiles([file("same.txt", "1"), file("same.txt", "2")]);
    await visit.answerNamed();
    await saving("same.txt").waitFor();
    await picker().setInputFiles(file("same.txt", "3"));
    await expect.poll(() => page.getByText("The item has a file of this name.").count()).toBe(2);
    expect(await names()).toEqual(["same.txt"]);
  });

  test("that the browser cannot read are refused, and the ones behind them are attached", async () => {
    const path = join(folder, "changing.txt");
    writeFileSync(path, "before");
    const opening = await held("files.openWrite");
    await picker().setInputFiles(path);
    await opening.come;
    // The browser gives no bytes of a file that is another one by now.
    rmSync(path);
    await opening.goOn();
    await visit.answerNamed();
    await visit.page.getByText("Not attached. The browser could not read it.").waitFor();
    await picker().setInputFiles(file("next.txt", "x"));
    await saving("next.txt").waitFor();
    expect(await names()).toEqual(["next.txt"]);
  });

  test("are not attached where the account locks in their middle, and the item is as it was", async () => {
    const { page, stage } = visit;
    const chunk = await held("files.writeChunk");
    await picker().setInputFiles(file("half.bin", Buffer.alloc(2 * MIB)));
    await visit.answerNamed();
    await chunk.come;
    await stage.channel.call("session.lock", {});
    // The page has its next session by then. The chunk still comes with the old one, which must not end the page.
    await page.getByText("Everything is locked.").waitFor();
    await chunk.goOn();
    await page.getByText("Everything is locked.").waitFor();
    const { db } = stage.agent.service.store;
    await expect.poll(async () => (await db.selectFrom("file_chunks").select("idx").execute()).length).toBe(0);
    const revisions = await db.selectFrom("items").select("revision").execute();
    expect(revisions.map(({ revision }) => Number(revision))).toEqual([1, 1, 1]);
    expect(await page.getByRole("link", { name: "Unlock an account" }).count()).toBe(1);
  });

  test("are refused where somebody changed the item meanwhile", async () => {
    const item = await stored();
    await visit.elsewhere(({ channel }) => channel.call("items.put", { item: { ...item, notes: "newer" } }));
    await picker().setInputFiles(file("late.txt", "x"));
    await visit.answerNamed();
    await visit.page.locator("li", { hasText: "late.txt" }).getByRole("alert").waitFor();
    expect(await names()).toEqual([]);
  });

  test("are removed after the page has asked once more, and kept otherwise", async () => {
    const { page, button } = visit;
    await picker().setInputFiles([file("one.txt", "1"), file("two.txt", "2")]);
    await visit.answerNamed();
    await saving("two.txt").waitFor();
    await button("Remove one.txt").click();
    expect(await page.locator(":focus").innerText()).toBe("Keep it");
    expect(await barriersOn(page)).toEqual([]);
    await page.keyboard.press("Enter");
    await button("Remove one.txt").click();
    await button("Remove it").click();
    await saving("one.txt").waitFor({ state: "detached" });
    expect(await names()).toEqual(["two.txt"]);
    // A file that was removed can be attached again.
    await picker().setInputFiles(file("one.txt", "3"));
    await saving("one.txt").waitFor();
  });
});

// The agent ends under an open page and starts again: no call of the page hangs, nothing is changed or granted, and the page names the next step.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { passing, startInProcess } from "../agent/in-process.ts";
import { attachPerson } from "../agent/person.ts";
import { chromiumPath, startChromium } from "../web/stage.ts";
import { barriersOn } from "./barriers.ts";
import { openFormStage } from "./form-stage.ts";
import { openStage, PASSWORD, PIN } from "./stage.ts";

describe.skipIf(chromiumPath === undefined)("a page whose agent starts again (needs chromium)", () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser?.close());

  test("says that the agent is away, ends each form's call, and then says how to open another page", async () => {
    const stage = await openStage();
    const page = await browser.newPage();
    page.setDefaultTimeout(15_000);
    await stage.openApp(page);
    await page.getByRole("link", { name: "Settings" }).click();
    await page.getByRole("button", { name: "Show it" }).click();
    await passing(stage.agent, page.locator("button:enabled", { hasText: "Deny" }).waitFor());
    await page.locator(".question .field input").fill(PIN);
    await page.getByRole("button", { name: "Approve", exact: true }).click();
    const form = page.getByRole("form", { name: "Where a question comes" });
    await form.getByRole("checkbox", { name: "Terminal" }).check();
    const asker = stage.ask();
    const { port } = new URL(page.url());
    // The agent ends at the moment at which the form's call is on its way.
    await page.route("**/send", async (route) => {
      if (!(route.request().postData() ?? "").includes("accounts.setApprovers")) return route.continue();
      await stage.stop();
      await route.continue();
    });
    const save = async () => {
      await form.getByLabel("Account password").fill(PASSWORD);
      await form.getByRole("button", { name: "Save the order" }).click();
      await form.getByText("The agent went away before the answer.").waitFor();
    };
    await save();
    expect(await asker.answer).not.toBe("allowed");
    await page.getByText("run postern app to open another one").waitFor();
    expect(await barriersOn(page)).toEqual([]);
    await page.unrouteAll();
    // The forms are still there, and a call ends at once while nobody answers.
    await save();
    const again = await startInProcess(stage.agent.home, stage.agent.service, undefined, undefined, [], {
      env: { DISPLAY: ":0" },
      browsers: { opener: "/usr/bin/true", notifier: "/usr/bin/false" },
      appPort: Number(port),
    });
    // The person does what the page says. The new agent takes its old port then, and knows nothing of the old page.
    const channel = await again.connect();
    await channel.call("app.open", {});
    await page.getByRole("heading", { name: "This page has ended" }).waitFor();
    expect(await page.getByRole("alert").innerText()).toContain("Run postern app to open another page.");
    expect(await page.locator("form").count()).toBe(0);
    expect((await channel.call("agent.status", {})).state).toBe("locked");
    await passing(again, channel.call("session.unlock", { password: PASSWORD }));
    const person = await attachPerson(again);
    const { sessions } = await person.channel.call("agent.status", {});
    expect(sessions.map(({ approvers }) => approvers)).toEqual([["app"]]);
    const { grants } = await person.channel.call("grants.list", {});
    expect(grants).toEqual([]);
    person.leave();
    channel.close();
    await page.close();
    await again.stop();
    await stage.close();
  });

  test.each([
    ["keeps unsaved words while the agent is away, and says at the end that they are gone", true],
    ["says nothing of unsaved words where nothing was typed", false],
  ])("%s", async (_what, isTyped) => {
    const context = await browser.newContext();
    const { stage, page, create, edit } = await openFormStage(context);
    await edit(await create({ title: "Mail", category: "SecureNote", notes: "old" }));
    const notes = page.getByLabel("Notes", { exact: true });
    if (isTyped) await notes.fill("typed");
    await stage.stop();
    await page.getByText("copy what you have not saved, and run postern app").waitFor();
    expect(await notes.inputValue()).toBe(isTyped ? "typed" : "old");
    expect(await notes.isEditable()).toBe(true);
    const again = await startInProcess(stage.agent.home, stage.agent.service, undefined, undefined, [], {
      env: { DISPLAY: ":0" },
      browsers: { opener: "/usr/bin/true", notifier: "/usr/bin/false" },
      appPort: Number(new URL(page.url()).port),
    });
    const channel = await again.connect();
    await channel.call("app.open", {});
    await page.getByRole("heading", { name: "This page has ended" }).waitFor();
    const told = await page.getByRole("alert").innerText();
    expect(told.includes("What you had typed is gone from this page.")).toBe(isTyped);
    expect(await barriersOn(page)).toEqual([]);
    channel.close();
    await context.close();
    await again.stop();
    await stage.close();
  });
});

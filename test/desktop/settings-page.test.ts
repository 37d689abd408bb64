// The settings in a real Chromium: each form sends one call, and a refused one changes nothing.
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { passing } from "../agent/in-process.ts";
import { makeWork, WORK_PASSWORD } from "../agent/person.ts";
import { chromiumPath, startChromium } from "../web/stage.ts";
import { barriersOn } from "./barriers.ts";
import { openStage, PASSWORD, PIN, type Stage } from "./stage.ts";

describe.skipIf(chromiumPath === undefined)("the settings (needs chromium)", () => {
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
    // Below the limit of a test, so that a failure says which step it was.
    page.setDefaultTimeout(10_000);
    complaints = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    await stage.openApp(page);
    await goTo("Settings");
    await page.getByRole("button", { name: "Show it" }).click();
    await answer(PIN);
    await form("Lock by itself").waitFor();
  });
  afterEach(async () => {
    await context.close();
    await stage.close();
    expect(complaints).toEqual([]);
  });

  const goTo = (name: string) => page.getByRole("link", { name, exact: true }).click();
  /** Answers the page's own question. */
  const answer = async (proof: string) => {
    await passing(stage.agent, page.locator("button:enabled", { hasText: "Deny" }).waitFor());
    await page.locator(".question .field input").fill(proof);
    await page.getByRole("button", { name: "Approve", exact: true }).click();
    await page.locator(".question .field input").waitFor({ state: "detached" });
  };
  const form = (name: string) => page.getByRole("form", { name });
  const give = (name: string, password: string) => form(name).getByLabel("Account password").fill(password);
  const send = (name: string) => form(name).locator("button.main").click();
  /** The line of the form that says what happened. */
  const says = (name: string, text: string | RegExp) => passing(stage.agent, form(name).getByText(text).waitFor());
  const sessions = async () => (await stage.person.channel.call("agent.status", {})).sessions;
  const session = async () => (await sessions())[0];
  const typeTwice = async (name: string, what: string, first: string, second = first) => {
    await form(name).getByLabel(`New ${what}`, { exact: true }).fill(first);
    await form(name).getByLabel(`New ${what}, once more`).fill(second);
  };
  /** The answer to a proof: "ok", or the name of the error. */
  const outcome = (attempt: Promise<unknown>) =>
    passing(stage.agent, attempt).then(
      () => "ok",
      (error: { errorName: string }) => error.errorName,
    );
  const byPassword = (password: string) => outcome(stage.channel.call("accounts.kit", { password }));
  /** Another page of the app asks for a list, and is answered by this PIN. */
  const byPin = async (pin: string) => {
    const other = await context.newPage();
    await stage.openApp(other);
    await other.getByRole("link", { name: "Grants" }).click();
    await other.getByRole("button", { name: "Show it" }).click();
    await passing(stage.agent, other.locator("button:enabled", { hasText: "Deny" }).waitFor());
    await other.locator(".question .field input").fill(pin);
    await other.getByRole("button", { name: "Approve", exact: true }).click();
    const answered = other.locator(".question .fault").or(other.locator(".rows"));
    await passing(stage.agent, answered.first().waitFor());
    const text = await answered.first().innerText();
    await other.close();
    return /wrong PIN/i.test(text) ? "proofRefused" : "ok";
  };

  test("lengthens the time of the lock by the password only, and shortens it without", async () => {
    const lock = "Lock by itself";
    expect(await form(lock).getByLabel("Account password").count()).toBe(0);
    expect(await form(lock).getByLabel("when the screen is locked").count()).toBe(0);
    await form(lock).getByLabel("after eight hours without use").check();
    await send(lock);
    await says(lock, "Type the account password.");
    await give(lock, "wrong password");
    await send(lock);
    await says(lock, "The account password is wrong.");
    expect(await form(lock).getByLabel("Account password").inputValue()).toBe("");
    expect((await session())?.idleLock).toBe("tenMinutes");
    await give(lock, PASSWORD);
    await send(lock);
    await says(lock, "Saved. It locks so from now on.");
    expect((await session())?.idleLock).toBe("eightHours");
    await form(lock).getByLabel("after ten minutes without use").check();
    expect(await form(lock).getByLabel("Account password").count()).toBe(0);
    await send(lock);
    await says(lock, "Saved. It locks so from now on.");
    expect((await session())?.idleLock).toBe("tenMinutes");
  });

  test("says that a time was made shorter elsewhere, and lengthens nothing without the password", async () => {
    const proof = { password: PASSWORD } as const;
    const lock = "Lock by itself";
    await stage.channel.call("accounts.setIdleLock", { idleLock: "eightHours", ...proof });
    await page.reload();
    await form(lock).getByLabel("after eight hours without use").waitFor();
    await stage.channel.call("accounts.setIdleLock", { idleLock: "tenMinutes" });
    await send(lock);
    await says(lock, /This needs the account password/);
    expect((await session())?.idleLock).toBe("tenMinutes");
    expect(await form(lock).getByLabel("after ten minutes without use").isChecked()).toBe(true);
  });

  test("changes the ways and their order by the keyboard, and keeps the old ones where the password is wrong", async () => {
    const ways = "Where a question comes";
    expect((await session())?.approvers).toEqual(["app"]);
    await form(ways).getByRole("checkbox", { name: "Terminal" }).focus();
    await page.keyboard.press("Space");
    await form(ways).getByRole("button", { name: "Up: Terminal" }).focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Enter");
    // At the top there is no way further up. The focus stays in the row.
    const focused = page.locator(":focus");
    expect(await focused.getAttribute("aria-label")).toBe("Down: Terminal");
    await give(ways, "wrong password");
    await send(ways);
    await says(ways, "The account password is wrong.");
    expect((await session())?.approvers).toEqual(["app"]);
    expect(await form(ways).getByRole("checkbox", { name: "Terminal" }).isChecked()).toBe(true);
    await give(ways, PASSWORD);
    await page.keyboard.press("Enter");
    await says(ways, "Saved. The next question comes so.");
    expect((await session())?.approvers).toEqual(["terminal", "app"]);
    await form(ways).getByRole("checkbox", { name: "Terminal" }).uncheck();
    await form(ways).getByRole("checkbox", { name: "App" }).uncheck();
    await form(ways)
      .getByText(/No way is chosen/)
      .waitFor();
    await give(ways, PASSWORD);
    await send(ways);
    await says(ways, "Saved. The next question comes so.");
    expect((await session())?.approvers).toEqual([]);
  });

  test("sets for how long the log keeps records by the password only, and refuses what is no number of days", async () => {
    const log = "The log";
    const days = form(log).getByLabel("Days for which it keeps records");
    expect(await days.inputValue()).toBe("90");
    for (const typed of ["6", "3651", "1e3", ""]) {
      await days.fill(typed);
      await give(log, PASSWORD);
      await send(log);
      await says(log, "Type a number of days from 7 to 3650.");
    }
    await days.fill("365");
    await give(log, "wrong password");
    await send(log);
    await says(log, "The account password is wrong.");
    expect([(await session())?.logDays, await days.inputValue()]).toEqual([90, "365"]);
    await give(log, PASSWORD);
    await send(log);
    await says(log, "Saved. The log keeps its records for so long.");
    expect((await session())?.logDays).toBe(365);
  });

  test("refuses a PIN that is short, typed differently, guessed first, or sent with a wrong password", async () => {
    const name = "Approval PIN";
    const refused = async (pin: string, second: string, password: string, text: string | RegExp) => {
      await typeTwice(name, "PIN", pin, second);
      await give(name, password);
      await send(name);
      await says(name, text);
    };
    await refused("49381", "49381", PASSWORD, "The new PIN needs at least 6 characters.");
    await refused("70291638", "70291639", PASSWORD, "The two are not the same.");
    await refused("123456", "123456", PASSWORD, /guessed first.*Choose another one, best eight random digits/);
    await refused("70291638", "70291638", "wrong password", "The account password is wrong.");
    expect(await byPin("70291638")).toBe("proofRefused");
    expect(await byPin(PIN)).toBe("ok");
    expect(await form(name).getByLabel("New PIN", { exact: true }).inputValue()).toBe("");
  });

  test("changes the PIN, and keeps neither it nor the password", async () => {
    const name = "Approval PIN";
    await typeTwice(name, "PIN", "70291638");
    await give(name, PASSWORD);
    await send(name);
    await says(name, "The new PIN holds from now on.");
    expect(await byPin("70291638")).toBe("ok");
    expect(await byPin(PIN)).toBe("proofRefused");
    const kept = await page.evaluate(
      () => JSON.stringify({ ...sessionStorage, ...localStorage, at: location.href }) + document.body.outerHTML,
    );
    expect(kept).not.toContain("70291638");
    expect(kept).not.toContain(PASSWORD);
    for (const input of await page.locator("input[type=password]").all()) expect(await input.inputValue()).toBe("");
  });

  test("changes the account password by the old one only", async () => {
    const name = "Account password";
    const next = "eleven bright lanterns at sea";
    await typeTwice(name, "password", "seven");
    await send(name);
    await says(name, "The new password needs at least 8 characters.");
    await typeTwice(name, "password", next);
    await form(name).getByLabel("Account password", { exact: true }).fill("wrong password");
    await send(name);
    await says(name, "The account password is wrong.");
    expect(await byPassword(PASSWORD)).toBe("ok");
    await typeTwice(name, "password", next);
    await form(name).getByLabel("Account password", { exact: true }).fill(PASSWORD);
    await send(name);
    await says(name, /The new password holds/);
    expect([await byPassword(next), await byPassword(PASSWORD)]).toEqual(["ok", "proofRefused"]);
  });

  test("changes the account that was chosen, and leaves the other one as it was", async () => {
    const { account } = await makeWork(stage.agent);
    await goTo("Accounts");
    await goTo("Settings");
    const other = form("Another account");
    const show = async (named: string, password: string) => {
      await other.getByLabel("Account name").fill(named);
      await other.getByLabel("Account password").fill(password);
      await other.getByRole("button").click();
      await passing(
        stage.agent,
        other
          .locator("button:enabled")
          .or(page.getByLabel("Account", { exact: true }))
          .first()
          .waitFor(),
      );
    };
    await show("Nobody", WORK_PASSWORD);
    await other.locator(".fault").waitFor();
    // The password of the default account opens no settings of the other one.
    await show("Work", PASSWORD);
    await other.locator(".fault").waitFor();
    expect(await page.getByLabel("Account", { exact: true }).count()).toBe(0);
    await show("Work", WORK_PASSWORD);
    await expect.poll(() => page.getByLabel("Account", { exact: true }).inputValue()).toBe(account);
    const lock = "Lock by itself";
    await form(lock).getByLabel("after eight hours without use").check();
    // The password of the default account proves nothing here.
    await give(lock, PASSWORD);
    await send(lock);
    await says(lock, "The account password is wrong.");
    await give(lock, WORK_PASSWORD);
    await send(lock);
    await says(lock, "Saved. It locks so from now on.");
    // The person of the test manages the default account only. The page itself shows the other one.
    expect((await sessions()).map(({ idleLock }) => idleLock)).toEqual(["tenMinutes", undefined]);
    expect(await form(lock).getByLabel("after eight hours without use").isChecked()).toBe(true);
  });

  test("has no form while everything is locked, and leads to the unlock", async () => {
    await passing(stage.agent, stage.channel.call("session.lock", {}));
    await passing(stage.agent, page.getByRole("link", { name: "Unlock an account" }).waitFor());
    expect(await page.locator("form").count()).toBe(0);
  });

  test("leads to the fingerprint page; both fit a narrow screen, light and dark", async () => {
    await page.setViewportSize({ width: 360, height: 640 });
    for (const [name, colorScheme] of [
      ["Settings", "light"],
      ["Settings", "dark"],
      ["Fingerprint and keys", "light"],
      ["Fingerprint and keys", "dark"],
    ] as const) {
      await goTo(name);
      await page.emulateMedia({ colorScheme });
      await page.getByRole("heading", { level: 1, name }).waitFor();
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
      expect(await barriersOn(page)).toEqual([]);
    }
    await goTo("Settings");
    await goTo("Enrol or remove a fingerprint reader or a security key");
    await page.getByRole("heading", { level: 1, name: "Fingerprint and keys" }).waitFor();
  });
});

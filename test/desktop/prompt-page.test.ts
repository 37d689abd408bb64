// A question in a real Chromium, as a person meets it: the agent, its door and its page are real. Only opening the browser is left to the test.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { passing } from "../agent/in-process.ts";
import { chromiumPath, startChromium } from "../web/stage.ts";
import { barriersOn } from "./barriers.ts";
import { type Asker, HOSTILE, openStage, PASSWORD, PIN, REFERENCE, type Stage } from "./stage.ts";

/** Tries of a PIN in a row, after which it is switched off. */
const PIN_TRIES = 5;

const INVISIBLE = /[\u200b\u202a-\u202e\u2066-\u2069]/;

describe.skipIf(chromiumPath === undefined)("the page of a question", () => {
  let stage: Stage;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let asker: Asker;
  let elsewhere: string[];

  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    stage = await openStage();
    context = await browser.newContext();
    page = await context.newPage();
    elsewhere = [];
    context.on("request", (request) => {
      const { protocol, hostname } = new URL(request.url());
      if (protocol !== "data:" && protocol !== "file:" && !hostname.endsWith(".postern.localhost"))
        elsewhere.push(request.url());
    });
  });
  afterEach(async () => {
    asker?.stop();
    await context.close();
    await stage.close();
    expect(elsewhere).toEqual([]);
  });

  const deny = () => page.getByRole("button", { name: "Deny" });
  const approve = () => page.getByRole("button", { name: "Approve" });
  const field = () => page.locator(".question .field input");
  const heading = () => page.getByRole("heading", { level: 1 });
  const text = () => page.locator("#page").innerText();
  const ended = async (title: string) => {
    await passing(stage.agent, heading().filter({ hasText: title }).waitFor());
  };
  const answerable = (of = page) => of.locator("button:enabled", { hasText: "Deny" }).waitFor();
  const shows = async (start: (stage: Stage) => Asker = ({ ask }) => ask()) => {
    asker = start(stage);
    await stage.openPrompt(page);
    await answerable();
  };
  const give = async (proof: string) => {
    await field().fill(proof);
    await approve().click();
  };
  const more = () => page.getByText("more, or longer").click();
  const grants = async () => {
    const proof = { kind: "password", password: PASSWORD } as const;
    return (await stage.channel.call("grants.list", { proof })).grants;
  };

  test("says who asks, what for, how long a yes holds, and the code; what the asker says of itself is marked", async () => {
    await shows(({ askFromMake }) => askFromMake());
    const shown = await text();
    const [prompt] = stage.person.seen.slice(-1);
    expect(shown).toContain(prompt?.code);
    for (const part of [REFERENCE, "10 minutes without use", "process", "/shop", "/dev/pts/"])
      expect(shown).toContain(part);
    expect(await heading().innerText()).toBe("node, which says it runs deploy.js, wants to read");
    const facts = await page.locator(".fact").allInnerTexts();
    const claims = facts.filter((fact) => fact.includes("its own words"));
    expect(claims.map((fact) => fact.split("\n")[0])).toEqual(["Says it runs", "Calls itself"]);
    expect(claims[1]).toContain("shop-deploy 2.4.0");
    expect(facts.find((fact) => fact.startsWith("Started by"))).toMatch(/make in bash in node/);
    expect(await barriersOn(page)).toEqual([]);
  });

  test("takes no answer in the first half second, and then gives the focus to Deny", async () => {
    // Clicks on Deny as soon as it is there, and notes when that was, and when the button could be used.
    await page.addInitScript(() => {
      const seen: { there?: number; usable?: number } = {};
      Object.assign(globalThis, { seen });
      new MutationObserver(() => {
        const button = [...document.querySelectorAll("button")].find((one) => one.textContent === "Deny");
        if (button === undefined) return;
        seen.there ??= performance.now();
        if (button.disabled) button.click();
        else seen.usable ??= performance.now();
      }).observe(document, { subtree: true, childList: true, attributes: true });
    });
    await shows();
    const { there = 0, usable = 0 } = await page.evaluate(
      () => (globalThis as unknown as { seen: { there?: number; usable?: number } }).seen,
    );
    expect(usable - there).toBeGreaterThan(450);
    expect(await deny().evaluate((button) => button === document.activeElement)).toBe(true);
    expect((await stage.channel.call("agent.status", {})).openPrompts).toBe(1);
  });

  test("approves by the PIN, typed and sent by keyboard alone, and says so again after it was loaded again", async () => {
    await shows();
    await page.keyboard.press("Shift+Tab");
    expect(await field().evaluate((input) => input === document.activeElement)).toBe(true);
    await page.keyboard.type(PIN);
    await page.keyboard.press("Enter");
    await ended("Approved");
    expect(await asker.answer).toBe("allowed");
    await page.reload();
    await ended("Approved");
    expect(await barriersOn(page)).toEqual([]);
  });

  test("denies by one key, and the program gets nothing", async () => {
    await shows();
    await page.keyboard.press("Enter");
    await ended("Denied");
    expect(await passing(stage.agent, asker.answer)).toBe("approvalDenied");
    expect(await grants()).toHaveLength(
      (await grants()).filter(({ subject }) => !subject.program.includes("nc")).length,
    );
  });

  test("keeps nothing of the code in its address, in its history or in the tab", async () => {
    await shows();
    expect(page.url()).toMatch(/^http:\/\/[0-9a-f]{32}\.postern\.localhost:\d+\/$/);
    expect(await page.evaluate(() => [history.state, document.cookie])).toEqual([null, ""]);
    await give(PIN);
    await ended("Approved");
    const kept = await page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }]));
    expect(kept).not.toContain(PIN);
    expect(kept).not.toMatch(/"session"/);
  });

  test("says how many tries are left after a wrong PIN, counts no slip, and takes the right one", async () => {
    await shows();
    await give("1");
    await page.getByText("That is too short for a PIN. It counted as no try.").waitFor();
    await give("000000");
    await page.getByText(`Wrong PIN, ${PIN_TRIES - 1} tries left.`).waitFor();
    expect(await field().inputValue()).toBe("");
    expect(await field().evaluate((input) => input === document.activeElement)).toBe(true);
    expect(await barriersOn(page)).toEqual([]);
    await give(PIN);
    await ended("Approved");
  });

  test("asks for the account password once wrong tries have switched the PIN off", async () => {
    await shows();
    for (let left = PIN_TRIES - 1; left > 0; left--) {
      await give("000000");
      await page.getByText(`Wrong PIN, ${left} ${left === 1 ? "try" : "tries"} left.`).waitFor();
    }
    await give("000000");
    await page.getByLabel("Account password").waitFor();
    await give(PASSWORD);
    await ended("Approved");
    expect(await asker.answer).toBe("allowed");
  });

  test("gives as much as was chosen, shows it before the proof, and keeps the choice over a reload", async () => {
    await shows();
    await more();
    await page.getByLabel("How much").selectOption({ label: "everything in the vault" });
    await page.getByText("You also allow to read everything in its vault.").waitFor();
    await page.getByLabel("For how long").selectOption({ label: "until the account locks" });
    await page.getByText("It ends when the account locks").waitFor();
    await page.reload();
    await answerable();
    expect(await text()).toContain("You also allow to read everything in its vault.");
    expect(await page.getByLabel("How much").inputValue()).toBe("vault");
    await give(PIN);
    await ended("Approved");
    expect(await asker.answer).toBe("allowed");
    const proof = { kind: "password", password: PASSWORD } as const;
    const { records } = await stage.channel.call("audit.list", { proof, limit: 20 });
    const answer = records.findLast(({ event }) => event === "prompts.answer");
    expect(answer?.names).toContain("You also allow to read everything in its vault.");
  });

  test("offers no width that does not fit the question", async () => {
    await shows(({ askById, hostileId }) => askById(hostileId));
    await more();
    const offered = () => page.getByLabel("How much").locator("option").allInnerTexts();
    await expect.poll(offered).toEqual(["only this", "everything in the vault", "everything in the account"]);
  });

  test("shows a title after the proof alone, as text on its own lines, and takes a second yes", async () => {
    await shows(({ askById, hostileId }) => askById(hostileId));
    expect(await text()).not.toContain("onerror");
    await give(PIN);
    await page.getByText("This is what it would get.").waitFor();
    await answerable();
    expect(await deny().evaluate((element) => element === document.activeElement)).toBe(true);
    expect(await page.locator(".things").innerText()).toContain(HOSTILE.slice(0, 28));
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.locator("#page").innerHTML()).not.toMatch(INVISIBLE);
    // A row that goes on begins further to the right than any line, so the title cannot look like a line of ours.
    const [first, second] = await page.locator(".part bdi", { hasText: "onerror" }).evaluate((element) => {
      const range = document.createRange();
      range.selectNodeContents(element);
      return [...range.getClientRects()].map(({ left }) => left);
    });
    expect(second).toBeGreaterThan((first ?? 0) + 10);
    expect(await barriersOn(page)).toEqual([]);
    await approve().click();
    await ended("Approved");
    expect(await asker.answer).toBe("allowed");
  });

  test("gives nothing for the proof alone where the title is denied", async () => {
    await shows(({ askById, hostileId }) => askById(hostileId));
    await give(PIN);
    await page.getByText("This is what it would get.").waitFor();
    await deny().click();
    await ended("Denied");
    expect(await passing(stage.agent, asker.answer)).toBe("approvalDenied");
  });

  test("cuts a long reference, and stays as narrow as the window", async () => {
    const long = `op://Demo/${"y".repeat(1_900)}/password`;
    await shows(({ ask }) => ask(long));
    expect((await page.locator(".things").innerText()).length).toBeLessThan(400);
    await page.setViewportSize({ width: 360, height: 640 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  });

  test("says that it was answered elsewhere, yes and no", async () => {
    const both = [
      ["yes", "Approved elsewhere"],
      ["no", "Denied elsewhere"],
    ] as const;
    for (const [answer, title] of both) {
      await shows();
      const prompt = stage.person.seen.at(-1);
      if (prompt !== undefined) await stage.person[answer](prompt);
      await ended(title);
    }
  });

  test("ends at the deadline, and a later answer changes nothing", async () => {
    await shows();
    await field().fill(PIN);
    stage.agent.clock.advance(3 * 60_000);
    await ended("The time is over");
    expect(await asker.answer).toBe("approvalTimedOut");
    expect(await approve().count()).toBe(0);
  });

  test("ends when the program stops waiting", async () => {
    await shows();
    asker.stop();
    await ended("Nobody waits any more");
  });

  test("ends at a lock", async () => {
    await shows();
    await stage.channel.call("session.lock", {});
    await ended("The account was locked");
  });

  test("in two windows takes one answer, and the other window says so", async () => {
    await shows();
    const other = await context.newPage();
    const kept = await page.evaluate(() => sessionStorage.getItem("postern session"));
    await other.goto(page.url());
    await other.evaluate((session) => sessionStorage.setItem("postern session", session ?? ""), kept);
    await other.evaluate(() => sessionStorage.removeItem("postern ending"));
    await other.reload();
    await answerable(other);
    await give(PIN);
    await ended("Approved");
    await other.getByRole("heading", { name: "Approved elsewhere" }).waitFor();
  });

  test("says that its address was used before, and that it was opened without one", async () => {
    asker = stage.ask();
    const address = await stage.redirect();
    // The agent removes the file when it was used. Somebody may have copied it.
    const target = /url=([^"]+)"/.exec(readFileSync(fileURLToPath(address), "utf8"))?.[1] ?? "";
    await page.goto(target);
    await answerable();
    const thief = await context.newPage();
    await thief.goto(target);
    await thief.getByRole("heading", { name: "This address was used before" }).waitFor();
    expect(thief.url()).not.toContain("#");
    const bare = await context.newPage();
    await bare.goto(new URL(target).origin);
    await bare.getByRole("heading", { name: "This page was opened without its address" }).waitFor();
    expect(await barriersOn(bare)).toEqual([]);
  });

  test("says that the agent is away, takes no answer meanwhile, and goes on when it is back", async () => {
    await shows();
    await page.route("**/receive", (route) => route.abort());
    await page.reload();
    await page.getByText("The agent cannot be reached.").waitFor();
    await page.unroute("**/receive");
    await answerable();
    await give(PIN);
    await ended("Approved");
  });

  test("ends when the agent stops", async () => {
    await shows();
    await stage.stop();
    await heading().filter({ hasText: "The account was locked" }).waitFor();
  });

  test("shows the time that the agent gives, on a machine whose browser is an hour behind or ahead", async () => {
    for (const wrongMs of [-3_600_000, 3_600_000]) {
      const other = await context.newPage();
      await other.clock.install({ time: Date.now() + wrongMs });
      const waiting = stage.ask();
      await stage.openPrompt(other);
      await answerable(other);
      const left = await other.getByRole("timer").innerText();
      expect(left).toMatch(/^(?:2:00|1:[0-5]\d) left$/);
      waiting.stop();
      await other.close();
    }
  });

  test("fits a narrow screen, light and dark", async () => {
    await shows(({ askFromMake }) => askFromMake());
    await page.setViewportSize({ width: 360, height: 640 });
    await more();
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
      expect(await barriersOn(page)).toEqual([]);
    }
  });
});

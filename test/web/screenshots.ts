// `npm run screenshots` stores pictures of the share page in each of its states, beside this file. People look at them. The tests check the rest.
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { crypto } from "../service/doors.ts";
import { openStage, type Stage, shareOf, startChromium } from "./stage.ts";

const folder = fileURLToPath(new URL("../../service/web/screenshots/", import.meta.url));

type Shot = {
  readonly name: string;
  readonly oneTime?: boolean;
  readonly dark?: boolean;
  readonly narrow?: boolean;
  /** A change of the share before the page opens. */
  readonly before?: (stage: Stage, url: string) => unknown;
  /** The person's actions, and the waits between them. */
  readonly act?: (page: Page) => Promise<unknown>;
  readonly link?: (url: string) => string;
};

const show = (page: Page) => page.getByRole("button", { name: "Show", exact: true }).click();
const ended = (page: Page) => page.locator("[data-ending]").waitFor();
const sql = (text: string) => (stage: Stage, url: string) => stage.sabotage(text, shareOf(url));
const opened = async (page: Page) => {
  await show(page);
  await page.getByRole("button", { name: "Show password" }).click();
};

const shots: readonly Shot[] = [
  { name: "ready" },
  { name: "ready-one-time", oneTime: true },
  { name: "shown", act: opened },
  { name: "shown-dark", act: opened, dark: true },
  { name: "shown-narrow", act: opened, narrow: true, oneTime: true },
  {
    name: "expired",
    before: sql("UPDATE shares SET expires_at = '2026-01-01T00:00:00.000Z' WHERE id = ?"),
    act: ended,
  },
  { name: "used-up", before: sql("UPDATE shares SET one_time = 1, views = 1 WHERE id = ?"), act: ended },
  { name: "revoked", before: (stage, url) => stage.ada.account.shares.revoke(shareOf(url)), act: ended },
  { name: "not-found", link: (url) => url.replace(shareOf(url), "a".repeat(26)), act: ended },
  { name: "incomplete", link: (url) => url.slice(0, -1), act: ended },
  { name: "opened-before", act: (page) => page.reload().then(() => ended(page)) },
  {
    name: "tampered",
    before: sql("UPDATE shares SET sealed = substr(sealed, 1, 100) WHERE id = ?"),
    act: (page) => show(page).then(() => ended(page)),
  },
  {
    name: "offline",
    act: async (page) => {
      await page.getByRole("button", { name: "Show", exact: true }).waitFor();
      await page.context().setOffline(true);
      await show(page);
      await ended(page);
    },
  },
];

/** The same day in each run. The page shows its times in UTC. */
const EXPIRES = "2099-12-01T09:00:00.000Z";

async function take(stage: Stage, browser: Browser, shot: Shot): Promise<void> {
  const context = await browser.newContext({
    viewport: shot.narrow === true ? { width: 360, height: 640 } : { width: 800, height: 520 },
    colorScheme: shot.dark === true ? "dark" : "light",
    timezoneId: "UTC",
  });
  const url = await stage.share(shot.oneTime === true);
  stage.sabotage("UPDATE shares SET expires_at = ? WHERE id = ?", EXPIRES, shareOf(url));
  await shot.before?.(stage, url);
  const page = await context.newPage();
  await page.clock.setFixedTime("2026-11-25T09:00:05Z");
  await page.goto(shot.link?.(url) ?? url);
  await page.locator("h1").waitFor();
  await shot.act?.(page);
  await page.mouse.move(0, 0);
  await page.screenshot({ path: `${folder}${shot.name}.png`, fullPage: true });
  await context.close();
}

mkdirSync(folder, { recursive: true });
const stage = await openStage("honest", crypto.randomBytes(48_231));
const browser = await startChromium();
for (const shot of shots) await take(stage, browser, shot);
await browser.close();
await stage.close();
process.stdout.write(`screenshots: wrote ${shots.length} to service/web/screenshots\n`);

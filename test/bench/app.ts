// The items of the app with 10,000 of them, in a real Chromium: how soon the page is drawn, how smoothly the list scrolls, how soon a typed letter has
// filtered it. The agent runs in this process and serves the page as it does to a person.
import type { Page } from "playwright-core";
import { passing } from "../agent/in-process.ts";
import { openStage, PIN, type Stage } from "../desktop/stage.ts";
import { chromiumPath, startChromium } from "../web/stage.ts";
import { figureOf, RUNS, row, shown } from "./figures.ts";

/** What the page has. The types of this folder are those of Node. */
declare function requestAnimationFrame(call: (ms: number) => void): number;
declare function addEventListener(name: "input", hear: (event: { timeStamp: number }) => void, early: boolean): void;

const ITEMS = 10_000;
const BATCH = 100;
const STEPS = 200;
/** Pixels of a step: two rows of the list. */
const STEP_PX = 112;
/** A frame that takes longer is seen as a halt. */
const LONG_FRAME_MS = 50;
const KEYS = "item 42";
/** Milliseconds in which a page seems to be there at once. */
const PAINT_MS_MAX = 200;

export async function appFigures(): Promise<void> {
  if (chromiumPath === undefined)
    return row(`the app with ${ITEMS} items`, "not measured: there is no Chromium on this machine");
  const browser = await startChromium();
  const stage = await openStage();
  try {
    const page = await (await browser.newContext()).newPage();
    await paintFigure(stage, page);
    await fill(stage);
    await openList(stage, page);
    const [long, longest] = await scrolled(page);
    row(
      `frames over ${LONG_FRAME_MS} ms in ${STEPS} steps of scrolling, ${ITEMS} items`,
      `${long}; the longest ${longest} ms`,
    );
    row(`rows in the document, ${ITEMS} items`, String(await page.locator(".item").count()));
    row(`a key to the filtered list, ${ITEMS} items, p50 and p95`, await keyFigure(page));
  } finally {
    await browser.close();
    await stage.close();
  }
}

async function paintFigure(stage: Stage, page: Page): Promise<void> {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    await stage.openApp(page);
    await page.getByRole("link", { name: "Items", exact: true }).waitFor();
    times.push(await page.evaluate<number>(FIRST_PAINT));
  }
  const figure = figureOf(times);
  row("the app, first contentful paint", shown(figure, "ms"), {
    ratio: figure.median,
    most: PAINT_MS_MAX,
    text: `< ${PAINT_MS_MAX} ms`,
  });
}

/** Runs in the page. The browser tells of a paint some time after it. Text, since Node's types know no paints. */
const FIRST_PAINT = `new Promise((resolve) => {
  new PerformanceObserver((list) => {
    for (const { startTime } of list.getEntriesByName("first-contentful-paint")) resolve(startTime);
  }).observe({ type: "paint", buffered: true });
})`;

async function fill({ agent, channel, person, vaultId }: Stage): Promise<void> {
  person.always("yes");
  for (let from = 0; from < ITEMS; from += BATCH) {
    const items = Array.from({ length: BATCH }, (_none, at) => ({
      ...{ vaultId, title: `item ${from + at}`, category: "Login" as const },
    }));
    await passing(agent, channel.call("items.createAll", { vaultId, items }));
  }
  person.always("ignore");
}

async function openList({ agent }: Stage, page: Page): Promise<void> {
  await page.getByRole("link", { name: "Items", exact: true }).click();
  await page.getByRole("button", { name: "Show it" }).click();
  await passing(agent, page.locator(".question button:enabled", { hasText: "Deny" }).waitFor());
  await page.locator(".question .field input").fill(PIN);
  await page.getByRole("button", { name: "Approve" }).click();
  await page.locator(".item").first().waitFor();
}

/** The long frames among the steps, and the longest of all. A step is a frame. */
function scrolled(page: Page): Promise<[number, number]> {
  return page.locator(".windowed").evaluate(
    async (box, { steps, stepPx, longMs }) => {
      const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
      const times: number[] = [];
      let before = await frame();
      for (let step = 1; step <= steps; step++) {
        box.scrollTo(0, step * stepPx);
        const now = await frame();
        times.push(now - before);
        before = now;
      }
      return [times.filter((ms) => ms > longMs).length, Math.round(Math.max(...times))] as [number, number];
    },
    { steps: STEPS, stepPx: STEP_PX, longMs: LONG_FRAME_MS },
  );
}

/** Types a search several times. A key counts from its event to the frame after the one that draws the list. */
async function keyFigure(page: Page): Promise<string> {
  await page.evaluate(() => {
    const kept = globalThis as unknown as { keys: number[] };
    kept.keys = [];
    addEventListener(
      "input",
      ({ timeStamp }) =>
        requestAnimationFrame(() => requestAnimationFrame(() => kept.keys.push(performance.now() - timeStamp))),
      true,
    );
  });
  const search = page.getByLabel("Search");
  for (let run = 0; run < RUNS; run++) {
    await search.fill("");
    await search.pressSequentially(KEYS, { delay: 50 });
  }
  await page.getByText(/^\d+ items\.$/).waitFor();
  const times = (await page.evaluate(() => (globalThis as unknown as { keys: number[] }).keys)).sort((a, b) => a - b);
  const at = (part: number) => (times[Math.floor(times.length * part)] ?? Number.NaN).toFixed(0);
  return `${at(0.5)} ms, ${at(0.95)} ms, of ${times.length} keys`;
}

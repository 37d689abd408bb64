// The share page in a real Chromium, as a person meets it: all its states, everything that it hides, and everything
// that it sends. Only a click spends a view.
import { readFileSync } from "node:fs";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { newId } from "../../protocol/crypto/encoding.ts";
import { secretOf } from "../../protocol/crypto/share.ts";
import { totpCode } from "../../protocol/secret/totp.ts";
import { PAGE_POLICY } from "../../service/share/page.ts";
import { crypto } from "../service/doors.ts";
import {
  chromiumPath,
  openStage,
  PASSWORD_VALUE,
  RECOVERY_VALUE,
  SEED,
  type Stage,
  shareOf,
  startChromium,
  UNSEEN_VALUE,
} from "./stage.ts";

describe.skipIf(chromiumPath === undefined)("the page behind a link", () => {
  let stage: Stage;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let requests: { url: string; said: string }[];
  let complaints: string[];

  beforeAll(async () => {
    stage = await openStage("hostile");
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await stage?.close();
  });
  beforeEach(async () => {
    context = await browser.newContext({ acceptDownloads: true });
    page = await context.newPage();
    requests = [];
    complaints = [];
    context.on("request", (request) => {
      const said = [request.url().split("#")[0], JSON.stringify(request.headers()), request.postData() ?? ""].join(
        "\n",
      );
      requests.push({ url: request.url(), said });
    });
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
  });
  afterEach(() => context.close());

  const viewsOf = async (url: string) =>
    (await stage.ada.account.shares.list()).find(({ share }) => share === shareOf(url))?.views;
  const show = () => page.getByRole("button", { name: "Show", exact: true });
  const heading = () => page.getByRole("heading", { level: 1 });
  const opened = async (url: string) => {
    await page.goto(url);
    await show().click();
    await heading().filter({ hasText: "Staging" }).waitFor();
  };
  /** Another page of the same origin, without its own policy. */
  const blank = async (other: Page) => {
    await other.route("**/blank", (route) => route.fulfill({ contentType: "text/html", body: "<p>blank</p>" }));
    await other.goto(`${stage.origin}/blank`);
  };
  /** The ending that the page shows. */
  const ending = () => page.locator("[data-ending]").getAttribute("data-ending");

  test("shows nothing and spends nothing before a click, and the item after it", async () => {
    const url = await stage.share();
    await page.goto(url);
    await show().waitFor();
    expect(await page.locator("body").innerText()).not.toContain("Staging");
    expect(await viewsOf(url)).toBe(0);
    await show().click();
    await heading().filter({ hasText: "Staging" }).waitFor();
    expect(await viewsOf(url)).toBe(1);
    const text = await page.locator("main").innerText();
    for (const shown of ["ada@example.com", "Con sole", "Ask Grace before you restart it.", "recovery-codes.pdf"])
      expect(text).toContain(shown);
    expect(complaints).toEqual([]);
  });

  test("opens by keyboard alone", async () => {
    await page.goto(await stage.share());
    await show().waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await heading().filter({ hasText: "Staging" }).waitFor();
    expect(await heading().evaluate((element) => element === document.activeElement)).toBe(true);
  });

  test("carries exactly these headers, on the document and on what it loads", async () => {
    const url = await stage.share();
    const answers = new Map<string, Record<string, string>>();
    page.on("response", async (response) => answers.set(new URL(response.url()).pathname, response.headers()));
    await page.goto(url);
    await show().waitFor();
    const ours = [...answers].filter(([path]) => path.startsWith("/s/"));
    expect(ours.length).toBeGreaterThanOrEqual(3);
    for (const [, headers] of ours)
      expect(headers).toMatchObject({
        "content-security-policy":
          "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; img-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
      });
    expect(PAGE_POLICY).not.toMatch(/unsafe-inline|'unsafe-eval'|data:|\*/);
  });

  test("has no script or style of its own in the document, and none that was put there runs", async () => {
    await page.goto(await stage.share());
    await show().waitFor();
    expect(await page.locator("script:not([src]), style, [style]").count()).toBe(0);
    await page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "document.title = 'injected'";
      document.body.append(script);
    });
    expect(await page.title()).toBe("A shared item");
    expect(complaints.join()).toContain("Content Security Policy");
  });

  test("asks nobody but the server it came from, and never sends the link's secret", async () => {
    const url = await stage.share();
    await opened(url);
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download recovery-codes.pdf" }).click();
    await (await download).path();
    expect(requests.length).toBeGreaterThan(6);
    expect(requests.filter(({ url: to }) => new URL(to).origin !== stage.origin && !to.startsWith("blob:"))).toEqual(
      [],
    );
    const secret = secretOf(new URL(url).hash) ?? expect.fail("the link has no secret");
    for (const form of [new URL(url).hash.slice(1), secret.toBase64(), secret.toHex()])
      expect(requests.filter(({ said }) => said.includes(form))).toEqual([]);
  });

  test("shows what was shared as text, and makes no link of what is none", async () => {
    await opened(await stage.share());
    expect(await heading().innerText()).toBe("Staging <i>console</i>");
    expect(await page.locator("main i, main b, main img").count()).toBe(0);
    const links = await page
      .locator("main a")
      .evaluateAll((found) => found.map((one) => (one as HTMLAnchorElement).href));
    expect(links).toEqual([
      "https://a.example/",
      "https://b.example/",
      "https://c.example/",
      "https://console.example.com/",
    ]);
    expect(await page.locator("main a").last().getAttribute("rel")).toBe("noopener noreferrer");
  });

  test("hides concealed fields until asked, and hides them again", async () => {
    await opened(await stage.share());
    const main = page.locator("main");
    expect(await main.innerHTML()).not.toContain("4711");
    expect(await main.innerText()).not.toContain("battery");
    await page.getByRole("button", { name: "Show password" }).click();
    expect(await main.innerText()).toContain(PASSWORD_VALUE);
    expect(await main.innerText()).not.toContain("4711");
    await page.getByRole("button", { name: "Hide password" }).click();
    expect(await main.innerHTML()).not.toContain("battery");
  });

  test("copies a field without showing it, and says so", async () => {
    await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: stage.origin });
    await opened(await stage.share());
    const copy = page.getByRole("button", { name: "Copy password" });
    await copy.click();
    await copy.getByText("Copied").waitFor();
    expect(await page.locator("main").innerText()).not.toContain("battery");
    // The page itself may not read the clipboard. Another page of the same origin may.
    const reader = await context.newPage();
    await blank(reader);
    await reader.bringToFront();
    expect(await reader.evaluate(() => navigator.clipboard.readText())).toBe(PASSWORD_VALUE);
    await page.bringToFront();
    await expect(page.evaluate(() => navigator.clipboard.readText())).rejects.toThrow(/NotAllowed|permission/i);
  });

  test("says when the clipboard refused a copy", async () => {
    const url = await stage.share();
    await page.addInitScript(() => {
      Object.defineProperty(navigator.clipboard, "writeText", { value: () => Promise.reject(new Error("no")) });
    });
    await opened(url);
    const copy = page.getByRole("button", { name: "Copy password" });
    await copy.click();
    await copy.getByText("Not copied").waitFor();
  });

  test("shows the one-time code of the moment, its seconds, and the next code when it comes", async () => {
    const at = Date.UTC(2027, 0, 1, 12, 0, 28);
    // The clock runs until the item appears, since the page does not load with a stopped clock.
    await page.clock.install({ time: at - 60_000 });
    const url = await stage.share();
    stage.sabotage("UPDATE shares SET expires_at = '2100-01-01T00:00:00.000Z' WHERE id = ?", shareOf(url));
    await opened(url);
    const shown = async () => (await page.locator(".code").innerText()).replace(" ", "");
    await page.clock.pauseAt(at);
    const left = () => page.getByRole("timer").innerText();
    const codeAt = (ms: number) => (totpCode(SEED, ms) as { code: string }).code;
    await expect.poll(left).toBe("2 s");
    expect(await shown()).toBe(codeAt(at));
    await page.clock.runFor(1_000);
    await expect.poll(left).toBe("1 s");
    expect(await shown()).toBe(codeAt(at));
    await page.clock.runFor(1_000);
    await expect.poll(left).toBe("30 s");
    expect(await shown()).toBe(codeAt(at + 2_000));
    expect(codeAt(at + 2_000)).not.toBe(codeAt(at));
    expect(await page.content()).not.toContain(SEED);
  });

  test("saves a file byte for byte, under its name", async () => {
    await opened(await stage.share());
    const waiting = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download recovery-codes.pdf" }).click();
    const download = await waiting;
    expect(download.suggestedFilename()).toBe("recovery-codes.pdf");
    expect(Buffer.compare(readFileSync(await download.path()), stage.file)).toBe(0);
    await page.getByText("Saved").waitFor();
  });

  test("refuses a file that was altered, and saves nothing of it", async () => {
    const url = await stage.share();
    await opened(url);
    stage.sabotage(
      "UPDATE share_chunks SET sealed = (SELECT sealed FROM share_chunks c WHERE c.share = ?1 AND c.idx = 0) WHERE share = ?1 AND idx = 1",
      shareOf(url),
    );
    const saved: unknown[] = [];
    page.on("download", (download) => saved.push(download));
    await page.getByRole("button", { name: "Download recovery-codes.pdf" }).click();
    await page.getByText("This file was altered, and was not saved.").waitFor();
    expect(saved).toEqual([]);
  });

  test("says before the click that a share can be shown once, and is reported as used up when it is loaded again", async () => {
    const url = await stage.share(true);
    await page.goto(url);
    await page.getByText("It can be shown once.").waitFor();
    await show().click();
    await page.getByText("This link is used up now.").waitFor();
    expect(page.url()).toBe(url.split("#")[0]);
    // Its file can still be saved.
    const waiting = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download recovery-codes.pdf" }).click();
    expect(Buffer.compare(readFileSync(await (await waiting).path()), stage.file)).toBe(0);
    expect(await viewsOf(url)).toBe(1);
    await page.reload();
    await heading().filter({ hasText: "This share has been used up" }).waitFor();
  });

  test("shows nothing after the reader left it, though the browser keeps it for its Back button", async () => {
    const url = await stage.share(true);
    await opened(url);
    // Simulates a browser that keeps a page in its cache. The tests' browser keeps none.
    const transition = (name: string) =>
      page.evaluate((type) => {
        dispatchEvent(new PageTransitionEvent(type, { persisted: true }));
      }, name);
    await transition("pagehide");
    expect(await page.locator("#page").innerText()).toBe("");
    await transition("pageshow");
    await heading().filter({ hasText: "This share has been used up" }).waitFor();
  });

  test("takes the secret out of the address before anything is clicked, and says how to go on after a reload", async () => {
    const url = await stage.share();
    await page.goto(url);
    await show().waitFor();
    expect(page.url()).toBe(url.split("#")[0]);
    await show().click();
    await heading().filter({ hasText: "Staging" }).waitFor();
    await page.reload();
    await heading().filter({ hasText: "Open the link once more" }).waitFor();
    await page.goto(url);
    await show().waitFor();
  });

  test("leaves no entry with the secret behind for the Back button", async () => {
    const url = await stage.share();
    await opened(url);
    await page.goto("about:blank");
    await page.goBack();
    await heading().filter({ hasText: "Open the link once more" }).waitFor();
    expect(page.url()).toBe(url.split("#")[0]);
  });

  test("whose answer was lost asks again with the same view, and the one view is not lost", async () => {
    const url = await stage.share(true);
    let lost = false;
    await page.route("**/v1/shares.open", async (route) => {
      if (lost) return route.continue();
      lost = true;
      await route.fetch();
      await route.abort();
    });
    await page.goto(url);
    await show().click();
    await page.getByRole("button", { name: "Try again" }).click();
    await heading().filter({ hasText: "Staging" }).waitFor();
    expect(await viewsOf(url)).toBe(1);
  });

  const revoke = (url: string) => stage.ada.account.shares.revoke(shareOf(url));
  const expire = async (url: string) =>
    stage.sabotage("UPDATE shares SET expires_at = '2026-01-01T00:00:00.000Z' WHERE id = ?", shareOf(url));
  const useUp = async (url: string) => {
    const other = await browser.newPage();
    await other.goto(url);
    await other.getByRole("button", { name: "Show", exact: true }).click();
    await other.getByText("This link is used up now.").waitFor();
    await other.close();
  };
  const ends: [string, string, (url: string) => Promise<void>][] = [
    ["expired", "This share has expired", expire],
    ["revoked", "This share was revoked", revoke],
    ["usedUp", "This share has been used up", useUp],
  ];

  test.each(ends)("tells a share that is %s from all others, before and after the click", async (kind, title, act) => {
    const before = await stage.share(true);
    await act(before);
    await page.goto(before);
    await heading().filter({ hasText: title }).waitFor();
    expect(await ending()).toBe(kind);
    // The secret can open nothing more, so it need not stay.
    expect(page.url()).toBe(before.split("#")[0]);
    const between = await stage.share(true);
    await page.goto(between);
    await show().waitFor();
    await act(between);
    await show().click();
    await heading().filter({ hasText: title }).waitFor();
    expect(await ending()).toBe(kind);
  });

  test("shows a wrong secret and an unknown share alike, and neither spends a view", async () => {
    const url = await stage.share(true);
    const other = await stage.share();
    for (const wrong of [`${url.split("#")[0]}${new URL(other).hash}`, url.replace(shareOf(url), newId(crypto))]) {
      await page.goto(wrong);
      await heading().filter({ hasText: "Nothing is behind this link" }).waitFor();
      expect(await ending()).toBe("notFound");
    }
    expect(await viewsOf(url)).toBe(0);
  });

  test.each([
    ["without its secret", (url: string) => url.split("#")[0] ?? ""],
    ["cut by a character", (url: string) => url.slice(0, -1)],
  ])("says that a link %s is not whole, and asks the server nothing", async (_how, cut) => {
    await page.goto(cut(await stage.share()));
    await heading().filter({ hasText: "This link is not whole" }).waitFor();
    expect(requests.filter(({ url }) => url.includes("/v1/"))).toEqual([]);
  });

  test.each([
    ["in its id", (origin: string) => `${origin}/s/abcdefgh`],
    ["in its id, with a secret", (origin: string) => `${origin}/s/abcdefgh#AAAA`],
    ["before its id", (origin: string) => `${origin}/s/`],
    ["in its path", (origin: string) => `${origin}/s`],
    ["behind the server", (origin: string) => `${origin}/`],
    ["by a line that goes on", (origin: string) => `${origin}/s/abcdefghijklmnopqrstuvwxyz/more`],
  ])("says on a page of its own that a link cut %s is not whole", async (_where, cut) => {
    const answer = await page.goto(cut(stage.origin));
    expect(answer?.status()).toBe(404);
    await heading().filter({ hasText: "This link is not whole" }).waitFor();
    expect(requests.filter(({ url }) => url.includes("/v1/"))).toEqual([]);
  });

  test("answers a program that asks for no page with an error of the table", async () => {
    const answer = await fetch(`${stage.origin}/none`, { headers: { accept: "*/*" } });
    expect([answer.status, await answer.json()]).toMatchObject([404, { error: { name: "methodNotFound" } }]);
  });

  test.each([
    [
      "with a byte changed",
      "UPDATE shares SET sealed = CAST(substr(sealed, 1, 40) || x'00' || substr(sealed, 42) AS BLOB) WHERE id = ?",
    ],
    ["cut", "UPDATE shares SET sealed = substr(sealed, 1, 100) WHERE id = ?"],
    [
      "swapped for another share's",
      "UPDATE shares SET sealed = (SELECT sealed FROM shares o WHERE o.id <> shares.id AND length(o.sealed) > 0 LIMIT 1) WHERE id = ?",
    ],
    ["of another suite", "UPDATE shares SET sealed = CAST(x'02' || substr(sealed, 2) AS BLOB) WHERE id = ?"],
    ["empty", "UPDATE shares SET sealed = x'' WHERE id = ?"],
  ])("shows nothing of a copy that was %s", async (_how, sql) => {
    const url = await stage.share();
    stage.sabotage(sql, shareOf(url));
    await page.goto(url);
    await show().click();
    await heading().filter({ hasText: "This share was altered" }).waitFor();
    expect(await ending()).toBe("tampered");
    expect(await page.locator("main").innerText()).not.toContain("ada@example.com");
  });

  test("says that the server cannot be reached, and goes on once it can", async () => {
    const url = await stage.share(true);
    await page.goto(url);
    await show().waitFor();
    await context.setOffline(true);
    await show().click();
    await heading().filter({ hasText: "The server cannot be reached" }).waitFor();
    expect(await viewsOf(url)).toBe(0);
    await context.setOffline(false);
    await page.getByRole("button", { name: "Try again" }).click();
    await heading().filter({ hasText: "Staging" }).waitFor();
  });

  test("follows another link that is pasted over the first", async () => {
    const first = await stage.share();
    await page.goto(first);
    await show().waitFor();
    await page.goto(`${first.slice(0, -2)}AA`);
    await page.locator("[data-ending]").waitFor();
    expect(["incomplete", "notFound"]).toContain(await ending());
  });

  test("fills the lines of a long secret to their end, and breaks none behind a hyphen", async () => {
    await page.setViewportSize({ width: 360, height: 640 });
    await opened(await stage.share());
    await page.getByRole("button", { name: "Show recovery" }).click();
    const lines = await page.locator(".secret", { hasText: RECOVERY_VALUE }).evaluate((element) => {
      const text = element.firstChild as Text;
      const range = document.createRange();
      const tops: number[] = [];
      for (let at = 0; at < text.length; at++) {
        range.setStart(text, at);
        range.setEnd(text, at + 1);
        tops.push(Math.round(range.getBoundingClientRect().top));
      }
      return [...new Set(tops)].map((top) => tops.filter((other) => other === top).length);
    });
    expect(lines.length).toBeGreaterThan(2);
    expect(new Set(lines.slice(0, -1)).size).toBe(1);
  });

  test("says from which account the item comes, and gives each of several websites a label of its own", async () => {
    await opened(await stage.share());
    const text = await page.locator("main").innerText();
    expect(text).toContain("From the account “Ada”");
    const buttons = await page
      .locator("button[aria-label^='Copy ']")
      .evaluateAll((found) => found.map((one) => one.getAttribute("aria-label") ?? ""));
    expect(buttons.filter((label) => /website|Admin/.test(label))).toEqual([
      "Copy website 1",
      "Copy Admin",
      "Copy website 2",
    ]);
    expect(new Set(buttons).size).toBe(buttons.length);
  });

  test("shows titles and names without invisible characters or ones that reorder a line", async () => {
    await opened(await stage.share());
    expect(await page.locator("main").innerHTML()).not.toMatch(/[\u200b\u202e\u2066]/);
    const text = await page.locator("main").innerText();
    for (const cleaned of ["Con sole", "billing", "recovery-codes.pdf", "“Ada”"]) expect(text).toContain(cleaned);
  });

  test("shows invisible characters of values by their codes, and copies the exact text", async () => {
    await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: stage.origin });
    await opened(await stage.share());
    const shown = "payU+202EU+200BdnuofU+2066 xU+00A0y";
    const row = (label: string) => page.locator(".row", { has: page.locator("dt", { hasText: label }) });
    expect(await row("routing").locator(".value").textContent()).toBe(shown);
    await page.getByRole("button", { name: "Show hidden" }).click();
    expect(await row("hidden").locator(".value").textContent()).toBe(shown);
    for (const label of ["routing", "hidden"]) {
      await page.bringToFront();
      await page.getByRole("button", { name: `Copy ${label}` }).click();
      await page.locator("[data-outcome='copied']", { hasText: "Copied" }).first().waitFor();
      const reader = await context.newPage();
      await blank(reader);
      expect(await reader.evaluate(() => navigator.clipboard.readText())).toBe(UNSEEN_VALUE);
      await reader.evaluate(() => navigator.clipboard.writeText(""));
      await reader.close();
    }
    expect(await page.locator("main").innerHTML()).not.toMatch(/[\u200b\u202e\u2066]/);
  });

  test("fits a narrow screen, light and dark", async () => {
    await page.setViewportSize({ width: 320, height: 640 });
    await opened(await stage.share());
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(overflow).toBeLessThanOrEqual(0);
    }
    const colours = async (colorScheme: "light" | "dark") => {
      await page.emulateMedia({ colorScheme });
      return page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    };
    expect(await colours("light")).not.toBe(await colours("dark"));
  });

  test("cannot be held in a frame of another page", async () => {
    const url = await stage.share();
    const frame = await context.newPage();
    await blank(frame);
    await frame.evaluate((source) => {
      const element = document.createElement("iframe");
      element.src = source;
      document.body.append(element);
    }, url);
    await expect.poll(() => frame.frames()[1]?.url() ?? "").toBe("chrome-error://chromewebdata/");
  });
});

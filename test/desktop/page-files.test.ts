// The built page of the app: how large it is, and that it loads and runs nothing but its own files.
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import type { AppPage } from "../../clients/desktop/build.ts";
import { pageFiles } from "../../daemon/window/page-files.ts";

/** Bytes that the person's browser may have to load. */
const PROMISED_BYTES_MAX = 150_000;

/** Bytes beyond which somebody should look at what has come in. */
const EXPECTED_BYTES_MAX = 70_000;

let page: AppPage;
let texts: string[];

beforeAll(async () => {
  page = await pageFiles();
  texts = [page.document, ...[...page.assets.values()].map((bytes) => new TextDecoder().decode(bytes))];
});

describe("the built page", () => {
  test("is far smaller than promised", () => {
    const bytes = texts.reduce((sum, text) => sum + gzipSync(text).length, 0);
    expect(bytes).toBeLessThan(EXPECTED_BYTES_MAX);
    expect(EXPECTED_BYTES_MAX).toBeLessThan(PROMISED_BYTES_MAX);
  });

  test("loads its own files alone, and each file that it loads is there", () => {
    const loaded = [...page.document.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address = ""]) => address);
    const own = loaded.filter((address) => !address.startsWith("data:image/svg+xml,"));
    expect(own.length).toBe(2);
    for (const address of own) expect(page.assets.has(address.replace(/^\/assets\//, ""))).toBe(true);
  });

  test("names no other place: the addresses in it are names of XML namespaces", () => {
    const addresses = texts.flatMap((text) => [...text.matchAll(/https?:\/\/[\w./-]*/g)].map(([found]) => found));
    expect([...new Set(addresses)].filter((address) => !address.startsWith("http://www.w3.org/"))).toEqual([]);
  });

  test("has no script and no style in its document, which the policy would refuse", () => {
    expect(page.document).not.toMatch(/<style|style=|<script(?![^>]*\ssrc=)|\son\w+=/);
  });

  test("tells nothing of the machine that built it", () => {
    for (const text of texts) expect(text).not.toContain(import.meta.dirname.split("/").slice(0, 3).join("/"));
  });

  test("makes no markup of a text, and no code", () => {
    const script = texts.join("\n");
    // Preact itself knows dangerouslySetInnerHTML; none of ours sets it.
    expect(script).not.toMatch(/insertAdjacentHTML|document\.write|\beval\(|new Function/);
    expect(script.match(/dangerouslySetInnerHTML\s*:/g)).toBeNull();
  });
});

import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { newestOf, OWN_SEGMENTS_MAX } from "../../../daemon/audit/own-records.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "postern-own-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const line = (seq: number, who: string, more: object = {}) => JSON.stringify({ seq, at: "2026-11-30", who, ...more });

const write = (segment: number, ...lines: readonly string[]) =>
  appendFileSync(
    join(folder, `audit-${String(segment).padStart(6, "0")}.log`),
    lines.map((one) => `${one}\n`).join(""),
  );

const numbers = async (who: string, limit = 100) =>
  (await newestOf(folder, who, { limit, wanted: () => true })).map(({ seq }) => seq);

test("finds the records of one asker alone, oldest first, the newest where there are more than asked for", async () => {
  write(1, line(1, "me"), line(2, "other"), line(3, "me"), line(4, "me"));
  expect(await numbers("me")).toEqual([1, 3, 4]);
  expect(await numbers("me", 2)).toEqual([3, 4]);
  expect(await numbers("nobody")).toEqual([]);
});

test("no text in a record of another makes it one's own", async () => {
  write(1, line(1, "other", { program: '"who":"me"' }), line(2, "other", { inner: { who: "me" } }), line(3, "me"));
  expect(await numbers("me")).toEqual([3]);
});

test("lines longer than a slice, and lines across two, are found", async () => {
  const long = "x".repeat(700_000);
  const many = Array.from({ length: 9_000 }, (_, at) =>
    line(at + 10, at % 100 === 0 ? "me" : "other", { pad: "y".repeat(100) }),
  );
  write(1, line(1, "me", { long }), line(2, "other", { long }), line(3, "me", { long: long + long }), ...many);
  const found = await numbers("me", 1_000);
  expect(found).toEqual([1, 3, ...Array.from({ length: 90 }, (_, at) => at * 100 + 10)]);
});

test("a torn tail and a torn line are passed over", async () => {
  write(1, line(1, "me"), '{"seq":2,"who":"me"', line(3, "me"));
  appendFileSync(join(folder, "audit-000001.log"), '{"seq":4,"who":"me"}');
  expect(await numbers("me")).toEqual([1, 3]);
});

test("as many segments as the limit are looked through, and none before them", async () => {
  for (let segment = 1; segment <= OWN_SEGMENTS_MAX + 1; segment++) write(segment, line(segment, "me"));
  expect(await numbers("me")).toEqual(Array.from({ length: OWN_SEGMENTS_MAX }, (_, at) => at + 2));
});

test("no look of others fails because of one that failed", async () => {
  write(1, line(1, "me"));
  const failing = newestOf(folder, "me", {
    limit: 1,
    wanted: () => {
      throw new Error("a fault");
    },
  });
  const after = numbers("me");
  await expect(failing).rejects.toThrow("a fault");
  expect(await after).toEqual([1]);
});

// Programs without a grant also write to a person's log. Their total is limited, and so is the size of each record. An id that such a program made up
// is never stored in clear. They cannot hide one refusal behind others.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { add, FOLDED_LENGTH_MAX, folded, newFold } from "../../../daemon/audit/folds.ts";
import { type AuditLog, FLUSH_MS, openAuditLog } from "../../../daemon/audit/log.ts";
import { createStrangers, STRANGER_BYTES_PER_DAY, STRANGER_KEPT_PER_HOUR } from "../../../daemon/audit/strangers.ts";
import { refusalDetails } from "../../../daemon/call/call-topic.ts";
import { createLog } from "../../../daemon/host/log.ts";
import { concerns } from "../../../daemon/methods/audit-target.ts";
import { newId } from "../../../protocol/crypto/encoding.ts";
import { crypto } from "../../account/restored.ts";
import { type FakeClock, fakeClock } from "../host/fake-clock.ts";

const DAY_MS = 24 * 60 * 60_000;

let folder: string;
let clock: FakeClock;
let log: AuditLog;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "postern-st-"));
  clock = fakeClock();
  log = openAuditLog(folder, crypto, clock, createLog(), () => undefined);
  const sealNames = (names: readonly string[]) => Buffer.from(JSON.stringify(names)).toString("base64");
  log.unlock({ sealNames, start: crypto.randomBytes(32), checkpoints: [], anchor: undefined });
});
afterEach(() => {
  log.close();
  rmSync(folder, { recursive: true, force: true });
});

const text = () =>
  readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("");
const records = () =>
  text()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { event: string; count: number; unnamed?: number });
const refused = (names: readonly string[]) => ({
  ...{ event: "secrets.resolveAll", outcome: "approvalRequired", program: "/x", pid: 1, who: "w" },
  names,
  isStranger: () => true,
});

test("strangers add no more than their daily share to a log, and one record counts what was left out", () => {
  const long = "z".repeat(480);
  let asked = 0;
  for (let hour = 0; hour < 23; hour++) {
    for (let round = 0; round < 20; round++) {
      for (let call = 0; call < 40; call++) log.read(refused([`op://a/${asked++}/${long}`]));
      clock.advance(10_001);
    }
    clock.advance(60 * 60_000 - 20 * 10_001);
  }
  log.flush();
  expect(text().length).toBeGreaterThan(STRANGER_BYTES_PER_DAY / 4);
  expect(text().length).toBeLessThan(STRANGER_BYTES_PER_DAY + 2 * FOLDED_LENGTH_MAX);
  clock.advance(60 * 60_000);
  clock.advance(FLUSH_MS);
  const told = records();
  const recorded = told.reduce((sum, { event, count }) => sum + (event === "secrets.resolveAll" ? count : 0), 0);
  expect(told.filter(({ event }) => event === "strangers.leftOut")).toMatchObject([{ unnamed: asked - recorded }]);
});

test("strangers may use the last byte of a day's share but not the next, and tomorrow they have room again", () => {
  const counted: number[] = [];
  const strangers = createStrangers(clock, (left) => counted.push(left), 100);
  const one = refused(["op://a/b/c"]);
  strangers.wrote(one, 99);
  expect(strangers.admits(one, false)).toBe(true);
  strangers.wrote(one, 1);
  expect([strangers.admits(one, false), strangers.admits(one, true)]).toEqual([false, false]);
  clock.advance(DAY_MS);
  expect(counted).toEqual([2]);
  expect(strangers.admits(one, false)).toBe(true);
});

test("the disk is waited for 256 records of strangers in an hour, and one record counts the rest", () => {
  const denied = (at: number) => ({
    ...refused([`op://a/b/${at}`]),
    event: "session.unlock",
    outcome: "wrongPassword",
  });
  for (let at = 0; at < STRANGER_KEPT_PER_HOUR; at++) expect(log.keep(denied(at))).toBeGreaterThan(0);
  expect(log.keep(denied(-1))).toBe(0);
  expect(log.keep({ ...denied(-2), event: "prompt.opened", outcome: "read" })).toBe(0);
  clock.advance(60 * 60_000);
  expect(log.keep(denied(-3))).toBeGreaterThan(0);
  log.close();
  expect(records().filter(({ event }) => event === "strangers.leftOut")).toMatchObject([{ unnamed: 2 }]);
  expect(records().filter(({ event }) => event === "session.unlock")).toHaveLength(STRANGER_KEPT_PER_HOUR + 1);
  log = openAuditLog(folder, crypto, clock, createLog(), () => undefined);
});

test("ways into the app that strangers make take their room, and the one of an asker with a grant is recorded without it", () => {
  const opened = { event: "app.open", outcome: "ok", program: "/x", pid: 1, who: "w" };
  const ofStranger = (at: number) => ({ ...opened, who: `w${at}`, isStranger: () => true });
  let bytes = 0;
  for (let at = 0; bytes < 2 * STRANGER_BYTES_PER_DAY; at++) {
    const added = log.read(ofStranger(at));
    if (added === 0) break;
    bytes += added;
  }
  expect(bytes).toBeLessThan(STRANGER_BYTES_PER_DAY + FOLDED_LENGTH_MAX);
  expect(log.read({ ...opened, isStranger: () => false })).toBeGreaterThan(0);
});

test("what a proof allowed, and what others do, is recorded when strangers have no room", () => {
  for (let at = 0; at <= STRANGER_KEPT_PER_HOUR; at++)
    log.keep({ ...refused([`op://a/b/${at}`]), outcome: "proofRefused" });
  const by = { program: "/x", pid: 1, who: "w", isStranger: () => true };
  const kept = [
    { event: "session.unlock", outcome: "ok", ...by },
    { event: "prompts.answer", outcome: "approved", ...by },
    { event: "prompt.closed", outcome: "approved", ...by },
    { event: "session.lock", outcome: "asked", ...by },
    { event: "proof.password", outcome: "wrongPassword", ...by },
    { event: "proof.password", outcome: "proofRefused", ...by },
    { event: "items.delete", outcome: "itemNotFound", ...by, isStranger: () => false },
  ];
  for (const entry of kept) expect(log.keep(entry)).toBeGreaterThan(0);
  expect(log.keep({ event: "proof.password", outcome: "tryLater", ...by })).toBe(0);
  expect(
    records()
      .slice(-kept.length)
      .map(({ event }) => event),
  ).toEqual(kept.map(({ event }) => event));
  expect(text()).not.toContain("isStranger");
});

test("one folded record names as many references as it has room for, and counts the rest", () => {
  const fold = newFold(refused(["op://first"]), 0);
  const half = ["x".repeat(FOLDED_LENGTH_MAX / 2 - 100)];
  add(fold, refused(half));
  add(fold, refused(["y".repeat(FOLDED_LENGTH_MAX / 2 - 100)]));
  expect(folded(fold)).not.toHaveProperty("unnamed");
  add(fold, refused(["z".repeat(400)]));
  expect(folded(fold)).toMatchObject({ unnamed: 1 });
});

test("an id that the caller sent is sealed like a name; an id found by a reference is written in clear", () => {
  const [sent, vault, item] = [newId(crypto), newId(crypto), newId(crypto)];
  expect(refusalDetails({ targets: [{ vault: sent, item }] })).toEqual({ names: [sent, item] });
  const scope = { account: "a", level: "values", vault, item } as const;
  const told = refusalDetails({ targets: [], wanted: [{ scope: { ...scope, vault: sent } }, { scope, found: {} }] });
  expect(told).toEqual({ asked: [vault, item], names: [sent, item] });
  log.read({ ...refused(told.names ?? []), asked: told.asked ?? [] });
  log.flush();
  expect(text()).not.toContain(sent);
  expect(text()).toContain(vault);
});

test("while the log cannot seal, a refusal still says that it named something", () => {
  log.lock();
  log.read(refused(["op://a/b/c", "op://a/b/d"]));
  log.flush();
  expect(records().at(-1)).toMatchObject({ unnamed: 2 });
  expect(text()).not.toContain("op://");
});

test("a search for an item shows its refused read, though dozens of others folded before it", () => {
  const victim = newId(crypto);
  const fold = newFold(refused([newId(crypto)]), 0);
  for (let other = 0; other < 32; other++) add(fold, refused([newId(crypto)]));
  const record = () => ({ seq: 1, at: "", count: fold.count, ...folded(fold) });
  expect(concerns({ id: victim }, record(), () => [...(folded(fold).names ?? [])])).toBe(false);
  add(fold, refused([victim]));
  expect(folded(fold)).toMatchObject({ unnamed: 1 });
  expect(concerns({ id: victim }, record(), () => [...(folded(fold).names ?? [])])).toBe(true);
});

test("a search by an id finds it though it was sealed", () => {
  const id = newId(crypto);
  const record = { seq: 1, at: "", count: 1, ...refused([]) };
  expect(concerns({ id }, record, () => [id])).toBe(true);
  expect(concerns({ id }, { ...record, outcome: "ok" }, () => [id])).toBe(false);
});

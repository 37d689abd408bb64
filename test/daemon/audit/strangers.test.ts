// Programs without a grant also write to a person's log. Their total is limited, and so is the size of each record. An id that such a program made up
// is never stored in clear. They cannot hide one refusal behind others.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { add, FOLDED_LENGTH_MAX, folded, newFold } from "../../../daemon/audit/folds.ts";
import { type AuditLog, openAuditLog } from "../../../daemon/audit/log.ts";
import { createStrangers, STRANGER_BYTES_PER_DAY } from "../../../daemon/audit/strangers.ts";
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
});

test("strangers add no more than their daily share to a log, and one record counts what was left out", () => {
  const strangers = createStrangers(clock);
  const long = "z".repeat(480);
  let asked = 0;
  for (let hour = 0; hour < 23; hour++) {
    for (let round = 0; round < 20; round++) {
      for (let call = 0; call < 40; call++) strangers.read(log, refused([`op://a/${asked++}/${long}`]));
      clock.advance(10_001);
    }
    clock.advance(60 * 60_000 - 20 * 10_001);
  }
  log.flush();
  expect(text().length).toBeGreaterThan(STRANGER_BYTES_PER_DAY / 4);
  expect(text().length).toBeLessThan(STRANGER_BYTES_PER_DAY + 2 * FOLDED_LENGTH_MAX);
  clock.advance(60 * 60_000);
  const told = records();
  const recorded = told.reduce((sum, { event, count }) => sum + (event === "secrets.resolveAll" ? count : 0), 0);
  expect(told.filter(({ event }) => event === "strangers.leftOut")).toMatchObject([{ unnamed: asked - recorded }]);
});

test("strangers may use the last byte of a day's share but not the next, and tomorrow they have room again", () => {
  const bytes = log.read({ ...refused(["op://a/b/c"]), event: "secrets.measure" });
  const strangers = createStrangers(clock, bytes);
  const one = (event: string) => strangers.read(log, { ...refused(["op://a/b/c"]), event });
  one("secrets.resolve");
  one("items.get");
  one("items.list");
  strangers.close();
  log.flush();
  const events = () => records().map(({ event, unnamed }) => [event, unnamed]);
  expect(events()).toEqual([
    ["secrets.measure", undefined],
    ["secrets.resolve", undefined],
    ["strangers.leftOut", 2],
  ]);
  one("vaults.list");
  clock.advance(DAY_MS);
  one("vaults.get");
  log.flush();
  expect(
    events()
      .slice(3)
      .map(([event]) => event),
  ).toEqual(["vaults.list", "vaults.get"]);
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

// A token's calls are recorded in its own log and in the person's log. The tests show where they go, and how much of
// the person's log they may fill.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type AuditLog, openAuditLog } from "../../../daemon/audit/log.ts";
import { createTokenRecorder, type Spent, TOKEN_BYTES_PER_DAY } from "../../../daemon/audit/token-recorder.ts";
import { createLog } from "../../../daemon/host/log.ts";
import { loadSodium } from "../../../daemon/host/sodium.ts";
import { isSameService } from "../../../daemon/session/same-service.ts";
import { newId } from "../../../protocol/crypto/encoding.ts";
import { type FakeClock, fakeClock } from "../host/fake-clock.ts";

const crypto = loadSodium();
const DAY_MS = 24 * 60 * 60_000;

let home: string;
let clock: FakeClock;
let own: AuditLog;
let persons: AuditLog;

const log = (name: string) =>
  openAuditLog(
    mkdtempSync(join(home, name)),
    crypto,
    clock,
    { ...createLog(), note: () => undefined },
    () => undefined,
  );
const recorder = (spent: Spent, has = true) =>
  createTokenRecorder({
    own,
    persons: () => (has ? persons : undefined),
    token: { serviceAccount: newId(crypto), token: newId(crypto), sealNames: (names) => `sealed ${names.length}` },
    spent,
    clock,
  });
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "postern-recorder-"));
  clock = fakeClock();
  own = log("own-");
  persons = log("persons-");
});
afterEach(() => {
  own.close();
  persons.close();
  rmSync(home, { recursive: true, force: true });
});

describe("a token's record", () => {
  test("that would go past a day's room is refused and written nowhere, and the next day there is room again", () => {
    const spent: Spent = { sinceMs: clock.monotonicMs(), bytes: TOKEN_BYTES_PER_DAY - 1 };
    const { read, demandWritable } = recorder(spent);
    read({ event: "secrets.resolve", outcome: "ok" });
    expect(spent.bytes).toBeGreaterThanOrEqual(TOKEN_BYTES_PER_DAY);
    expect(demandWritable).toThrow("room for records of a day is spent");
    expect(() => read({ event: "secrets.resolve", outcome: "ok", names: ["another"] })).toThrow(
      "room for records of a day is spent",
    );
    clock.advance(DAY_MS - 1);
    expect(demandWritable).toThrow("room for records of a day is spent");
    clock.advance(1);
    read({ event: "secrets.resolve", outcome: "ok", names: ["a third"] });
    expect(spent.bytes).toBeLessThan(1_000);
  });

  test("needs no room where the person has no open log", () => {
    const spent: Spent = { sinceMs: clock.monotonicMs(), bytes: TOKEN_BYTES_PER_DAY };
    expect(recorder(spent, false).keep({ event: "secrets.resolve", outcome: "ok" })).toBeGreaterThan(0);
    expect(spent.bytes).toBe(TOKEN_BYTES_PER_DAY);
  });

  test("is written nowhere when the person's log cannot be written", () => {
    persons.close();
    expect(() => recorder({ sinceMs: 0, bytes: 0 }).keep({ event: "secrets.resolve", outcome: "ok" })).toThrow();
    persons = log("again-");
  });
});

describe("two services are one", () => {
  test.each([
    ["embedded", "embedded", true],
    ["https://a.example", "https://a.example", true],
    ["https://a.example", "https://b.example", false],
    ["https://a.example", "https://a.example:8443", false],
    ["embedded", "https://a.example", false],
    ["http://127.0.0.1:1", "http://127.0.0.1:2", false],
  ])("%s and %s: %s", (one, other, same) => {
    expect(isSameService(one, other)).toBe(same);
    expect(isSameService(other, one)).toBe(same);
  });
});

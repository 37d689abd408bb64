// The chain, its files and its proof. The log proves what was written, and reports records that were changed, cut or
// torn.
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type AuditLog, FLUSH_MS, FOLD_MS, FOLDS_MAX, openAuditLog } from "../../../daemon/audit/log.ts";
import { type Anchor, type Checkpoint, verify } from "../../../daemon/audit/proof.ts";
import {
  DAY_MS,
  LOG_BYTES_MAX,
  listSegments,
  RESERVED_BYTES,
  readSegment,
  SEGMENT_BYTES_MAX,
  SEGMENTS_MAX,
} from "../../../daemon/audit/segments.ts";
import { createLog } from "../../../daemon/host/log.ts";
import { loadSodium } from "../../../daemon/host/sodium.ts";
import { type FakeClock, fakeClock } from "../host/fake-clock.ts";

const crypto = loadSodium();
const quiet = { ...createLog(), note: () => undefined, incident: () => undefined };
const sealNames = (names: readonly string[]) => `sealed ${names.length}`;
const event = (outcome: string) => ({ event: "test", outcome });

let folder: string;
let clock: FakeClock;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "postern-audit-"));
  clock = fakeClock();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = () => join(folder, "audit-000001.log");
const records = () =>
  listSegments(folder).flatMap((segment) =>
    readSegment(segment).flatMap((line) => (line.kind === "record" ? [line.record] : [])),
  );

function openLog(rotated: Checkpoint[] = []): AuditLog {
  return openAuditLog(folder, crypto, clock, quiet, (checkpoint) => rotated.push(checkpoint));
}

/** A log that was unlocked once, with its checkpoints. */
function unlockedLog(): { log: AuditLog; checkpoints: Checkpoint[] } {
  const log = openLog();
  const { checkpoints } = log.unlock({ sealNames, start: crypto.randomBytes(32), checkpoints: [], anchor: undefined });
  return { log, checkpoints };
}

describe("a log", () => {
  test("that nobody tampered with is proven whole", () => {
    const { log, checkpoints } = unlockedLog();
    for (let index = 0; index < 20; index++) log.keep(event(`${index}`));
    const verdict = verify(folder, crypto, checkpoints, log.anchor());
    expect(verdict).toMatchObject({ records: 20, problems: [] });
    expect(verdict.proven).toMatchObject([{ from: 1, to: 20 }]);
  });

  test("goes on where it stood after a restart, and is proven over it", () => {
    const { log, checkpoints } = unlockedLog();
    log.keep(event("before"));
    const anchor = log.anchor();
    log.keep(event("after the anchor"));
    log.close();
    const again = openLog();
    again.keep(event("locked, without a key"));
    const resumed = again.unlock({ sealNames, start: crypto.randomBytes(32), checkpoints, anchor });
    expect(resumed.problems).toEqual([]);
    again.keep(event("unlocked"));
    const verdict = verify(folder, crypto, resumed.checkpoints, again.anchor());
    expect(verdict.problems).toEqual([]);
    // Record 3 was written without a key. It is linked to the chain, but not proven.
    expect(verdict.proven.map(({ from, to }) => [from, to])).toEqual([
      [1, 2],
      [4, 4],
    ]);
  });

  test("keeps its key over a lock in one process, so records while locked are proven", () => {
    const { log, checkpoints } = unlockedLog();
    log.keep(event("unlocked"));
    log.lock();
    log.keep({ ...event("locked"), names: ["not to be seen"] });
    log.unlock({ sealNames, start: crypto.randomBytes(32), checkpoints, anchor: undefined });
    log.keep(event("unlocked again"));
    expect(verify(folder, crypto, checkpoints, log.anchor()).proven).toMatchObject([{ from: 1, to: 3 }]);
    expect(readFileSync(path(), "utf8")).not.toContain("not to be seen");
  });

  test("seals names and writes ids", () => {
    const { log } = unlockedLog();
    log.keep({ ...event("ok"), ids: ["a".repeat(26)], names: ["op://Bank/Card"] });
    expect(records()[0]).toMatchObject({ ids: ["a".repeat(26)], sealed: "sealed 1" });
    expect(readFileSync(path(), "utf8")).not.toContain("Bank");
  });
});

describe("tampering with the file is reported:", () => {
  const line = (index: number, change: (line: string) => string) => {
    const lines = readFileSync(path(), "utf8").split("\n");
    lines[index] = change(lines[index] ?? "");
    writeFileSync(path(), lines.join("\n"));
  };
  const attacks: Record<string, () => void> = {
    "a changed outcome": () => line(4, (text) => text.replace('"outcome":"4"', '"outcome":"9"')),
    "a removed record": () =>
      writeFileSync(
        path(),
        readFileSync(path(), "utf8")
          .split("\n")
          .filter((_text, index) => index !== 4)
          .join("\n"),
      ),
    "two records exchanged": () => {
      const lines = readFileSync(path(), "utf8").split("\n");
      [lines[4], lines[5]] = [lines[5] ?? "", lines[4] ?? ""];
      writeFileSync(path(), lines.join("\n"));
    },
    "a cut end": () => writeFileSync(path(), `${readFileSync(path(), "utf8").split("\n").slice(0, 5).join("\n")}\n`),
    "an emptied file": () => truncateSync(path(), 0),
    "a record made up at the end": () =>
      appendFileSync(
        path(),
        `${JSON.stringify({ seq: 11, at: "x", event: "test", outcome: "forged", count: 1, mac: "AAAA" })}\n`,
      ),
    "a record made up without a key": () =>
      line(4, (text) => JSON.stringify({ ...JSON.parse(text), mac: undefined, hash: "AAAA" })),
    "bytes that are no record": () => appendFileSync(path(), "{{{\n"),
    "a repeated record": () => writeFileSync(path(), readFileSync(path(), "utf8").replace(/^(.*\n)/, "$1$1")),
  };

  test.each(Object.entries(attacks))("%s", (_what, attack) => {
    const { log, checkpoints } = unlockedLog();
    for (let index = 0; index < 10; index++) log.keep(event(`${index}`));
    const anchor = log.anchor();
    log.close();
    expect(verify(folder, crypto, checkpoints, anchor).problems).toEqual([]);
    attack();
    expect(verify(folder, crypto, checkpoints, anchor).problems).not.toEqual([]);
  });

  test("a change of any single byte", () => {
    const { log, checkpoints } = unlockedLog();
    for (let index = 0; index < 5; index++) log.keep(event(`${index}`));
    const anchor = log.anchor();
    log.close();
    const original = readFileSync(path());
    fc.assert(
      fc.property(fc.nat(original.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const altered = Buffer.from(original);
        altered[at] = (altered[at] ?? 0) ^ change;
        writeFileSync(path(), altered);
        expect(verify(folder, crypto, checkpoints, anchor).problems).not.toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test("a log that was cut while the agent was off, at the next unlock", () => {
    const { log, checkpoints } = unlockedLog();
    for (let index = 0; index < 10; index++) log.keep(event(`${index}`));
    const anchor = log.anchor() as Anchor;
    log.close();
    attacks["a cut end"]?.();
    const resumed = openLog().unlock({ sealNames, start: crypto.randomBytes(32), checkpoints, anchor });
    expect(resumed.problems).toEqual([`the log does not hold record 10 as it was at ${anchor.at}`]);
  });
});

test("a tail torn by a crash is closed and reported, and the next start goes on", () => {
  const { log, checkpoints } = unlockedLog();
  log.keep(event("whole"));
  const anchor = log.anchor();
  log.close();
  appendFileSync(path(), '{"seq":2,"at":"2026-');
  const again = openLog();
  const resumed = again.unlock({ sealNames, start: crypto.randomBytes(32), checkpoints, anchor });
  expect(resumed.problems).toEqual([]);
  again.keep(event("after"));
  expect(records().map((record) => record.event)).toEqual(["test", "audit.torn", "test"]);
  expect(verify(folder, crypto, resumed.checkpoints, again.anchor()).problems).toEqual([]);
});

describe("a read", () => {
  test("is on disk within 100 ms, and not before it was recorded", () => {
    const { log } = unlockedLog();
    log.read(event("ok"));
    clock.advance(FLUSH_MS);
    expect(records()).toHaveLength(1);
  });

  test("is folded with its equals for ten seconds, and their count is written then", () => {
    const { log } = unlockedLog();
    for (let index = 0; index < 7; index++) log.read(event("ok"));
    log.read(event("other"));
    clock.advance(FLUSH_MS);
    expect(records().map(({ outcome, count }) => [outcome, count])).toEqual([
      ["ok", 1],
      ["other", 1],
    ]);
    clock.advance(FOLD_MS + FLUSH_MS);
    expect(records().map(({ outcome, count }) => [outcome, count])).toEqual([
      ["ok", 1],
      ["other", 1],
      ["ok", 6],
    ]);
  });

  test("of another program or another outcome is a record of its own", () => {
    const { log } = unlockedLog();
    log.read({ ...event("ok"), who: "one" });
    log.read({ ...event("ok"), who: "two" });
    log.read(event("other"));
    log.flush();
    expect(records().map(({ count }) => count)).toEqual([1, 1, 1]);
  });

  test("beyond the folds that fit in memory still is a record", () => {
    const { log } = unlockedLog();
    for (let who = 0; who <= FOLDS_MAX; who++) log.read({ ...event("ok"), who: `subject ${who}` });
    log.flush();
    expect(records()).toHaveLength(FOLDS_MAX + 1);
  });

  test("that was refused folds across programs, and one that was allowed does not", () => {
    const { log } = unlockedLog();
    for (const outcome of ["approvalDenied", "ok"])
      for (let who = 0; who < 100; who++) log.read({ ...event(outcome), who: `subject ${who}` });
    log.flush();
    const told = records().filter(({ outcome }) => outcome === "approvalDenied");
    expect(told.map(({ count }) => count)).toEqual([1, 99]);
    expect(
      records()
        .filter(({ outcome }) => outcome === "ok")
        .map(({ count }) => count),
    ).toEqual(Array(100).fill(1));
  });
});

test("a log that cannot be written stops answers with auditUnwritable", () => {
  const { log } = unlockedLog();
  closeSync(descriptorOf(folder));
  expect(() => log.keep(event("lost"))).toThrow("the audit log cannot be written");
  expect(() => log.read(event("next"))).toThrow("the audit log cannot be written");
});

/** The descriptor of this process under which a file of this folder is open. */
function descriptorOf(within: string): number {
  const open = readdirSync("/proc/self/fd").filter((number) => {
    const target = `/proc/self/fd/${number}`;
    // The descriptor that listed the folder itself is closed by now.
    return existsSync(target) && readlinkSync(target).startsWith(within);
  });
  expect(open).toHaveLength(1);
  return Number(open[0]);
}

test("a closed log takes nothing more, and its error says whether the recorded act was done", () => {
  const { log } = unlockedLog();
  log.close();
  expect(() => log.keep(event("written"))).toThrow("the audit log cannot be written");
  expect(() => log.read(event("read"))).toThrow("locked");
});

test("a full segment is followed by another, and the proof goes over the border", () => {
  const rotated: Checkpoint[] = [];
  const log = openLog(rotated);
  const { checkpoints } = log.unlock({ sealNames, start: crypto.randomBytes(32), checkpoints: [], anchor: undefined });
  const program = "x".repeat(1024 * 1024);
  for (let written = 0; written <= SEGMENT_BYTES_MAX; written += 1024 * 1024) log.keep({ ...event("large"), program });
  log.keep(event("next segment"));
  expect(listSegments(folder).map((segment) => segment.number)).toEqual([1, 2]);
  expect(rotated).toHaveLength(1);
  expect(verify(folder, crypto, [...checkpoints, ...rotated], log.anchor()).problems).toEqual([]);
});

/** Segments before the one that is written next. The oldest got its last record `aged` milliseconds ago. */
function segmentsBefore(count: number, aged: number): void {
  for (let number = 1; number <= count; number++) {
    const path = join(folder, `audit-${String(number).padStart(6, "0")}.log`);
    writeFileSync(path, "");
    const seconds = (clock.wallMs() - (number === 1 ? aged : 0)) / 1000;
    utimesSync(path, seconds, seconds);
  }
}

const KEPT_DAYS = 30;
const KEPT_MS = KEPT_DAYS * DAY_MS;

test.each([
  ["as old as the kept days stays", KEPT_MS, 1],
  ["that is older goes, and a record says so", KEPT_MS + 1_000, 2],
])("a segment %s", (_what, aged, first) => {
  segmentsBefore(3, aged);
  const log = openLog();
  log.unlock({ sealNames, start: crypto.randomBytes(32), checkpoints: [], anchor: undefined });
  log.keepFor(KEPT_DAYS);
  log.keep({ ...event("large"), program: "x".repeat(SEGMENT_BYTES_MAX + 1) });
  log.keep(event("next"));
  expect(listSegments(folder)[0]?.number).toBe(first);
  expect(records().some((record) => record.event === "audit.dropped")).toBe(first === 2);
});

test("no segment goes while the log has not been told for how long it keeps them, however old they are", () => {
  segmentsBefore(3, 100 * KEPT_MS);
  const log = openLog();
  log.unlock({ sealNames, start: crypto.randomBytes(32), checkpoints: [], anchor: undefined });
  log.keep({ ...event("large"), program: "x".repeat(SEGMENT_BYTES_MAX + 1) });
  log.keep(event("next"));
  expect(listSegments(folder)[0]?.number).toBe(1);
});

test("fewer days remove older segments at once, more days bring none back, and neither breaks the chain", () => {
  segmentsBefore(3, KEPT_MS);
  const log = openLog();
  const start = crypto.randomBytes(32);
  const { checkpoints } = log.unlock({ sealNames, start, checkpoints: [], anchor: undefined });
  log.keepFor(KEPT_DAYS);
  expect(listSegments(folder)[0]?.number).toBe(1);
  log.keepFor(KEPT_DAYS - 1);
  expect(listSegments(folder)[0]?.number).toBe(2);
  log.keepFor(KEPT_DAYS + 1);
  log.keep(event("next"));
  expect(records().map((record) => record.event)).toEqual(["audit.dropped", "test"]);
  expect(verify(folder, crypto, checkpoints, log.anchor()).problems).toEqual([]);
});

test("a flood of segments pushes none out", () => {
  segmentsBefore(SEGMENTS_MAX + 1, 0);
  const log = openLog();
  log.unlock({ sealNames, start: crypto.randomBytes(32), checkpoints: [], anchor: undefined });
  log.keepFor(KEPT_DAYS);
  log.keep({ ...event("large"), program: "x".repeat(SEGMENT_BYTES_MAX + 1) });
  expect(listSegments(folder)).toHaveLength(SEGMENTS_MAX + 2);
});

test("in a full log the heaviest asker is refused and nobody else, until the reserve is used up too", () => {
  const path = join(folder, "audit-000001.log");
  segmentsBefore(2, 0);
  const first = openLog();
  first.keep(event("first"));
  first.close();
  // A file with a hole takes no room on the disk. Nothing reads it, since the last segment has a record.
  truncateSync(path, LOG_BYTES_MAX - RESERVED_BYTES - 1);
  const log = openLog();
  log.keep({ ...event("much"), who: "heavy", program: "x".repeat(1_000) });
  log.keep({ ...event("little"), who: "light" });
  expect(() => log.demandWritable("heavy")).toThrow("wrote the most of it today");
  expect(() => log.demandWritable("light")).not.toThrow();
  log.close();
  const restarted = openLog();
  expect(() => restarted.demandWritable("heavy")).toThrow("wrote the most of it today");
  expect(() => restarted.demandWritable("light")).not.toThrow();
  restarted.close();
  truncateSync(path, LOG_BYTES_MAX);
  const again = openLog();
  expect(() => again.demandWritable("light")).toThrow("the log is full");
  expect(() => again.demandWritable()).not.toThrow();
  again.keep({ ...event("session.unlock"), who: "light" });
  again.close();
  rmSync(path);
});

test("a full log takes records again once a segment is old enough, and says that it went", () => {
  const path = join(folder, "audit-000001.log");
  segmentsBefore(2, 0);
  const first = openLog();
  first.keep(event("first"));
  first.close();
  const setAge = (ms: number) => {
    const seconds = (clock.wallMs() - ms) / 1000;
    utimesSync(path, seconds, seconds);
  };
  truncateSync(path, LOG_BYTES_MAX);
  setAge(KEPT_MS - 60_000);
  const log = openLog();
  log.keepFor(KEPT_DAYS);
  expect(() => log.demandWritable("light")).toThrow("the log is full");
  setAge(KEPT_MS + 60_000);
  expect(() => log.demandWritable("light")).not.toThrow();
  expect(existsSync(path)).toBe(false);
  log.flush();
  expect(records().at(-1)).toMatchObject({ event: "audit.dropped", outcome: "segment 1" });
});

test("a segment that lost its end is told although the next one starts at a checkpoint", () => {
  const rotated: Checkpoint[] = [];
  const log = openLog(rotated);
  const { checkpoints } = log.unlock({ sealNames, start: crypto.randomBytes(32), checkpoints: [], anchor: undefined });
  log.keep(event("first"));
  log.keep({ ...event("large"), program: "x".repeat(SEGMENT_BYTES_MAX + 1) });
  log.keep(event("next segment"));
  writeFileSync(path(), `${readFileSync(path(), "utf8").split("\n")[0]}\n`);
  expect(verify(folder, crypto, [...checkpoints, ...rotated], log.anchor()).problems).not.toEqual([]);
});

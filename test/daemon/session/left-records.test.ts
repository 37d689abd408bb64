// A token records calls while its person is away, and later the person's log takes these records in. It takes each record once, takes only records
// that the token's own chain proves, and takes no more at a time than there is room for. Uses a real service and real sessions, logs and stores.
import { appendFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Linked } from "../../../daemon/audit/chain.ts";
import { type AuditLog, openAuditLog } from "../../../daemon/audit/log.ts";
import { verify } from "../../../daemon/audit/proof.ts";
import { listSegments, readSegment } from "../../../daemon/audit/segments.ts";
import { accountFolder, ensureNamedFolder } from "../../../daemon/host/data-folder.ts";
import { createLog } from "../../../daemon/host/log.ts";
import { type DeviceStore, openDeviceStore } from "../../../daemon/session/device-store.ts";
import { createLeftRecords, type Taker } from "../../../daemon/session/left-records.ts";
import { createTokenSessions, type TokenSessions } from "../../../daemon/session/token-sessions.ts";
import { newId } from "../../../protocol/crypto/encoding.ts";
import { crypto, type InProcess, inProcess, newUser, type Opened, open, type User } from "../../service/doors.ts";
import { type FakeClock, fakeClock } from "../host/fake-clock.ts";

let door: InProcess;
let user: User;
let opened: Opened;
let home: string;
let clock: FakeClock;
let tokens: TokenSessions;
let audit: AuditLog;
let store: DeviceStore;
let ci: { id: string; token: string };

const quiet = { ...createLog(), note: () => undefined };
const item = newId(crypto);

beforeAll(async () => {
  door = await inProcess();
  user = await newUser(door);
  opened = await open(door, user);
});
afterAll(async () => {
  opened.account.close();
  await door.close();
});
beforeEach(async () => {
  ci = await opened.account.serviceAccounts.create({ title: "CI", vaults: [] });
  home = mkdtempSync(join(tmpdir(), "postern-left-"));
  clock = fakeClock();
  tokens = createTokenSessions({
    home,
    crypto,
    clock,
    log: quiet,
    serviceAddress: () => Promise.resolve(door.address),
    isPersons: () => true,
    personsLog: () => undefined,
    personsStore: () => undefined,
    collect: () => {},
    events: { opened: () => undefined, ended: () => undefined },
  });
  const folder = accountFolder(home, user.account);
  ensureNamedFolder(folder);
  audit = openAuditLog(folder, crypto, clock, quiet, () => undefined);
  const owner = { account: user.account, user: user.user };
  ({ store } = openDeviceStore(crypto, crypto.randomBytes(32), owner, join(folder, "device.sealed")));
  const sealNames = () => "";
  const { checkpoints } = audit.unlock({
    sealNames,
    start: crypto.randomBytes(32),
    checkpoints: [],
    anchor: undefined,
  });
  await store.change((state) => ({ ...state, checkpoints }));
});
afterEach(async () => {
  await tokens.close();
  audit.close();
  rmSync(home, { recursive: true, force: true });
});

/** Reads with the token, each at another moment. */
async function read(count: number, text = ci.token) {
  const session = (await tokens.present(text, "test")).demandOpen();
  for (let made = 0; made < count; made++) {
    session.audit.keep({
      event: "secrets.resolve",
      outcome: "ok",
      ids: [item],
      names: [`/password ${made}`],
      pid: made,
    });
    clock.advance(1_000);
  }
}

/** Takes records in as an unlock does, each time as a new unlock. */
const take = (limits?: { logs: number; bytes: number }) => {
  const taker: Taker = { file: user, audit, unlocked: { ownKind: opened.account, store } };
  const left = createLeftRecords({
    home,
    crypto,
    flushTokens: tokens.flush,
    ...(limits === undefined ? {} : { limits }),
  });
  return left.takeIn(taker);
};
const all = () => {
  audit.flush();
  const lines = listSegments(accountFolder(home, user.account)).flatMap(readSegment);
  return lines.flatMap((line) => (line.kind === "record" ? [line.record] : []));
};
const takenIn = () => all().filter(({ happened }) => happened !== undefined);
const told = () =>
  all()
    .filter(({ event }) => event === "audit.takenIn")
    .map(({ outcome }) => outcome);

/** The folder of the only token, and the file of its log. */
const folders = () => readdirSync(join(home, "service-accounts")).map((name) => join(home, "service-accounts", name));
const folder = () => folders()[0] ?? "";
const file = () => join(folder(), "audit-000001.log");
/** Ends the token's session, so that the disk holds all of its records. */
const end = () => tokens.lock(undefined, {});

describe("a record that a token left", () => {
  test("is taken in whole, with when it happened and whose it was, and the person's chain holds", async () => {
    await read(3);
    await take();
    expect(takenIn().map(({ pid, leftSeq, ids }) => [pid, leftSeq, ids])).toEqual(
      [0, 1, 2].map((pid) => [pid, pid + 1, [item]]),
    );
    expect(takenIn().every(({ token, sealed }) => token?.serviceAccount === ci.id && sealed !== undefined)).toBe(true);
    expect(told()).toEqual(["3 taken in"]);
    expect(verify(accountFolder(home, user.account), crypto, store.state.checkpoints, undefined).problems).toEqual([]);
  });

  test("lies nowhere in clear", async () => {
    await read(1);
    await take();
    await end();
    for (const path of [file(), join(accountFolder(home, user.account), "audit-000001.log")]) {
      expect(readFileSync(path, "utf8")).not.toContain("password");
      expect(readFileSync(path, "utf8")).not.toContain(ci.token);
    }
  });

  test("is taken in once, and later records follow later", async () => {
    await read(2);
    await take();
    await take();
    await read(1);
    await end();
    await take();
    await take();
    expect(takenIn().length).toBe(3);
    expect(told()).toEqual(["2 taken in", "1 taken in"]);
  });

  test("is not taken in again when a crash came before its place was marked", async () => {
    await read(2);
    await take();
    await store.change((state) => ({ ...state, takenIn: {} }));
    await take();
    expect(takenIn().length).toBe(2);
  });

  test("is taken in while an unlock has room, and the rest follow at the next unlocks, in order", async () => {
    await read(3);
    const { mac, hash, ...first } = JSON.parse(readFileSync(file(), "utf8").split("\n")[0] ?? "") as Record<
      string,
      unknown
    >;
    const size = JSON.stringify(first).length;
    // With room for one record the log takes one. One more byte lets it take another.
    await take({ logs: 9, bytes: size });
    expect(takenIn().length).toBe(1);
    await take({ logs: 9, bytes: size + 1 });
    expect(takenIn().map(({ pid }) => pid)).toEqual([0, 1, 2]);
    expect(told()).toEqual(["1 taken in; more wait for the next unlock", "2 taken in; more wait for the next unlock"]);
  });

  test("is taken in from the last used logs when there are too many logs", async () => {
    await read(1);
    const next = await opened.account.serviceAccounts.rotate(ci.id, { overlapMs: 60_000 });
    await end();
    await read(2, next);
    await end();
    await take({ logs: 1, bytes: 1024 * 1024 });
    expect(takenIn().length).toBe(2);
    await take({ logs: 2, bytes: 1024 * 1024 });
    expect(takenIn().length).toBe(3);
  });

  test("by a token of another account stays where it is", async () => {
    const other = await open(door, await newUser(door, "Eve"));
    const { token } = await other.account.serviceAccounts.create({ title: "CI", vaults: [] });
    await read(2, token);
    await take();
    expect([takenIn(), told()]).toEqual([[], []]);
    other.account.close();
  });
});

describe("a process without the token", () => {
  beforeEach(async () => {
    await read(3);
    await end();
  });
  const lines = () => readFileSync(file(), "utf8").trimEnd().split("\n");

  test("adds nothing: its record is left out, and this is reported", async () => {
    const { mac, ...last } = JSON.parse(lines()[2] ?? "") as Linked & { mac: string };
    appendFileSync(file(), `${JSON.stringify({ ...last, seq: lines().length + 1, pid: 99, mac })}\n`);
    await take();
    expect(takenIn().map(({ pid }) => pid)).toEqual([0, 1, 2]);
    expect(told()).toEqual(["3 taken in; 1 records do not follow from the ones before"]);
  });

  test("changes nothing: a changed record is left out, and this is reported", async () => {
    writeFileSync(file(), readFileSync(file(), "utf8").replace('"pid":1', '"pid":7'));
    await take();
    expect(takenIn().map(({ pid }) => pid)).toEqual([0]);
    expect(told()[0]).toContain("do not follow from the ones before");
  });

  test("takes nothing away unseen: a log that was cut is reported, once", async () => {
    writeFileSync(file(), `${lines().slice(0, 2).join("\n")}\n`);
    await take();
    await take();
    expect(takenIn().length).toBe(2);
    expect(told()).toEqual(["2 taken in; it was cut: its end is missing"]);
  });

  test("hides nothing by an older copy: this is reported, and later records are taken in", async () => {
    const copy = join(home, "copy");
    cpSync(folder(), copy, { recursive: true });
    await read(2);
    await end();
    await take();
    expect(takenIn().length).toBe(5);
    const place = folder();
    rmSync(place, { recursive: true });
    cpSync(copy, place, { recursive: true });
    await read(1);
    await end();
    await take();
    expect(takenIn().map(({ pid }) => pid)).toEqual([0, 1, 2, 0, 1, 0]);
    expect(told().at(-1)).toContain("it is not the log that it was");
  });

  test("takes no log away unseen: this is reported, once, and later records are taken in", async () => {
    await take();
    rmSync(folder(), { recursive: true });
    await take();
    await take();
    expect(told()).toEqual(["3 taken in", "1 logs of tokens are gone"]);
    await read(1);
    await take();
    expect(takenIn().length).toBe(4);
  });
});

// Sessions of tokens in races: a lock while a token is being presented, a token that comes while its last session is being closed, and
// unfinished work at the end of a session.
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createLog } from "../../daemon/host/log.ts";
import { createTokenSessions, type TokenSession, type TokenSessions } from "../../daemon/session/token-sessions.ts";
import type { Unlocked } from "../../daemon/session/unlocked.ts";
import { fakeClock } from "../daemon/host/fake-clock.ts";
import { crypto, type InProcess, inProcess, newUser, open } from "../service/doors.ts";

const named = (name: string) => expect.objectContaining({ name });

let door: InProcess;
let home: string;
let token: string;
let tokens: TokenSessions;
/** Runs after the end of a session, before anything of it is closed. */
let onEnded: (unlocked: Unlocked) => void;
/** A request waits for this before the service sees it. */
let before: (request: Request) => Promise<void>;

beforeEach(async () => {
  door = await inProcess();
  home = mkdtempSync(join(tmpdir(), "postern-token-"));
  const ada = await open(door, await newUser(door));
  ({ token } = await ada.account.serviceAccounts.create({ title: "CI", vaults: [] }));
  onEnded = () => undefined;
  before = async () => undefined;
  const fetch = async (request: Request) => {
    await before(request);
    return door.address.fetch(request);
  };
  tokens = createTokenSessions({
    home,
    crypto,
    clock: fakeClock(),
    log: createLog(),
    serviceAddress: async () => ({ ...door.address, fetch }),
    isPersons: () => true,
    personsLog: () => undefined,
    personsStore: () => undefined,
    collect: () => {},
    events: { opened: () => undefined, ended: (unlocked) => onEnded(unlocked) },
  });
});
afterEach(async () => {
  await tokens.close();
  await door.close();
  rmSync(home, { recursive: true, force: true });
});

/** The numbers of the records in the token's log, in order. */
function recorded(): number[] {
  const folder = join(home, "service-accounts");
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".log"))
    .flatMap((name) => readFileSync(join(folder, name), "utf8").trimEnd().split("\n"))
    .map((line) => (JSON.parse(line) as { seq: number }).seq);
}

/** Ends its session. `meanwhile` runs while its store still has writes to do. */
async function endSlowly(meanwhile: () => void): Promise<void> {
  onEnded = ({ store }) => {
    onEnded = () => undefined;
    for (let count = 0; count < 200; count++) void store.change((state) => state);
    meanwhile();
  };
  await tokens.lock(undefined, {});
}

describe("a token that comes while its last session is being closed", () => {
  test("begins the next one after it, with one log and one store", async () => {
    const first = await tokens.present(token, "app");
    first.audit.keep({ event: "test", outcome: "ok" });
    let next: Promise<TokenSession> | undefined;
    await endSlowly(() => {
      next = tokens.present(token, "app");
    });
    const second = await next;
    const counter = second?.demandOpen().unlocked.store.state.counter ?? 0;
    expect(counter).toBeGreaterThan(200);
    second?.audit.keep({ event: "test", outcome: "ok" });
    const numbers = recorded();
    expect(numbers).toEqual(numbers.map((_number, index) => index + 1));
  });
});

test("a token on its way in when a lock comes must be presented again, and spoils nothing for who does", async () => {
  const came = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  before = async (request) => {
    if (!request.url.endsWith("signIn.finish")) return;
    came.resolve();
    await held.promise;
  };
  const first = tokens.present(token, "app");
  const refused = expect(first).rejects.toThrow(named("locked"));
  await came.promise;
  await tokens.lock(undefined, {});
  let again: Promise<TokenSession> | undefined;
  onEnded = () => {
    again ??= tokens.present(token, "app");
  };
  held.resolve();
  await refused;
  const second = await again;
  expect(await tokens.present(token, "app")).toBe(second);
  expect(tokens.list()).toEqual([second]);
});

test("what is not done when a session ends is recorded nowhere, and in no file that was opened since", async () => {
  const { audit } = await tokens.present(token, "app");
  await tokens.lock(undefined, {});
  // The system reuses descriptors, the lowest first. One of these was the log's.
  const paths = Array.from({ length: 8 }, (_one, index) => join(home, `other-${index}`));
  const descriptors = paths.map((path) => openSync(path, "a", 0o600));
  expect(() => audit.read({ event: "secrets.resolve", outcome: "ok" })).toThrow(named("locked"));
  // The error must not be "locked". That would mean that nothing was done, and a client would repeat it.
  expect(() => audit.keep({ event: "items.create", outcome: "ok" })).toThrow(named("auditUnwritable"));
  for (const path of paths) expect(readFileSync(path, "utf8")).toBe("");
  for (const descriptor of descriptors) closeSync(descriptor);
});

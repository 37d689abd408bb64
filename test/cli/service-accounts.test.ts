// Service accounts through the command: made, used by ten processes at once, rotated, their limit read, and ended.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { durationMs } from "../../clients/cli/text/duration.ts";
import { openChannel } from "../../clients/typescript/channel.ts";
import { attachPerson, PASSWORD, type Person, PIN } from "../agent/person.ts";
import { postern, type Ran, type RunOptions } from "./postern.ts";

let home: string;
let person: Person;
let id: string;
let token: string;

const run = (words: string | readonly string[], more: Partial<RunOptions> = {}): Promise<Ran> =>
  postern(typeof words === "string" ? words.split(" ") : words, { home, ...more });
const json = (ran: Ran) => JSON.parse(ran.out) as Record<string, never>;
const withToken = (text = token) => ({ env: { POSTERN_SERVICE_ACCOUNT_TOKEN: text } });

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "postern-c-"));
  await run("init --name Ada --kit kit.txt --password-fd 3 --pin-fd 4 --json", { secrets: [PASSWORD, PIN] });
  person = await attachPerson({
    connect: () => openChannel(join(home, "run", "agent.sock"), { name: "person", version: "1" }),
  });
  person.always("yes");
  await run("vault create Demo");
  const made = await run("item create --category Password --title DB --vault Demo --secret-fd password=3", {
    secrets: ["s3cret"],
  });
  expect(made.code).toBe(0);
  person.always("ignore");
  const ran = await run("service-account create CI --vault Demo:read_items --expires-in 30d --password-fd 3", {
    secrets: [PASSWORD],
  });
  expect(ran.code).toBe(0);
  token = ran.out.trim();
  id = /service account ([a-z2-7]{26})/.exec(ran.err)?.[1] ?? "";
});
afterAll(async () => {
  person.leave();
  await run("agent stop");
  rmSync(home, { recursive: true, force: true });
});

describe("a token", () => {
  test("is the only line on stdout; everything about it goes to stderr", () => {
    expect(token).toMatch(/^postern_[A-Za-z0-9_-]+$/);
    expect(id).toMatch(/^[a-z2-7]{26}$/);
  });

  test("lets ten processes read at once, unasked, in one session", async () => {
    const ran = await Promise.all(Array.from({ length: 10 }, () => run("read op://Demo/DB/password", withToken())));
    expect(ran.map(({ code, out }) => [code, out])).toEqual(Array.from({ length: 10 }, () => [0, "s3cret"]));
    expect(person.seen.filter(({ text }) => text.join().includes("DB"))).toEqual([]);
    expect(sessionsOf(id)).toBe(1);
    expect(json(await run("status --json"))).toMatchObject({ tokenSessions: 1 });
  });

  test("under the official name is used if it is one of ours, and otherwise left alone", async () => {
    const ours = await run("read op://Demo/DB/password", { env: { OP_SERVICE_ACCOUNT_TOKEN: token } });
    expect(ours.out).toBe("s3cret");
    const theirs = await run("status --json", { env: { OP_SERVICE_ACCOUNT_TOKEN: "ops_abc" } });
    expect(theirs.code).toBe(0);
  });

  test("made with --can-create-vaults makes, renames and deletes a vault that is the person's too", async () => {
    const words = "service-account create Maker --can-create-vaults --password-fd 3";
    const maker = (await run(words, { secrets: [PASSWORD] })).out.trim();
    const made = await run("vault create Builds --json", withToken(maker));
    expect([made.code, json(made)]).toMatchObject([0, { title: "Builds", vaultType: "userCreated" }]);
    const item = "item create --category Password --title Key --vault Builds --secret-fd password=3";
    expect((await run(item, { ...withToken(maker), secrets: ["by ci"] })).code).toBe(0);
    person.always("yes");
    expect((await run("read op://Builds/Key/password")).out).toBe("by ci");
    person.always("ignore");
    expect((await run("vault edit Builds --title Nightly", withToken(maker))).code).toBe(0);
    expect((await run("read op://Nightly/Key/password", withToken(maker))).out).toBe("by ci");
    expect((await run("service-account list --password-fd 3", { secrets: [PASSWORD] })).out).toContain("make vaults");
    // An account made without the right is told what is missing.
    const refused = await run("vault create Other", withToken());
    expect(refused).toMatchObject({ code: 4, out: "" });
    expect(refused.err).toContain("may not make vaults; `postern service-account create NAME --can-create-vaults`");
    expect(await run("service-account revoke Maker --password-fd 3", { secrets: [PASSWORD] })).toMatchObject({
      code: 0,
    });
    person.always("yes");
    expect((await run("read op://Nightly/Key/password")).out).toBe("by ci");
    person.always("ignore");
  });

  test("in the official form begins with ops_, and is used under either name", async () => {
    const words = "service-account create Form --vault Demo:read_items --official-form --password-fd 3";
    const made = (await run(words, { secrets: [PASSWORD] })).out.trim();
    expect(made).toMatch(/^ops_[A-Za-z0-9+/]+$/);
    const next = await run("service-account rotate Form --official-form --overlap 1h --password-fd 3 --json", {
      secrets: [PASSWORD],
    });
    expect(String(json(next).token)).toMatch(/^ops_/);
    for (const text of [made, String(json(next).token)]) {
      expect((await run("read op://Demo/DB/password", withToken(text))).out).toBe("s3cret");
      const env = { OP_SERVICE_ACCOUNT_TOKEN: text };
      expect((await run("read op://Demo/DB/password", { env })).out).toBe("s3cret");
    }
    expect((await run("service-account revoke Form --password-fd 3", { secrets: [PASSWORD] })).code).toBe(0);
  });

  test("does not reach a program that run starts", async () => {
    const words = ["run", "--", "sh", "-c", 'printf %s "$POSTERN_SERVICE_ACCOUNT_TOKEN"'];
    expect((await run(words, withToken())).out).toBe("");
  });

  test("to read may not write, and says so", async () => {
    const ran = await run("item create --category Password --title X --vault Demo --secret-fd password=3", {
      ...withToken(),
      secrets: ["x"],
    });
    expect([ran.code, ran.out]).toEqual([4, ""]);
    expect(ran.err).toMatch(/right permissions .*: CREATE_ITEMS is missing \(vault "Demo", [a-z2-7]{26}\)/);
  });

  test.each([
    ["item edit DB --vault Demo --field REGION=eu", "UPDATE_ITEMS is missing"],
    ["item delete DB --vault Demo --yes", "DELETE_ITEMS is missing"],
    ["item history DB --vault Demo", "UPDATE_ITEM_HISTORY is missing"],
    ["vault edit Demo --title Other", "MANAGE_VAULT is missing"],
    ["vault delete Demo --yes", "MANAGE_VAULT is missing"],
  ])("learns the permission that %s needs, and its vault", async (words, missing) => {
    const ran = await run(words, withToken());
    expect([ran.code, ran.out]).toEqual([4, ""]);
    expect(ran.err).toMatch(new RegExp(`${missing}[^(]* \\(vault "Demo", [a-z2-7]{26}\\)`));
  });

  test("lists the groups that its service account is in: none", async () => {
    const ran = await run("group list --json", withToken());
    expect([ran.code, JSON.parse(ran.out)]).toEqual([0, { groups: [] }]);
  });

  test("shows its remaining requests", async () => {
    const left = json(await run("service-account ratelimit --json", withToken()));
    expect(left).toMatchObject({ reads: { limit: 10_000 }, writes: { limit: 1_000 } });
    const without = await run("service-account ratelimit");
    expect(without.code).toBe(2);
    expect(without.err).toContain("POSTERN_SERVICE_ACCOUNT_TOKEN");
  });

  test.each([
    ["of 1Password", "ops_abc", 2, "a token of 1Password"],
    ["that is none", "hunter2", 2, "invalid format"],
  ])("%s is refused with the next step, and not printed", async (_what, text, code, said) => {
    const ran = await run("read op://Demo/DB/password", withToken(text));
    expect([ran.code, ran.out]).toEqual([code, ""]);
    expect(ran.err).toContain(said);
    expect(ran.err).toContain("next: ");
    expect(ran.err).not.toContain(text);
  });
});

describe("a variable for a token", () => {
  test.each([
    ["POSTERN_SERVICE_ACCOUNT_TOKEN", ""],
    ["POSTERN_SERVICE_ACCOUNT_TOKEN", " \n"],
    ["OP_SERVICE_ACCOUNT_TOKEN", ""],
  ])("%s that holds %j is reported as such, and nobody is asked", async (variable, held) => {
    const asked = person.seen.length;
    const ran = await run("read op://Demo/DB/password --json", { env: { [variable]: held } });
    expect([ran.code, ran.out]).toEqual([2, ""]);
    expect(ran.err).toContain(`${variable} is set, and empty`);
    expect(person.seen.length).toBe(asked);
  });

  test("that is empty does not count beside one that holds a token", async () => {
    const env = { OP_SERVICE_ACCOUNT_TOKEN: "", POSTERN_SERVICE_ACCOUNT_TOKEN: token };
    expect((await run("read op://Demo/DB/password", { env })).out).toBe("s3cret");
  });

  test("that is empty does not end a person's command", async () => {
    const env = { POSTERN_SERVICE_ACCOUNT_TOKEN: "" };
    expect((await run("service-account list --password-fd 3", { env, secrets: [PASSWORD] })).code).toBe(0);
  });
});

describe("a token's end", () => {
  const DAY = 24 * 60 * 60_000;
  const made = async (words: string) => {
    const ran = await run(`service-account create Ends --vault Demo:read_items --password-fd 3 ${words}`, {
      secrets: [PASSWORD],
    });
    expect(ran.code).toBe(0);
    return ran;
  };

  test("comes after 90 days by default", async () => {
    const before = Date.now();
    const ends = Date.parse(json(await made("--json")).expiresAt ?? "");
    expect(ends).toBeGreaterThanOrEqual(before + 90 * DAY);
    expect(ends).toBeLessThanOrEqual(Date.now() + 90 * DAY);
  });

  test("never comes on request, and the command says so", async () => {
    expect((await made("--expires-in never")).err).toContain("Its token has no end.");
    expect(json(await made("--expires-in never --json"))).not.toHaveProperty("expiresAt");
  });

  test("is explained by --help, with its default", async () => {
    expect((await run("service-account create --help")).out).toMatch(/never;\s+90d\s+when left out/);
    expect((await run("service-account rotate --help")).out).toMatch(/never;\s+as long\s+as the one before\s+when/);
  });
});

describe("a service account", () => {
  test("comes to no personal vault, and the refusal names it", async () => {
    const ran = await run("service-account create X --vault Personal:read_items --password-fd 3", {
      secrets: [PASSWORD],
    });
    expect(ran.code).toBe(4);
    expect(ran.err).toMatch(/comes to no personal vault \(vault "Personal", [a-z2-7]{26}\)/);
  });

  test("is listed for the password, without the text of its tokens", async () => {
    const listed = await run("service-account list --password-fd 3", { secrets: [PASSWORD] });
    expect(listed.out).toContain("CI");
    expect(listed.out).toMatch(/ID +NAME +STATE +LAST USED +MAY +TOKENS\n/);
    const read =
      /active +\d{4}-\d\d-\d\d \d\d:\d\d +Demo: reveal_item_password read_items +(no end|to \d{4}-[-\d: ]+), used \d{4}/;
    expect(listed.out).toMatch(read);
    expect(listed.out).not.toContain("postern_");
    expect((await run("service-account list --password-fd 3", { secrets: ["wrong"] })).code).toBe(4);
  });

  test("gets its next token, and the one before ends", async () => {
    const ran = await run(`service-account rotate ${id} --password-fd 3`, { secrets: [PASSWORD] });
    expect(ran.code).toBe(0);
    // It was made for 30 days, and the next one is too.
    expect(ran.err).toContain("(as long a life as the one before it was given, since --expires-in was left out)");
    expect(ran.err).toContain("The token before it has ended with this: whatever still uses that one is refused");
    const before = token;
    token = ran.out.trim();
    const listed = json(await run("service-account list --json --password-fd 3", { secrets: [PASSWORD] }));
    const [{ tokens }] = listed.serviceAccounts as unknown as [{ tokens: { createdAt: string; expiresAt: string }[] }];
    const lives = tokens.map(
      ({ createdAt, expiresAt }) => (Date.parse(expiresAt) - Date.parse(createdAt)) / 86_400_000,
    );
    expect(lives.at(-1)).toBeCloseTo(30, 3);
    const table = await run("service-account list --password-fd 3", { secrets: [PASSWORD] });
    expect(table.out).toMatch(/replaced, ended [^;]*; to \d{4}/);
    expect(table.out).not.toContain("expired");
    expect((await run("read op://Demo/DB/password", withToken())).out).toBe("s3cret");
    await run("lock");
    await run("unlock --password-fd 3", { secrets: [PASSWORD] });
    const refused = await run("read op://Demo/DB/password", withToken(before));
    expect([refused.code, refused.out]).toEqual([4, ""]);
    expect(refused.err).toContain("bad service account token, please rotate it: it was replaced by a newer one");
    expect(refused.err).not.toContain("it has expired");
  });

  test("without an end is followed by one without an end; an overlap keeps the old one alive; --expires-in overrides this", async () => {
    const make = "service-account create Endless --vault Demo:read_items --expires-in never --password-fd 3";
    const made = json(await run(`${make} --json`, { secrets: [PASSWORD] }));
    const rotate = (more: string) =>
      run(`service-account rotate ${made.serviceAccountId} ${more} --password-fd 3`, { secrets: [PASSWORD] });
    const same = await rotate("--overlap 1h");
    expect(same.err).toContain("Its token has no end (as long a life as the one before it was given");
    expect(same.err).toContain("The token before it lives on for 1h at most.");
    expect((await run("read op://Demo/DB/password", withToken(made.token))).out).toBe("s3cret");
    const shorter = await rotate("--expires-in 2h");
    expect(shorter.err).toMatch(/Its token ends \d{4}-\d\d-\d\d \d\d:\d\d\./);
    expect(shorter.err).not.toContain("left out");
    await run(`service-account revoke ${made.serviceAccountId} --password-fd 3`, { secrets: [PASSWORD] });
  });

  test("that is revoked lets nobody in", async () => {
    const ran = await run(`service-account revoke ${id} --password-fd 3`, { secrets: [PASSWORD] });
    expect(ran.out).toContain("change the secrets");
    expect((await run("read op://Demo/DB/password", withToken())).code).toBe(4);
    const listed = json(await run("service-account list --json --password-fd 3", { secrets: [PASSWORD] }));
    expect(listed.serviceAccounts).toContainEqual(
      expect.objectContaining({ id, vaults: [], tokens: [], revokedAt: expect.any(String) }),
    );
  });

  test.each([
    ["a vault that is not there", "create X --vault None:read_items", 5],
    ["a permission that is not one", "create X --vault Demo:everything", 2],
    ["no permission", "create X --vault Demo", 2],
    ["a time that is none", "create X --expires-in soon", 2],
    ["an overlap that is too long", `rotate ${"a".repeat(26)} --overlap 9w`, 2],
    ["an id that is none", "rotate nobody", 5],
    ["another id that is none", "revoke nobody", 5],
  ])("is not made or changed with %s", async (_what, words, code) => {
    const ran = await run(`service-account ${words} --password-fd 3`, { secrets: [PASSWORD] });
    expect([ran.code, ran.out]).toEqual([code, ""]);
  });
});

describe("a time on the command line", () => {
  test.each([
    ["90m", 5_400_000],
    ["12h", 43_200_000],
    ["30d", 2_592_000_000],
    ["8w", 4_838_400_000],
    ["999999d", 86_399_913_600_000],
  ])("of %s is read", (text, ms) => expect(durationMs(text, "--x")).toBe(ms));

  test.each(["", "0d", "1", "d", "1.5h", "-1d", "1 d", "1y", "1000000d", "1d2h", "١d"])("of %j is not", (text) => {
    expect(() => durationMs(text, "--x")).toThrow("--x takes");
  });
});

/** Sessions of a user at the embedded service. */
function sessionsOf(user: string): number {
  const database = new DatabaseSync(join(home, "data", "service.sqlite"), { readOnly: true });
  const row = database.prepare('SELECT count(*) AS count FROM sessions WHERE "user" = ?').get(user) as {
    count: number;
  };
  database.close();
  return row.count;
}

test("a token that cannot be printed is reported as lost, with the account that was made and how to revoke it", async () => {
  let id = "";
  for (const words of ["create Lost --vault Demo:read_items", "rotate ID"]) {
    const ran = await run(`service-account ${words.replace("ID", id)} --password-fd 3 --json`, {
      secrets: [PASSWORD],
      stdout: "/dev/full",
    });
    expect(ran).toMatchObject({ code: 1, err: expect.not.stringContaining("postern_") });
    const { error } = JSON.parse(ran.err) as { error: { message: string; hint: string } };
    expect(error.message).toMatch(/^stdout could not be written \(ENOSPC\); the .+ was made .*and its token is lost$/);
    id = /\(([a-z2-7]{26})\)/.exec(error.message)?.[1] ?? "";
    expect(error.hint).toContain(`postern service-account rotate ${id}`);
    expect(error.hint).toContain(`postern service-account revoke ${id}`);
  }
});

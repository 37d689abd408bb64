// Several accounts on one agent: how another account comes, which one is the default, and which state each has for
// itself.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { IDLE_MS } from "../../daemon/session/idle.ts";
import { WRONG_IN_ROW_MAX } from "../../daemon/session/pin.ts";
import { ACCOUNTS_MAX } from "../../daemon/session/places.ts";
import { limits } from "../../protocol/limits.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { attachPerson, makeAccount, makeWork, PASSWORD, PIN, WORK_PASSWORD } from "./person.ts";
import { sealedBackup } from "./sealed-backup.ts";
import { type RunningAgent, startAgent } from "./start.ts";

let agent: InProcessAgent;
let channel: Channel;

const proofOf = (password: string) => ({ kind: "password", password }) as const;
const proof = proofOf(PASSWORD);
const run = <T>(attempt: Promise<T>): Promise<T> => passing(agent, attempt);
const errorOf = (attempt: Promise<unknown>): Promise<string> =>
  run(
    attempt.then(
      () => "none",
      (error: { errorName: string }) => error.errorName,
    ),
  );
const create = (name: string, more: object = {}) =>
  channel.call("accounts.create", { name, password: "long enough", approvers: [], proof, ...more });
const kitOf = (password: string, account?: string) =>
  channel.call("accounts.kit", { password, ...(account === undefined ? {} : { account }) });
const folders = () => readdirSync(join(agent.home, "accounts")).sort();

beforeEach(async () => {
  agent = await startInProcess();
  channel = await agent.connect();
});
afterEach(async () => {
  channel.close();
  await agent.close();
});

describe("another account", () => {
  test("comes with a proof of the default one, which stays the default", async () => {
    const ada = await run(makeAccount(agent));
    const work = await run(makeWork(agent));
    expect(work.account).not.toBe(ada.account);
    expect(await run(kitOf(PASSWORD))).toMatchObject({ account: ada.account });
    expect(await run(kitOf(WORK_PASSWORD, "Work"))).toMatchObject({ account: work.account });
    expect(await run(kitOf(WORK_PASSWORD, work.account))).toMatchObject({ name: "Work" });
  });

  test.each([
    ["no proof", {}, "proofRequired"],
    ["a wrong password", { proof: proofOf("not the password") }, "proofRefused"],
    ["the new one's own password", { proof: proofOf("long enough") }, "proofRefused"],
    ["a PIN, which decides about prompts alone", { proof: { kind: "pin", pin: PIN } }, "proofRefused"],
  ])("does not come with %s, and nothing is written", async (_what, given, name) => {
    await run(makeAccount(agent));
    const before = folders();
    const params = { name: "Eve", password: "long enough", ...given };
    expect(await errorOf(channel.call("accounts.create", params as never))).toBe(name);
    expect(folders()).toEqual(before);
    expect(existsSync(join(agent.home, "account-order.json"))).toBe(false);
  });

  test("does not come with the proof of one that is not the default", async () => {
    await run(makeAccount(agent));
    await run(makeWork(agent));
    expect(await errorOf(create("Eve", { proof: proofOf(WORK_PASSWORD) }))).toBe("proofRefused");
  });

  test("does not come while the default one is locked", async () => {
    await run(makeAccount(agent));
    await run(makeWork(agent));
    await run(channel.call("session.lock", { account: "Ada" }));
    expect(await errorOf(create("Eve"))).toBe("locked");
  });

  test.each([["Ada"], ["ada"], ["A d a"], ["Ａｄａ"], ["A\u200bda"], ["\u202eAda"]])(
    "is not called %j beside Ada",
    async (name) => {
      await run(makeAccount(agent));
      const before = folders();
      expect(await errorOf(create(name))).toBe("accountNameHeld");
      expect(folders()).toEqual(before);
    },
  );

  test.each([[" "], ["\u200b"], ["\u2003 \u2800"], ["Eve\u0007"], ["Eve\n"], ["\u0085Eve"]])(
    "is not called %j, which shows nothing or more than a name",
    async (name) => {
      await run(makeAccount(agent));
      const before = folders();
      expect(await errorOf(create(name))).toBe("invalidParams");
      expect(folders()).toEqual(before);
    },
  );

  test("may not have the id of another as its name", async () => {
    const { account } = await run(makeAccount(agent));
    expect(await errorOf(create(account))).toBe("accountNameHeld");
    expect(await errorOf(create(account.toUpperCase()))).toBe("accountNameHeld");
  });

  test("when two with one name are made at once, one is made, here and at the service", async () => {
    await run(makeAccount(agent));
    const outcomes = await Promise.all([errorOf(create("Club")), errorOf(create("club"))]);
    expect(outcomes.sort()).toEqual(["accountNameHeld", "none"]);
    expect(folders()).toHaveLength(2);
  });

  test(`may be the ${ACCOUNTS_MAX}th and not one more`, async () => {
    await run(makeAccount(agent));
    for (let n = 2; n <= ACCOUNTS_MAX; n++) await run(create(`number ${n}`));
    expect(folders()).toHaveLength(ACCOUNTS_MAX);
    expect(await errorOf(create("one more"))).toBe("tooLarge");
    expect(folders()).toHaveLength(ACCOUNTS_MAX);
    await run(channel.call("accounts.remove", { account: "number 2", password: "long enough", withLog: true }));
    expect(await errorOf(create("one more"))).toBe("none");
  });

  test("signs in beside, and removes its device again if its name is taken", async () => {
    await run(makeAccount(agent));
    const away = await run(create("Away"));
    await run(channel.call("accounts.remove", { account: "Away", password: "long enough" }));
    const { account, user, secretKey } = away;
    const params = { account, user, secretKey, password: "long enough", proof };
    await run(create("away"));
    expect(await errorOf(channel.call("accounts.signIn", params))).toBe("accountNameHeld");
    await run(channel.call("accounts.remove", { account: "away", password: "long enough" }));
    expect(await run(channel.call("accounts.signIn", params))).toEqual({ account, name: "Away" });
    // The device of the refused try is on no list.
    const { devices } = await run(channel.call("devices.list", { account: "Away", password: "long enough" }));
    expect(devices).toHaveLength(1);
    expect(await errorOf(channel.call("accounts.signIn", params))).toBe("accountExists");
  });

  test("is restored beside with the proof of the default one", async () => {
    await run(makeAccount(agent));
    const { bytes, secretKey, account } = await sealedBackup();
    const { handle } = await run(channel.call("accounts.openRestore", { proof }));
    for (let at = 0; at < bytes.length; at += limits.chunkBytes) {
      const content = bytes.subarray(at, at + limits.chunkBytes).toString("base64");
      await run(channel.call("files.writeChunk", { handle, content }));
    }
    expect(await run(channel.call("accounts.restore", { handle, password: PASSWORD, secretKey }))).toMatchObject({
      account,
    });
    expect(folders()).toHaveLength(2);
    expect(await run(kitOf(PASSWORD, String(account)))).toMatchObject({ account });
  });

  test("is not restored with a handle whose proof a lock has ended", async () => {
    await run(makeAccount(agent));
    const { handle } = await run(channel.call("accounts.openRestore", { proof }));
    await run(channel.call("session.lock", {}));
    await run(channel.call("session.unlock", { password: PASSWORD }));
    const { secretKey } = await sealedBackup();
    expect(await errorOf(channel.call("accounts.restore", { handle, password: PASSWORD, secretKey }))).toBe(
      "proofRequired",
    );
  });
});

describe("the default account", () => {
  const toWork = () =>
    channel.call("accounts.setDefault", { account: "Work", proof, newProof: proofOf(WORK_PASSWORD) });

  test("changes after a proof of both", async () => {
    await run(makeAccount(agent));
    const work = await run(makeWork(agent));
    expect(await run(toWork())).toEqual({ account: work.account, name: "Work" });
    expect(await run(kitOf(WORK_PASSWORD))).toMatchObject({ account: work.account });
    // From now on Work's proof is needed to add another account.
    expect(await errorOf(create("Eve"))).toBe("proofRefused");
    expect(await errorOf(create("Eve", { proof: proofOf(WORK_PASSWORD) }))).toBe("none");
  });

  test.each([
    ["the default one's alone", PASSWORD, PASSWORD],
    ["the other one's alone", WORK_PASSWORD, WORK_PASSWORD],
    ["both, exchanged", WORK_PASSWORD, PASSWORD],
  ])("stays with a proof of %s", async (_what, first, second) => {
    const ada = await run(makeAccount(agent));
    await run(makeWork(agent));
    const params = { account: "Work", proof: proofOf(first), newProof: proofOf(second) };
    expect(await errorOf(channel.call("accounts.setDefault", params))).toBe("proofRefused");
    expect(await run(kitOf(PASSWORD))).toMatchObject({ account: ada.account });
  });

  test("is the next oldest after its removal, and one that comes back is the youngest", async () => {
    await run(makeAccount(agent));
    const work = await run(makeWork(agent));
    await run(create("Club"));
    const { account, user, secretKey } = await run(kitOf(PASSWORD));
    await run(channel.call("accounts.remove", { password: PASSWORD }));
    expect(await run(kitOf(WORK_PASSWORD))).toMatchObject({ account: work.account });
    const back = { account, user, secretKey, password: PASSWORD, proof: proofOf(WORK_PASSWORD) };
    await run(channel.call("accounts.signIn", back));
    expect(await run(kitOf(WORK_PASSWORD))).toMatchObject({ account: work.account });
    await run(channel.call("accounts.remove", { password: WORK_PASSWORD }));
    expect(await run(kitOf("long enough"))).toMatchObject({ name: "Club" });
  });

  test("is the only existing one, whatever an earlier home said", async () => {
    await run(makeAccount(agent));
    await run(makeWork(agent));
    await run(channel.call("accounts.remove", { password: PASSWORD }));
    await run(channel.call("accounts.remove", { password: WORK_PASSWORD }));
    const channelTo = await run(channel.call("accounts.create", { name: "New", password: PASSWORD }));
    expect(await run(kitOf(PASSWORD))).toMatchObject({ account: channelTo.account });
    expect(JSON.parse(readFileSync(join(agent.home, "account-order.json"), "utf8"))).not.toMatchObject({
      default: channelTo.account,
    });
    await run(makeWork(agent));
    expect(JSON.parse(readFileSync(join(agent.home, "account-order.json"), "utf8"))).toMatchObject({
      default: channelTo.account,
    });
  });
});

describe("each account has its own", () => {
  beforeEach(async () => {
    await run(makeAccount(agent));
    await run(makeWork(agent));
  });

  test("lock: one is locked beside an open one; a lock that names none locks all", async () => {
    await run(channel.call("session.lock", { account: "Ada" }));
    expect(await errorOf(kitOf(PASSWORD))).toBe("locked");
    expect(await errorOf(kitOf(WORK_PASSWORD, "Work"))).toBe("none");
    await run(channel.call("session.unlock", { password: PASSWORD }));
    await run(channel.call("session.lock", {}));
    expect(await errorOf(kitOf(PASSWORD))).toBe("locked");
    expect(await errorOf(kitOf(WORK_PASSWORD, "Work"))).toBe("locked");
  });

  test("token sessions: a lock of one account ends its own alone, one of all ends all", async () => {
    const tokenOf = async (account: string, password: string) => {
      const vaults = [{ vault: "Personal", permissions: ["read_items" as const] }];
      await run(channel.call("vaults.create", { title: "Shared", client: await clientOf(account) }));
      const of = { ...vaults[0], vault: "Shared" } as (typeof vaults)[0];
      return (await run(channel.call("serviceAccounts.create", { account, password, title: "CI", vaults: [of] })))
        .token;
    };
    const clientOf = async (account: string) =>
      (await channel.call("clients.open", { account, integrationName: "x", integrationVersion: "1" })).client;
    const persons = [await run(attachPerson(agent)), await run(attachPerson(agent, WORK_PASSWORD, "Work"))];
    for (const person of persons) person.always("yes");
    const tokens = [await tokenOf("Ada", PASSWORD), await tokenOf("Work", WORK_PASSWORD)];
    const open = (token: string) =>
      run(channel.call("clients.open", { token, integrationName: "ci", integrationVersion: "1" }));
    const inUse = async () => (await channel.call("agent.status", {})).tokenSessions;
    for (const token of tokens) await open(token);
    expect(await inUse()).toBe(2);
    await run(channel.call("session.lock", { account: "Work" }));
    expect(await inUse()).toBe(1);
    await open(tokens[1] ?? "");
    await run(channel.call("session.lock", {}));
    expect(await inUse()).toBe(0);
    for (const person of persons) person.leave();
  });

  test(`PIN: ${WRONG_IN_ROW_MAX} wrong ones of one account leave the other's on`, async () => {
    const person = await run(attachPerson(agent));
    const other = await run(attachPerson(agent, WORK_PASSWORD, "Work"));
    const asked = channel.call("vaults.list", {}).catch((error: { errorName: string }) => error.errorName);
    const prompt = await run(person.next());
    const answer = (pin: string, of = prompt) =>
      errorOf(
        channel.call("prompts.answer", {
          ...{ prompt: of.prompt, answer: "yes", hash: of.hash },
          proof: { kind: "pin", pin },
        }),
      );
    for (let n = 1; n < WRONG_IN_ROW_MAX; n++) expect(await answer("000000")).toBe("proofRefused");
    expect(await answer("000000")).toBe("pinDisabled");
    expect(await answer(PIN)).toBe("pinDisabled");
    await run(channel.call("prompts.answer", { prompt: prompt.prompt, answer: "no" }));
    expect(await run(asked)).toBe("approvalDenied");
    const { client } = await channel.call("clients.open", {
      ...{ account: "Work", integrationName: "x", integrationVersion: "1" },
    });
    const listed = channel.call("vaults.list", { client });
    expect(await answer(PIN, await run(other.next()))).toBe("none");
    expect((await run(listed)).vaults).toMatchObject([{ title: "Personal" }]);
    person.leave();
    other.leave();
  });

  test("password tries: wrong ones of one account make no other wait", async () => {
    for (let n = 0; n < 3; n++) expect(await errorOf(kitOf("not the password"))).toBe("proofRefused");
    expect(await errorOf(kitOf(PASSWORD))).toBe("tryLater");
    expect(await errorOf(kitOf(WORK_PASSWORD, "Work"))).toBe("none");
  });

  test("idle clock: one that is used stays open, and the other locks", async () => {
    const person = await run(attachPerson(agent, WORK_PASSWORD, "Work"));
    person.always("yes");
    const { client } = await channel.call("clients.open", {
      ...{ account: "Work", integrationName: "x", integrationVersion: "1" },
    });
    const use = () => run(channel.call("items.list", { vaultId, client }));
    const [{ id: vaultId = "" } = {}] = (await run(channel.call("vaults.list", { client }))).vaults;
    await use();
    for (let n = 0; n < 3; n++) {
      agent.clock.advance(IDLE_MS / 2);
      await use();
    }
    expect(await errorOf(kitOf(WORK_PASSWORD, "Work"))).toBe("none");
    expect(await errorOf(kitOf(PASSWORD))).toBe("locked");
    person.leave();
  });

  test("log: acts and refusals in one account are in no other account's log", async () => {
    expect(await errorOf(kitOf("not the password", "Work"))).toBe("proofRefused");
    expect(await errorOf(channel.call("session.unlock", { account: "Work", password: "wrong" }))).toBe("wrongPassword");
    await run(kitOf(WORK_PASSWORD, "Work"));
    const eventsOf = async (account: string, password: string) =>
      (await run(channel.call("audit.list", { account, proof: proofOf(password) }))).records.map(
        ({ event, outcome }) => `${event} ${outcome}`,
      );
    const work = await eventsOf("Work", WORK_PASSWORD);
    expect(work).toContain("proof.password proofRefused");
    expect(work).toContain("session.unlock wrongPassword");
    expect(work).toContain("accounts.kit ok");
    const ada = await eventsOf("Ada", PASSWORD);
    for (const event of ["proofRefused", "wrongPassword", "accounts.kit"])
      expect(ada.filter((one) => one.includes(event))).toEqual([]);
  });
});

describe("a prompt", () => {
  test("names its account when there are several, and is unchanged when there is one", async () => {
    await run(makeAccount(agent));
    const person = await run(attachPerson(agent));
    const ask = (client?: string) =>
      channel
        .call("vaults.list", client === undefined ? {} : { client })
        .catch((error: { errorName: string }) => error.errorName);
    const first = ask();
    const alone = await run(person.next());
    await run(person.no(alone));
    expect(await run(first)).toBe("approvalDenied");
    expect(alone.text).toEqual([
      expect.stringMatching(/ wants to read:$/),
      "  the names in the whole account",
      "Yes holds for this process.",
      "It ends after 10 minutes without use, after 12 hours at most.",
    ]);
    await run(makeWork(agent));
    const other = await run(attachPerson(agent, WORK_PASSWORD, "Work"));
    const { client } = await channel.call("clients.open", {
      ...{ account: "Work", integrationName: "x", integrationVersion: "1" },
    });
    const second = ask(client);
    const named = await run(other.next());
    await run(other.no(named));
    expect(await run(second)).toBe("approvalDenied");
    expect(named.text).toContain('In the account "Work".');
    expect(named.text.filter((line) => !line.startsWith("In the account"))).toEqual(alone.text);
    expect(person.seen).toHaveLength(1);
    person.leave();
    other.leave();
  });
});

describe("a client that names an account", () => {
  const open = async (account: string) =>
    (await channel.call("clients.open", { account, integrationName: "x", integrationVersion: "1" })).client;
  const told = (attempt: Promise<unknown>) =>
    run(
      attempt.then(
        () => ({ name: "none" }),
        ({ errorName, message, hint }: { errorName: string; message: string; hint: string }) => ({
          name: errorName,
          message,
          hint,
        }),
      ),
    );

  beforeEach(async () => {
    await run(makeAccount(agent));
    await run(makeWork(agent));
  });

  test.each([
    ["vaults.list", {}],
    ["secrets.resolve", { reference: "op://Personal/DB/password" }],
    ["secrets.resolve", { reference: "no reference" }],
    ["secrets.resolveAll", { references: ["op://Personal/DB/password", "no reference"] }],
    ["secrets.resolveAll", { references: [] }],
    ["items.get", { vaultId: "a".repeat(26), itemId: "b".repeat(26) }],
    ["shares.list", {}],
  ] as const)("reads the same for a right and a wrong one: %s %j", async (method, params) => {
    const persons = [await run(attachPerson(agent)), await run(attachPerson(agent, WORK_PASSWORD, "Work"))];
    for (const person of persons) person.always("no");
    const ask = async (account: string, more: object = {}) =>
      told(channel.call(method, { ...params, ...more, client: await open(account) } as never));
    const right = await ask("Work");
    const wrong = await ask("Nobody");
    expect(wrong).toEqual(right);
    if (persons.some(({ seen }) => seen.length > 0))
      expect(right).toMatchObject({ message: "denied, or no such account" });
    expect(await ask("Nobody", { noWait: true })).toEqual(await ask("Work", { noWait: true }));
    for (const person of persons) person.leave();
  });

  test("that does not exist makes the agent ask a person, and a yes gives nothing, now or later", async () => {
    const person = await run(attachPerson(agent));
    const client = await open("Nobody");
    const outcome = told(channel.call("vaults.list", { client }));
    const prompt = await run(person.next());
    expect(prompt.text.join("\n")).toContain('no account here is called "Nobody"');
    await run(person.yes(prompt));
    expect(await outcome).toMatchObject({ name: "approvalDenied", message: "denied, or no such account" });
    const { grants } = await run(channel.call("grants.list", { proof }));
    expect(grants).toEqual([]);
    expect(await errorOf(channel.call("vaults.list", { noWait: true }))).toBe("approvalRequired");
    person.leave();
  });

  test("learns that it is locked while every account is, for a right or wrong name", async () => {
    const clients = [await open("Work"), await open("Nobody")];
    await run(channel.call("session.lock", {}));
    for (const client of clients) expect(await errorOf(channel.call("vaults.list", { client }))).toBe("locked");
  });

  test("comes to it by name once it is here", async () => {
    const client = await open("Club");
    const club = await run(create("Club"));
    const person = await run(attachPerson(agent, "long enough", "Club"));
    const listed = channel.call("accounts.list", { client });
    const prompt = await run(person.next());
    await run(channel.call("prompts.answer", { ...answered(prompt), proof: proofOf("long enough") }));
    expect((await run(listed)).accounts).toMatchObject([{ account: club.account, name: "Club" }]);
    person.leave();
  });

  const answered = ({ prompt, hash }: { prompt: string; hash: string }) => ({ prompt, hash, answer: "yes" as const });
});

describe("a home", () => {
  let running: RunningAgent;
  afterEach(() => running.remove());

  test("keeps its accounts and the default over a kill", async () => {
    running = await startAgent();
    const ada = await makeAccount(running);
    const work = await makeWork(running);
    const first = await running.connect();
    await first.call("accounts.setDefault", { account: "Work", proof, newProof: proofOf(WORK_PASSWORD) });
    await running.end("SIGKILL");
    running = await running.restart();
    const second = await running.connect();
    expect(await second.call("session.unlock", { password: WORK_PASSWORD })).toMatchObject({ account: work.account });
    const { sessions } = await second.call("agent.status", {});
    expect(sessions.map(({ state }) => state)).toEqual(["locked", "unlocked"]);
    await second.call("accounts.remove", { password: WORK_PASSWORD });
    await running.end("SIGKILL");
    running = await running.restart();
    const third = await running.connect();
    expect(await third.call("session.unlock", { password: PASSWORD })).toMatchObject({ account: ada.account });
    // Argon2id runs nine times, of 128 MiB each. A busy machine takes more than the usual half a minute.
  }, 90_000);

  test("with an order file that is damaged does not open, and nothing in it changes", async () => {
    running = await startAgent();
    await makeAccount(running);
    await running.end();
    const path = join(running.home, "data", "account-order.json");
    writeFileSync(path, "{", { mode: 0o600 });
    await expect(running.restart()).rejects.toThrow("the file account-order.json is not what the agent writes");
    expect(readFileSync(path, "utf8")).toBe("{");
  });
});

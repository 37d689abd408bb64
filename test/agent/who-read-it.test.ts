// "Who read it?" The person's log has every call about one secret, with actor and outcome, calls with tokens among them. Nobody else sees it.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { PROMPT_MS } from "../../daemon/approval/broker.ts";
import { newUser, open as openAsUser, overLoopback } from "../service/doors.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { attachPerson, makeAccount, PASSWORD, type Person } from "./person.ts";

let agent: InProcessAgent;
let person: Person;
let program: Channel;
let account: string;
let vaultId: string;
let itemId: string;

const proof = { kind: "password", password: PASSWORD } as const;
const integration = { integrationName: "ci", integrationVersion: "1" };
const named = (errorName: string) => expect.objectContaining({ errorName });
const call = <T>(promise: Promise<T>) => passing(agent, promise);
const reference = "op://Demo/DB/password";

const fields = ["username", "password"].map((id) => ({
  id,
  title: id,
  fieldType: "Concealed" as const,
  value: `the ${id}`,
}));

async function who(item: string, more: object = {}) {
  const { records } = await call(person.channel.call("audit.list", { proof, item, limit: 500, ...more }));
  return records;
}
const reads = async (item: string) => (await who(item)).filter(({ event }) => event === "secrets.resolve");

async function token(vault = vaultId) {
  const vaults = [{ vault, permissions: ["read_items"] }];
  return call(person.channel.call("serviceAccounts.create", { password: PASSWORD, title: "CI", vaults }));
}

async function bearer(text: string, at = agent) {
  const channel = await at.connect();
  const { client } = await channel.call("clients.open", { token: text, ...integration });
  return { channel, client };
}

beforeEach(async () => {
  agent = await startInProcess();
  ({ account } = await call(makeAccount(agent)));
  person = await call(attachPerson(agent));
  person.always("yes");
  program = await agent.connect();
  vaultId = (await call(person.channel.call("vaults.create", { title: "Demo" }))).id;
  const item = { vaultId, category: "Login" as const, fields };
  itemId = (await call(person.channel.call("items.create", { item: { ...item, title: "DB" } }))).id;
  await call(person.channel.call("items.create", { item: { ...item, title: "Other" } }));
});
afterEach(async () => {
  program.close();
  person.leave();
  await agent.close();
});

describe("a service account's read", () => {
  test("is in the person's log, with its item, its field and the token's service account", async () => {
    const made = await token();
    const ci = await bearer(made.token);
    await ci.channel.call("secrets.resolve", { reference, client: ci.client });
    const found = (await reads(reference)).at(-1);
    expect(found).toMatchObject({
      outcome: "ok",
      ids: [vaultId, itemId],
      titles: ["Demo", "DB"],
      names: ["/password"],
      serviceAccount: { id: made.serviceAccountId, title: "CI" },
    });
    ci.channel.close();
  });

  test("made while the account is locked is listed with its names after the next unlock, and the log is proven", async () => {
    const ci = await token();
    await person.channel.call("session.lock", {});
    const { channel, client } = await bearer(ci.token);
    await channel.call("secrets.resolve", { reference, client });
    await channel.call("secrets.resolve", { reference, client });
    await person.channel.call("session.unlock", { password: PASSWORD });
    const found = (await reads(reference)).filter(({ serviceAccount }) => serviceAccount !== undefined);
    expect(found.map(({ names, count }) => [names, count])).toEqual([
      [["/password"], 1],
      [["/password"], 1],
    ]);
    expect((await call(person.channel.call("audit.verify", { proof }))).problems).toEqual([]);
    channel.close();
  });

  test("made while the account was signed out is listed once after the next sign-in, with its time", async () => {
    const ci = await token();
    const kit = await call(person.channel.call("accounts.kit", { password: PASSWORD }));
    const signIn = async () => {
      const { account: id, user, secretKey } = kit;
      await call(program.call("accounts.signIn", { account: id, user, secretKey, password: PASSWORD }));
    };
    const signOut = () => call(program.call("accounts.remove", { password: PASSWORD }));
    await signOut();
    const { channel, client } = await bearer(ci.token);
    await channel.call("secrets.resolve", { reference, client });
    const readAt = agent.clock.wallMs();
    await expect(channel.call("items.get", { vaultId: itemId, itemId, client })).rejects.toThrow(
      named("vaultNotFound"),
    );
    agent.clock.advance(60_000);
    await signIn();
    const found = async () => (await listed()).filter(({ takenInAt }) => takenInAt !== undefined);
    const listed = () =>
      call(program.call("audit.list", { proof, item: itemId, limit: 500 })).then((page) => page.records);
    expect(await found()).toMatchObject([
      {
        event: "secrets.resolve",
        at: new Date(readAt).toISOString(),
        ids: [vaultId, itemId],
        names: ["/password"],
        titles: ["Demo", "DB"],
        serviceAccount: { id: ci.serviceAccountId, title: "CI" },
      },
      { event: "items.get", outcome: "vaultNotFound", serviceAccount: { title: "CI" } },
    ]);
    // The account is here again. Calls go into both logs, and nothing is taken in twice.
    const again = await bearer(ci.token);
    await again.channel.call("secrets.resolve", { reference, client: again.client });
    await call(program.call("session.lock", {}));
    await call(program.call("session.unlock", { password: PASSWORD }));
    await signOut();
    await signIn();
    expect((await found()).length).toBe(2);
    expect((await listed()).filter(({ event }) => event === "secrets.resolve").length).toBe(2);
    expect((await call(program.call("audit.verify", { proof }))).problems).toEqual([]);
    channel.close();
    again.channel.close();
  });

  test("that is refused is also there, once, with its subject", async () => {
    const other = (await call(person.channel.call("vaults.create", { title: "Closed" }))).id;
    const made = await token(other);
    const { channel, client } = await bearer(made.token);
    await expect(channel.call("items.get", { vaultId, itemId, client })).rejects.toThrow(named("vaultNotFound"));
    const found = (await who("Demo/DB")).filter(({ serviceAccount }) => serviceAccount !== undefined);
    expect(found).toMatchObject([{ event: "items.get", outcome: "vaultNotFound", ids: [vaultId, itemId] }]);
    channel.close();
  });

  test("on an agent without the person's account is in the token's own log alone", async () => {
    const made = await token();
    const elsewhere = await startInProcess(undefined, agent.service);
    const { channel, client } = await bearer(made.token, elsewhere);
    await channel.call("secrets.resolve", { reference, client });
    expect((await reads(reference)).filter(({ serviceAccount }) => serviceAccount !== undefined)).toEqual([]);
    channel.close();
    await elsewhere.close();
  });

  test("of an account of the same id at another service writes nothing there", async () => {
    const theirs = await overLoopback();
    const forger = await openAsUser(theirs, await newUser(theirs, "Eve", account));
    const forged = await forger.account.serviceAccounts.create({ title: "CI", vaults: [] });
    const { channel, client } = await bearer(forged.token);
    await expect(channel.call("items.get", { vaultId, itemId, client })).rejects.toThrow(named("vaultNotFound"));
    const { records } = await call(person.channel.call("audit.list", { proof, limit: 500 }));
    expect(records.filter(({ serviceAccount }) => serviceAccount !== undefined)).toEqual([]);
    expect(await who(itemId)).not.toContainEqual(expect.objectContaining({ outcome: "vaultNotFound" }));
    channel.close();
    await theirs.close();
  });

  test("shows its holder nothing of the person's log but its own calls", async () => {
    await call(program.call("secrets.resolve", { reference: "op://Demo/Other/password" }));
    const { channel } = await bearer((await token()).token);
    await expect(channel.call("audit.list", { item: "Demo/Other" })).rejects.toThrow(named("proofRequired"));
    const { records } = await channel.call("audit.list", {});
    expect(records.filter(({ names, titles }) => names !== undefined || titles !== undefined)).toEqual([]);
    channel.close();
  });
});

describe("a read that was refused names its item", () => {
  beforeEach(async () => {
    // This process made the items, and its grants for that include reading.
    await person.channel.call("grants.revoke", { all: true });
  });

  const refusals = async (outcome: string, item = "Demo/DB") =>
    (await who(item)).filter((record) => record.outcome === outcome);

  test("when a person said no, and the asker does not learn the item", async () => {
    person.always("no");
    await expect(call(program.call("secrets.resolve", { reference }))).rejects.toThrow(named("approvalDenied"));
    expect(await refusals("approvalDenied")).toMatchObject([{ names: [reference] }]);
    expect(await refusals("approvalDenied", "Demo/Other")).toEqual([]);
    const { records } = await program.call("audit.list", {});
    const own = records.filter(({ outcome }) => outcome === "approvalDenied");
    expect(own.length).toBe(1);
    expect(own.filter((record) => record.ids !== undefined || record.names !== undefined)).toEqual([]);
  });

  test("where nobody answered", async () => {
    person.always("ignore");
    const shown = person.next();
    const late = program.call("secrets.resolve", { reference });
    await passing(agent, shown);
    agent.clock.advance(PROMPT_MS);
    await expect(late).rejects.toThrow(named("approvalTimedOut"));
    expect(await refusals("approvalTimedOut")).toMatchObject([{ names: [reference] }]);
  });

  test("when the service was away, as far as the request named it; a read from memory is there like any other", async () => {
    await call(program.call("secrets.resolve", { reference }));
    agent.setMood("away");
    await call(program.call("secrets.resolve", { reference }));
    await expect(call(program.call("secrets.resolve", { reference: "op://Demo/DB/username" }))).rejects.toThrow(
      named("offline"),
    );
    agent.setMood("well");
    expect(await refusals("offline")).toMatchObject([{ names: ["op://Demo/DB/username"] }]);
    expect(await refusals("offline", reference)).toEqual([]);
    const counts = (await reads(reference)).filter(({ outcome }) => outcome === "ok").map(({ count }) => count);
    expect(counts).toEqual([1, 1]);
  });

  test("each of those that fold into one record", async () => {
    const ask = (item: string) =>
      expect(call(program.call("secrets.resolve", { reference: `op://Demo/${item}/password`, noWait: true })))
        .rejects //
        .toThrow(named("approvalRequired"));
    await ask("DB");
    await ask("Other");
    await ask("DB");
    expect(await refusals("approvalRequired", "Demo/Other")).toMatchObject([{ count: 2, outcome: "approvalRequired" }]);
    expect((await refusals("approvalRequired")).map(({ count }) => count)).toEqual([1, 2]);
  });
});

describe("a search", () => {
  test("for one field leaves out reads of other fields, and of other items in the same call", async () => {
    const references = ["op://Demo/DB/username", "op://Demo/Other/password"];
    await call(program.call("secrets.resolveAll", { references }));
    const events = async (item: string) => (await who(item)).map(({ event }) => event);
    expect(await events("op://Demo/DB/username")).toContain("secrets.resolveAll");
    expect(await events("op://Demo/Other/password")).toContain("secrets.resolveAll");
    expect(await events("op://Demo/DB/password")).not.toContain("secrets.resolveAll");
    expect(await events("op://Demo/Other/username")).not.toContain("secrets.resolveAll");
    await call(program.call("items.get", { vaultId, itemId }));
    expect(await events("op://Demo/DB/password")).toContain("items.get");
  });

  test.each(["op://Demo/DB", "Demo/DB", "demo/db", "op://Demo/DB/password", "id", "place"])(
    "may name the item as %s",
    async (name) => {
      await call(program.call("secrets.resolve", { reference }));
      const item = name === "id" ? itemId : name === "place" ? `${vaultId}/${itemId}` : name;
      expect((await reads(item)).length).toBe(1);
    },
  );

  test("for a variable of an environment lists its readers, and not a writer of another variable", async () => {
    const variable = (name: string) => ({ name, value: "x", masked: true });
    const environmentId = (await call(person.channel.call("environments.create", { title: "staging" }))).id;
    await call(
      person.channel.call("environments.set", { environmentId, variables: ["DATABASE_URL", "PORT"].map(variable) }),
    );
    await call(person.channel.call("environments.set", { environmentId, variables: [variable("OTHER")] }));
    await call(program.call("environments.getVariables", { environmentId }));
    const found = await who("staging/DATABASE_URL");
    expect(found.map(({ event }) => event)).toEqual(["environments.set", "environments.getVariables"]);
    expect(found[1]?.names).toEqual(["DATABASE_URL", "PORT", "OTHER"]);
    await expect(who("staging/NONE")).rejects.toThrow(named("itemNotFound"));
  });

  test("for a variable lists the read by a service account's token", async () => {
    const environmentId = (await call(person.channel.call("environments.create", { title: "staging" }))).id;
    const variables = [{ name: "DATABASE_URL", value: "x", masked: true }];
    await call(person.channel.call("environments.set", { environmentId, variables }));
    const { channel, client } = await bearer((await token(environmentId)).token);
    await channel.call("environments.getVariables", { environmentId, client });
    expect((await who("staging/DATABASE_URL")).at(-1)).toMatchObject({
      event: "environments.getVariables",
      serviceAccount: { title: "CI" },
    });
    channel.close();
  });

  test.each(["DB", "", "op://", "op://Demo", "Demo//DB", "Demo/DB/password/x/y"])(
    "is refused where %j names nothing",
    async (item) => {
      const answer = person.channel.call("audit.list", { proof, item });
      await expect(call(answer)).rejects.toThrow();
    },
  );

  test("comes in pages that leave nothing out and repeat nothing", async () => {
    for (let made = 0; made < 5; made++)
      await call(program.call("items.put", { item: await call(program.call("items.get", { vaultId, itemId })) }));
    const all = (await who(itemId)).map(({ seq }) => seq);
    const paged: number[] = [];
    for (let after: number | undefined = 0; after !== undefined; ) {
      const page: { records: { seq: number }[]; next?: number } = await call(
        person.channel.call("audit.list", { proof, item: itemId, after, limit: 2 }),
      );
      expect(page.records.length).toBeLessThanOrEqual(2);
      paged.push(...page.records.map(({ seq }) => seq));
      after = page.next;
    }
    expect(all.length).toBeGreaterThan(5);
    expect(paged).toEqual(all);
  });

  test("keeps within its times", async () => {
    await call(program.call("secrets.resolve", { reference }));
    const [record] = await reads(reference);
    const at = Date.parse(record?.at ?? "");
    const time = (ms: number) => new Date(at + ms).toISOString();
    const seqs = async (more: object) => (await who(reference, more)).map(({ seq }) => seq);
    expect(await seqs({ since: time(0), until: time(0) })).toContain(record?.seq);
    expect(await seqs({ since: time(1) })).not.toContain(record?.seq);
    expect(await seqs({ until: time(-1) })).not.toContain(record?.seq);
  });
});

// The whole way of a resolve over a real socket against a real agent: resolve, scope, prompt, proof, read, record, cache.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createClient, DesktopAuth, type OpenClient } from "../../clients/typescript/client.ts";
import {
  ApprovalDeniedError,
  ApprovalRequiredError,
  LockedError,
  SignedOutError,
  TokenInvalidError,
} from "../../clients/typescript/generated.ts";
import { attachPerson, makeAccount, PASSWORD, type Person } from "./person.ts";
import { type RunningAgent, startAgent } from "./start.ts";

let agent: RunningAgent;
let person: Person;
let vaultId = "";

const client = (): Promise<OpenClient> =>
  createClient({
    auth: new DesktopAuth("Ada"),
    integrationName: "line",
    integrationVersion: "1",
    socket: agent.socket,
  });

beforeAll(async () => {
  agent = await startAgent();
  await expect(client()).rejects.toThrow(SignedOutError);
  await makeAccount(agent);
  person = await attachPerson(agent);
  person.always("yes");
  const writer = await client();
  vaultId = (await writer.vaults.create({ title: "Demo" })).id;
  await writer.items.create({
    vaultId,
    title: "DB",
    category: "Password",
    fields: [{ id: "password", title: "password", fieldType: "Concealed", value: "s3cret" }],
  });
  writer.close();
});

afterAll(async () => {
  await agent.remove();
});

describe("a reference", () => {
  test("is resolved after one approval and from memory afterwards", async () => {
    const own = await client();
    const { grants } = await own.call("grants.list", { proof: { kind: "password", password: PASSWORD } });
    for (const grant of grants)
      await own.call("grants.revoke", { grant: grant.grant, proof: { kind: "password", password: PASSWORD } });
    const before = person.seen.length;
    expect(await own.secrets.resolve("op://demo/db/PASSWORD")).toBe("s3cret");
    const again = await own.call("secrets.resolve", { reference: "op://demo/db/PASSWORD" });
    expect(again).toMatchObject({ secret: "s3cret", cached: true, stale: false, kind: "Concealed", vaultId });
    expect(person.seen.length - before).toBe(1);
    expect(person.seen.at(-1)?.text[1]).toBe("  op://Demo/DB/password");
    own.close();
  });

  test("that leads nowhere is told only after approval, and leaves no grant", async () => {
    const own = await client();
    const { revoked } = await own.call("grants.revoke", { all: true, proof: { kind: "password", password: PASSWORD } });
    expect(revoked).toBeGreaterThan(0);
    const before = person.seen.length;
    await expect(own.secrets.resolve("op://Demo/nothing/password")).rejects.toThrow("no item matched");
    expect(person.seen.length - before).toBe(1);
    expect(person.seen.at(-1)?.text[1]).toBe(
      "  op://Demo/nothing/password (no item matched the secret reference query)",
    );
    expect((await own.call("grants.list", {})).grants).toEqual([]);
    own.close();
  });

  test("that is malformed is told at once, without a prompt", async () => {
    const own = await client();
    const before = person.seen.length;
    await expect(own.secrets.resolve("op://Demo")).rejects.toThrow("secret reference has invalid format");
    expect(person.seen.length).toBe(before);
    own.close();
  });

  test("is refused at once with noWait where a person would have to approve", async () => {
    const own = await client();
    await own.call("grants.revoke", { all: true });
    await expect(own.call("secrets.resolve", { reference: "op://Demo/DB/password", noWait: true })).rejects.toThrow(
      ApprovalRequiredError,
    );
    own.close();
  });

  test("gets the new value after a change by anybody", async () => {
    const own = await client();
    expect(await own.secrets.resolve("op://Demo/DB/password")).toBe("s3cret");
    const [overview] = await own.items.list(vaultId);
    const item = await own.items.get(vaultId, overview?.id ?? "");
    await own.items.put({ ...item, fields: item.fields.map((field) => ({ ...field, value: "changed" })) });
    expect(await own.secrets.resolve("op://Demo/DB/password")).toBe("changed");
    own.close();
  });
});

describe("many references", () => {
  test("make one prompt and keep their own outcomes", async () => {
    const own = await client();
    await own.call("grants.revoke", { all: true });
    const before = person.seen.length;
    const { individualResponses } = await own.secrets.resolveAll([
      "op://Demo/DB/password",
      "op://Demo/gone/x",
      "op://nowhere",
    ]);
    expect(individualResponses["op://Demo/DB/password"]?.content?.secret).toBe("changed");
    expect(individualResponses["op://Demo/gone/x"]?.error?.type).toBe("itemNotFound");
    expect(individualResponses["op://nowhere"]?.error?.type).toBe("parsing");
    expect(person.seen.length - before).toBe(1);
    own.close();
  });
});

describe("a person", () => {
  test("who says no is believed, and the next program is asked about anew", async () => {
    const own = await client();
    await own.call("grants.revoke", { all: true });
    person.always("no");
    await expect(own.secrets.resolve("op://Demo/DB/password")).rejects.toThrow(ApprovalDeniedError);
    person.always("yes");
    expect(await own.secrets.resolve("op://Demo/DB/password")).toBe("changed");
    own.close();
  });
});

describe("a lock", () => {
  test("ends grants, empties the cache and answers locked until the password comes", async () => {
    const own = await client();
    expect(await own.secrets.resolve("op://Demo/DB/password")).toBe("changed");
    await own.call("session.lock", {});
    await expect(own.secrets.resolve("op://Demo/DB/password")).rejects.toThrow(LockedError);
    await expect(own.call("session.unlock", { password: "not the password" })).rejects.toThrow(
      "the account password is wrong",
    );
    const unlocked = await own.call("session.unlock", { password: PASSWORD });
    expect(unlocked.wrongPasswordTries).toBe(1);
    expect((await own.call("grants.list", {})).grants).toEqual([]);
    own.close();
  });
});

describe("a token of 1Password", () => {
  test("is refused by name", async () => {
    await expect(createClient({ auth: "ops_eyJ", socket: agent.socket })).rejects.toThrow(TokenInvalidError);
  });
});

describe("the audit log", () => {
  test("is proven from its first record to its last, over a lock and an unlock", async () => {
    const own = await client();
    const verdict = await own.call("audit.verify", { proof: { kind: "password", password: PASSWORD } });
    expect(verdict.problems).toEqual([]);
    expect(verdict.proven).toHaveLength(1);
    expect(verdict.proven[0]).toMatchObject({ from: 1, to: verdict.records });
    own.close();
  });
});

// postern share, with an account on a service with a public address, and with one on the embedded service.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient, DesktopAuth } from "../../clients/typescript/client.ts";
import { newId, toBase64 } from "../../protocol/crypto/encoding.ts";
import { openShare, secretOf, shareKeys } from "../../protocol/crypto/share.ts";
import { attachPerson, makeAccount, PASSWORD, type Person } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { crypto, type OwnProcess, overLoopback } from "../service/doors.ts";
import { postern } from "./postern.ts";

let service: OwnProcess;
const agents: RunningAgent[] = [];
const people: Person[] = [];
let served: RunningAgent;
let embedded: RunningAgent;

async function prepared(where: { service?: string; registrationToken?: string }): Promise<RunningAgent> {
  const agent = await startAgent(mkdtempSync(join(tmpdir(), "postern-sh-")));
  await makeAccount(agent, "Ada", where);
  const person = await attachPerson(agent);
  person.always("yes");
  agents.push(agent);
  people.push(person);
  const vault = await person.channel.call("vaults.create", { title: "Demo" });
  const field = { id: "password", title: "password", fieldType: "Concealed" as const, value: "s3cret" };
  for (const title of ["Wi-Fi", "Door"])
    await person.channel.call("items.create", {
      item: { vaultId: vault.id, title, category: "Password", fields: [field] },
    });
  return agent;
}

beforeAll(async () => {
  service = await overLoopback();
  const token = service.registrationToken;
  served = await prepared({ service: service.address.origin, ...(token && { registrationToken: token }) });
  embedded = await prepared({});
});
afterAll(async () => {
  for (const person of people) person.leave();
  for (const agent of agents) {
    await agent.remove();
    rmSync(agent.home, { recursive: true, force: true });
  }
  await service.close();
});

const run = (line: string, agent = served) => postern(["share", ...line.split(" ")], { home: agent.home });
const LINK = /^http:\/\/127\.0\.0\.1:\d+\/s\/[a-z2-7]{26}#[A-Za-z0-9_-]{43}$/;

test("prints one link and nothing else", async () => {
  const { code, out } = await run("create Demo/Wi-Fi --one-time");
  expect(code).toBe(0);
  expect(out.trimEnd()).toMatch(LINK);
});

test("makes a link to another address than the service's own only where that one was named", async () => {
  const apartService = await overLoopback(undefined, "https://share.example");
  const apart = await prepared({
    service: apartService.address.origin,
    ...(apartService.registrationToken && { registrationToken: apartService.registrationToken }),
  });
  const refused = await run("create Demo/Wi-Fi", apart);
  expect(refused.code).not.toBe(0);
  expect(refused.err).toContain(
    `its links would lead to https://share.example, and not to ${apartService.address.origin}`,
  );
  expect(refused.err).toContain("--link-address https://share.example");
  for (const other of ["https://other.example", "https://share.example:444", "https://share.example.other.example"])
    expect((await run(`create Demo/Wi-Fi --link-address ${other}`, apart)).code).not.toBe(0);
  const shared = await run("create Demo/Wi-Fi --link-address https://share.example", apart);
  expect(shared.out).toMatch(/^https:\/\/share\.example\/s\/[a-z2-7]{26}#/);
  await apartService.close();
});

test("seals the account's name into the copy, where the service cannot read it", async () => {
  const { pathname, hash } = new URL((await run("create Demo/Wi-Fi")).out.trim());
  const share = pathname.slice("/s/".length);
  const { accessKey, contentKey } = shareKeys(crypto, secretOf(hash) ?? expect.fail("the link has no secret"));
  const link = { share, accessKey: toBase64(accessKey), view: newId(crypto) };
  const { sealed } = await service.call("shares.open", link);
  expect(JSON.parse(new TextDecoder().decode(openShare(crypto, share, contentKey, String(sealed))))).toMatchObject({
    title: "Wi-Fi",
    sender: "Ada",
  });
});

test("prints each of several links next to its item", async () => {
  const { code, out } = await run("create Demo/Wi-Fi op://Demo/Door --one-time");
  expect(code).toBe(0);
  const [heading, ...rows] = out
    .trimEnd()
    .split("\n")
    .map((line) => line.split(/ {2,}/));
  expect(heading).toEqual(["ITEM", "LINK"]);
  expect(rows.map(([item]) => item)).toEqual(["Demo/Wi-Fi", "op://Demo/Door"]);
  for (const [, link] of rows) expect(link).toMatch(LINK);
});

test("shares for the requested time, lists the share, and revokes it", async () => {
  const made = JSON.parse((await run("create Demo/Wi-Fi --expires-in 1h --json")).out) as {
    shares: { url: string; shareId: string; expiresAt: string }[];
  };
  const [share] = made.shares;
  expect(share?.url).toMatch(LINK);
  const left = Date.parse(share?.expiresAt ?? "") - Date.now();
  expect(left).toBeGreaterThan(59 * 60_000);
  expect(left).toBeLessThanOrEqual(60 * 60_000);
  const listed = await run("list");
  expect(listed.out).toContain(share?.shareId);
  expect(listed.out).toContain("Wi-Fi");
  // The link itself is shown once and never again.
  expect(listed.out).not.toContain(new URL(share?.url ?? "").hash.slice(1));
  expect((await run(`revoke ${share?.shareId}`)).code).toBe(0);
  const { shares } = JSON.parse((await run("list --json")).out) as { shares: { shareId: string; state: string }[] };
  expect(shares.find((one) => one.shareId === share?.shareId)?.state).toBe("revoked");
});

test("asks a person explicitly for a link to a copy", async () => {
  const [person] = people;
  const { vaults } = (await person?.channel.call("vaults.list", {})) ?? { vaults: [] };
  const vaultId = vaults.find(({ title }) => title === "Demo")?.id ?? "";
  const { items } = (await person?.channel.call("items.list", { vaultId })) ?? { items: [] };
  const itemId = items.find(({ title }) => title === "Door")?.id ?? "";
  // No earlier yes answers this question.
  await person?.channel.call("grants.revoke", { all: true, proof: { kind: "password", password: PASSWORD } });
  const asking = person?.next();
  const sharing = person?.channel.call("items.shares.create", { vaultId, itemId, params: { oneTimeOnly: true } });
  expect((await asking)?.text.slice(0, -2)).toEqual([
    expect.stringMatching(/wants to change:$/),
    "  and share by a link to a copy: the item Door in the vault Demo",
  ]);
  expect((await sharing)?.url).toMatch(LINK);
});

test.each([
  ["create Demo/Wi-Fi --expires-in 2h", 2],
  ["create Demo", 2],
  ["create Demo/Wi-Fi/password", 2],
  ["create Demo/None", 5],
  ["create None/Wi-Fi", 5],
  ["revoke aaaaaaaaaaaaaaaaaaaaaaaaaa", 5],
])("refuses: share %s", async (line, code) => {
  expect(await run(line)).toMatchObject({ code, out: "" });
});

test("says why an account on the embedded service cannot share", async () => {
  const { code, err } = await run("create Demo/Wi-Fi", embedded);
  expect(code).toBe(2);
  expect(err).toContain("has no public address");
  expect(err).toContain("--public-address");
});

test("on the embedded service a program learns the policy and its recipients, and at the end why it gets no link", async () => {
  const client = await createClient({ auth: new DesktopAuth(), socket: embedded.socket });
  try {
    const [vault] = (await client.vaults.list()).filter(({ title }) => title === "Demo");
    const [overview] = await client.items.list(vault?.id ?? "");
    const item = await client.items.get(vault?.id ?? "", overview?.id ?? "");
    const { shares } = client.items;
    const policy = await shares.getAccountPolicy(item.vaultId, item.id);
    const recipients = await shares.validateRecipients(policy, ["ada@example.com"]);
    await expect(shares.create(item, policy, { recipients, oneTimeOnly: true })).rejects.toThrow("need mail");
    await expect(shares.create(item, policy, { oneTimeOnly: true })).rejects.toThrow("has no public address");
  } finally {
    client.close();
  }
});

test("the TypeScript client shares under the official names, and names the reason for named recipients", async () => {
  const client = await createClient({ auth: new DesktopAuth(), socket: served.socket });
  try {
    const [vault] = (await client.vaults.list()).filter(({ title }) => title === "Demo");
    const [overview] = await client.items.list(vault?.id ?? "");
    const item = await client.items.get(vault?.id ?? "", overview?.id ?? "");
    const { shares } = client.items;
    const policy = await shares.getAccountPolicy(item.vaultId, item.id);
    expect(policy).toMatchObject({ maxExpiry: "ThirtyDays", defaultExpiry: "SevenDays", maxViews: null });
    expect(await shares.validateRecipients(policy, [])).toEqual([]);
    const recipients = await shares.validateRecipients(policy, ["agilebits.com", "ada@example.com"]);
    expect(recipients).toEqual([
      { type: "Domain", parameters: { domain: "agilebits.com" } },
      { type: "Email", parameters: { email: "ada@example.com" } },
    ]);
    const linksOnly = { ...policy, allowedRecipientTypes: [] };
    await expect(shares.validateRecipients(linksOnly, ["ada@example.com"])).rejects.toThrow(
      "recipient list contained recipients that are not permitted by account policy",
    );
    await expect(shares.create(item, policy, { recipients, oneTimeOnly: false })).rejects.toThrow(
      "recipient list contained recipients that are not permitted by account policy: named recipients need mail",
    );
    await expect(shares.validateRecipients(policy, ["a@b@c"])).rejects.toThrow(
      "couldn't parse item share recipient. recipient had invalid format",
    );
    const url = await shares.create(item, policy, { expireAfter: "OneDay", oneTimeOnly: true });
    expect(url.startsWith(`${service.publicAddress}/s/`)).toBe(true);
    await expect(shares.create({ ...item, version: 99 }, policy, { oneTimeOnly: true })).rejects.toMatchObject({
      errorName: "versionConflict",
    });
  } finally {
    client.close();
  }
});

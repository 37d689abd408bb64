// A thing that a program names by title: what is looked up before a person has answered, what a yes covers, and what the words of a yes are good for.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import type { Methods } from "../../clients/typescript/generated.ts";
import { attachPerson, makeAccount, PASSWORD, type Person } from "./person.ts";
import { type RunningAgent, startAgent } from "./start.ts";

type Asked = Methods["names.locate"]["params"];

let agent: RunningAgent;
let person: Person;
let channel: Channel;
let ids: { vault: string; item: string };

beforeAll(async () => {
  agent = await startAgent();
  await makeAccount(agent);
  person = await attachPerson(agent);
  person.always("yes");
  channel = await agent.connect();
  const { id: vaultId } = await channel.call("vaults.create", { title: "Demo" });
  const fields = [{ id: "password", title: "password", fieldType: "Concealed" as const, value: "s3cret" }];
  const { id } = await channel.call("items.create", { item: { vaultId, title: "DB", category: "Password", fields } });
  await channel.call("items.create", { item: { vaultId, title: "Other", category: "Password", fields } });
  ids = { vault: vaultId, item: id };
  person.always("ignore");
});
beforeEach(async () => {
  await channel.call("grants.revoke", { all: true });
});
afterAll(async () => {
  person.leave();
  channel.close();
  await agent.remove();
});

const locate = (purpose: Asked["purpose"], ...names: Asked["names"]) =>
  channel.call("names.locate", { purpose, names });
const refused = (call: Promise<unknown>) =>
  call.then(
    () => "answered",
    (error: { errorName?: string }) => error.errorName ?? "unknown",
  );
const noWait = (names: Asked["names"], purpose: Asked["purpose"] = "read") =>
  refused(channel.call("names.locate", { purpose, names, noWait: true }));

/** The text of a question that an approver is shown, without its first line. */
async function told(asking: Promise<unknown>): Promise<readonly string[]> {
  asking.catch(() => undefined);
  const prompt = await person.next();
  await person.yes(prompt, { lasts: "once" });
  await asking.catch(() => undefined);
  return prompt.text.slice(1);
}

describe("the question", () => {
  test.each<[string, Asked["purpose"], Asked["names"][number], string[]]>([
    ["an item", "read", { vault: "demo", item: "db" }, ["  the item DB in the vault Demo"]],
    ["a vault", "change", { vault: "Demo" }, ["  everything in the vault Demo"]],
    ["the names of a vault", "list", { vault: "Demo" }, ["  the names in the vault Demo"]],
    [
      "a link",
      "share",
      { vault: "Demo", item: "DB" },
      ["  and share by a link to a copy: the item DB in the vault Demo"],
    ],
    [
      "an item, and others beside it",
      "change",
      { vault: "Demo", item: "DB", items: ["other"] },
      ["  the item DB in the vault Demo", "    and find there:", "    item: Other"],
    ],
    [
      "a missing item",
      "read",
      { vault: "Demo", item: "Nothing" },
      ["  the item Nothing in the vault Demo", "    no item has this title or id"],
    ],
  ])("about %s says what was found", async (_what, purpose, name, lines) => {
    expect((await told(locate(purpose, name))).slice(0, lines.length)).toEqual(lines);
  });

  test("covers the act behind it, and nothing else", async () => {
    const asking = locate("change", { vault: "Demo", item: "DB" });
    await person.yes(await person.next());
    expect(await asking).toEqual({ found: [{ vaultId: ids.vault, itemId: ids.item, archived: false }] });
    const item = await channel.call("items.get", { vaultId: ids.vault, itemId: ids.item, noWait: true });
    await channel.call("items.put", { item, noWait: true });
    expect(await refused(channel.call("items.list", { vaultId: ids.vault, noWait: true }))).toBe("approvalRequired");
  });

  test("of a missing thing leaves no grant behind its yes", async () => {
    const asking = refused(locate("read", { vault: "Demo", item: "Nothing" }));
    await person.yes(await person.next());
    expect(await asking).toBe("itemNotFound");
    expect((await channel.call("grants.list", {})).grants).toEqual([]);
  });

  test("does not hold where the name means another thing by the time of the yes", async () => {
    const asking = refused(locate("change", { vault: "Demo", item: "Passing" }));
    const prompt = await person.next();
    const own = await agent.connect();
    const fields = [{ id: "a", title: "a", fieldType: "Text" as const, value: "b" }];
    const making = own.call("items.create", {
      item: { vaultId: ids.vault, title: "Passing", category: "Password", fields },
    });
    await person.yes(await person.next());
    await making;
    await person.yes(prompt);
    expect(await asking).toBe("approvalRequired");
    own.close();
  });

  test("of a program that has named an account that is not there is denied after the yes, and looks nothing up", async () => {
    const { client } = await channel.call("clients.open", {
      account: "Nobody",
      integrationName: "shop",
      integrationVersion: "1",
    });
    const asking = channel.call("names.locate", { client, purpose: "read", names: [{ vault: "Demo", item: "DB" }] });
    const outcome = asking.catch((error: { message?: string }) => error.message);
    const prompt = await person.next();
    expect(prompt.text.join(" ")).toContain("no account here is called");
    await person.yes(prompt);
    expect(await outcome).toContain("denied, or no such account");
    await channel.call("clients.close", { client });
  });
});

describe("before any yes", () => {
  test("the answer without waiting is the same for what is there and for what is not", async () => {
    const names: Asked["names"] = [
      { vault: "Demo" },
      { vault: "Nowhere" },
      { vault: "Demo", item: "DB" },
      { vault: "Demo", item: "Nothing" },
      { environment: "nowhere" },
    ];
    for (const name of names) expect(await noWait([name])).toBe("approvalRequired");
  });

  test("the log of what was asked holds the asker's own words, and no id", async () => {
    expect(await noWait([{ vault: "Demo", item: "DB" }])).toBe("approvalRequired");
    const { records } = await channel.call("audit.list", { proof: { kind: "password", password: PASSWORD }, limit: 5 });
    const [record] = records.filter(({ event }) => event === "names.locate").slice(-1);
    // Equal refusals of one program are folded into one record.
    expect(record).toMatchObject({ outcome: "approvalRequired", names: expect.arrayContaining(["Demo", "DB"]) });
    expect(record?.ids ?? []).toEqual([]);
  });
});

describe("after a yes to a name", () => {
  beforeEach(async () => {
    const asking = locate("read", { vault: "Demo", item: "DB" });
    await person.yes(await person.next());
    await asking;
  });

  test("the same words ask nothing", async () => {
    expect(await noWait([{ vault: "Demo", item: "DB" }])).toBe("answered");
  });

  test.each<[string, Asked["names"][number], Asked["purpose"]]>([
    ["another title", { vault: "Demo", item: "Other" }, "read"],
    ["a missing one", { vault: "Demo", item: "Nothing" }, "read"],
    ["its vault", { vault: "Demo" }, "list"],
    ["a change of it", { vault: "Demo", item: "DB" }, "change"],
    ["another item beside it", { vault: "Demo", item: "DB", items: ["Other"] }, "read"],
  ])("%s asks", async (_what, name, purpose) => {
    expect(await noWait([name], purpose)).toBe("approvalRequired");
  });

  test("an item of another title asks, though the words were its own before", async () => {
    const item = await channel.call("items.get", { vaultId: ids.vault, itemId: ids.item });
    const renaming = channel.call("items.put", { item: { ...item, title: "Renamed" } });
    await person.yes(await person.next());
    await renaming;
    expect(await noWait([{ vault: "Demo", item: "DB" }])).toBe("approvalRequired");
    const last = await channel.call("items.get", { vaultId: ids.vault, itemId: ids.item });
    await channel.call("items.put", { item: { ...last, title: "DB" } });
  });
});

test("after a yes to a vault its items are found by title, and those of others are not", async () => {
  const asking = locate("change", { vault: "Demo" });
  await person.yes(await person.next());
  await asking;
  expect(await noWait([{ vault: "demo", item: "other" }], "change")).toBe("answered");
  expect(await noWait([{ vault: "Demo", item: "Nothing" }], "change")).toBe("itemNotFound");
  expect(await noWait([{ vault: "Personal" }], "change")).toBe("approvalRequired");
  expect(await noWait([{ vault: "Nowhere" }], "change")).toBe("approvalRequired");
});

test("a yes for once to a program leaves nothing behind", async () => {
  const asking = locate("read", { vault: "Demo", item: "DB" });
  await person.yes(await person.next(), { lasts: "once" });
  await asking;
  expect(await noWait([{ vault: "Demo", item: "DB" }])).toBe("approvalRequired");
});

test("a wider yes to an act covers that act, and no other of its kind", async () => {
  const asking = locate("access", { vault: "Demo" });
  await person.yes(await person.next(), { width: "account" });
  await asking;
  const accounts = { vaultId: ids.vault, groupPermissions: [], noWait: true };
  expect(await refused(channel.call("vaults.grantGroupPermissions", accounts))).toBe("answered");
  expect(await refused(channel.call("groups.create", { title: "Ops", noWait: true }))).toBe("approvalRequired");
  const elsewhere = { ...accounts, vaultId: "b".repeat(26) };
  expect(await refused(channel.call("vaults.grantGroupPermissions", elsewhere))).toBe("approvalRequired");
});

test("a wider yes that is as wide as one of the acts covers that act too", async () => {
  const names = [{ vault: "Demo" }, { vault: "Demo", item: "DB" }];
  const asking = locate("access", ...names);
  await person.yes(await person.next(), { width: "vault" });
  await asking;
  expect(await noWait(names, "access")).toBe("answered");
});

test("a no that arrives right behind a yes is one answer and one record", async () => {
  const asking = refused(locate("read", { vault: "Demo", item: "DB" }));
  const { prompt, code, hash } = await person.next();
  const proof = { kind: "password", password: PASSWORD } as const;
  await channel.call("prompts.list", { code, proof });
  const answers = [
    refused(channel.call("prompts.answer", { prompt, answer: "yes", hash })),
    refused(channel.call("prompts.answer", { prompt, answer: "no" })),
  ];
  const [yes, no] = await Promise.all(answers);
  const { records } = await channel.call("audit.list", { proof, limit: 1000 });
  const answered = records.filter(({ event, ids: [id] = [] }) => event === "prompts.answer" && id === prompt);
  const outcome = yes === "answered" ? "approved" : "denied";
  expect([yes, no].toSorted()).toEqual(["answered", "promptNotFound"]);
  expect(await asking).toBe(outcome === "approved" ? "answered" : "approvalDenied");
  expect(answered.map((one) => one.outcome)).toEqual([outcome]);
});

test("names with more than a hundred items in all of their lists are refused", async () => {
  const items = Array.from({ length: 51 }, (_, index) => `item ${index}`);
  expect(await noWait([{ vault: "Demo", items }, { vault: "Other" }])).toBe("approvalRequired");
  const both = [
    { vault: "Demo", items },
    { vault: "Other", items },
  ];
  expect(await noWait(both)).toBe("invalidParams");
});

test.each<[Asked["purpose"], Asked["names"][number]]>([
  ["change", { environment: "New", orNew: true, alike: "Demo" }],
  ["access", { environment: "New", group: "Operations" }],
  ["read", { environment: "New", items: ["DB"] }],
  ["delete", { group: "Operations", alike: "Demo" }],
  ["delete", { group: "Operations", items: ["DB"] }],
])("what no question would say is refused: to %s %j", async (purpose, name) => {
  expect(await noWait([name], purpose)).toBe("invalidParams");
});

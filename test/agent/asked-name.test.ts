// The text of a prompt where titles alone are not clear.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import type { ItemCreateParams } from "../../protocol/item/item.ts";
import { agentKinds } from "../daemon/account/kinds.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { attachPerson, makeAccount, type Person } from "./person.ts";

let agent: InProcessAgent;
let person: Person;
let program: Channel;

describe.each(agentKinds)("of an account %s,", (_kind, accountOf) => {
  beforeEach(async () => {
    agent = await startInProcess(undefined, undefined, accountOf());
    await passing(agent, makeAccount(agent));
    person = await passing(agent, attachPerson(agent));
    person.always("yes");
    program = await agent.connect();
  });
  afterEach(async () => {
    program.close();
    person.leave();
    await agent.close();
  });

  const newVault = async (title: string) => (await passing(agent, person.channel.call("vaults.create", { title }))).id;

  const concealed = (id: string, title: string, sectionId?: string) => ({
    id,
    title,
    fieldType: "Concealed" as const,
    value: "opal",
    ...(sectionId === undefined ? {} : { sectionId }),
  });

  async function newItem(vaultId: string, title: string, more: Partial<ItemCreateParams> = {}): Promise<string> {
    const item = {
      vaultId,
      title,
      category: "Password" as const,
      fields: [concealed("password", "password")],
      ...more,
    };
    return (await passing(agent, person.channel.call("items.create", { item }))).id;
  }

  /** The middle lines of the prompt that a call opens, without the asker and the duration. */
  async function asked(call: () => Promise<unknown>): Promise<readonly string[]> {
    // An earlier yes must not answer this.
    const { grants } = await passing(agent, person.channel.call("grants.list", {}));
    for (const { grant } of grants) await passing(agent, person.channel.call("grants.revoke", { grant }));
    const before = person.seen.length;
    await passing(
      agent,
      call().catch(() => undefined),
    );
    expect(person.seen.length).toBe(before + 1);
    return person.seen.at(-1)?.text.slice(1, -2) ?? [];
  }

  const list = (vaultId: string) => asked(() => program.call("items.list", { vaultId }));
  const get = (vaultId: string, itemId: string) => asked(() => program.call("items.get", { vaultId, itemId }));
  const resolve = (reference: string) => asked(() => program.call("secrets.resolve", { reference }));

  test("a vault with a unique title is named by its title", async () => {
    const vault = await newVault("Production");
    expect(await list(vault)).toEqual(["  the names in the vault Production"]);
  });

  test.each([
    ["the same title", "Production"],
    ["the title in other letters", "PRODUCTION"],
    ["the title and what nobody sees", "Prod\u200buction "],
  ])("when one of two vaults has %s, each is shown with its id", async (_what, title) => {
    const [first, second] = [await newVault("Production"), await newVault(title)];
    expect(await list(first)).toEqual(["  the names in the vault:", "    vault: Production", `    vault id: ${first}`]);
    expect(await list(second)).toContain(`    vault id: ${second}`);
  });

  test("each of two items with one title is named with its id, in a reference and alone", async () => {
    const vault = await newVault("Production");
    const [first] = [await newItem(vault, "db"), await newItem(vault, "DB")];
    const item = ["    vault: Production", "    item: db", `    item id: ${first}`];
    expect(await resolve(`op://Production/${first}/password`)).toEqual([
      "  one field:",
      ...item,
      "    field: password",
    ]);
    expect(await get(vault, first)).toEqual(["  the item:", ...item]);
  });

  test("an item with a unique title in its vault is named by it, though another vault has one like it", async () => {
    const [vault, other] = [await newVault("Production"), await newVault("Staging")];
    await newItem(other, "db");
    await newItem(vault, "db");
    expect(await resolve("op://Production/db/password")).toEqual(["  op://Production/db/password"]);
  });

  test.each([
    ["with what nobody sees", "db", "d\u200bb"],
    ["with a blank at its end", "db", "db "],
    ["with a blank at its start", "db", " db"],
    ["with two blanks", "d b", "d  b"],
    ["with another blank", "d b", "d\u00a0b"],
  ])("a title %s is told apart from the one it looks like", async (_what, plain, title) => {
    const vault = await newVault("Production");
    const [first, second] = [await newItem(vault, plain), await newItem(vault, title)];
    expect(await get(vault, first)).toEqual([`  the item ${plain} in the vault Production`]);
    expect(await get(vault, second)).toContain(`    item id: ${second}`);
    expect(await resolve(`op://${vault}/${first}/password`)).toEqual([`  op://Production/${plain}/password`]);
    expect(await resolve(`op://${vault}/${second}/password`)).toContain(`    item id: ${second}`);
  });

  test("an archived item and an active one with the same title are told apart", async () => {
    const vault = await newVault("Production");
    const archived = await newItem(vault, "db");
    await passing(agent, person.channel.call("items.archive", { vaultId: vault, itemId: archived }));
    const active = await newItem(vault, "db");
    expect(await get(vault, active)).toEqual(["  the item db in the vault Production"]);
    expect(await get(vault, archived)).toContain(`    item id: ${archived}`);
  });

  test("a title that contains another item's id is not shown as that item", async () => {
    const vault = await newVault("Production");
    const [first] = [await newItem(vault, "db"), await newItem(vault, "DB")];
    const forged = await newItem(vault, `db (${first})`);
    expect(await get(vault, forged)).toEqual([
      "  the item:",
      "    vault: Production",
      `    item: db (${first})`,
      `    item id: ${forged}`,
    ]);
  });

  test("a title forges no part of another reference", async () => {
    const vault = await newVault("Production");
    await newItem(vault, "db", {
      sections: [{ id: "s", title: "prod" }],
      fields: [concealed("password", "password", "s")],
    });
    const forged = await newItem(vault, "db/prod");
    expect(await resolve("op://Production/db/prod/password")).toEqual(["  op://Production/db/prod/password"]);
    expect(await resolve(`op://${vault}/${forged}/password`)).toEqual([
      "  one field:",
      "    vault: Production",
      "    item: db/prod",
      "    field: password",
    ]);
  });

  test("a long title pushes neither the field nor the vault out", async () => {
    const vault = await newVault("Production");
    const title = `Weather/station name (public)${" and nothing else, as agreed".repeat(3)}`;
    const item = await newItem(vault, title);
    const parts = ["    vault: Production", `    item: ${title.slice(0, 69)}…`, `    item id: ${item}`];
    expect(await resolve(`op://${vault}/${item}/password`)).toEqual(["  one field:", ...parts, "    field: password"]);
    expect(await get(vault, item)).toEqual(["  the item:", ...parts]);
  });

  test.each([
    [
      "two fields of a title",
      "/password",
      "/real",
      [],
      [concealed("password", "password"), concealed("real", "password")],
    ],
    [
      "two fields of a title, in two sections of one",
      "a/one",
      "b/two",
      [
        { id: "a", title: "prod" },
        { id: "b", title: "Prod" },
      ],
      [concealed("one", "password", "a"), concealed("two", "password", "b")],
    ],
  ])("each of %s is shown with its id", async (_what, first, second, sections, fields) => {
    const vault = await newVault("Production");
    await newItem(vault, "db", { sections, fields });
    for (const id of [first, second])
      expect(await resolve(`op://Production/db/${id.replace(/^\//, "")}`)).toContain(`    field id: ${id}`);
  });

  test("fields of a title are told apart by their sections", async () => {
    const vault = await newVault("Production");
    const sections = ["staging", "live"].map((title) => ({ id: title, title }));
    await newItem(vault, "db", { sections, fields: sections.map(({ id }) => concealed(`${id}1`, "password", id)) });
    expect(await resolve("op://Production/db/live/password")).toEqual(["  op://Production/db/live/password"]);
    expect(await resolve("op://Production/db/staging/password")).toEqual(["  op://Production/db/staging/password"]);
  });

  test("a request for an item's names has other words than a request for the item", async () => {
    const vault = await newVault("Production");
    const itemId = await newItem(vault, "db");
    expect(await asked(() => program.call("items.shares.getAccountPolicy", { vaultId: vault, itemId }))).toEqual([
      "  the names in the item db in the vault Production",
    ]);
  });

  test("an id of nothing is shown as an id, for an item and for a vault", async () => {
    const [vault, nothing] = [await newVault("Production"), "a".repeat(26)];
    expect(await get(vault, nothing)).toEqual(["  the item:", "    vault: Production", `    no such item: ${nothing}`]);
    expect(await list(nothing)).toEqual(["  the names in the vault:", `    no such vault: ${nothing}`]);
  });

  test("a long reference that leads nowhere pushes out no reason", async () => {
    await newVault("Production");
    expect(await resolve(`op://Production/${"x".repeat(200)}/password`)).toEqual([
      `  op://Production/${"x".repeat(59)}…`,
      "    no item matched the secret reference query",
    ]);
  });
});

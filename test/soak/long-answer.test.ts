// An answer of the greatest length arrives. One byte more is refused with advice, and the connection goes on. A list of
// names comes in pages, and each page keeps the limit.
import { afterEach, beforeEach, expect, test } from "vitest";
import { createClient, DesktopAuth } from "../../clients/typescript/client.ts";
import type { Methods } from "../../clients/typescript/generated.ts";
import { itemLimits } from "../../protocol/item/item.ts";
import { limits } from "../../protocol/limits.ts";
import { attachPerson, makeAccount, type Person } from "../agent/person.ts";
import { openRaw, type Raw } from "../agent/raw.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { postern } from "../cli/postern.ts";

type Item = Methods["items.get"]["result"];

let agent: RunningAgent;
let person: Person;
let raw: Raw;
let vaultId: string;

beforeEach(async () => {
  agent = await startAgent();
  await makeAccount(agent);
  person = await attachPerson(agent);
  person.always("yes");
  ({ id: vaultId } = await person.channel.call("vaults.create", { title: "Demo" }));
  raw = await openRaw(agent.socket);
});
afterEach(async () => {
  raw.close();
  person.leave();
  await agent.remove();
});

/** Asks on the raw connection. Returns the answer and its length. */
async function ask(method: string, params: object): Promise<{ answer: Record<string, unknown>; bytes: number }> {
  const answer = await raw.ask({ jsonrpc: "2.0", id: 1, method, params });
  return { answer, bytes: Buffer.byteLength(JSON.stringify(answer)) };
}

/** Finds the limit. `lengthen` makes the answer longer by this many bytes. */
async function demandLimit(asked: () => ReturnType<typeof ask>, lengthen: (bytes: number) => Promise<void>) {
  const most = limits.answerBytes - (await asked()).bytes;
  await lengthen(most);
  expect(await asked()).toMatchObject({ bytes: limits.answerBytes, answer: { id: 1, result: expect.anything() } });
  await lengthen(most + 1);
  const { answer } = await asked();
  expect(answer).toMatchObject({ id: 1, error: { data: { name: "tooLarge" } } });
  expect((answer.error as { message: string }).message).toContain("ask for less at a time");
  await lengthen(most);
  expect((await asked()).bytes).toBe(limits.answerBytes);
}

test("the longest answer arrives, and one byte more is refused", { timeout: 60_000 }, async () => {
  const { channel } = person;
  const make = (length: number): Promise<Item> => {
    const fields = [{ id: "text", title: "text", fieldType: "Text" as const, value: "x".repeat(length) }];
    return channel.call("items.create", { item: { vaultId, title: "Long", category: "SecureNote", fields } });
  };
  const full = Math.floor(limits.answerBytes / itemLimits.value) - 1;
  const itemIds: string[] = [];
  for (let made = 0; made < full; made++) itemIds.push((await make(itemLimits.value)).id);
  let last = await make(1);
  itemIds.push(last.id);
  await demandLimit(
    () => ask("items.getAll", { vaultId, itemIds }),
    async (bytes) => {
      const fields = last.fields.map((field) => ({ ...field, value: "x".repeat(1 + bytes) }));
      last = await channel.call("items.put", { item: { ...last, fields } });
    },
  );
});

test("a page of long names ends at the last that fits, and the next begins there", { timeout: 60_000 }, async () => {
  const { channel } = person;
  const SITES = 60;
  /** Sites whose addresses have this many characters in total, beyond one each. */
  const sites = (more: number) =>
    Array.from({ length: SITES }, (_, index) => ({
      url: "x".repeat(1 + Math.floor((more + index) / SITES)),
      label: "",
      autofillBehavior: "Never" as const,
    }));
  const make = (more: number) =>
    channel.call("items.create", { item: { vaultId, title: "Long", category: "Login", websites: sites(more) } });
  type Page = { items: { id: string }[]; more: boolean };
  const page = async (after: object = {}) => {
    const { answer } = await ask("items.list", { vaultId, ...after });
    const { items, more } = answer.result as Page;
    return { items, more, bytes: Buffer.byteLength(JSON.stringify(items)) - 2 };
  };
  let last = await make(0);
  const short = (await page()).bytes;
  const most = SITES * (itemLimits.url - 1);
  const ids = [last.id, (await make(most)).id];
  const each = (await page()).bytes - short;
  for (let made = 2; made <= (limits.pageBytes - short) / each; made++) ids.push((await make(most)).id);
  const lengthen = async (bytes: number) => {
    last = await channel.call("items.put", { item: { ...last, websites: sites(bytes) } });
  };
  const room = limits.pageBytes - (await page()).bytes;
  await lengthen(room);
  expect(await page()).toMatchObject({ bytes: limits.pageBytes, more: false });
  await lengthen(room + 1);
  const first = await page();
  expect(first).toMatchObject({ more: true, items: { length: ids.length - 1 } });
  const rest = await page({ after: first.items.at(-1)?.id });
  expect(rest).toMatchObject({ more: false, items: { length: 1 } });
  expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(ids.toSorted());
  // The client's list returns all pages together.
  const client = await createClient({ auth: new DesktopAuth("Ada"), socket: agent.socket });
  expect((await client.items.list(vaultId)).map(({ id }) => id)).toEqual(ids.toSorted());
  client.close();
  const { code, out } = await postern(["item", "list", "--vault", "Demo", "--json"], { home: agent.home });
  expect(code).toBe(0);
  expect((JSON.parse(out) as Page).items.map(({ id }) => id)).toEqual(ids.toSorted());
});

// An answer of the longest length arrives; one byte more is refused with what to do, and the connection goes on.
import { expect, test } from "vitest";
import type { Methods } from "../../clients/typescript/generated.ts";
import { itemLimits } from "../../protocol/item.ts";
import { limits } from "../../protocol/limits.ts";
import { attachPerson, makeAccount } from "./person.ts";
import { openRaw } from "./raw.ts";
import { startAgent } from "./start.ts";

type Item = Methods["items.get"]["result"];

test("the longest answer arrives, and one byte more is refused", { timeout: 60_000 }, async () => {
  const agent = await startAgent();
  await makeAccount(agent);
  const person = await attachPerson(agent);
  person.always("yes");
  const { channel } = person;
  const { id: vaultId } = await channel.call("vaults.create", { title: "Demo" });
  const make = (length: number): Promise<Item> => {
    const fields = [{ id: "text", title: "text", fieldType: "Text" as const, value: "x".repeat(length) }];
    return channel.call("items.create", { item: { vaultId, title: "Long", category: "SecureNote", fields } });
  };
  const full = Math.floor(limits.answerBytes / itemLimits.value) - 1;
  const itemIds: string[] = [];
  for (let made = 0; made < full; made++) itemIds.push((await make(itemLimits.value)).id);
  let last = await make(1);
  itemIds.push(last.id);
  const raw = await openRaw(agent.socket);
  const line = { jsonrpc: "2.0", id: 1, method: "items.getAll", params: { vaultId, itemIds } };
  const asked = async () => {
    const answer = await raw.ask(line);
    return { answer, bytes: Buffer.byteLength(JSON.stringify(answer)) };
  };
  const { bytes } = await asked();
  const longest = limits.answerBytes - bytes + 1;
  const change = async (length: number) => {
    const fields = last.fields.map((field) => ({ ...field, value: "x".repeat(length) }));
    last = await channel.call("items.put", { item: { ...last, fields } });
  };
  await change(longest);
  expect(await asked()).toMatchObject({ bytes: limits.answerBytes, answer: { id: 1, result: expect.anything() } });
  await change(longest + 1);
  const { answer } = await asked();
  expect(answer).toMatchObject({ id: 1, error: { data: { name: "tooLarge" } } });
  expect((answer.error as { message: string }).message).toContain("ask for less at a time");
  await change(longest);
  expect((await asked()).bytes).toBe(limits.answerBytes);
  raw.close();
  person.leave();
  await agent.remove();
});

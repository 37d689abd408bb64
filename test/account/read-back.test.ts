// A write is read back. Where that cannot be done, the write that was acknowledged is not called failed: it would be made a second time.
import { afterAll, beforeAll, expect, test } from "vitest";
import { createServiceClient } from "../../clients/account/service-client.ts";
import { details, type InProcess, inProcess, newUser, open, overview } from "../service/doors.ts";

let door: InProcess;
let isAway = false;
let readBacks = 0;

beforeAll(async () => {
  const real = await inProcess();
  const fetch: InProcess["address"]["fetch"] = async (request) => {
    if (!request.url.endsWith("/items.overviews")) return real.address.fetch(request);
    readBacks++;
    if (isAway) throw new TypeError("fetch failed");
    return real.address.fetch(request);
  };
  const address = { ...real.address, fetch };
  door = { ...real, address, call: createServiceClient(address) };
});
afterAll(() => door.close());

test("a new item of a service that goes away right after it is there, once", async () => {
  const ada = await open(door, await newUser(door));
  const { id: vault } = await ada.account.createVault("Demo", "");
  isAway = true;
  const made = await ada.account.createItem(vault, overview("DB"), details("x"));
  isAway = false;
  expect(readBacks).toBe(1);
  const { items } = await ada.account.listPage(vault, { active: true, archived: true }, undefined);
  expect(items.map(({ id }) => id)).toEqual([made.id]);
});

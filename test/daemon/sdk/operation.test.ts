// Official operations that are put together of several answers: what they hold meanwhile, and where they stop.
import { expect, test } from "vitest";
import { carriedOut } from "../../../daemon/sdk/operation.ts";
import { PAGED_BYTES_MAX } from "../../../daemon/wire/sdk-envelope.ts";
import type { SdkCall } from "../../../daemon/wire/sdk-lines.ts";
import type { SdkInvoke } from "../../../protocol/sdk/request.ts";

const MiB = 1024 * 1024;

const listing: SdkInvoke = {
  ...{ kind: "invoke", client: 0, name: "ItemsList", contents: [] },
  parameters: { vault_id: "v", filters: [] },
};

/** A call whose every page has one item of so many bytes. It notes what is held. */
function paged(pageBytes: number, pages: number) {
  const held: number[] = [];
  let asked = 0;
  const ask: SdkCall["ask"] = async () => {
    asked++;
    const title = "x".repeat(pageBytes);
    return { jsonrpc: "2.0", id: asked, result: { items: [{ id: `${asked}`, title }], more: asked < pages } };
  };
  const call = { ask, hold: (bytes: number) => void held.push(bytes) } as unknown as SdkCall;
  return { call, held, asked: () => asked };
}

test("a list holds what it has so far, page after page", async () => {
  const { call, held } = paged(MiB, 3);
  const carried = await carriedOut(listing, call, "text");
  if (!("payload" in carried)) throw new Error("it was refused");
  expect(JSON.parse(Buffer.from(carried.payload).toString())).toHaveLength(3);
  expect(held.map((bytes) => Math.floor(bytes / MiB))).toEqual([1, 2, 3]);
});

test("a list that is longer than any answer is refused before the next page is asked for", async () => {
  const pageBytes = 10 * MiB;
  const { call, asked } = paged(pageBytes, 1_000);
  await expect(carriedOut(listing, call, "text")).rejects.toMatchObject({ name: "tooLarge" });
  expect(asked()).toBe(Math.ceil(PAGED_BYTES_MAX / pageBytes));
});

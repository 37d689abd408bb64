// Open files of a connection: what of them is left where one is refused, and where the account is locked.
import { expect, test } from "vitest";
import type { Call } from "../../daemon/call.ts";
import { createHandles, HANDLES_MAX, type Writing } from "../../daemon/handles.ts";
import { PosternError } from "../../protocol/errors.ts";

const call = { connection: { onEnd: () => undefined, demandSame: () => undefined } } as unknown as Call;
const unlocked = {};

/** A file on its way in, of an account that is open. */
function writing(holds: () => boolean = () => true): Writing & { readonly item: { readonly itemKey: Uint8Array } } {
  const itemKey = new Uint8Array(32).fill(7);
  return { kind: "write", holds, access: { session: { unlocked } }, stream, item: { itemKey } } as unknown as Writing;
}

const stream = { abandon: () => Promise.resolve() };
const wiped = new Uint8Array(32);
let next = 0;
const fresh = () => createHandles(() => `id${next++}`);

test.each([
  ["has ended", () => false],
  [
    "is locked",
    () => {
      throw new PosternError("locked");
    },
  ],
])("a file begun while its session %s is not opened, and its key is wiped", (_how, holds) => {
  const file = writing(holds);
  expect(() => fresh().add(call, file)).toThrow(expect.objectContaining({ name: "locked" }));
  expect(file.item.itemKey).toEqual(wiped);
});

test("one more file than a connection may open is refused, and its key is wiped", () => {
  const handles = fresh();
  for (let open = 0; open < HANDLES_MAX; open++) handles.add(call, writing());
  const file = writing();
  expect(() => handles.add(call, file)).toThrow(expect.objectContaining({ name: "busy" }));
  expect(file.item.itemKey).toEqual(wiped);
});

test("a lock wipes the key of every file of its account, and ends its handle", () => {
  const handles = fresh();
  const file = writing();
  const id = handles.add(call, file);
  handles.lock(unlocked as never);
  expect(file.item.itemKey).toEqual(wiped);
  expect(() => handles.demand(call, id, "write")).toThrow(expect.objectContaining({ name: "handleNotFound" }));
});

// Open files of a connection. The tests show what remains when a file is refused or its account is locked. They also show how many bytes open files
// may hold for one connection, for one asker, and in all.
import { expect, test } from "vitest";
import type { Call } from "../../../daemon/call/call.ts";
import { createHandleBytes, FILE_HANDLE_BYTES } from "../../../daemon/transfer/handle-bytes.ts";
import { createHandles, HANDLES_MAX, type Reading, type Writing } from "../../../daemon/transfer/handles.ts";
import { PosternError } from "../../../protocol/errors.ts";

const unlocked = {};

/** A call on a new connection. */
function callOf(family = "asker"): Call & { end(): void } {
  const endings: (() => void)[] = [];
  const connection = {
    subject: { family },
    onEnd: (end: () => void) => void endings.push(end),
    demandSame: () => undefined,
  };
  const end = () => {
    for (const ending of endings) ending();
  };
  return { connection, end } as unknown as Call & { end(): void };
}

const call = callOf();

/** An incoming file of an open account. */
function writing(holds: () => boolean = () => true): Writing & { readonly key: Uint8Array } {
  const key = new Uint8Array(32).fill(7);
  const upload = { close: () => key.fill(0) };
  return { kind: "write", holds, session: { unlocked }, upload, stream, item: { name: "" }, key } as never;
}

/** An outgoing file that holds this many bytes beyond the usual bytes of a handle. */
function reading(bytes = 0): Reading {
  return { kind: "read", unlocked, holds: () => true, stream: { next: () => Promise.reject() }, bytes } as never;
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
  expect(file.key).toEqual(wiped);
});

test("one more file than a connection may open is refused, and its key is wiped", () => {
  const handles = fresh();
  for (let open = 0; open < HANDLES_MAX; open++) handles.add(call, writing());
  const file = writing();
  expect(() => handles.add(call, file)).toThrow(expect.objectContaining({ name: "busy" }));
  expect(file.key).toEqual(wiped);
});

test("a lock wipes the key of every file of its account, and ends its handle", () => {
  const handles = fresh();
  const file = writing();
  const id = handles.add(call, file);
  handles.lock(unlocked as never);
  expect(file.key).toEqual(wiped);
  expect(() => handles.demand(call, id, "write")).toThrow(expect.objectContaining({ name: "handleNotFound" }));
});

const ROOM = 3 * FILE_HANDLE_BYTES;
const much = Number.MAX_SAFE_INTEGER;
const busy = expect.objectContaining({ name: "busy" });

test.each([
  ["one connection", { perConnection: ROOM, perAsker: much, all: much }, () => call],
  ["one asker over its connections", { perConnection: much, perAsker: ROOM, all: much }, () => callOf()],
  ["all askers", { perConnection: much, perAsker: much, all: ROOM }, () => callOf(`asker ${next++}`)],
])("open files of %s hold as much as the limit says and not a byte more", (_whose, limits, another) => {
  const bounded = () => createHandles(() => `id${next++}`, createHandleBytes(limits));
  const handles = bounded();
  for (let open = 0; open < 3; open++) handles.add(another(), reading());
  expect(() => handles.add(another(), reading())).toThrow(busy);
  const closer = bounded();
  closer.add(another(), reading(FILE_HANDLE_BYTES));
  expect(() => closer.add(another(), reading(1))).toThrow(busy);
  closer.add(another(), reading());
});

test("the next handle may use the bytes of a closed, a locked and a lost handle", () => {
  const handles = createHandles(
    () => `id${next++}`,
    createHandleBytes({ perConnection: much, perAsker: much, all: ROOM }),
  );
  const full = () => expect(() => handles.add(callOf(), reading())).toThrow(busy);
  const lost = callOf();
  const kept = callOf();
  const ids = [0, 1].map(() => handles.add(kept, reading()));
  handles.add(lost, reading());
  full();
  lost.end();
  handles.add(callOf(), reading());
  full();
  handles.remove(kept, ids[0] ?? "");
  handles.remove(kept, ids[0] ?? "");
  handles.add(callOf(), reading());
  full();
  handles.lock(unlocked as never);
  for (let open = 0; open < 3; open++) handles.add(callOf(), reading());
  full();
});

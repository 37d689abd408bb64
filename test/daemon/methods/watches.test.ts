// The watches of many programs, and a log that takes nothing. The account, the connections and the log are the smallest fakes that a watch needs.
import { expect, test } from "vitest";
import type { Located } from "../../../daemon/account/resolver.ts";
import type { Call } from "../../../daemon/call/call.ts";
import { ALL_WATCHES_MAX, createWatches, RETRY_MS } from "../../../daemon/methods/watches.ts";
import { PosternError } from "../../../protocol/errors.ts";
import { limits } from "../../../protocol/limits.ts";
import { fakeClock } from "../host/fake-clock.ts";

const place = { vault: "v", item: "i", field: "f", kind: "Concealed" };
const scope = { account: "a", level: "values", vault: "v", item: "i", field: "f" } as const;

function fresh() {
  const clock = fakeClock();
  let next = 0;
  const state = { value: "first", isWritable: true };
  const located: Located = {
    ...{ place, scope, raw: () => state.value },
    read: () => ({ value: state.value, cached: true, ageMs: 0 }),
  };
  const unlocked = { account: { id: "a", feed: {} }, cache: { find: () => undefined } };
  const audit = {
    read: () => {
      if (!state.isWritable) throw new PosternError("auditUnwritable");
    },
  };
  const watches = createWatches({
    clock,
    crypto: { keyedHash: (_key, message) => message, randomBytes: (size) => new Uint8Array(size) },
    log: {} as never,
    resolver: { absent: async () => undefined, locate: () => located },
    newId: () => `id${next++}`,
    mayRead: () => true,
  });
  const connect = (program: string) => {
    const ends: (() => void)[] = [];
    const heard: string[] = [];
    const connection = {
      subject: { key: program },
      peer: { identity: { pid: 1 } },
      ...{ isSame: () => true, subscribe: () => undefined, onEnd: (end: () => void) => ends.push(end) },
      notify: (method: string) => heard.push(method),
    };
    const access = { session: { unlocked, audit }, found: [located], demandStill: () => undefined };
    const call = { method: "secrets.watch", connection, access, about: {} } as unknown as Call;
    const watch = () => Promise.resolve(watches.handlers["secrets.watch"]({ reference: "op://a/b/c" }, call));
    return { watch, heard, end: () => ends.map((one) => one()) };
  };
  const changed = () =>
    watches.changed(unlocked as never, { kind: "item", vault: place.vault, item: place.item, seq: 1 });
  return { clock, state, connect, changed };
}

const turns = async () => {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
};

test(`all programs together have ${ALL_WATCHES_MAX} watches, and not one more until a connection ends`, async () => {
  const { connect } = fresh();
  const programs = Array.from({ length: ALL_WATCHES_MAX / limits.watches }, (_, index) => connect(`program ${index}`));
  for (const { watch } of programs) for (let index = 0; index < limits.watches; index++) await watch();
  const one = connect("one more");
  await expect(one.watch()).rejects.toMatchObject({ name: "busy" });
  programs[0]?.end();
  await expect(one.watch()).resolves.toMatchObject({ watch: expect.any(String) });
});

test("a change that the log does not take is not told, and is told once the log takes it", async () => {
  const { clock, state, connect, changed } = fresh();
  const program = connect("program");
  await program.watch();
  await turns();
  Object.assign(state, { value: "second", isWritable: false });
  changed();
  await turns();
  expect(program.heard).toEqual([]);
  state.isWritable = true;
  clock.advance(RETRY_MS);
  await turns();
  expect(program.heard).toEqual(["secret.changed"]);
});

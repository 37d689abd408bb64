// How the dispatcher treats a handler's outcome that nobody receives.
import { expect, test } from "vitest";
import type { Call } from "../../../daemon/call/call.ts";
import { Encoded } from "../../../daemon/call/encoded.ts";
import { createDispatch, type Handlers } from "../../../daemon/wire/dispatch.ts";
import { PosternError } from "../../../protocol/errors.ts";

const LIST = { vaultId: "aaaaaaaaaaaaaaaaaaaaaaaaaa" };

function list(handler: () => Promise<Encoded<never>>, id?: number) {
  const incidents: string[] = [];
  const refused: string[] = [];
  const log = { note: () => undefined, incident: (what: string) => void incidents.push(what) };
  const handlers = { "items.list": handler } as unknown as Handlers;
  const dispatch = createDispatch(
    handlers,
    (_method, _params, call) => call,
    log,
    (_call, name) => void refused.push(name),
  );
  const request = { jsonrpc: "2.0", method: "items.list", params: LIST, ...(id === undefined ? {} : { id }) } as const;
  const answer = dispatch(request, { requestId: id, about: {} } as unknown as Call);
  return { answer, incidents, refused };
}

const names = () => new Encoded<never>(new TextEncoder().encode("[]"));

test("names that were opened for a notification are wiped, since nobody sends them", async () => {
  const opened = names();
  expect(await list(async () => opened).answer).toBeNull();
  expect(opened.json).toEqual(new Uint8Array(2));
});

test("names that were opened for a request are whole until they are sent", async () => {
  const opened = names();
  expect(await list(async () => opened, 1).answer).toMatchObject({ id: 1, result: opened });
  expect(opened).toEqual(names());
});

test("a refusal of a notification is recorded, and answered to nobody", async () => {
  const { answer, refused, incidents } = list(() => Promise.reject(new PosternError("locked")));
  expect(await answer).toBeNull();
  expect([refused, incidents]).toEqual([["locked"], []]);
});

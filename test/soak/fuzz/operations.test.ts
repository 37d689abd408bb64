// Requests near real ones, sent to the account service: those that an agent made in a few minutes of use, with its session, and bodies that only fit
// the schema of an operation, without one. None is an internal error.
import fc, { type Arbitrary } from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Channel } from "../../../clients/typescript/channel.ts";
import { catalogue, type ParamsOf } from "../../../protocol/catalogue.ts";
import type { ItemCreateParams } from "../../../protocol/item/item.ts";
import { type OperationName, serviceCatalogue } from "../../../protocol/service-catalogue.ts";
import { type InProcessAgent, passing, startInProcess } from "../../agent/in-process.ts";
import { attachPerson, makeAccount, PASSWORD } from "../../agent/person.ts";
import { arbitraryOf } from "../../interop/shape-arbitrary.ts";
import { type InProcess, inProcess, PUBLIC_ADDRESS } from "../../service/doors.ts";
import { altered, FUZZ_MS_MAX, untilTime } from "./altered.ts";

type Sent = { readonly operation: OperationName; readonly body: unknown; readonly token?: string };

const operations = Object.keys(serviceCatalogue) as OperationName[];

/** One holds its answer back for half a minute. After the others no session works, and the rest would be refused for that alone. */
const LEFT_OUT: readonly OperationName[] = ["events.wait", "session.end", "devices.remove", "users.changePassword"];

/** More than half of all operations must be among what the agent sends. */
const RECORDED_MIN = operations.length / 2;

let door: InProcess;
let agent: InProcessAgent;
const recorded: Sent[] = [];

beforeAll(async () => {
  door = await inProcess();
  const { fetch } = door.address;
  const listening: InProcess = {
    ...door,
    address: {
      ...door.address,
      fetch: async (request) => {
        const operation = new URL(request.url).pathname.slice("/v1/".length) as OperationName;
        const token = request.headers.get("authorization")?.slice("Bearer ".length);
        const body = await request.clone().json();
        recorded.push({ operation, body, ...(token === undefined ? {} : { token }) });
        return fetch(request);
      },
    },
  };
  agent = await startInProcess(undefined, listening);
  await use();
});
afterAll(async () => {
  await agent.close();
  await door.close();
});

/** A little of everything that a person does. */
async function use(): Promise<void> {
  await passing(agent, makeAccount(agent));
  const person = await passing(agent, attachPerson(agent));
  person.always("yes");
  const channel = await agent.connect();
  const say: Channel["call"] = (method, params) => passing(agent, channel.call(method, params));
  const { item } = catalogue["items.create"].example.params as { item: ItemCreateParams };
  const { id: vaultId } = await say("vaults.create", { title: "Demo" });
  await say("vaults.update", { vaultId, title: "Demo" });
  const made = await say("items.create", { item: { ...item, vaultId } });
  await say("items.put", { item: { ...made, notes: "changed" } });
  await say("items.createAll", { vaultId, items: [{ ...item, vaultId, title: "Other" }] });
  await say("items.list", { vaultId });
  await say("secrets.resolve", { reference: "op://Demo/Other/password" }).catch(() => undefined);
  const document = { name: "backup.bin", content: "AAEC" };
  const paper = await say("items.create", { item: { vaultId, title: "Paper", category: "Document", document } });
  await say("files.read", { vaultId, itemId: paper.id, fileId: paper.document?.id ?? "" });
  await say("items.history", { vaultId, itemId: made.id });
  const { id: groupId } = await say("groups.create", { title: "Group" });
  await say("vaults.grantGroupPermissions", { vaultId, groupPermissions: [{ groupId, permissions: 48 }] });
  await say("groups.members", { groupId });
  const params = { expireAfter: "OneDay", oneTimeOnly: false } as const;
  const share = { vaultId, itemId: paper.id, params, linkAddress: PUBLIC_ADDRESS };
  const { shareId } = await say("items.shares.create", share);
  await say("shares.list", {});
  await say("shares.revoke", { shareId });
  await say("serviceAccounts.create", {
    ...(catalogue["serviceAccounts.create"].example.params as ParamsOf<"serviceAccounts.create">),
    password: PASSWORD,
  });
  await say("serviceAccounts.list", { proof: { kind: "password", password: PASSWORD } });
  await say("items.delete", { vaultId, itemId: made.id });
  await say("vaults.revokeGroupPermissions", { vaultId, groupId });
  await say("groups.delete", { groupId });
  channel.close();
  person.leave();
}

/** The name of the service's error, or "answered". */
async function outcome({ operation, body, token }: Sent): Promise<string> {
  const headers = {
    "content-type": "application/json",
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const url = `http://embedded.invalid/v1/${operation}`;
  const response = await door.address.fetch(new Request(url, { method: "POST", headers, body: JSON.stringify(body) }));
  return ((await response.json()) as { error?: { name: string } }).error?.name ?? "answered";
}

const near = (): Arbitrary<Sent> =>
  fc
    .constantFrom(...recorded.filter(({ operation }) => !LEFT_OUT.includes(operation)))
    .chain((sent) => altered(sent.body).map((body) => ({ ...sent, body })));

/** Fits the schema, with or without the newest session. */
const shaped = (): Arbitrary<Sent> => {
  const { token } = recorded.findLast((sent) => sent.token !== undefined) ?? {};
  return fc
    .constantFrom(...operations.filter((operation) => !LEFT_OUT.includes(operation)))
    .chain((operation) =>
      fc
        .tuple(arbitraryOf(serviceCatalogue[operation].params), fc.boolean())
        .map(([body, signed]) => ({ operation, body, ...(signed && token !== undefined ? { token } : {}) })),
    );
};

test("no body near a real one, and none that fits a schema, is an internal error", {
  timeout: FUZZ_MS_MAX,
}, async () => {
  expect(new Set(recorded.map(({ operation }) => operation)).size).toBeGreaterThan(RECORDED_MIN);
  await fc.assert(
    fc.asyncProperty(fc.oneof(near(), shaped()), async (sent) => {
      expect([sent.operation, await outcome(sent)]).not.toEqual([sent.operation, "internal"]);
    }),
    untilTime,
  );
});

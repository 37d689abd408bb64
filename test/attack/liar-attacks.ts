// What a service tries that lies. It stands before a real service, and changes or drops what it likes. Behind it are the real account client,
// and a real agent for what only a device can know. What a liar can still do stands in SECURITY.md.

import { createServiceClient } from "../../clients/account/service-client.ts";
import { OLDER_USER_DATA } from "../../daemon/session/unlocked.ts";
import { type ErrorName, errors, PosternError } from "../../protocol/errors.ts";
import { shareDurations } from "../../protocol/item/item-share.ts";
import type { OperationName } from "../../protocol/service-catalogue.ts";
import { startInProcess } from "../agent/in-process.ts";
import { makeAccount, PASSWORD } from "../agent/person.ts";
import {
  details,
  inProcess,
  newUser,
  type Opened,
  open,
  overview,
  PUBLIC_ADDRESS,
  type User,
} from "../service/doors.ts";
import type { Attack, Extent } from "./table.ts";

type Body = Record<string, unknown>;

/** Answers in place of the service. Undefined where it passes the request on; `honest` passes it on and reads the answer. */
type Lie = (name: OperationName, sent: Body, honest: () => Promise<Body>) => Promise<Body | Response | undefined>;

type Stage = {
  readonly ada: User;
  readonly hers: Opened;
  readonly vault: string;
  /** From now on the service lies so. */
  lie(next: Lie): void;
  /** The operations that were asked for since the last lie began. */
  readonly asked: OperationName[];
};

/** A person whose service lies once it is told to. */
async function staged(act: (stage: Stage, extent: Extent) => Promise<string | undefined>, extent: Extent) {
  // Not the embedded one: that is the agent itself, which does not lie to itself.
  const door = await inProcess(undefined, true, undefined, "https://service.example");
  try {
    let lie: Lie = async () => undefined;
    const asked: OperationName[] = [];
    const fetch = async (request: Request): Promise<Response> => {
      const name = new URL(request.url).pathname.slice("/v1/".length) as OperationName;
      asked.push(name);
      const passed = request.clone();
      const honest = async () => (await (await door.address.fetch(passed)).json()) as Body;
      const answer = await lie(name, (await request.clone().json()) as Body, honest);
      if (answer === undefined) return door.address.fetch(request);
      return answer instanceof Response ? answer : Response.json(answer);
    };
    const address = { ...door.address, fetch };
    const ada = await newUser(door);
    const hers = await open({ ...door, address, call: createServiceClient(address) }, ada);
    const vault = (await hers.account.createVault("Demo", "")).id;
    const begin = (next: Lie) => {
      asked.length = 0;
      lie = next;
    };
    const found = await act({ ada, hers, vault, lie: begin, asked }, extent);
    hers.account.close();
    return found;
  } finally {
    await door.close();
  }
}

const attack = (tried: string, act: (stage: Stage, extent: Extent) => Promise<string | undefined>): Attack => ({
  tried,
  run: (extent) => staged(act, extent),
});

/** Says nothing where the work was refused by that name, else what happened. */
async function refused(work: Promise<unknown>, name: ErrorName): Promise<string | undefined> {
  try {
    await work;
    return "it was believed";
  } catch (error) {
    return error instanceof PosternError && error.name === name ? undefined : String(error);
  }
}

const NOW = () => new Date().toISOString();

/** Acknowledges an operation and drops it. */
const dropping =
  (dropped: OperationName, answer: () => Body): Lie =>
  async (name) =>
    name === dropped ? answer() : undefined;

const times = () => ({ createdAt: NOW(), updatedAt: NOW() });
const content = (value: string) => ({
  overview: overview("DB"),
  details: details(value),
  files: [],
  state: "active" as const,
});

const writes: readonly Attack[] = [
  attack("a new item is acknowledged and dropped", async ({ hers, vault, lie }) => {
    lie(dropping("items.put", times));
    return refused(hers.account.createItem(vault, overview("DB"), details("x")), "serviceRefused");
  }),
  attack("a change of an item is acknowledged and dropped", async ({ hers, vault, lie }) => {
    const item = await hers.account.createItem(vault, overview("DB"), details("x"));
    lie(dropping("items.put", times));
    return refused(hers.account.putItem(vault, item.id, 1, content("y")), "serviceRefused");
  }),
  attack("a deletion is acknowledged and dropped", async ({ hers, vault, lie }) => {
    const item = await hers.account.createItem(vault, overview("DB"), details("x"));
    lie(dropping("items.put", times));
    return refused(hers.account.deleteItem(vault, item.id), "serviceRefused");
  }),
  attack("a change of the user's own data is acknowledged and dropped", async ({ hers, lie }) => {
    lie(dropping("users.putData", () => ({})));
    return refused(
      hers.account.changeUserData((data) => ({ ...data, name: "Eve" })),
      "serviceRefused",
    );
  }),
  attack("a change of the user's own data meets a conflict with an older copy", async ({ hers, lie }) => {
    const first = await hers.signedIn.session.call("users.get", {});
    await hers.account.changeUserData((data) => ({ ...data, name: "Bea" }));
    const conflict = Response.json({ error: { name: "versionConflict", message: "" } }, { status: 409 });
    lie(async (name) => (name === "users.putData" ? conflict.clone() : name === "users.get" ? first : undefined));
    return refused(
      hers.account.changeUserData((data) => ({ ...data, name: "Eve" })),
      "serviceRefused",
    );
  }),
];

const SENDING: readonly OperationName[] = ["shares.create", "shares.putChunk"];

const links: readonly Attack[] = [
  attack(
    "links lead to an address that nobody confirmed, and the copy is not even sent",
    async ({ hers, vault, lie, asked }) => {
      const item = await hers.account.createItem(vault, overview("DB"), details("x"));
      const how = { expireAfter: "OneDay", oneTime: false } as const;
      for (const publicAddress of [
        "https://elsewhere.example",
        `${PUBLIC_ADDRESS}.elsewhere.example`,
        `${PUBLIC_ADDRESS}:444`,
      ])
        for (const confirmed of [{}, { linkAddress: PUBLIC_ADDRESS }]) {
          lie(async (name, _sent, honest) =>
            name === "service.info" ? { ...(await honest()), publicAddress } : undefined,
          );
          const found = await refused(hers.account.shares.create(item, { ...how, ...confirmed }), "serviceRefused");
          if (found !== undefined) return `${publicAddress}: ${found}`;
          if (asked.some((name) => SENDING.includes(name))) return "the copy was sent";
        }
      return undefined;
    },
  ),
  attack("a share ends at another time than was asked, and is revoked", async ({ hers, vault, lie, asked }, extent) => {
    const item = await hers.account.createItem(vault, overview("DB"), details("x"));
    const all = Object.keys(shareDurations) as (keyof typeof shareDurations)[];
    for (const expireAfter of extent === "short" ? (["OneHour"] as const) : all)
      for (const [by, shift] of [
        [1, 0],
        [-1, 0],
        [30 * 60_000, 0],
        [0, 30 * 60_000],
        [0, -30 * 60_000],
      ] as const) {
        lie(async (name, _sent, honest) => {
          if (name !== "shares.create") return undefined;
          const { createdAt, expiresAt } = (await honest()) as { createdAt: string; expiresAt: string };
          const moved = (time: string, ms: number) => new Date(Date.parse(time) + ms).toISOString();
          return { createdAt: moved(createdAt, shift), expiresAt: moved(expiresAt, by + shift) };
        });
        const how = { expireAfter, oneTime: false, linkAddress: PUBLIC_ADDRESS };
        const found = await refused(hers.account.shares.create(item, how), "serviceRefused");
        if (found !== undefined) return `${expireAfter} by ${by}, ${shift}: ${found}`;
        if (asked.at(-1) !== "shares.revoke") return "the share was not revoked";
      }
    return undefined;
  }),
];

const words: readonly Attack[] = [
  attack("answers that only the agent gives: a lock, a refused proof, a sign-out", async ({ hers, lie }) => {
    for (const name of ["locked", "proofRefused", "signedOut", "approvalDenied", "pinDisabled"] as const) {
      lie(async () => Response.json({ error: { name, message: errors[name].message } }, { status: 400 }));
      const found = await refused(hers.account.vaultsNow(), "serviceRefused");
      if (found !== undefined) return `${name}: ${found}`;
    }
    return undefined;
  }),
];

/** The service puts the user's row back to what it was before a change. Its signature and its seal are right. */
const rolledBack: Attack = {
  tried: "the user's own data come back as an older copy, and the next unlock tells it, once",
  run: async () => {
    const service = await inProcess();
    const agent = await startInProcess(undefined, service);
    try {
      await makeAccount(agent, "Ada");
      const channel = await agent.connect();
      const users = service.store.db.selectFrom("users").select(["id", "data", "data_revision"]);
      const older = await users.executeTakeFirstOrThrow();
      await channel.call("session.lock", {});
      await channel.call("session.unlock", { password: PASSWORD });
      await channel.call("session.lock", {});
      const newer = await users.executeTakeFirstOrThrow();
      if (newer.data_revision <= older.data_revision) return "nothing was written";
      await service.store.db
        .updateTable("users")
        .set({ data: older.data, data_revision: older.data_revision })
        .where("id", "=", older.id)
        .execute();
      const told = await channel.call("session.unlock", { password: PASSWORD });
      if (!told.warnings.includes(OLDER_USER_DATA)) return `it was not told: ${told.warnings.join("; ")}`;
      await channel.call("session.lock", {});
      const again = await channel.call("session.unlock", { password: PASSWORD });
      channel.close();
      return again.warnings.includes(OLDER_USER_DATA) ? "it was told twice" : undefined;
    } finally {
      await agent.close();
    }
  },
};

export const liarAttacks: readonly Attack[] = [...writes, ...links, ...words, rolledBack];

// Cuts a restore off at each of its writes, and then runs the same restore again. The account must be the same as after
// an undisturbed restore. A restore must refuse anything else that it finds: an account in use, another state of the
// account, or a service that lies. A refused restore leaves the store unchanged.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { OpenAccount } from "../../clients/account/open-account.ts";
import { type CallService, createServiceClient } from "../../clients/account/service-client.ts";
import { changePassword, enrol } from "../../clients/account/user-keys.ts";
import { newId } from "../../protocol/crypto/encoding.ts";
import { newSecretKey } from "../../protocol/crypto/secret-key.ts";
import { type ErrorName, PosternError } from "../../protocol/errors.ts";
import type { OperationName, OperationResult } from "../../protocol/service-catalogue.ts";
import {
  backupOf,
  contentOf,
  crypto,
  derivations,
  fullAccount,
  openAt,
  restore,
  undisturbed,
} from "../account/restored.ts";
import { details, dump, type InProcess, inProcess, overview, PASSWORD, type User } from "../service/doors.ts";

const writing: readonly OperationName[] = [
  "accounts.create",
  "signIn.finish",
  "groups.create",
  "vaults.create",
  "files.putChunk",
  "items.put",
  "accounts.endRestore",
];
/** More writes than the restore of this account makes. */
const WRITES_MAX = 40;
/** A write in the middle of the restore. At this point some rows are there and others are not. */
const MIDDLE = 8;

type Answer<N extends OperationName> = OperationResult<N>;

let source: InProcess;
let ada: User;
let lines: string[];
let whole: unknown;
let door: InProcess;

beforeAll(async () => {
  ({ source, ada, lines, whole } = await undisturbed());
});
afterAll(() => source.close());
beforeEach(async () => {
  door = await inProcess();
  return () => door.close();
});

const dead = () => new PosternError("offline");

/**
 * A service that dies at its nth write. It dies either before the write, or after the write, so that the answer is
 * lost.
 */
function dyingAt(nth: number, when: "before" | "behind"): { call: CallService; died: () => boolean } {
  let writes = 0;
  let died = false;
  const call: CallService = async (name, params, options) => {
    if (died) throw dead();
    const last = writing.includes(name) && ++writes === nth;
    died = last;
    if (last && when === "before") throw dead();
    const answer = await door.call(name, params, options);
    if (last) throw dead();
    return answer;
  };
  return { call, died: () => died };
}

/** Runs a restore that is cut off at its nth write. */
async function cutAt(nth: number, when: "before" | "behind" = "behind"): Promise<boolean> {
  const { call, died } = dyingAt(nth, when);
  await restore(door, ada, lines, { call }).catch((error: unknown) => {
    if (!(error instanceof PosternError) || error.name !== "offline") throw error;
  });
  return died();
}

/** Runs a restore that makes everything, and is cut off before it can report the end. */
async function cutAtTheEnd(): Promise<void> {
  let died = false;
  const call: CallService = (name, params, options) => {
    died ||= name === "accounts.endRestore";
    return died ? Promise.reject(dead()) : door.call(name, params, options);
  };
  expect(await outcomeOf(restore(door, ada, lines, { call }))).toBe("offline");
}

/** Sets by hand whether the service calls the account unfinished. A client must not believe the service in this. */
async function sayRestoring(restoring: boolean): Promise<void> {
  await door.store.db
    .updateTable("accounts")
    .set({ restoring: restoring ? 1 : 0 })
    .execute();
}

async function isRestoring(): Promise<boolean> {
  const row = await door.store.db.selectFrom("accounts").select("restoring").executeTakeFirst();
  return row?.restoring === 1;
}

const nameOf = (error: unknown) => (error instanceof PosternError ? error.name : error);
const outcomeOf = (attempt: Promise<unknown>): Promise<unknown> => attempt.then(() => "whole", nameOf);

/** The ids of the devices that may sign in. */
async function devices(): Promise<string[]> {
  const rows = await door.store.db.selectFrom("devices").select("id").where("removed", "=", 0).execute();
  return rows.map(({ id }) => id);
}

describe("a restore that was cut off", () => {
  test.each(["before", "behind"] as const)(
    "%s each of its writes becomes whole when the same restore runs again",
    async (when) => {
      for (let nth = 1; ; nth++) {
        if (!(await cutAt(nth, when))) {
          expect(nth).toBeGreaterThan(MIDDLE);
          return;
        }
        expect(nth).toBeLessThan(WRITES_MAX);
        // When only the last answer was lost, the account is already whole.
        const isEnded = when === "behind" && nth > MIDDLE && !(await isRestoring());
        expect(await outcomeOf(restore(door, ada, lines))).toBe(isEnded ? "conflict" : "whole");
        expect(await contentOf(door, ada)).toEqual(whole);
        await door.close();
        door = await inProcess();
      }
    },
  );

  test("again and again, each time one file further, ends whole", async () => {
    let tries = 0;
    // The six writes: one finds the account, one signs in, three make rows, and the last never happens.
    while (await cutAt(tries === 0 ? 2 : 6, "before")) expect(++tries).toBeLessThan(WRITES_MAX);
    expect(tries).toBeGreaterThan(3);
    expect(await contentOf(door, ada)).toEqual(whole);
  });

  test("leaves one device listed once it is whole", async () => {
    await cutAt(MIDDLE);
    const [first] = await devices();
    await restore(door, ada, lines);
    const left = await devices();
    expect(left).toHaveLength(1);
    expect(left).not.toContain(first);
  });

  test("but still runs ends when another restore takes over, and changes nothing more", async () => {
    let goOn = () => undefined as unknown;
    const held = new Promise((resolve) => {
      goOn = () => resolve(undefined);
    });
    let reached = () => undefined as unknown;
    const there = new Promise((resolve) => {
      reached = () => resolve(undefined);
    });
    let writes = 0;
    const slow: CallService = async (name, params, options) => {
      if (writing.includes(name) && ++writes === MIDDLE) {
        reached();
        await held;
      }
      return door.call(name, params, options);
    };
    const first = outcomeOf(restore(door, ada, lines, { call: slow }));
    await there;
    await restore(door, ada, lines);
    const before = dump(door.folder);
    goOn();
    expect(await first).toBe("conflict");
    expect(dump(door.folder)).toBe(before);
    expect(await contentOf(door, ada)).toEqual(whole);
  });

  test("costs one password derivation, and reads the existing rows in pages", async () => {
    const many = await inProcess();
    const bea = await fullAccount(many);
    const { account, signedIn } = await openAt(many, bea);
    const { id } = await account.createVault("Many", "");
    for (let batch = 0; batch < 3; batch++) {
      const items = Array.from({ length: 100 }, () => ({
        id: newId(crypto),
        overview: overview("One of many"),
        details: details("m"),
      }));
      await account.createItems(id, items);
    }
    const backup = await backupOf({ account, signedIn }, bea);
    await restore(door, bea, backup);
    await sayRestoring(true);
    let requests = 0;
    const call: CallService = (name, params, options) => {
      requests++;
      return door.call(name, params, options);
    };
    const before = derivations;
    await restore(door, bea, backup, { call });
    expect(derivations).toBe(before + 1);
    expect(requests).toBeLessThan(30);
    await many.close();
  });
});

describe("refused without a request to the service", () => {
  test.each([
    ["a wrong password", () => restore(door, ada, lines, { call: demandNone, password: "wrong" }), "wrongCredentials"],
    [
      "another Secret Key",
      () => restore(door, { ...ada, secretKey: newSecretKey(crypto) }, lines, { call: demandNone }),
      "wrongCredentials",
    ],
    ["a backup that was cut", () => restore(door, ada, lines.slice(0, -1), { call: demandNone }), "notRestorable"],
  ] as const)("%s, where a restore was cut off", async (_what, attempt, expected) => {
    await cutAt(MIDDLE);
    const before = dump(door.folder);
    expect(await outcomeOf(attempt())).toBe(expected);
    expect(dump(door.folder)).toBe(before);
  });

  const demandNone: CallService = (name) => Promise.reject(new Error(`${name} was called`));
});

type Ids = { shared: string; personal: string; changed: string; crew: string };

async function idsOf(account: OpenAccount): Promise<Ids> {
  const vaults = await account.vaults();
  const vault = (title: string) => vaults.find((one) => one.title === title)?.id ?? "";
  const shared = vault("Shared");
  const listed = shared === "" ? [] : await account.listItems(shared, { active: true, archived: true });
  const item = (title: string) => listed.find((one) => one.overview.title === title)?.id ?? "";
  const groups = await account.groups.entries();
  return {
    shared,
    personal: vault("Personal"),
    changed: item("Changed"),
    crew: groups.find(({ title }) => title === "Crew")?.id ?? "",
  };
}

/**
 * Changes that a person may have made to the account since. Only the last one changes the revision of their own data.
 */
const uses: Record<string, (account: OpenAccount, ids: Ids) => Promise<unknown>> = {
  "an item was changed": async (account, { shared, changed }) => {
    const item = await account.getItem(shared, changed);
    return account.putItem(shared, changed, 1, { ...item, details: details("since") });
  },
  "an item was archived": async (account, { shared, changed }) =>
    account.putItem(shared, changed, 1, { ...(await account.getItem(shared, changed)), state: "archived" }),
  "an item was added": (account, { shared }) => account.createItem(shared, overview("Since"), details("s")),
  "an item was added where there was none": (account, { personal }) =>
    account.createItem(personal, overview("Since"), details("s")),
  "an item was deleted": (account, { shared, changed }) => account.deleteItem(shared, changed),
  "every item of a vault was deleted": async (account, { shared }) => {
    const items = await account.listItems(shared, { active: true, archived: true });
    return account.deleteItems(
      shared,
      items.map(({ id }) => id),
    );
  },
  "a vault was renamed": (account, { personal }) => account.updateVault(personal, { title: "Private" }),
  "a vault was added": (account) => account.createVault("Since", ""),
  "a vault was given to another group": async (account, { shared }) => {
    const { id } = await account.groups.create("Guests", "");
    await account.members.grant(shared, [{ kind: "group", id, permissions: 0x20 }]);
  },
  "a group may do more with a vault": (account, { shared, crew }) =>
    account.members.grant(shared, [{ kind: "group", id: crew, permissions: 0x30 }]),
  "a vault was taken from its group": (account, { shared, crew }) => account.members.remove(shared, crew),
  "a group was added": (account) => account.groups.create("Guests", ""),
  "a group was renamed": (account, { crew }) => account.groups.update(crew, { title: "Sailors" }),
  "an environment was added": (account) => account.environments.create("production"),
  "a variable was set": async (account) => {
    const [staging] = await account.environments.list();
    return account.environments.set(staging?.id ?? "", [{ name: "PORT", value: "9090", masked: false }]);
  },
  "a service account was made": (account, { shared }) =>
    account.serviceAccounts.create({ title: "CI", vaults: [{ id: shared, permissions: 0x20 }] }),
  "an agent opened it": (account) => account.changeUserData((data) => ({ ...data, deviceCounters: { d: 1 } })),
};

test("a restore refuses a whole account, and ends none of its devices", async () => {
  await restore(door, ada, lines);
  const { account } = await openAt(door, ada);
  const before = dump(door.folder);
  await expect(restore(door, ada, lines)).rejects.toMatchObject({
    name: "conflict",
    message: expect.stringContaining("is not being restored"),
  });
  expect(dump(door.folder)).toBe(before);
  expect(await devices()).toHaveLength(2);
  await account.createVault("Since", "");
});

describe("an account that was used since is refused, and stays as it is, though the service says that it is being restored:", () => {
  test.each(Object.entries(uses))("%s", async (_what, use) => {
    await restore(door, ada, lines);
    const { account } = await openAt(door, ada);
    await use(account, await idsOf(account));
    await sayRestoring(true);
    const before = dump(door.folder, ["devices"]);
    await expect(restore(door, ada, lines)).rejects.toMatchObject({
      name: "conflict",
      message: expect.stringContaining("not as this backup leaves it"),
    });
    expect(dump(door.folder, ["devices"])).toBe(before);
    expect(await devices()).toEqual([]);
  });

  test("where it was used while half of it was there", async () => {
    await cutAt(MIDDLE);
    await sayRestoring(false);
    const { account } = await openAt(door, ada);
    await account.createVault("Since", "");
    await sayRestoring(true);
    const before = dump(door.folder, ["devices"]);
    await expect(restore(door, ada, lines)).rejects.toThrow("not as this backup leaves it: one more vault");
    expect(dump(door.folder, ["devices"])).toBe(before);
  });

  test("the last item made was deleted, and its file with it", async () => {
    for (let nth = MIDDLE; ; nth++) {
      expect(await cutAt(nth)).toBe(true);
      await sayRestoring(false);
      const { account } = await openAt(door, ada);
      const { shared } = await idsOf(account);
      const listed =
        shared === "" ? [] : await account.listItems(shared, { active: true, archived: true }).catch(() => []);
      const last = listed.at(-1);
      if (last?.overview.title === "Filed") {
        await account.deleteItem(shared, last.id);
        break;
      }
      await door.close();
      door = await inProcess();
    }
    await sayRestoring(true);
    const before = dump(door.folder, ["devices"]);
    await expect(restore(door, ada, lines)).rejects.toThrow("not as this backup leaves it: an item was deleted");
    expect(dump(door.folder, ["devices"])).toBe(before);
  });

  test("the password was changed", async () => {
    await cutAt(MIDDLE);
    await sayRestoring(false);
    const { signedIn } = await openAt(door, ada);
    await changePassword(crypto, signedIn, { ...ada, newPassword: "eight quiet harbours" });
    await sayRestoring(true);
    const before = dump(door.folder);
    const listed = await devices();
    expect(await outcomeOf(restore(door, ada, lines))).toBe("conflict");
    expect(dump(door.folder)).toBe(before);
    expect(await devices()).toEqual(listed);
  });

  test("the backup is of a later state", async () => {
    await cutAtTheEnd();
    const { account, signedIn } = await openAt(source, ada);
    const extra = await account.createVault("Later", "");
    const { personal } = await idsOf(account);
    await account.updateVault(personal, { title: "Renamed" });
    const later = await backupOf({ account, signedIn }, ada);
    await account.deleteVault(extra.id);
    await account.updateVault(personal, { title: "Personal" });
    const before = dump(door.folder, ["devices"]);
    expect(await outcomeOf(restore(door, ada, later))).toBe("conflict");
    expect(dump(door.folder, ["devices"])).toBe(before);
  });
});

test("an account of somebody else under the same id is refused, and stays as it is", async () => {
  const other = { account: ada.account, user: newId(crypto), device: newId(crypto), secretKey: newSecretKey(crypto) };
  await enrol(crypto, door.call, { ...other, password: PASSWORD, name: "Eve" });
  const before = dump(door.folder);
  expect(await outcomeOf(restore(door, ada, lines))).toBe("conflict");
  expect(dump(door.folder)).toBe(before);
});

test.each([1, MIDDLE])(
  "called off while it reads the existing rows, it writes nothing and ends its device (cut at write %i)",
  async (nth) => {
    await cutAt(nth);
    const before = dump(door.folder, ["devices"]);
    const off = new AbortController();
    const call: CallService = async (name, params, options) => {
      if (name === "vaults.list") off.abort();
      return door.call(name, params, options);
    };
    expect(await outcomeOf(restore(door, ada, lines, { call, signal: off.signal }))).toBe("cancelled");
    expect(dump(door.folder, ["devices"])).toBe(before);
    expect(await devices()).toEqual([]);
    await restore(door, ada, lines);
    expect(await contentOf(door, ada)).toEqual(whole);
  },
);

test("called off while it writes, it makes no more rows and ends its device; the same again goes on", async () => {
  const off = new AbortController();
  let rows = 0;
  const call: CallService = async (name, params, options) => {
    if (name === "items.put" && ++rows === 2) off.abort();
    return door.call(name, params, options);
  };
  expect(await outcomeOf(restore(door, ada, lines, { call, signal: off.signal }))).toBe("cancelled");
  expect(rows).toBe(2);
  expect(await devices()).toEqual([]);
  await restore(door, ada, lines);
  expect(await contentOf(door, ada)).toEqual(whole);
});

test.each(["tooLarge", "diskFull", "serviceRefused"] as const)(
  "refused with %s while it writes, it says so and ends its device",
  async (name) => {
    const call: CallService = (operation, params, options) =>
      operation === "items.put" ? Promise.reject(new PosternError(name)) : door.call(operation, params, options);
    expect(await outcomeOf(restore(door, ada, lines, { call }))).toBe(name);
    expect(await devices()).toEqual([]);
    await restore(door, ada, lines);
    expect(await devices()).toHaveLength(1);
  },
);

type Lie = { readonly of: OperationName; readonly tell: (answer: never) => unknown; readonly expected: ErrorName };

function lie<N extends OperationName>(of: N, expected: ErrorName, tell: (answer: Answer<N>) => unknown): Lie {
  return { of, tell: tell as Lie["tell"], expected };
}

/** Flips one bit of base64 bytes, in the last byte by default. */
function flip(base64: string, at = -1): string {
  const bytes = Uint8Array.fromBase64(base64);
  const index = at < 0 ? bytes.length + at : at;
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  return bytes.toBase64();
}

type Vaults = Answer<"vaults.list">["vaults"];
type Items = Answer<"items.getAll">["items"];
type Groups = Answer<"groups.list">["groups"];

const eachVault = (change: (vault: Vaults[number]) => object) => (answer: Answer<"vaults.list">) => ({
  vaults: answer.vaults.map((vault) => ({ ...vault, ...change(vault) })),
});
const eachItem = (change: (sealed: Items[number]["sealed"]) => object) => (answer: Answer<"items.getAll">) => ({
  items: answer.items.map((item) => ({ ...item, sealed: { ...item.sealed, ...change(item.sealed) } })),
});
const eachGroup = (change: (group: Groups[number]) => object) => (answer: Answer<"groups.list">) => ({
  groups: answer.groups.map((group) => ({ ...group, ...change(group) })),
});
/** Two items look the same from outside. Puts the sealed parts of each under the other's id. */
function swapped({ items }: Answer<"items.getAll">) {
  const [one, two] = items.filter(({ sealed }) => sealed.state === "active" && sealed.files.length === 0);
  const other = new Map([
    [one?.item, two?.sealed],
    [two?.item, one?.sealed],
  ]);
  return { items: items.map((item) => ({ ...item, sealed: other.get(item.item) ?? item.sealed })) };
}

const lies: Record<string, Lie> = {
  "details altered": lie(
    "items.getAll",
    "sealBroken",
    eachItem(({ details: sealed }) => ({ details: flip(sealed) })),
  ),
  "details emptied": lie(
    "items.getAll",
    "sealBroken",
    eachItem(() => ({ details: "" })),
  ),
  "an overview altered": lie(
    "items.getAll",
    "sealBroken",
    eachItem((sealed) => ({ overview: flip(sealed.overview) })),
  ),
  "a signature altered": lie(
    "items.getAll",
    "sealBroken",
    eachItem(({ signature }) => ({ signature: flip(signature) })),
  ),
  "another writer": lie(
    "items.getAll",
    "sealBroken",
    eachItem(({ writer }) => ({ writer: flip(writer) })),
  ),
  "a lookup tag altered": lie(
    "items.getAll",
    "sealBroken",
    eachItem(({ tag }) => ({ tag: flip(tag) })),
  ),
  "two items of one vault swapped": lie("items.getAll", "sealBroken", swapped),
  "a state altered": lie(
    "items.getAll",
    "conflict",
    eachItem(({ state }) => ({ state: state === "active" ? "archived" : "active" })),
  ),
  "a file left out": lie(
    "items.getAll",
    "conflict",
    eachItem(() => ({ files: [] })),
  ),
  "a higher revision": lie(
    "items.getAll",
    "conflict",
    eachItem(() => ({ revision: 2 })),
  ),
  "an item left out of the answer": lie("items.getAll", "serviceRefused", ({ items }) => ({ items: items.slice(1) })),
  "an item left out of the list": lie("items.list", "conflict", ({ items, more }) => ({ items: items.slice(1), more })),
  "a vault's name altered": lie(
    "vaults.list",
    "sealBroken",
    eachVault(({ overview: name }) => ({ overview: { ...name, sealed: flip(name.sealed) } })),
  ),
  "a vault's key altered": lie(
    "vaults.list",
    "conflict",
    eachVault(({ grants }) => ({
      grants: grants.map((one) => ({ ...one, grant: { ...one.grant, sealed: flip(one.grant.sealed) } })),
    })),
  ),
  "more permissions": lie(
    "vaults.list",
    "conflict",
    eachVault(({ grants }) => ({
      grants: grants.map((one) => ({ ...one, grant: { ...one.grant, permissions: 1 } })),
    })),
  ),
  "another type of vault": lie(
    "vaults.list",
    "conflict",
    eachVault(({ type }) => ({ type: type === "personal" ? "userCreated" : "personal" })),
  ),
  "a vault left out": lie("vaults.list", "conflict", ({ vaults }) => ({ vaults: vaults.slice(1) })),
  "a vault twice": lie("vaults.list", "sealBroken", ({ vaults }) => ({ vaults: [...vaults, ...vaults.slice(0, 1)] })),
  "a group's name altered": lie(
    "groups.list",
    "sealBroken",
    eachGroup(({ overview: name }) => ({ overview: { ...name, sealed: flip(name.sealed) } })),
  ),
  "a group's keys altered": lie(
    "groups.list",
    "conflict",
    eachGroup(({ keys }) => ({ keys: { ...keys, box: flip(keys.box) } })),
  ),
  "a group left out": lie("groups.list", "conflict", ({ groups }) => ({ groups: groups.slice(1) })),
  "the user's data altered": lie("signIn.finish", "sealBroken", ({ record, ...rest }) => ({
    ...rest,
    record: { ...record, data: { ...record.data, sealed: flip(record.data.sealed) } },
  })),
  "another box key of the user": lie("signIn.finish", "conflict", ({ record, ...rest }) => ({
    ...rest,
    record: { ...record, keyset: { ...record.keyset, box: flip(record.keyset.box) } },
  })),
  "another wrapped root key": lie("signIn.finish", "conflict", ({ record, ...rest }) => ({
    ...rest,
    record: { ...record, rootKey: flip(record.rootKey) },
  })),
};

describe("a service that lies about what is there is refused, and nothing is written:", () => {
  test.each(Object.entries(lies))("%s", async (_what, { of, tell, expected }) => {
    await cutAtTheEnd();
    const before = dump(door.folder, ["devices"]);
    expect(await outcomeOf(restore(door, ada, lines, { call: lying(of, tell) }))).toBe(expected);
    expect(dump(door.folder, ["devices"])).toBe(before);
    // The same request succeeds when the service answers truthfully.
    expect(await outcomeOf(restore(door, ada, lines))).toBe("whole");
  });
});

/** The honest service with one altered answer. */
function lying(of: OperationName, tell: Lie["tell"]): CallService {
  const fetch = async (request: Request): Promise<Response> => {
    const response = await door.address.fetch(request);
    if (!request.url.endsWith(`/v1/${of}`) || !response.ok) return response;
    return Response.json(tell((await response.json()) as never));
  };
  return createServiceClient({ origin: door.address.origin, fetch });
}

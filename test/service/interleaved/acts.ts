// The requests for each writing operation in the tests of concurrent writes: one or more, by different sessions, so that two of them meet
// on the same rows.
import { newId } from "../../../protocol/crypto/encoding.ts";
import { newKeyset } from "../../../protocol/crypto/keyset.ts";
import { passwordChangeBytes, signInKeyPair } from "../../../protocol/crypto/sign-in.ts";
import { newVaultKey } from "../../../protocol/crypto/vault-key.ts";
import type { OperationName, OperationParams } from "../../../protocol/service-catalogue.ts";
import { crypto } from "../doors.ts";
import type { World } from "./world.ts";

/** Operations that write nothing of their own. */
export const reading = [
  "service.info",
  "users.get",
  "devices.list",
  "vaults.list",
  "vaults.members",
  "items.stale",
  "serviceAccounts.list",
  "serviceAccounts.keys",
  "serviceAccounts.rateLimit",
  "groups.list",
  "groups.access",
  "items.get",
  "items.getAll",
  "items.find",
  "items.list",
  "items.overviews",
  "items.versions",
  "items.getVersion",
  "files.getChunk",
  "signIn.start",
  "shares.list",
  "shares.state",
  "shares.getChunk",
  "events.wait",
] as const satisfies readonly OperationName[];

type Writing = Exclude<OperationName, (typeof reading)[number]>;

/** A request, sent by the session of this name or without a session. */
export type Act = {
  readonly what: string;
  readonly name: OperationName;
  readonly params: object;
  readonly by?: string;
};

type Asked<N extends OperationName> = readonly (readonly [by: string | undefined, params: OperationParams<N>])[];

const b64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");

/** The type lists every writing operation. A new one in the catalogue needs a request here, or this does not compile. */
function asked(world: World): { [N in Writing]: Asked<N> } {
  return { ...people(world), ...vaults(world), ...principals(world), ...contents(world), ...copies(world) };
}

function people(world: World) {
  const { ada, challenges, devices } = world;
  const ids = { account: newId(crypto), user: newId(crypto), device: newId(crypto) };
  const account = (): OperationParams<"accounts.create"> => ({
    ...ids,
    signInKey: b64(crypto.randomBytes(32)),
    record: {
      rootKey: "AAAA",
      keyset: newKeyset(crypto, crypto.randomBytes(32), ids.account, ids.user).sealed,
      data: { revision: 1, sealed: "AAAA" },
    },
  });
  const password = (): OperationParams<"users.changePassword"> => {
    const next = signInKeyPair(crypto, crypto.randomBytes(32)).publicKey;
    const rootKey = crypto.randomBytes(33);
    const message = passwordChangeBytes({ account: ada.account, user: ada.user, rootKey, signInKey: next });
    return { rootKey: b64(rootKey), signInKey: b64(next), signature: b64(crypto.sign(ada.signInKey, message)) };
  };
  return {
    "accounts.create": [
      [undefined, account()],
      [undefined, account()],
    ],
    "accounts.endRestore": [["restorer", {}]],
    "signIn.finish": Object.values(challenges).map((challenge) => [undefined, challenge] as const),
    "session.end": [["two", {}]],
    "users.putData": [
      ["one", { data: { revision: 2, sealed: "AAAA" } }],
      ["two", { data: { revision: 2, sealed: "BBBB" } }],
    ],
    "users.changePassword": [
      ["one", password()],
      ["two", password()],
    ],
    "devices.remove": [
      ["one", { device: devices.two }],
      ["two", { device: ada.device }],
      ["three", { device: devices.new }],
    ],
  } satisfies Partial<{ [N in Writing]: Asked<N> }>;
}

function vaults(world: World) {
  const { ada, hers, vault, owners, used, unused, moved, rewrapped } = world;
  const next = [newId(crypto), newVaultKey(crypto)] as const;
  const others = (open: typeof used) => ({
    identity: open.open.keyset.identity.publicKey,
    box: open.open.keyset.box.publicKey,
  });
  const rekey = (left: boolean): OperationParams<"vaults.rekey"> => {
    const key = newVaultKey(crypto, 2);
    const { group } = used.params;
    return {
      vault: vault.id,
      overview: hers.overview(vault.id, key, 2),
      grants: [
        { kind: "user", principal: ada.user, grant: hers.grant(vault.id, key) },
        ...(left ? [] : [{ kind: "group" as const, principal: group, grant: hers.grant(vault.id, key, others(used)) }]),
      ],
    };
  };
  const rewrap = { vault: moved.id, rewraps: [{ item: moved.item, revision: 1, ...rewrapped }] };
  return {
    "vaults.create": [
      ["one", hers.newVault(...next)],
      ["two", hers.newVault(...next)],
      ["three", hers.newVault(newId(crypto), newVaultKey(crypto))],
    ],
    "vaults.update": [
      ["one", { vault: vault.id, overview: hers.overview(vault.id, vault.key, 2) }],
      ["two", { vault: vault.id, overview: hers.overview(vault.id, vault.key, 2) }],
    ],
    "vaults.delete": [
      ["two", { vault: vault.id, revision: 1 }],
      ["three", { vault: moved.id, revision: 2 }],
    ],
    "vaults.grant": [
      [
        "one",
        {
          vault: vault.id,
          grants: [
            { kind: "group", principal: unused.params.group, grant: hers.grant(vault.id, vault.key, others(unused)) },
          ],
        },
      ],
      [
        "two",
        {
          vault: vault.id,
          grants: [
            { kind: "group", principal: used.params.group, grant: hers.grant(vault.id, vault.key, others(used), 32) },
          ],
        },
      ],
      [
        "three",
        {
          vault: vault.id,
          grants: [
            { kind: "group", principal: owners.params.group, grant: hers.grant(vault.id, vault.key, others(owners)) },
          ],
        },
      ],
    ],
    "vaults.rekey": [
      ["one", rekey(false)],
      ["two", rekey(true)],
    ],
    "items.rewrap": [
      ["one", rewrap],
      ["two", rewrap],
    ],
  } satisfies Partial<{ [N in Writing]: Asked<N> }>;
}

function principals(world: World) {
  const { robot, serviceAccount, newToken, forService, hers, unused, used } = world;
  const second = serviceAccount(newId(crypto), newToken());
  const rotate = (overlapMs: number) => ({
    serviceAccount: robot.serviceAccount,
    token: forService(newToken()),
    overlapMs,
  });
  const named = ({ params, open }: typeof used) => ({
    group: params.group,
    overview: hers.groupOverview(params.group, open, 2),
  });
  return {
    "serviceAccounts.create": [
      ["one", second],
      ["two", second],
      ["three", { ...serviceAccount(newId(crypto), newToken()), grants: [] }],
    ],
    "serviceAccounts.rotate": [
      ["one", rotate(0)],
      ["two", rotate(60_000)],
      ["three", rotate(60_000)],
    ],
    "serviceAccounts.revoke": [["two", { serviceAccount: robot.serviceAccount }]],
    "groups.create": [
      ["one", hers.group(newId(crypto), "administrators").params],
      ["two", hers.group(newId(crypto), "administrators").params],
      ["three", hers.group(newId(crypto), "userDefined").params],
      ["one", hers.group(newId(crypto), "userDefined").params],
    ],
    "groups.update": [
      ["one", named(unused)],
      ["two", named(unused)],
    ],
    "groups.delete": [
      ["two", { group: unused.params.group }],
      ["three", { group: used.params.group }],
    ],
  } satisfies Partial<{ [N in Writing]: Asked<N> }>;
}

function contents(world: World) {
  const { hers, vault, moved, items, coming } = world;
  const at = { vault: vault.id };
  const put = (item: string, revision: number, more: Parameters<typeof hers.item>[4] = {}) => ({
    ...at,
    item,
    sealed: hers.item(vault.id, vault.key, item, revision, more),
  });
  const batch = [items.changed, items.deleted].map((item) => {
    const { sealed } = put(item, 2);
    return { item, sealed };
  });
  const chunk = { ...at, item: items.coming, file: coming, sealed: "AAAA" };
  return {
    "items.put": [
      ["one", put(items.changed, 2)],
      ["two", put(items.changed, 2, { state: "archived" })],
      ["three", put(newId(crypto), 1)],
      ["two", { ...at, item: items.deleted, sealed: hers.deletion(vault.id, vault.key, items.deleted, 2) }],
      ["one", put(items.coming, 1, { files: [coming] })],
      ["three", put(items.filed, 2)],
    ],
    "items.putAll": [["two", { ...at, items: batch }]],
    "files.putChunk": [
      ["one", { ...chunk, index: 1 }],
      ["two", { ...chunk, index: 0 }],
      ["robot", { ...chunk, file: newId(crypto), index: 0 }],
      ["robot again", { ...chunk, index: 1 }],
      ["three", { ...chunk, vault: moved.id, item: moved.item, file: newId(crypto), index: 0 }],
    ],
    "files.abandon": [["two", { ...at, item: items.coming, file: coming }]],
  } satisfies Partial<{ [N in Writing]: Asked<N> }>;
}

function copies(world: World) {
  const { share, shares, shared, accessKey, moved } = world;
  const open = (id: string, view: string) => ({ share: id, accessKey, view });
  const views = [newId(crypto), newId(crypto)] as const;
  return {
    "shares.putChunk": [
      ["one", { ...shared, index: 1 }],
      ["two", { ...shared, index: 0 }],
      ["robot", { ...shared, index: 0 }],
      ["three", { ...shared, vault: moved.id, index: 1 }],
    ],
    "shares.create": [
      ["one", share(shares.coming, false, [{ file: shared.file, chunks: 1 }])],
      ["two", share(shares.next, true)],
      ["robot", share(shares.next, true)],
      ["three", { ...share(newId(crypto), false), vault: moved.id, item: moved.item }],
    ],
    "shares.revoke": [
      ["two", { share: shares.once }],
      ["robot", { share: shares.often }],
    ],
    "shares.open": [
      [undefined, open(shares.once, views[0])],
      [undefined, open(shares.once, views[1])],
      [undefined, open(shares.often, views[0])],
      [undefined, open(shares.often, views[1])],
    ],
  } satisfies Partial<{ [N in Writing]: Asked<N> }>;
}

/** Every request, and the service's own tidying. */
export function actsOf(world: World): Act[] {
  return Object.entries(asked(world)).flatMap(([name, requests]) =>
    requests.map(([by, params], index) => ({
      what: `${name} ${index + 1}`,
      name: name as OperationName,
      params,
      ...(by === undefined ? {} : { by }),
    })),
  );
}

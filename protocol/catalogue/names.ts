// names.*: the ids of things that a person named, and the right to what a command does with them next.
import Type from "typebox";
import { entry, type Named, type Right, type Target } from "../entry.ts";
import { PosternError } from "../errors.ts";
import { itemLimits } from "../item/item.ts";
import { limits } from "../limits.ts";
import { namedClosed } from "../named.ts";
import { Id, onAccount } from "./common.ts";
import { asked } from "./items.ts";

const closed = { additionalProperties: false } as const;

/** A title or an id. */
const Name = Type.String({ minLength: 1, maxLength: itemLimits.title });

const Wanted = Type.Object(
  {
    vault: Type.Optional(Name),
    item: Type.Optional(Name),
    environment: Type.Optional(Name),
    orNew: Type.Optional(Type.Boolean()),
    archived: Type.Optional(Type.Boolean()),
    items: Type.Optional(Type.Array(Name, { maxItems: limits.references })),
    group: Type.Optional(Name),
    alike: Type.Optional(Name),
  },
  namedClosed("NamedThing"),
);

const Found = Type.Object(
  {
    vaultId: Type.Optional(Id),
    itemId: Type.Optional(Id),
    /** Whether the item is in the archive. */
    archived: Type.Optional(Type.Boolean()),
    environmentId: Type.Optional(Id),
    /** In the order in which they were asked for. */
    itemIds: Type.Optional(Type.Array(Id)),
    groupId: Type.Optional(Type.String()),
    /** The other vaults with the title. */
    alikeIds: Type.Optional(Type.Array(Id)),
  },
  namedClosed("FoundThing"),
);

/** The next act of a caller, and the right that it takes. */
const rights = {
  list: { verb: "read" },
  read: { verb: "read" },
  change: { verb: "write" },
  share: { verb: "write", alone: true, also: "share by a link to a copy" },
  delete: { verb: "write", alone: true, also: "delete the whole of it" },
  access: { verb: "write", alone: true, also: "change who may use it" },
} as const satisfies Record<string, Right>;

type Purpose = keyof typeof rights;

const DELETE_GROUP = "delete a group";

function targetOf(named: Named, purpose: Purpose): Target {
  const { vault, item, environment, group, items, alike } = named;
  const isGroup = group !== undefined && vault === undefined && environment === undefined;
  const places = [vault, environment].filter((one) => one !== undefined);
  if (isGroup ? purpose !== "delete" : places.length !== 1)
    throw new PosternError("invalidParams", "each of names has a vault or an environment, or a group to delete");
  if (item !== undefined && vault === undefined) throw new PosternError("invalidParams", "an item needs its vault");
  // The question would not say it.
  if (vault === undefined && (alike !== undefined || items !== undefined || (group !== undefined && !isGroup)))
    throw new PosternError("invalidParams", "items, alike and a group beside something are for a vault");
  if (isGroup) return { named, names: true, act: DELETE_GROUP };
  return { named, ...(purpose === "list" ? { names: true } : {}) };
}

/** Deleting a group is an act, which has its words already. */
const rightTo = (purpose: Purpose, names: readonly Named[]): Right =>
  names.every(({ vault, environment }) => vault === undefined && environment === undefined)
    ? { verb: "write", alone: true }
    : rights[purpose];

function targetsOf(purpose: Purpose, names: readonly Named[]): Target[] {
  const targets = names.map((named) => targetOf(named, purpose));
  const isAct = (target: Target) => "act" in target;
  if (targets.some(isAct) && !targets.every(isAct))
    throw new PosternError("invalidParams", "groups to delete are named by themselves");
  // All of it is one question, which a person reads.
  if (names.flatMap(({ items = [] }) => items).length > limits.references)
    throw new PosternError("invalidParams", `names must have at most ${limits.references} items in all of their lists`);
  return targets;
}

export const names = {
  "names.locate": entry({
    summary:
      "Returns the ids of things that are named by title or id, and asks for what the caller does with them next: once, for all of it. Until a person has said yes, nothing is looked up that the caller may not know already. `list`, `read` and `change` are about what a vault, an item or an environment holds. `share`, `delete` and `access` are the acts that a wider yes never covers.",
    params: Type.Object(
      {
        purpose: Type.Enum(["list", "read", "change", "share", "delete", "access"]),
        names: Type.Array(Wanted, { minItems: 1, maxItems: limits.references }),
        ...onAccount,
      },
      closed,
    ),
    result: Type.Object({ found: Type.Array(Found) }, closed),
    errors: [
      ...asked,
      "vaultNotFound",
      "tooManyVaults",
      "itemNotFound",
      "tooManyItems",
      "environmentNotFound",
      "tooManyEnvironments",
      "groupNotFound",
      "tooManyGroups",
    ],
    need: {
      kind: "grant",
      verb: "read",
      by: ({ purpose, names: all }) => rightTo(purpose, all),
      scopeOf: ({ purpose, names: all }) => targetsOf(purpose, all),
    },
    activity: true,
    since: "0.2.0",
    example: {
      params: { purpose: "change", names: [{ vault: "Demo", item: "DATABASE_URL" }] },
      result: { found: [{ vaultId: "abcdefghijklmnopqrstuvwxyz", itemId: "bcdefghijklmnopqrstuvwxyz2" }] },
    },
  }),
} as const;

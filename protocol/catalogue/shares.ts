// items.shares.*, shares.*: links to copies of items, for people without an account.
import Type from "typebox";
import { entry } from "../entry.ts";
import {
  ItemShareAccountPolicy,
  ItemShareParams,
  RecipientTexts,
  sharePolicy,
  ValidRecipient,
} from "../item/item-share.ts";
import { namedClosed } from "../named.ts";
import { Empty, Id, IdParam, onAccount, Timestamp } from "./common.ts";
import { asked } from "./items.ts";

const closed = { additionalProperties: false } as const;
const itemErrors = [...asked, "vaultNotFound", "itemNotFound", "notPermitted"] as const;

/** Errors of methods that open nothing sealed. */
const askedUnsealed = asked.filter((error) => error !== "sealBroken");

const vaultId = "abcdefghijklmnopqrstuvwxyz";
const itemId = "bcdefghijklmnopqrstuvwxyz2";
const shareId = "defghijklmnopqrstuvwxyz234";
const expiresAt = "2026-12-01T09:00:00.000Z";

/** An https address, or http on this machine, without a path. It stands in a question, so it has nothing but plain characters. */
const LinkAddress = Type.String({ maxLength: 262, pattern: "^https?://[a-z0-9.:\\[\\]-]{1,254}$" });

const SHARING = "share by a link to a copy";

const Share = Type.Object(
  {
    shareId: Id,
    vaultId: Id,
    itemId: Id,
    title: Type.Optional(Type.String()),
    createdAt: Timestamp,
    expiresAt: Timestamp,
    oneTimeOnly: Type.Boolean(),
    views: Type.Integer({ minimum: 0 }),
    state: Type.Enum(["open", "usedUp", "expired", "revoked"]),
  },
  namedClosed("Share"),
);

export const shares = {
  "items.shares.getAccountPolicy": entry({
    summary: "Returns how an item may be shared: for how long, how often, with whom, and with which files.",
    params: Type.Object({ vaultId: IdParam, itemId: IdParam, ...onAccount }, closed),
    result: ItemShareAccountPolicy,
    errors: itemErrors,
    need: {
      kind: "grant",
      verb: "read",
      scopeOf: (params) => [{ vault: params.vaultId, item: params.itemId, names: true }],
    },
    activity: true,
    since: "0.2.0",
    example: { params: { vaultId, itemId }, result: sharePolicy },
    sdkName: "ItemsSharesGetAccountPolicy",
  }),
  "items.shares.validateRecipients": entry({
    summary:
      "Reads recipients, and checks their kinds against the policy. A text with one @ is an address, any other a domain. Whether mail can be sent to them, only `items.shares.create` finds out.",
    params: Type.Object({ policy: ItemShareAccountPolicy, recipients: RecipientTexts }, closed),
    result: Type.Object({ recipients: Type.Array(ValidRecipient) }, closed),
    errors: ["invalidRecipient", "recipientsRefused"],
    need: { kind: "none" },
    activity: false,
    since: "0.2.0",
    example: { params: { policy: sharePolicy, recipients: [] }, result: { recipients: [] } },
    sdkName: "ItemsSharesValidateRecipients",
  }),
  "items.shares.create": entry({
    summary:
      "Makes a link to a copy of an item as it is now. Anybody with the link can open it, until it expires or is revoked. Named recipients need mail, which the service does not send yet, so they are refused. If `version` is given, it must be the stored one. The link leads to the service's own address. A service with another address for links needs `linkAddress`, which the question names: then the link leads there and nowhere else.",
    params: Type.Object(
      {
        vaultId: IdParam,
        itemId: IdParam,
        version: Type.Optional(Type.Integer({ minimum: 1, maximum: 0xffffffff })),
        policy: Type.Optional(ItemShareAccountPolicy),
        params: ItemShareParams,
        linkAddress: Type.Optional(LinkAddress),
        ...onAccount,
      },
      closed,
    ),
    result: Type.Object({ url: Type.String(), shareId: Id, expiresAt: Timestamp }, closed),
    errors: [
      ...itemErrors,
      "sharingUnavailable",
      "versionConflict",
      "invalidShareDuration",
      "recipientsRefused",
      "serviceRefused",
      "diskFull",
    ],
    // A program that may read could tell the value to anybody, but not in this account's name and from its service.
    need: {
      kind: "grant",
      alone: true,
      verb: "write",
      scopeOf: (params) => [{ vault: params.vaultId, item: params.itemId }],
      also: SHARING,
      by: ({ linkAddress }) => ({
        verb: "write",
        alone: true,
        also: linkAddress === undefined ? SHARING : `${SHARING}, at ${linkAddress}`,
      }),
    },
    activity: true,
    since: "0.2.0",
    example: {
      params: { vaultId, itemId, params: { expireAfter: "SevenDays", oneTimeOnly: true } },
      result: {
        url: `https://postern.example/s/${shareId}#AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8`,
        shareId,
        expiresAt,
      },
    },
    sdkName: "ItemsSharesCreate",
  }),
  "shares.list": entry({
    summary:
      "Returns the shares that this user made, and those of vaults that the user manages: open ones first, then the newest.",
    params: Type.Object({ ...onAccount }, closed),
    result: Type.Object({ shares: Type.Array(Share) }, closed),
    errors: asked,
    need: { kind: "grant", verb: "read", scopeOf: () => [{ account: true, names: true }] },
    activity: true,
    since: "0.2.0",
    example: {
      params: {},
      result: {
        shares: [
          {
            shareId,
            vaultId,
            itemId,
            title: "DATABASE_URL",
            createdAt: "2026-11-24T09:00:00.000Z",
            expiresAt,
            oneTimeOnly: true,
            views: 0,
            state: "open",
          },
        ],
      },
    },
  }),
  "shares.revoke": entry({
    summary: "Ends a share. Its link opens nothing any more, and its copy is removed.",
    params: Type.Object({ shareId: IdParam, ...onAccount }, closed),
    result: Empty,
    errors: [...askedUnsealed, "shareNotFound", "diskFull"],
    // It ends access of others, but names no vault, so there is no smaller grant to ask for.
    need: { kind: "grant", verb: "write", scopeOf: () => [{ account: true, names: true }] },
    activity: true,
    since: "0.2.0",
    example: { params: { shareId }, result: {} },
  }),
} as const;

// The terms of a share: the official policy types, the durations of a link, and the content of the sealed copy.
import Type, { type Static } from "typebox";
import { AccountName, Id } from "../catalogue/common.ts";
import { named, namedClosed } from "../named.ts";
import { ItemCategory, ItemField, ItemSection, itemLimits, Website } from "./item.ts";

const closed = { additionalProperties: false } as const;

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;

/** The durations of the official SDKs, in milliseconds. */
export const shareDurations = {
  OneHour: HOUR_MS,
  OneDay: DAY_MS,
  SevenDays: 7 * DAY_MS,
  FourteenDays: 14 * DAY_MS,
  ThirtyDays: 30 * DAY_MS,
} as const;

export type ItemShareDuration = keyof typeof shareDurations;

export const ItemShareDuration = Type.Enum(
  Object.keys(shareDurations) as ItemShareDuration[],
  named("ItemShareDuration"),
);

const AllowedType = Type.Enum(["Authenticated", "Public"], named("AllowedType"));
const AllowedRecipientType = Type.Enum(["Email", "Domain"], named("AllowedRecipientType"));
const Count = Type.Integer({ minimum: 0, maximum: 0xffffffff });

const ItemShareFiles = Type.Object(
  {
    allowed: Type.Boolean(),
    maxSize: Count,
    allowedTypes: Type.Optional(Type.Union([Type.Array(AllowedType), Type.Null()])),
    allowedRecipientTypes: Type.Optional(Type.Union([Type.Array(AllowedRecipientType), Type.Null()])),
    maxExpiry: Type.Optional(Type.Union([ItemShareDuration, Type.Null()])),
    defaultExpiry: Type.Optional(Type.Union([ItemShareDuration, Type.Null()])),
    maxViews: Type.Optional(Type.Union([Count, Type.Null()])),
  },
  namedClosed("ItemShareFiles"),
);

export const ItemShareAccountPolicy = Type.Object(
  {
    maxExpiry: ItemShareDuration,
    defaultExpiry: ItemShareDuration,
    maxViews: Type.Optional(Type.Union([Count, Type.Null()])),
    allowedTypes: Type.Array(AllowedType),
    allowedRecipientTypes: Type.Array(AllowedRecipientType),
    files: ItemShareFiles,
  },
  namedClosed("ItemShareAccountPolicy"),
);
export type ItemShareAccountPolicy = Static<typeof ItemShareAccountPolicy>;

/** Characters of a recipient: the longest mail address (RFC 5321, section 4.5.3.1.3). */
const RECIPIENT_LENGTH_MAX = 256;

/** Recipients of one call. */
const RECIPIENTS_MAX = 100;

const RecipientText = Type.String({ maxLength: RECIPIENT_LENGTH_MAX });
export const RecipientTexts = Type.Array(RecipientText, { maxItems: RECIPIENTS_MAX });

export const ValidRecipient = Type.Union(
  [
    Type.Object({ type: Type.Literal("Email"), parameters: Type.Object({ email: RecipientText }, closed) }, closed),
    Type.Object({ type: Type.Literal("Domain"), parameters: Type.Object({ domain: RecipientText }, closed) }, closed),
  ],
  named("ValidRecipient"),
);
export type ValidRecipient = Static<typeof ValidRecipient>;

export const ItemShareParams = Type.Object(
  {
    recipients: Type.Optional(Type.Array(ValidRecipient, { maxItems: RECIPIENTS_MAX })),
    expireAfter: Type.Optional(ItemShareDuration),
    oneTimeOnly: Type.Boolean(),
  },
  namedClosed("ItemShareParams"),
);
export type ItemShareParams = Static<typeof ItemShareParams>;

/** The policy for shares. It is the same for every item, since nobody can set another yet. */
export const sharePolicy: ItemShareAccountPolicy = {
  maxExpiry: "ThirtyDays",
  defaultExpiry: "SevenDays",
  maxViews: null,
  // As the official service's for one person, so that a program which checks the policy first goes on. The service sends no mail yet, so making a
  // link for named recipients is refused, and says so.
  allowedTypes: ["Authenticated", "Public"],
  allowedRecipientTypes: ["Email", "Domain"],
  // For all files of one item together: a browser holds them whole while it opens them.
  files: { allowed: true, maxSize: itemLimits.fileBytes },
};

/** The facts of a file that the page needs: its name, its place in the item, and the header that opens its chunks. */
const SharedFile = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: itemLimits.fileName }),
    sectionId: Type.String(),
    header: Type.Object(
      {
        id: Id,
        sealedKey: Type.String(),
        size: Type.Integer({ minimum: 0 }),
        chunks: Type.Integer({ minimum: 1 }),
        header: Type.String(),
      },
      closed,
    ),
  },
  closed,
);

/** The sealed copy of a share. It has no tags and no ids, since both belong to the owner's vault. */
export const ShareContent = Type.Object(
  {
    title: Type.String(),
    category: ItemCategory,
    websites: Type.Array(Website),
    fields: Type.Array(ItemField),
    sections: Type.Array(ItemSection),
    notes: Type.String(),
    files: Type.Array(SharedFile, { maxItems: itemLimits.files + 1 }),
    /** The name of the account that shared it, as the sharer wrote it. The service knows no names and cannot confirm it. */
    sender: Type.Optional(AccountName),
  },
  closed,
);
export type ShareContent = Static<typeof ShareContent>;

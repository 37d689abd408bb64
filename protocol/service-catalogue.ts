// The account service's operations: POST /v1/<name> with a JSON body, and a JSON answer. The service sees ids, sizes, times, public
// keys and sealed bytes. It checks membership, versions and signatures. It reads no content.
import Type, { type Static, type TSchema } from "typebox";
import { Bytes, Id, Timestamp } from "./catalogue/common.ts";
import type { ErrorName } from "./errors.ts";
import { itemLimits } from "./item/item.ts";
import { ItemShareDuration } from "./item/item-share.ts";

const KiB = 1024;
const MiB = 1024 * KiB;

export const serviceLimits = {
  /** Bytes of one request body: a batch of items, or one file chunk in base64. */
  bodyBytes: 16 * MiB,
  /** Characters of a sealed key, keyset or grant. All of them are far shorter. */
  sealedKey: 16 * KiB,
  /** Characters of a sealed overview. */
  sealedOverview: 256 * KiB,
  /** Characters of the sealed details of one item: 500 fields, their values together under 4 MiB. */
  sealedDetails: 6 * MiB,
  /** Characters of a user's own sealed data. */
  sealedUserData: 1 * MiB,
  /** Items written by one request. */
  batch: 100,
  /** Items on one page of a list. */
  page: 500,
  /** Rows answered to one look-up by tag: two already mean "ambiguous"; a few more make candidates. */
  found: 10,
  /** Bytes of one sealed file chunk: 1 MiB and the secretstream's 17 bytes. */
  chunkBytes: 1 * MiB + 17,
  /** Chunks of one file: 50 MiB. */
  chunks: 50,
  /** Versions kept of one item; the oldest go first. */
  versions: 50,
  /** Vaults of one account. */
  vaults: 1000,
  /** Vaults that one service account made and that are there. So a program that runs amok leaves room for people. */
  vaultsOfMaker: 100,
  /** Principals that one vault's key is granted to. */
  members: 200,
  /** Groups of one account. */
  groups: 200,
  /** Service accounts of one account. Revoked ones count, since their keys still check what they wrote. */
  serviceAccounts: 200,
  /** Living tokens of one service account: the newest, and older ones until their overlap ends. */
  tokens: 5,
  /** Milliseconds that an old token may live on beside the one that replaces it: a week to roll out a change. */
  tokenOverlapMs: 7 * 24 * 60 * 60_000,
  /** Reads and writes of one token in an hour, as in the official service's business plan. */
  readsPerHour: 10_000,
  writesPerHour: 1_000,
  /** Devices of one user. */
  devices: 50,
  /** Sessions of one user; the oldest end first. */
  sessions: 100,
  /** Milliseconds that events.wait holds a request open at most. */
  waitMs: 25_000,
  /** Events answered at once. */
  events: 500,
  /** Characters of a shared item: as many as its details may have. */
  sealedShare: 6 * MiB,
  /** Open shares of one account, and shares on one list: more than a person looks through. */
  shares: 1000,
  /** Files of one share: those of an item, and its document. */
  shareFiles: itemLimits.files + 1,
  /** Bytes of all files of one share, opened: a browser holds them whole. */
  shareFileBytes: itemLimits.fileBytes,
  /** Views of one share at once. Over it the reader with most views loses the oldest. A link that many people got may come near. */
  shareViews: 1000,
  /** Views of one share by one address at once. Over it the oldest ends: an office behind one address, each person a few times. */
  shareViewsOfReader: 50,
} as const;

const closed = { additionalProperties: false } as const;
const object = <P extends Record<string, TSchema>>(properties: P) => Type.Object(properties, closed);
const base64Of = (bytes: number) => Math.ceil(bytes / 3) * 4;

const SealedKey = Bytes(serviceLimits.sealedKey);
const PublicKey = Bytes(base64Of(32));
const Signature = Bytes(base64Of(64));
const Nonce = Bytes(base64Of(32));
const Salt = Bytes(base64Of(16));
const Count = Type.Integer({ minimum: 0 });
const Revision = Type.Integer({ minimum: 1, maximum: 0xffffffff });

/** A user's public keys, the Ed25519 identity's signature over the X25519 key, and the private keys sealed under the root key. */
export const SealedKeyset = object({
  identity: PublicKey,
  box: PublicKey,
  boxSignature: Signature,
  sealedPrivate: SealedKey,
});

/** A user's own sealed data (pins, counters) and its revision. */
export const SealedUserData = object({ revision: Revision, sealed: Bytes(serviceLimits.sealedUserData) });

/** A vault key sealed to one recipient, with the granter's signed statement. */
export const VaultGrant = object({
  keyId: Bytes(base64Of(32)),
  epoch: Type.Integer({ minimum: 1, maximum: 0xffffffff }),
  recipient: PublicKey,
  granter: PublicKey,
  permissions: Type.Integer({ minimum: 0, maximum: 0xffffffff }),
  sealed: SealedKey,
  signature: Signature,
});

/** The sealed name and description of a vault, signed by its writer. */
export const SealedVault = object({
  revision: Revision,
  keyId: Bytes(base64Of(32)),
  sealed: Bytes(serviceLimits.sealedOverview),
  writer: PublicKey,
  signature: Signature,
});

const FileHeader = object({
  id: Id,
  sealedKey: SealedKey,
  size: Count,
  chunks: Type.Integer({ minimum: 1, maximum: serviceLimits.chunks }),
  header: Bytes(64),
});

const itemFields = {
  revision: Revision,
  state: Type.Union([Type.Literal("active"), Type.Literal("archived"), Type.Literal("deleted")]),
  keyId: Bytes(base64Of(32)),
  itemKey: SealedKey,
  tag: Bytes(base64Of(16)),
  overview: Bytes(serviceLimits.sealedOverview),
  detailsDigest: Bytes(base64Of(32)),
  files: Type.Array(FileHeader, { maxItems: 100 }),
  writer: PublicKey,
  signature: Signature,
};

/**
 * Base64 without a pattern. V8 needs a step of its stack for each four characters of a pattern, and fails with a RangeError at some
 * five million. Service and client decode the text strictly, so nothing else passes.
 */
const SealedDetails = Type.String({ maxLength: serviceLimits.sealedDetails });

/** One signed revision of an item without its details. A list needs this much, and it proves the details that come later. */
export const SealedOverview = object(itemFields);

/** One signed revision of an item, whole. A deletion is a revision too, with empty parts. */
export const SealedItem = object({ ...itemFields, details: SealedDetails });

/** The recipient of a vault's key. */
const PrincipalKind = Type.Union([Type.Literal("user"), Type.Literal("group"), Type.Literal("serviceAccount")]);

/** A grant and its recipient. */
const PrincipalGrant = object({ kind: PrincipalKind, principal: Id, grant: VaultGrant });

const GroupType = Type.Union([Type.Literal("owners"), Type.Literal("administrators"), Type.Literal("userDefined")]);

/** A group's public keys, signed by the person who made it. */
export const GroupKeys = object({
  identity: PublicKey,
  box: PublicKey,
  boxSignature: Signature,
  maker: PublicKey,
  makerSignature: Signature,
});

/** A group's private seeds, sealed to one member. */
export const Membership = object({ member: PublicKey, granter: PublicKey, sealed: SealedKey, signature: Signature });

/** The sealed name and description of a group, signed by its writer. */
export const SealedGroup = object({
  revision: Revision,
  sealed: Bytes(serviceLimits.sealedOverview),
  writer: PublicKey,
  signature: Signature,
});

/** The parts of a stored revision that a new vault key changes. */
const Rewrap = object({
  item: Id,
  revision: Revision,
  keyId: Bytes(base64Of(32)),
  itemKey: SealedKey,
  tag: Bytes(base64Of(16)),
  writer: PublicKey,
  signature: Signature,
});

const times = { createdAt: Timestamp, updatedAt: Timestamp };
const StoredItem = object({ item: Id, ...times, sealed: SealedItem });
const StoredOverview = object({ item: Id, ...times, sealed: SealedOverview });
const StoredVault = object({
  vault: Id,
  type: Type.String({ maxLength: 32 }),
  /** Every grant that this user can open, its own or through a group, for the newest key and for older ones in use. */
  grants: Type.Array(object({ group: Type.Optional(Id), grant: VaultGrant }), { minItems: 1 }),
  /** Whether revisions are still wrapped under an older key. */
  rewrapping: Type.Boolean(),
  overview: SealedVault,
  /** The service account that made it. With its identity, the salt gives the vault's id (made-vault.ts). */
  maker: Type.Optional(object({ serviceAccount: Id, salt: Salt })),
  activeItems: Count,
  contentVersion: Count,
  ...times,
});

const Device = object({ device: Id, createdAt: Timestamp, lastSeenAt: Timestamp });
const Event = object({
  seq: Count,
  kind: Type.Union([Type.Literal("item"), Type.Literal("vault"), Type.Literal("user"), Type.Literal("group")]),
  vault: Type.Optional(Id),
  item: Type.Optional(Id),
  /** The item's lookup tag of now, or an empty text where it was deleted. A reader finds by it the titles that may mean the item. */
  tag: Type.Optional(Bytes(base64Of(16))),
});

/**
 * A place in the changes of an account: a store, a generation of it (one start of the service), and the number of a change. The
 * number alone would also fit an older copy of the store that was put back and has grown again.
 */
const Cursor = object({ store: Id, generation: Id, seq: Count });

const UserRecord = object({ rootKey: SealedKey, keyset: SealedKeyset, data: SealedUserData });

/** A program signs in as a service account with these: the sign-in key, and the root key sealed for the token's secret. */
const Token = object({ token: Id, signInKey: PublicKey, rootKey: SealedKey, expiresAt: Type.Optional(Timestamp) });

/** A service account's public keys, signed by the person who made it. */
const ServiceAccountKeys = {
  identity: PublicKey,
  box: PublicKey,
  boxSignature: Signature,
  maker: PublicKey,
  makerSignature: Signature,
  makesVaults: Type.Optional(Type.Literal(true)),
};

/** The requests that a token may send in its hour. `resetsAt` is the end of the hour; it is missing where no hour has begun. */
const Budget = object({ limit: Count, used: Count, resetsAt: Type.Optional(Timestamp) });

type ServiceEntry<P extends TSchema = TSchema, R extends TSchema = TSchema> = {
  readonly summary: string;
  readonly params: P;
  readonly result: R;
  readonly errors: readonly ErrorName[];
  /** Whether the request must carry a session token. */
  readonly signedIn: boolean;
  /** Whether the session must be a person's. A service account may never do this, whatever it was granted. */
  readonly personOnly?: true;
};

function operation<P extends TSchema, R extends TSchema>(fields: ServiceEntry<P, R>): ServiceEntry<P, R> {
  return fields;
}

const Nothing = object({});

/** Proves that the caller has the link. protocol/crypto/share.ts derives it from the link's secret. */
const byLink = { share: Id, accessKey: Bytes(base64Of(32)) };
const shareOver = ["sharingUnavailable", "shareNotFound", "shareExpired", "shareUsedUp", "shareRevoked"] as const;
/** Without a pattern, for the same reason as SealedDetails. */
const SealedShare = Type.String({ maxLength: serviceLimits.sealedShare });
const ChunkIndex = Type.Integer({ minimum: 0, maximum: serviceLimits.chunks - 1 });

export const serviceCatalogue = {
  "service.info": operation({
    summary:
      "Which protocol the service speaks, its canonical origin, which store it works with, and whether creating an account needs the registration token. One that is given is checked, so that nobody types a password in vain.",
    params: object({ registrationToken: Type.Optional(Type.String({ maxLength: 128 })) }),
    result: object({
      protocol: Type.Literal(1),
      origin: Type.String(),
      registration: Type.Union([Type.Literal("open"), Type.Literal("token")]),
      now: Timestamp,
      /** The store's identity. Older services did not send it. */
      store: Type.Optional(Id),
      /** The address of the page behind a share's link. Without it, items cannot be shared. */
      publicAddress: Type.Optional(Type.String()),
    }),
    errors: ["notPermitted"],
    signedIn: false,
  }),
  "accounts.create": operation({
    summary:
      "Makes an account with its first user and device. Repeating it with the same ids and content changes nothing. `restoring` keeps out every other sign-in until accounts.endRestore.",
    params: object({
      restoring: Type.Optional(Type.Literal(true)),
      registrationToken: Type.Optional(Type.String({ maxLength: 128 })),
      account: Id,
      user: Id,
      device: Id,
      signInKey: PublicKey,
      record: UserRecord,
    }),
    result: Nothing,
    errors: ["conflict", "notPermitted", "serviceRefused"],
    signedIn: false,
  }),
  "accounts.endRestore": operation({
    summary:
      "The account that this session restores is whole: from now on it is as any other. Repeating it changes nothing.",
    params: Nothing,
    result: Nothing,
    errors: ["wrongCredentials"],
    signedIn: true,
    personOnly: true,
  }),
  "signIn.start": operation({
    summary: "Answers a nonce to sign. An unknown user gets an answer of the same shape.",
    params: object({ account: Id, user: Id, device: Id, clientNonce: Nonce }),
    result: object({ serverNonce: Nonce, expiresAt: Timestamp }),
    errors: ["busy"],
    signedIn: false,
  }),
  "signIn.finish": operation({
    summary:
      "Takes the signed challenge, once, and answers a session token and the user's sealed keys. That the device was removed, or what ended a token, is told only to who signed rightly. An account that is being restored takes `restoring` alone, which ends the user's other sessions and devices: one restore writes at a time.",
    params: object({
      account: Id,
      user: Id,
      device: Id,
      clientNonce: Nonce,
      serverNonce: Nonce,
      expiresAt: Timestamp,
      signature: Signature,
      restoring: Type.Optional(Type.Literal(true)),
    }),
    result: object({ token: Type.String(), expiresAt: Timestamp, record: UserRecord }),
    errors: ["wrongCredentials", "tokenRefused", "deviceRemoved", "restoreUnfinished", "conflict"],
    signedIn: false,
  }),
  "session.end": operation({
    summary: "Ends this session.",
    params: Nothing,
    result: Nothing,
    errors: [],
    signedIn: true,
  }),
  "users.get": operation({
    summary: "The user's sealed keys and data.",
    params: Nothing,
    result: UserRecord,
    errors: [],
    signedIn: true,
  }),
  "users.putData": operation({
    summary: "Replaces the user's own sealed data; `revision` must be one more than the stored one.",
    params: object({ data: SealedUserData }),
    result: Nothing,
    errors: ["versionConflict"],
    signedIn: true,
    personOnly: true,
  }),
  "users.changePassword": operation({
    summary:
      "Replaces the wrapped root key and the sign-in key in one transaction, and ends the user's other sessions. `signature` is made with the old sign-in key over the new parts.",
    params: object({ rootKey: SealedKey, signInKey: PublicKey, signature: Signature }),
    result: Nothing,
    errors: ["wrongCredentials"],
    signedIn: true,
    personOnly: true,
  }),
  "devices.list": operation({
    summary: "The devices of this user.",
    params: Nothing,
    result: object({ devices: Type.Array(Device) }),
    errors: [],
    signedIn: true,
    personOnly: true,
  }),
  "devices.remove": operation({
    summary: "Removes a device and ends its sessions; it cannot sign in again.",
    params: object({ device: Id }),
    result: Nothing,
    errors: ["deviceNotFound"],
    signedIn: true,
    personOnly: true,
  }),
  "vaults.create": operation({
    summary:
      "Makes a vault with its first key grants: the maker's own, and those to groups. A service account that may make vaults grants the key to the person who made it, and sends the salt of the vault's id. Repeating it with the same id and content changes nothing.",
    params: object({
      vault: Id,
      type: Type.Union([Type.Literal("personal"), Type.Literal("userCreated"), Type.Literal("environment")]),
      grant: VaultGrant,
      others: Type.Optional(Type.Array(PrincipalGrant, { maxItems: serviceLimits.members })),
      overview: SealedVault,
      salt: Type.Optional(Salt),
    }),
    result: object(times),
    errors: ["conflict", "tooLarge", "sealBroken", "notPermitted"],
    signedIn: true,
  }),
  "vaults.list": operation({
    summary: "Every vault this user has a key of.",
    params: Nothing,
    result: object({ vaults: Type.Array(StoredVault) }),
    errors: [],
    signedIn: true,
  }),
  "vaults.update": operation({
    summary: "Replaces a vault's sealed name and description; `revision` must be one more than the stored one.",
    params: object({ vault: Id, overview: SealedVault }),
    result: object(times),
    errors: ["vaultNotFound", "versionConflict", "sealBroken", "notPermitted"],
    signedIn: true,
  }),
  "vaults.delete": operation({
    summary: "Deletes a vault with everything in it; `revision` is the one the caller saw. The personal vault stays.",
    params: object({ vault: Id, revision: Revision }),
    result: Nothing,
    errors: ["vaultNotFound", "versionConflict", "notPermitted"],
    signedIn: true,
  }),
  "vaults.members": operation({
    summary:
      "Whom a vault's newest key is granted to: each grant as its granter signed it, and the public keys to seal to.",
    params: object({ vault: Id }),
    result: object({
      members: Type.Array(
        object({
          kind: PrincipalKind,
          principal: Id,
          grant: VaultGrant,
          identity: PublicKey,
          box: PublicKey,
          boxSignature: Signature,
        }),
      ),
    }),
    errors: ["vaultNotFound"],
    signedIn: true,
    personOnly: true,
  }),
  "vaults.grant": operation({
    summary: "Grants the vault's newest key to further principals, or changes what they may do.",
    params: object({ vault: Id, grants: Type.Array(PrincipalGrant, { minItems: 1, maxItems: serviceLimits.members }) }),
    result: Nothing,
    errors: ["vaultNotFound", "groupNotFound", "sealBroken", "notPermitted", "tooLarge"],
    signedIn: true,
    personOnly: true,
  }),
  "vaults.rekey": operation({
    summary:
      "Gives a vault its next key, granted to those of its members that are named; the others lose every key of it at once. Items are wrapped anew with items.rewrap.",
    params: object({
      vault: Id,
      grants: Type.Array(PrincipalGrant, { minItems: 1, maxItems: serviceLimits.members }),
      overview: SealedVault,
    }),
    result: object(times),
    errors: ["vaultNotFound", "versionConflict", "sealBroken", "notPermitted"],
    signedIn: true,
    personOnly: true,
  }),
  "items.stale": operation({
    summary:
      "Stored revisions, earlier ones too, that are wrapped under an older key of the vault; details are left out.",
    params: object({ vault: Id, limit: Type.Integer({ minimum: 1, maximum: serviceLimits.batch }) }),
    result: object({ items: Type.Array(object({ item: Id, sealed: SealedOverview })) }),
    errors: ["vaultNotFound", "notPermitted"],
    signedIn: true,
    personOnly: true,
  }),
  "items.rewrap": operation({
    summary:
      "Puts wrapped keys, tags and signatures under the vault's newest key in place; nothing else of a revision changes. With the last one the older keys' grants go.",
    params: object({ vault: Id, rewraps: Type.Array(Rewrap, { minItems: 1, maxItems: serviceLimits.batch }) }),
    result: object({ left: Count }),
    errors: ["vaultNotFound", "itemNotFound", "sealBroken", "notPermitted"],
    signedIn: true,
    personOnly: true,
  }),
  "serviceAccounts.create": operation({
    summary:
      "Makes a service account with the vaults it comes to, and its first token unless that comes later. Repeating it with the same ids and content changes nothing.",
    params: object({
      serviceAccount: Id,
      keyset: SealedKeyset,
      data: SealedUserData,
      maker: PublicKey,
      makerSignature: Signature,
      makesVaults: Type.Optional(Type.Literal(true)),
      custody: SealedKey,
      token: Type.Optional(Token),
      grants: Type.Array(object({ vault: Id, grant: VaultGrant }), { maxItems: serviceLimits.members }),
    }),
    result: Nothing,
    errors: ["conflict", "vaultNotFound", "sealBroken", "notPermitted", "tooLarge"],
    signedIn: true,
    personOnly: true,
  }),
  "serviceAccounts.list": operation({
    summary: "The service accounts of this account with their tokens and vaults; revoked ones too.",
    params: Nothing,
    result: object({
      serviceAccounts: Type.Array(
        object({
          serviceAccount: Id,
          ...ServiceAccountKeys,
          custody: SealedKey,
          createdAt: Timestamp,
          revokedAt: Type.Optional(Timestamp),
          /** `lastUsedAt` is right to a few minutes. It is missing where the token was never used. */
          tokens: Type.Array(
            object({
              token: Id,
              createdAt: Timestamp,
              expiresAt: Type.Optional(Timestamp),
              lastUsedAt: Type.Optional(Timestamp),
            }),
          ),
          vaults: Type.Array(object({ vault: Id, permissions: Type.Integer({ minimum: 0, maximum: 0xffffffff }) })),
        }),
      ),
    }),
    errors: [],
    signedIn: true,
    personOnly: true,
  }),
  "serviceAccounts.keys": operation({
    summary: "Public keys of the account's service accounts, revoked ones too: what they wrote is checked by them.",
    params: Nothing,
    result: object({ serviceAccounts: Type.Array(object({ serviceAccount: Id, ...ServiceAccountKeys })) }),
    errors: [],
    signedIn: true,
  }),
  "serviceAccounts.rotate": operation({
    summary:
      "Gives a service account its next token; the older ones end after `overlapMs`, or sooner where they would.",
    params: object({
      serviceAccount: Id,
      token: Token,
      overlapMs: Type.Integer({ minimum: 0, maximum: serviceLimits.tokenOverlapMs }),
    }),
    result: Nothing,
    errors: ["serviceAccountNotFound", "conflict", "tooLarge"],
    signedIn: true,
    personOnly: true,
  }),
  "serviceAccounts.revoke": operation({
    summary: "Ends every token and session of a service account. Its vaults get new keys with vaults.rekey.",
    params: object({ serviceAccount: Id }),
    result: Nothing,
    errors: ["serviceAccountNotFound"],
    signedIn: true,
    personOnly: true,
  }),
  "serviceAccounts.rateLimit": operation({
    summary: "What the token of this session may still spend in its hour; asking costs nothing.",
    params: Nothing,
    result: object({ reads: Budget, writes: Budget }),
    errors: ["notPermitted"],
    signedIn: true,
  }),
  "groups.create": operation({
    summary: "Makes a group with its maker as the first member. Owners and administrators exist once in an account.",
    params: object({ group: Id, type: GroupType, keys: GroupKeys, membership: Membership, overview: SealedGroup }),
    result: object(times),
    errors: ["conflict", "sealBroken", "notPermitted", "tooLarge"],
    signedIn: true,
    personOnly: true,
  }),
  "groups.list": operation({
    summary: "The account's groups; those that this user is in come with the membership that opens them.",
    params: Nothing,
    result: object({
      groups: Type.Array(
        object({
          group: Id,
          type: GroupType,
          keys: GroupKeys,
          membership: Type.Optional(Membership),
          overview: SealedGroup,
          ...times,
        }),
      ),
    }),
    errors: [],
    signedIn: true,
  }),
  "groups.update": operation({
    summary: "Replaces a group's sealed name and description; `revision` must be one more than the stored one.",
    params: object({ group: Id, overview: SealedGroup }),
    result: object(times),
    errors: ["groupNotFound", "versionConflict", "sealBroken", "notPermitted"],
    signedIn: true,
    personOnly: true,
  }),
  "groups.delete": operation({
    summary: "Deletes a group that no vault is granted to.",
    params: object({ group: Id }),
    result: Nothing,
    errors: ["groupNotFound", "conflict", "notPermitted"],
    signedIn: true,
    personOnly: true,
  }),
  "groups.access": operation({
    summary: "The vaults that a group's members open through it, and who its members are.",
    params: object({ group: Id }),
    result: object({
      vaults: Type.Array(object({ vault: Id, permissions: Type.Integer({ minimum: 0, maximum: 0xffffffff }) })),
      members: Type.Array(Id),
    }),
    errors: ["groupNotFound"],
    signedIn: true,
    personOnly: true,
  }),
  "items.put": operation({
    summary:
      "Stores one signed revision of an item; `revision` must be one more than the stored one (1 for a new item). Repeating the stored revision changes nothing. Its files' chunks must be there.",
    params: object({ vault: Id, item: Id, sealed: SealedItem }),
    result: object(times),
    errors: [
      "vaultNotFound",
      "itemNotFound",
      "versionConflict",
      "sealBroken",
      "fileNotFound",
      "notPermitted",
      "tooLarge",
    ],
    signedIn: true,
  }),
  "items.putAll": operation({
    summary: "Stores up to 100 revisions of one vault in one transaction; each has its own outcome, in order.",
    params: object({
      vault: Id,
      items: Type.Array(object({ item: Id, sealed: SealedItem }), { minItems: 1, maxItems: serviceLimits.batch }),
    }),
    result: object({ outcomes: Type.Array(Type.Union([object(times), object({ error: Type.String() })])) }),
    errors: ["vaultNotFound", "notPermitted"],
    signedIn: true,
  }),
  "items.get": operation({
    summary: "The stored revision of an item.",
    params: object({ vault: Id, item: Id }),
    result: StoredItem,
    errors: ["vaultNotFound", "itemNotFound", "notPermitted"],
    signedIn: true,
  }),
  "items.getAll": operation({
    summary: "The stored revisions of up to 100 items of one vault; unknown ones are left out.",
    params: object({ vault: Id, items: Type.Array(Id, { minItems: 1, maxItems: serviceLimits.batch }) }),
    result: object({ items: Type.Array(StoredItem) }),
    errors: ["vaultNotFound", "notPermitted"],
    signedIn: true,
  }),
  "items.find": operation({
    summary: "The active items of a vault with this lookup tag, or with this id: one indexed query.",
    params: object({ vault: Id, tag: Type.Optional(Bytes(base64Of(16))), item: Type.Optional(Id) }),
    result: object({
      items: Type.Array(StoredItem),
      /** The account's last change before the look. The result includes it and all before it. Older services did not send it. */
      seq: Type.Optional(Type.Integer({ minimum: 0 })),
    }),
    errors: ["vaultNotFound", "notPermitted"],
    signedIn: true,
  }),
  "items.list": operation({
    summary: "Overviews of a vault's items in the order of their ids, a page at a time; deleted ones are left out.",
    params: object({
      vault: Id,
      active: Type.Boolean(),
      archived: Type.Boolean(),
      after: Type.Optional(Id),
      limit: Type.Integer({ minimum: 1, maximum: serviceLimits.page }),
    }),
    result: object({ items: Type.Array(StoredOverview), more: Type.Boolean() }),
    errors: ["vaultNotFound", "notPermitted"],
    signedIn: true,
  }),
  "items.overviews": operation({
    summary: "Overviews of up to 100 items of one vault; unknown and deleted ones are left out.",
    params: object({ vault: Id, items: Type.Array(Id, { minItems: 1, maxItems: serviceLimits.batch }) }),
    result: object({ items: Type.Array(StoredOverview) }),
    errors: ["vaultNotFound", "notPermitted"],
    signedIn: true,
  }),
  "items.versions": operation({
    summary: "Earlier revisions of an item, newest first.",
    params: object({ vault: Id, item: Id }),
    result: object({ versions: Type.Array(object({ revision: Revision, updatedAt: Timestamp })) }),
    errors: ["vaultNotFound", "itemNotFound", "notPermitted"],
    signedIn: true,
  }),
  "items.getVersion": operation({
    summary: "One earlier revision of an item.",
    params: object({ vault: Id, item: Id, revision: Revision }),
    result: StoredItem,
    errors: ["vaultNotFound", "itemNotFound", "notPermitted"],
    signedIn: true,
  }),
  "files.putChunk": operation({
    summary:
      "Stores one sealed chunk of a file before an item revision names it; chunks of files that no revision names, and nobody adds to for a day, are removed. A writer has room for so many bytes of them.",
    params: object({
      vault: Id,
      item: Id,
      file: Id,
      index: Type.Integer({ minimum: 0, maximum: serviceLimits.chunks - 1 }),
      sealed: Bytes(base64Of(serviceLimits.chunkBytes)),
    }),
    result: Nothing,
    errors: ["vaultNotFound", "conflict", "notPermitted", "busy"],
    signedIn: true,
  }),
  "files.abandon": operation({
    summary: "Removes the chunks of a file of one's own that no revision names; of any other it removes nothing.",
    params: object({ vault: Id, item: Id, file: Id }),
    result: Nothing,
    errors: ["vaultNotFound", "notPermitted"],
    signedIn: true,
  }),
  "files.getChunk": operation({
    summary: "One sealed chunk of a file that the item's stored revision names.",
    params: object({
      vault: Id,
      item: Id,
      file: Id,
      index: Type.Integer({ minimum: 0, maximum: serviceLimits.chunks - 1 }),
    }),
    result: object({ sealed: Bytes(base64Of(serviceLimits.chunkBytes)) }),
    errors: ["vaultNotFound", "fileNotFound", "notPermitted"],
    signedIn: true,
  }),
  "shares.putChunk": operation({
    summary:
      "Stores one sealed chunk of a file before the share that names it; chunks that no share names within a day are removed.",
    params: object({
      share: Id,
      vault: Id,
      file: Id,
      index: ChunkIndex,
      sealed: Bytes(base64Of(serviceLimits.chunkBytes)),
    }),
    result: Nothing,
    errors: ["sharingUnavailable", "vaultNotFound", "conflict", "notPermitted"],
    signedIn: true,
  }),
  "shares.create": operation({
    summary:
      "Makes a share of an item: a sealed copy for whoever proves its access key. Repeating it with the same id and content changes nothing.",
    params: object({
      share: Id,
      vault: Id,
      item: Id,
      accessKeyHash: Bytes(base64Of(32)),
      expireAfter: ItemShareDuration,
      oneTime: Type.Boolean(),
      sealed: SealedShare,
      files: Type.Array(object({ file: Id, chunks: Type.Integer({ minimum: 1, maximum: serviceLimits.chunks }) }), {
        maxItems: serviceLimits.shareFiles,
      }),
    }),
    result: object({ createdAt: Timestamp, expiresAt: Timestamp }),
    errors: [
      "sharingUnavailable",
      "vaultNotFound",
      "itemNotFound",
      "fileNotFound",
      "conflict",
      "notPermitted",
      "tooLarge",
    ],
    signedIn: true,
  }),
  "shares.list": operation({
    summary:
      "Shares that this user made, or that are of vaults it manages: those that can be opened first, then the newest.",
    params: Nothing,
    result: object({
      shares: Type.Array(
        object({
          share: Id,
          vault: Id,
          item: Id,
          createdAt: Timestamp,
          expiresAt: Timestamp,
          oneTime: Type.Boolean(),
          views: Count,
          state: Type.Enum(["open", "usedUp", "expired", "revoked"]),
        }),
        { maxItems: serviceLimits.shares },
      ),
    }),
    errors: [],
    signedIn: true,
  }),
  "shares.revoke": operation({
    summary: "Ends a share of one's own, or of a vault that one manages, and removes its copy.",
    params: object({ share: Id }),
    result: Nothing,
    errors: ["shareNotFound"],
    signedIn: true,
  }),
  "shares.state": operation({
    summary:
      "Whether a share can be opened, asked by the page; spends no view. An unknown id and a wrong key read the same.",
    params: object(byLink),
    result: object({ oneTime: Type.Boolean(), expiresAt: Timestamp }),
    errors: shareOver,
    signedIn: false,
  }),
  "shares.open": operation({
    summary:
      "Spends a view and answers the sealed copy. `view` is made by the page: the same one again, while it lasts, spends nothing more.",
    params: object({ ...byLink, view: Id }),
    result: object({ sealed: SealedShare, viewEndsAt: Timestamp }),
    errors: [...shareOver, "busy"],
    signedIn: false,
  }),
  "shares.getChunk": operation({
    summary: "One sealed chunk of a shared file, for whoever holds a view.",
    params: object({ ...byLink, view: Id, file: Id, index: ChunkIndex }),
    result: object({ sealed: Bytes(base64Of(serviceLimits.chunkBytes)) }),
    errors: [...shareOver, "fileNotFound"],
    signedIn: false,
  }),
  "events.wait": operation({
    summary:
      "Changes after `cursor`, at once if there are any, else when one comes or `waitMs` have passed. Without a cursor it answers the current one; so it does, with `replaced`, where the cursor is of a history that this store does not have: then nothing read before counts.",
    params: object({
      cursor: Type.Optional(Cursor),
      waitMs: Type.Integer({ minimum: 0, maximum: serviceLimits.waitMs }),
    }),
    result: object({ cursor: Cursor, events: Type.Array(Event), replaced: Type.Optional(Type.Literal(true)) }),
    errors: [],
    signedIn: true,
  }),
} as const;

export type ServiceCatalogue = typeof serviceCatalogue;
/** The name of an operation of the account service. */
export type OperationName = keyof ServiceCatalogue;
/** The parameters of an operation. */
export type OperationParams<N extends OperationName> = Static<ServiceCatalogue[N]["params"]>;
/** The result of an operation. */
export type OperationResult<N extends OperationName> = Static<ServiceCatalogue[N]["result"]>;

// accounts.*, devices.*, session.*: the accounts on this agent, and whether they are open.
import Type from "typebox";
import { entry } from "../entry.ts";
import { named } from "../named.ts";
import {
  AccountName,
  Approvers,
  Empty,
  Id,
  IdleLock,
  IdParam,
  LogDays,
  onAccount,
  Password,
  Proof,
  Timestamp,
} from "./common.ts";

const closed = { additionalProperties: false } as const;

/** Shortest account password in characters. Argon2id does not help a shorter one (NIST SP 800-63B-4, 3.1.1.2). */
export const PASSWORD_LENGTH_MIN = 8;

/**
 * Shortest approval PIN in characters. At worst an attacker has 20 tries at one in 10^6, and then needs the password. The agent refuses a PIN that is
 * guessed first.
 */
export const PIN_LENGTH_MIN = 6;

/** Characters of a registration token: those of the service have 43. */
export const REGISTRATION_TOKEN_LENGTH_MAX = 128;

/** Characters of a device's name: a column of a list. */
export const DEVICE_NAME_LENGTH_MAX = 64;

/** Longer names, which hosts may have, are cut. Characters that cannot be shown are removed. */
const DeviceName = Type.String({ minLength: 1, maxLength: 4 * DEVICE_NAME_LENGTH_MAX });

const NewPassword = Type.String({ minLength: PASSWORD_LENGTH_MIN, maxLength: 1024 });
const NewPin = Type.String({ minLength: PIN_LENGTH_MIN, maxLength: 128 });
const SecretKeyText = Type.String({ minLength: 20, maxLength: 80 });
const ServiceUrl = Type.String({ minLength: 8, maxLength: 2048 });

/** Gives up an unfinished restore of this agent. Without it, another account is refused. */
const abandonRestore = Type.Optional(Type.Boolean());

/** A proof of the default account; needed where an account is on this agent already. */
const defaultProof = Type.Optional(Proof);

/** What comes of that proof. */
const besideErrors = ["locked", "proofRequired", "proofRefused"] as const;

const Account = Type.Object(
  {
    account: Id,
    user: Id,
    name: AccountName,
    service: Type.String(),
    state: Type.Union([Type.Literal("locked"), Type.Literal("unlocked")]),
    /** Told where the agent has several. */
    default: Type.Optional(Type.Boolean()),
    /** Of a person's unlocked account. A token's session does not lock by idleness. */
    idleLock: Type.Optional(IdleLock),
    /** The same. */
    approvers: Type.Optional(Approvers),
    /** The same. */
    logDays: Type.Optional(Type.Integer()),
  },
  named("Account"),
);

const Kit = Type.Object(
  { account: Id, user: Id, name: AccountName, service: Type.String(), secretKey: Type.String() },
  named("EmergencyKit"),
);

const Device = Type.Object(
  {
    device: Id,
    name: Type.Optional(Type.String()),
    createdAt: Timestamp,
    lastSeenAt: Timestamp,
    thisOne: Type.Boolean(),
  },
  named("Device"),
);

/** A service account after a restore: it has no token. */
const RestoredServiceAccount = Type.Object(
  {
    id: Id,
    title: Type.String(),
    expiresAt: Type.Optional(Type.Union([Timestamp, Type.Literal("never")])),
  },
  named("RestoredServiceAccount"),
);

/** A link that a restore did not bring back. */
const LostShare = Type.Object(
  { vaultId: Id, itemId: Id, title: Type.Optional(Type.String()), expiresAt: Timestamp },
  named("LostShare"),
);

/** What an unlock tells the person. */
export const UnlockResult = Type.Object({
  account: Id,
  wrongPinTries: Type.Integer(),
  wrongPasswordTries: Type.Integer(),
  warnings: Type.Array(Type.String()),
});

export const accounts = {
  "accounts.create": entry({
    summary:
      "Makes an account on the embedded account service, or on the service at `service`, and unlocks it. Returns its emergency kit. This is the only time that the Secret Key is shown without a proof. If an account is on this agent already, a proof of the default account is needed too.",
    params: Type.Object(
      {
        name: AccountName,
        password: NewPassword,
        pin: Type.Optional(NewPin),
        idleLock: Type.Optional(IdleLock),
        approvers: Type.Optional(Approvers),
        deviceName: Type.Optional(DeviceName),
        service: Type.Optional(ServiceUrl),
        registrationToken: Type.Optional(Type.String({ maxLength: REGISTRATION_TOKEN_LENGTH_MAX })),
        proof: defaultProof,
        abandonRestore,
      },
      closed,
    ),
    result: Kit,
    errors: [
      ...besideErrors,
      "accountExists",
      "accountNameHeld",
      "screenUnheard",
      "restoreUnfinished",
      "offline",
      "serviceRefused",
      "notPermitted",
      "tryLater",
      "diskFull",
    ],
    need: { kind: "none" },
    activity: true,
    since: "0.1.0",
    example: {
      params: { name: "Ada", password: "correct horse battery staple" },
      result: {
        account: "abcdefghijklmnopqrstuvwxyz",
        user: "bcdefghijklmnopqrstuvwxyz2",
        name: "Ada",
        service: "embedded",
        secretKey: "P1-…",
      },
    },
  }),
  "accounts.serviceInfo": entry({
    summary:
      "Returns what the account service at `service` needs for a new account: a registration token, or nothing. If a token is given, the service checks it. Call it before you ask a person for anything. If an account is on this agent already, a proof of the default account is needed.",
    params: Type.Object(
      {
        service: ServiceUrl,
        registrationToken: Type.Optional(Type.String({ maxLength: REGISTRATION_TOKEN_LENGTH_MAX })),
        proof: defaultProof,
      },
      closed,
    ),
    result: Type.Object({
      origin: Type.String(),
      registration: Type.Union([Type.Literal("open"), Type.Literal("token")]),
    }),
    errors: [...besideErrors, "tryLater", "notPermitted", "offline", "serviceRefused"],
    need: { kind: "none" },
    activity: false,
    since: "0.1.0",
    example: {
      params: { service: "https://postern.example" },
      result: { origin: "https://postern.example", registration: "token" },
    },
  }),
  "accounts.signIn": entry({
    summary:
      "Brings an existing account to this agent with its emergency kit and password, and unlocks it. The password is the proof. If another account is on this agent already, a proof of the default account is needed too.",
    params: Type.Object(
      {
        account: Id,
        user: Id,
        secretKey: SecretKeyText,
        password: Password,
        pin: Type.Optional(NewPin),
        deviceName: Type.Optional(DeviceName),
        service: Type.Optional(ServiceUrl),
        proof: defaultProof,
        abandonRestore,
      },
      closed,
    ),
    result: Type.Object({ account: Id, name: AccountName }),
    errors: [
      ...besideErrors,
      "accountExists",
      "accountNameHeld",
      "wrongCredentials",
      "restoreUnfinished",
      "offline",
      "serviceRefused",
      "tryLater",
      "sealBroken",
      "diskFull",
    ],
    need: { kind: "proof" },
    activity: true,
    since: "0.1.0",
    example: {
      params: {
        account: "abcdefghijklmnopqrstuvwxyz",
        user: "bcdefghijklmnopqrstuvwxyz2",
        secretKey: "P1-ABCDEF-GHJKMN-PQRSTV-WXYZ01-234567",
        password: "correct horse battery staple",
        service: "https://postern.example",
      },
      result: { account: "abcdefghijklmnopqrstuvwxyz", name: "Ada" },
    },
  }),
  "accounts.list": entry({
    summary: "Returns the account that the client works on, with its name.",
    params: Type.Object({ ...onAccount }, closed),
    result: Type.Object({ accounts: Type.Array(Account) }),
    errors: [
      "signedOut",
      "locked",
      "clientNotFound",
      "approvalRequired",
      "approvalDenied",
      "approvalTimedOut",
      "promptQuota",
      "coolingDown",
      "auditUnwritable",
    ],
    need: { kind: "grant", verb: "read", scopeOf: () => [{ account: true, names: true }] },
    activity: false,
    since: "0.1.0",
    example: {
      params: {},
      result: {
        accounts: [
          {
            account: "abcdefghijklmnopqrstuvwxyz",
            user: "bcdefghijklmnopqrstuvwxyz2",
            name: "Ada",
            service: "embedded",
            state: "unlocked",
          },
        ],
      },
    },
  }),
  "accounts.setDefault": entry({
    summary:
      "Makes another account the default. Methods that name no account work on the default. Needs a proof of the present default (`proof`) and of the other account (`newProof`).",
    params: Type.Object({ account: IdParam, proof: Proof, newProof: Proof }, closed),
    result: Type.Object({ account: Id, name: AccountName }),
    errors: ["signedOut", "locked", "accountNotFound", "proofRefused", "tryLater", "diskFull", "auditUnwritable"],
    need: { kind: "proof" },
    activity: true,
    since: "0.1.0",
    example: {
      params: {
        account: "Work",
        proof: { kind: "password", password: "correct horse battery staple" },
        newProof: { kind: "password", password: "eleven bright lanterns at sea" },
      },
      result: { account: "abcdefghijklmnopqrstuvwxyz", name: "Work" },
    },
  }),
  "accounts.remove": entry({
    summary:
      "Removes an account from this agent. Its Secret Key and its approvals on this device are deleted. If the service can be reached, the device is removed from the account too. The audit log stays, sealed, and continues when the account signs in here again; `withLog` deletes it. The account itself stays, and its emergency kit and password bring it back. The account password is the proof. For a locked account the service checks it.",
    params: Type.Object(
      { account: Type.Optional(IdParam), password: Password, withLog: Type.Optional(Type.Boolean()) },
      closed,
    ),
    result: Type.Object({
      account: Id,
      device: Id,
      deviceRemoved: Type.Boolean(),
      logKept: Type.Boolean(),
    }),
    errors: ["signedOut", "accountNotFound", "wrongPassword", "storeReplaced", "tryLater", "offline", "sealBroken"],
    need: { kind: "proof" },
    activity: true,
    since: "0.1.0",
    example: {
      params: { password: "correct horse battery staple" },
      result: {
        account: "abcdefghijklmnopqrstuvwxyz",
        device: "cdefghijklmnopqrstuvwxyz23",
        deviceRemoved: true,
        logKept: true,
      },
    },
  }),
  "accounts.changePassword": entry({
    summary: "Replaces the account password. The old password is the proof. Other sessions of the user end.",
    params: Type.Object({ account: Type.Optional(IdParam), password: Password, newPassword: NewPassword }, closed),
    result: Empty,
    errors: ["signedOut", "locked", "proofRefused", "tryLater", "offline"],
    need: { kind: "proof" },
    activity: true,
    since: "0.1.0",
    example: {
      params: { password: "correct horse battery staple", newPassword: "eleven bright lanterns at sea" },
      result: {},
    },
  }),
  "accounts.setPin": entry({
    summary:
      "Sets the approval PIN, or removes it if `pin` is missing. The account password is the proof. A PIN that is guessed first is refused (`invalidParams`): a date, a word, a name, a row of keys or a pattern.",
    params: Type.Object({ account: Type.Optional(IdParam), password: Password, pin: Type.Optional(NewPin) }, closed),
    result: Empty,
    errors: ["signedOut", "locked", "proofRefused", "tryLater"],
    need: { kind: "proof" },
    activity: true,
    since: "0.1.0",
    example: { params: { password: "correct horse battery staple", pin: "493817" }, result: {} },
  }),
  "accounts.setIdleLock": entry({
    summary:
      "Sets when the account locks by itself on this device: after a time without use, or with the screen where the agent hears of that (`hearsScreen` in agent.status). A longer time needs the account password as a proof. A shorter one needs none, since it only narrows access. At the lock every grant ends. Whatever is set, the account locks twelve hours after its unlock, and when the machine sleeps.",
    params: Type.Object(
      { account: Type.Optional(IdParam), idleLock: IdleLock, password: Type.Optional(Password) },
      closed,
    ),
    result: Empty,
    errors: ["signedOut", "locked", "accountNotFound", "proofRequired", "proofRefused", "tryLater", "screenUnheard"],
    need: { kind: "proof" },
    activity: false,
    since: "0.1.0",
    example: { params: { idleLock: "eightHours", password: "correct horse battery staple" }, result: {} },
  }),
  "accounts.setApprovers": entry({
    summary:
      "Sets the ways in which the agent itself puts an open prompt to the person on this device, in order: on a page of the app in a browser, in a window, on the terminal of the asking program, and through polkit, where the system asks for the password or the finger. polkit needs an action that root installs once. An empty list switches them off. `prompts.answer` works beside them in any case. The account password is the proof, so that no program moves the question to where it watches.",
    params: Type.Object({ account: Type.Optional(IdParam), approvers: Approvers, password: Password }, closed),
    result: Empty,
    errors: ["signedOut", "locked", "accountNotFound", "proofRefused", "tryLater"],
    need: { kind: "proof" },
    activity: false,
    since: "0.1.0",
    example: { params: { approvers: ["terminal"], password: "correct horse battery staple" }, result: {} },
  }),
  "accounts.setLogDays": entry({
    summary:
      "Sets for how many days the account's log on this device keeps its records: from 7 days to ten years. A file of the log goes that long after its last record, and nothing else removes one. Fewer days remove older files at once. The account password is the proof, so that no program removes records.",
    params: Type.Object({ account: Type.Optional(IdParam), logDays: LogDays, password: Password }, closed),
    result: Empty,
    errors: ["signedOut", "locked", "accountNotFound", "proofRefused", "tryLater"],
    need: { kind: "proof" },
    activity: false,
    since: "0.1.0",
    example: { params: { logDays: 365, password: "correct horse battery staple" }, result: {} },
  }),
  "accounts.kit": entry({
    summary:
      "Returns the emergency kit again: account, user, service and Secret Key. The account password is the proof.",
    params: Type.Object({ account: Type.Optional(IdParam), password: Password }, closed),
    result: Kit,
    errors: ["signedOut", "locked", "proofRefused", "tryLater"],
    need: { kind: "proof" },
    activity: true,
    since: "0.1.0",
    example: {
      params: { password: "correct horse battery staple" },
      result: {
        account: "abcdefghijklmnopqrstuvwxyz",
        user: "bcdefghijklmnopqrstuvwxyz2",
        name: "Ada",
        service: "embedded",
        secretKey: "P1-…",
      },
    },
  }),
  "accounts.backup": entry({
    summary:
      "Begins a backup of every sealed row of the account. Read it with files.readChunk. The account password is the proof. The emergency kit and the password open the backup again.",
    params: Type.Object({ account: Type.Optional(IdParam), password: Password }, closed),
    result: Type.Object({ handle: Type.String() }),
    errors: ["signedOut", "locked", "proofRefused", "tryLater"],
    need: { kind: "proof" },
    activity: true,
    since: "0.1.0",
    example: { params: { password: "correct horse battery staple" }, result: { handle: "1" } },
  }),
  "accounts.openRestore": entry({
    summary:
      "Begins to take in a backup. Send its bytes with files.writeChunk. If an account is on this agent already, one of two proofs of the default account is needed. `proof` brings the account of the backup beside it. `replacePassword` puts the account of the backup in its place, if it holds nothing.",
    params: Type.Object({ replacePassword: Type.Optional(Password), proof: defaultProof }, closed),
    result: Type.Object({ handle: Type.String() }),
    errors: [...besideErrors, "wrongCredentials", "tryLater", "offline", "diskFull"],
    need: { kind: "none" },
    activity: false,
    since: "0.1.0",
    example: { params: {}, result: { handle: "1" } },
  }),
  "accounts.inspectBackup": entry({
    summary:
      "Returns what a backup shows without a password: its account, and the things that a restore will not bring back. This does not check the seal.",
    params: Type.Object({ handle: Type.String({ maxLength: 64 }) }, closed),
    result: Type.Object({
      account: Id,
      madeAt: Timestamp,
      /** They come back without their tokens. */
      serviceAccounts: Type.Integer(),
      /** Links that were open when the backup was made. None comes back. */
      shares: Type.Integer(),
    }),
    errors: ["handleNotFound", "notRestorable"],
    need: { kind: "none" },
    activity: false,
    since: "0.1.0",
    example: {
      params: { handle: "1" },
      result: {
        account: "abcdefghijklmnopqrstuvwxyz",
        madeAt: "2026-11-24T09:00:00.000Z",
        serviceAccounts: 1,
        shares: 2,
      },
    },
  }),
  "accounts.restore": entry({
    summary:
      "Checks the backup that was taken in, makes its account here, and unlocks it. The emergency kit and the password are the proof. A backup that was changed or cut is refused whole. The restore stops when its caller has gone. The same call continues a restore that was cut off; until then nobody can open the account. If the account is whole at the service already, the answer is `conflict`. Service accounts come back without tokens, and links do not come back. If an account is on this agent already, the handle must have been opened with a proof of the default account. With `replacePassword`, its password, that account is removed first, if it holds nothing.",
    params: Type.Object(
      {
        handle: Type.String({ maxLength: 64 }),
        password: Password,
        secretKey: SecretKeyText,
        deviceName: Type.Optional(DeviceName),
        service: Type.Optional(ServiceUrl),
        registrationToken: Type.Optional(Type.String({ maxLength: REGISTRATION_TOKEN_LENGTH_MAX })),
        replacePassword: Type.Optional(Password),
      },
      closed,
    ),
    result: Type.Object({
      account: Id,
      name: AccountName,
      /** They have no token; serviceAccounts.rotate makes one. `expiresAt` is the end of the newest token before. */
      serviceAccounts: Type.Array(RestoredServiceAccount),
      /** The links that did not come back. */
      shares: Type.Array(LostShare),
    }),
    errors: [
      "accountExists",
      "accountNameHeld",
      "proofRequired",
      "handleNotFound",
      "wrongCredentials",
      "tryLater",
      "notRestorable",
      "conflict",
      "notPermitted",
      "offline",
      "serviceRefused",
      "sealBroken",
      "diskFull",
    ],
    need: { kind: "proof" },
    activity: true,
    since: "0.1.0",
    example: {
      params: {
        handle: "1",
        password: "correct horse battery staple",
        secretKey: "P1-ABCDEF-GHJKMN-PQRSTV-WXYZ01-234567",
      },
      result: {
        account: "abcdefghijklmnopqrstuvwxyz",
        name: "Ada",
        serviceAccounts: [{ id: "defghijklmnopqrstuvwxyz234", title: "CI", expiresAt: "2026-12-24T09:00:00.000Z" }],
        shares: [],
      },
    },
  }),
  "devices.list": entry({
    summary:
      "Returns the devices that may sign in to this account, with their names, which the service cannot read. `lastSeenAt` is the time when the service last heard from a device, to a few minutes.",
    params: Type.Object({ account: Type.Optional(IdParam), password: Password }, closed),
    result: Type.Object({
      devices: Type.Array(Device),
    }),
    errors: ["signedOut", "locked", "proofRefused", "tryLater", "offline"],
    need: { kind: "proof" },
    activity: true,
    since: "0.1.0",
    example: {
      params: { password: "correct horse battery staple" },
      result: {
        devices: [
          {
            device: "cdefghijklmnopqrstuvwxyz23",
            name: "workbench",
            createdAt: "2026-11-24T09:00:00.000Z",
            lastSeenAt: "2026-11-24T09:00:00.000Z",
            thisOne: true,
          },
        ],
      },
    },
  }),
  "devices.rename": entry({
    summary: "Gives a device another name, which all devices of the account see. The account password is the proof.",
    params: Type.Object(
      { account: Type.Optional(IdParam), password: Password, device: IdParam, name: DeviceName },
      closed,
    ),
    result: Type.Object({ device: Id, name: Type.String() }),
    errors: ["signedOut", "locked", "proofRefused", "tryLater", "offline", "deviceNotFound"],
    need: { kind: "proof" },
    activity: true,
    since: "0.1.0",
    example: {
      params: { password: "correct horse battery staple", device: "cdefghijklmnopqrstuvwxyz23", name: "workbench" },
      result: { device: "cdefghijklmnopqrstuvwxyz23", name: "workbench" },
    },
  }),
  "devices.remove": entry({
    summary: "Removes a device. Its sessions end, and it cannot sign in again. The account password is the proof.",
    params: Type.Object({ account: Type.Optional(IdParam), password: Password, device: IdParam }, closed),
    result: Empty,
    errors: ["signedOut", "locked", "proofRefused", "tryLater", "offline", "deviceNotFound"],
    need: { kind: "proof" },
    activity: true,
    since: "0.1.0",
    example: { params: { password: "correct horse battery staple", device: "cdefghijklmnopqrstuvwxyz23" }, result: {} },
  }),
  "session.unlock": entry({
    summary:
      "Unlocks an account with its password. Returns the numbers of wrong PINs and passwords since the last unlock.",
    params: Type.Object({ account: Type.Optional(IdParam), password: Password }, closed),
    result: UnlockResult,
    errors: [
      "signedOut",
      "accountNotFound",
      "wrongPassword",
      "restoreUnfinished",
      "storeReplaced",
      "tryLater",
      "offline",
      "sealBroken",
    ],
    need: { kind: "proof" },
    activity: true,
    since: "0.1.0",
    example: {
      params: { password: "correct horse battery staple" },
      result: { account: "abcdefghijklmnopqrstuvwxyz", wrongPinTries: 0, wrongPasswordTries: 0, warnings: [] },
    },
  }),
  "session.lock": entry({
    summary:
      "Locks one account, or all of them. Keys are wiped, the cache becomes unreadable, grants end, and prompts are withdrawn.",
    params: Type.Object({ account: Type.Optional(IdParam) }, closed),
    /** It is locked all the same. The audit log has no record of it, since it cannot be written. */
    result: Type.Object({ unrecorded: Type.Optional(Type.Literal(true)) }),
    errors: ["accountNotFound"],
    need: { kind: "none" },
    activity: false,
    since: "0.1.0",
    example: { params: {}, result: {} },
  }),
} as const;

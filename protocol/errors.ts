// The one table of errors. Programs rely on `name`; the number is for transport. `sdkName` is the name of the same error in the
// official SDKs. Texts may hold names of fields, sizes and rules. They never hold a value that a peer sent.

type Row = { readonly code: number; readonly message: string; readonly hint?: string; readonly sdkName?: string };

const table = {
  parseError: { code: -32700, message: "the line is not valid JSON" },
  invalidRequest: { code: -32600, message: "the request is not a valid JSON-RPC 2.0 request" },
  methodNotFound: { code: -32601, message: "no such method", hint: "REFERENCE.md lists the methods" },
  invalidParams: { code: -32602, message: "the parameters do not fit the method" },
  internal: {
    code: -32603,
    message: "an internal error occurred",
    hint: "the agent's log has the details under this incident id",
    sdkName: "Internal",
  },

  lineTooLong: {
    code: 1001,
    message: "the line is longer than this connection may send",
    hint: "send less in one request; a large file passes in chunks (`files.openWrite`)",
  },
  tooManyRequests: {
    code: 1002,
    message: "too many requests are in flight on this connection",
    hint: "wait for answers before sending more",
  },
  duplicateId: { code: 1003, message: "a request with this id is already in flight" },
  cancelled: { code: 1004, message: "the request was cancelled" },
  protocolMismatch: {
    code: 1005,
    message: "the agent and the client speak different protocols",
    hint: "update the older of the two",
  },
  peerRefused: { code: 1006, message: "the agent could not verify the process at the other end" },
  busy: { code: 1007, message: "too much of this work is queued", hint: "try again in a moment" },
  tooLarge: { code: 1008, message: "the value is larger than allowed" },

  signedOut: {
    code: 1101,
    message: "no account is signed in on this agent",
    hint: "run `postern init` or `postern signin`",
    sdkName: "Auth",
  },
  locked: {
    code: 1102,
    message: "the account is locked",
    hint: "run `postern unlock`",
    sdkName: "DesktopSessionExpired",
  },
  accountNotFound: {
    code: 1103,
    message: "no account of this name or id is on this agent",
    hint: "run `postern accounts` to see which are here; the emergency kit has the name and the id of an account",
    sdkName: "Auth",
  },
  accountExists: { code: 1104, message: "this agent already has an account" },
  accountNameHeld: {
    code: 1115,
    message: "an account of this name, or of one that looks like it, is on this agent already",
    hint: "choose another name, or take that account off this agent with `postern --account NAME signout`; nothing was changed",
  },
  wrongCredentials: {
    code: 1105,
    message: "the password or the Secret Key is wrong",
    hint: "check both; the Secret Key is in the emergency kit",
    sdkName: "Auth",
  },
  wrongPassword: {
    code: 1114,
    message: "the account password is wrong",
    hint: "type it again; it may have been changed on another device, and then the new one is needed",
    sdkName: "Auth",
  },
  tryLater: { code: 1106, message: "too many wrong tries; wait before the next one" },
  clientNotFound: {
    code: 1107,
    message: "no client of this id is open on this connection",
    sdkName: "DesktopSessionExpired",
  },
  tokenInvalid: {
    code: 1109,
    message: "invalid service account token, please make sure you provide a valid service account token as parameter",
    hint: "`postern service-account create` makes one",
    sdkName: "ServiceAccountTokenParsing",
  },
  tokenRefused: {
    code: 1110,
    message: "bad service account token, please rotate it",
    hint: "`postern service-account list` tells its owner what became of it, and `postern service-account rotate` makes the next one",
    sdkName: "Auth",
  },
  rateLimitExceeded: {
    code: 1111,
    message: "rate limit exceeded",
    hint: "`postern service-account ratelimit` shows what is left and when it is full again",
    sdkName: "RateLimitExceeded",
  },
  deviceRemoved: {
    code: 1112,
    message: "this device was removed from the account",
    hint: "to use it again here, run `postern signout`, then `postern signin` with the emergency kit",
    sdkName: "Auth",
  },
  restoreUnfinished: {
    code: 1113,
    message: "this account is being restored, or its restore was cut off",
    hint: "run the same `postern restore FILE --kit KIT` again: it goes on where it was cut off",
  },

  approvalRequired: {
    code: 1201,
    message: "a person must approve this first",
    hint: "ask again and wait, and run `postern approve CODE` meanwhile",
  },
  approvalDenied: { code: 1202, message: "the person denied this" },
  approvalTimedOut: {
    code: 1203,
    message: "nobody answered the prompt in time",
    hint: "run `postern prompts` to see what waits",
  },
  promptQuota: {
    code: 1205,
    message: "too many prompts were opened by this program",
    hint: "wait before asking again",
  },
  coolingDown: { code: 1206, message: "this program was denied twice and must wait", hint: "wait before asking again" },
  promptNotFound: {
    code: 1207,
    message: "no open prompt has this code or id",
    hint: "run `postern prompts` to see what waits",
  },
  proofRequired: {
    code: 1208,
    message: "this needs a proof: the approval PIN or the account password",
    hint: "run this in a terminal, or give it by --password-fd or --pin-fd",
  },
  proofRefused: {
    code: 1209,
    message: "the proof was refused",
    hint: "run it again with the right one: the account password counts wherever the PIN does (--password-fd), and `postern pin` sets a new PIN",
  },
  pinDisabled: {
    code: 1211,
    message: "the approval PIN is switched off after too many wrong tries",
    hint: "use the account password",
  },
  authenticatorUnavailable: {
    code: 1213,
    message: "no fingerprint reader or security key can be used for this now",
    hint: "use the approval PIN or the account password; authenticators are enrolled in the app",
  },
  authenticatorNotFound: {
    code: 1214,
    message: "no authenticator of this account has this id",
    hint: "run `postern authenticators`",
  },
  tooManyAuthenticators: {
    code: 1216,
    message: "more than one authenticator has this name",
    hint: "use the authenticator's id",
  },
  passwordNeeded: {
    code: 1215,
    message: "the account password is needed",
    hint: "it was changed on another device: unlock once with the new one, and the authenticator works again",
  },
  grantNotFound: { code: 1212, message: "no grant has this id", hint: "run `postern grants`" },

  invalidReference: {
    code: 1301,
    message: "the secret reference could not be parsed",
    sdkName: "ParsingSecretReference",
  },
  vaultNotFound: {
    code: 1302,
    message: "vault couldn't be found",
    hint: "run `postern vault list`",
    sdkName: "ItemApi",
  },
  tooManyVaults: {
    code: 1303,
    message: "more than one vault matched the secret reference query",
    hint: "use the vault's id",
    sdkName: "ResolvingSecretReference",
  },
  itemNotFound: {
    code: 1304,
    message: "item couldn't be found",
    hint: "run `postern item list --vault VAULT`",
    sdkName: "ItemApi",
  },
  tooManyItems: {
    code: 1305,
    message: "more than one item matched the secret reference query",
    hint: "use the item's id",
    sdkName: "ResolvingSecretReference",
  },
  noMatchingSections: {
    code: 1306,
    message: "no section matched the secret reference",
    hint: "run `postern item get ITEM --vault VAULT` to see its sections",
    sdkName: "ResolvingSecretReference",
  },
  fieldNotFound: {
    code: 1307,
    message: "the specified field cannot be found within the item",
    hint: "run `postern item get ITEM --vault VAULT` to see its fields",
    sdkName: "ResolvingSecretReference",
  },
  tooManyMatchingFields: {
    code: 1308,
    message: "more than one field matched the secret reference",
    hint: "use the field's id",
    sdkName: "ResolvingSecretReference",
  },
  incompatibleTotpQuery: {
    code: 1309,
    message: "TOTP attribute can only be applied to TOTP-type fields",
    sdkName: "ResolvingSecretReference",
  },
  incompatibleSshQuery: {
    code: 1319,
    message: "SSH key formatting can only be applied to a private key field",
    sdkName: "ResolvingSecretReference",
  },
  unsupportedFileFormat: {
    code: 1310,
    message: "unable to retrieve file content, currently only text files are supported",
    hint: "read it with files.openRead",
    sdkName: "ResolvingSecretReference",
  },

  groupNotFound: {
    code: 1311,
    message: "error getting group: group not found",
    hint: "run `postern group list`",
    sdkName: "GettingGroup",
  },
  environmentNotFound: {
    code: 1312,
    message: "environment couldn't be found",
    hint: "run `postern env list`",
    sdkName: "ItemApi",
  },
  deviceNotFound: { code: 1321, message: "no device of this account has this id", hint: "run `postern devices`" },
  tooManyEnvironments: {
    code: 1322,
    message: "more than one environment has this title",
    hint: "use the environment's id",
  },
  tooManyDevices: { code: 1326, message: "more than one device has this name", hint: "use the device's id" },
  tooManyServiceAccounts: {
    code: 1325,
    message: "more than one service account has this name",
    hint: "use the service account's id",
  },
  tooManyGroups: { code: 1323, message: "more than one group has this title", hint: "use the group's id" },
  serviceAccountNotFound: {
    code: 1313,
    message: "no service account has this id",
    hint: "run `postern service-account list`",
  },
  totpUnavailable: {
    code: 1315,
    message: "TOTP code could not be generated",
    sdkName: "ResolvingSecretReference",
  },
  privateKeyUnreadable: {
    code: 1316,
    message: "unable to properly parse private key, verify that private key isn't malformed",
    sdkName: "ResolvingSecretReference",
  },
  sshKeyMetadataNotFound: {
    code: 1320,
    message: "unable to retrieve SSH Key field, verify that private key isn't malformed",
    sdkName: "ResolvingSecretReference",
  },
  invalidRecipe: {
    code: 1317,
    message: "invalid user input: encountered the following errors",
    sdkName: "InvalidConfiguration",
  },
  invalidPermissions: {
    code: 1318,
    message: "error updating group vault permissions",
    sdkName: "UpdatingGroupVaultPermissionsError",
  },

  invalidItem: {
    code: 1401,
    message: "invalid user input: encountered the following errors",
    sdkName: "InvalidConfiguration",
  },
  versionConflict: {
    code: 1402,
    message: "The submitted item is not up to date. Refetch the item and retry the request.",
    sdkName: "ItemApi",
  },
  fileNotFound: { code: 1403, message: "file couldn't be found", sdkName: "ItemApi" },
  handleNotFound: { code: 1404, message: "no open file has this handle" },
  watchNotFound: { code: 1405, message: "no watch of this id is open on this connection" },
  conflict: { code: 1406, message: "this conflicts with what exists already" },

  offline: {
    code: 1501,
    message: "the account service cannot be reached",
    hint: "see that it runs, and that this machine reaches it; `postern status` and `postern doctor` say how it stands",
    sdkName: "Auth",
  },
  serviceRefused: { code: 1502, message: "the account service refused the request" },
  sealBroken: {
    code: 1503,
    message: "sealed data failed its check and was refused",
    hint: "the account service sent something this account did not seal; run `postern doctor`",
  },
  unknownSuite: { code: 1504, message: "the data is sealed with an unknown suite", hint: "update Postern" },
  storeTooNew: { code: 1505, message: "the store was written by a newer Postern", hint: "update Postern" },
  notPermitted: { code: 1506, message: "you do not have the right permissions to perform this action" },
  notOffered: {
    code: 1513,
    message: "this kind of account does not offer this",
    hint: "use an account that has it; `postern status` shows which are here",
  },
  auditUnwritable: {
    code: 1507,
    message: "the audit log cannot be written, so nothing is answered",
    hint: "free disk space or mend the permissions of the data folder",
  },
  diskFull: {
    code: 1508,
    message: "the disk is full; nothing was changed",
    hint: "make room on the disk of the data folder, and run it again",
  },
  storeInUse: {
    code: 1510,
    message: "another service works with this store",
    hint: "stop that one, or name another folder with --data",
  },
  fileUnusable: {
    code: 1511,
    message: "a file of Postern's own cannot be used",
    hint: "look at it and at who may write to it; move it out of the way, or put back a copy",
  },
  screenUnheard: {
    code: 1515,
    message: "the agent does not hear on this machine when the screen is locked",
    hint: "it needs logind, and the programs gdbus, systemd-inhibit and setpriv; a time works everywhere: `postern config idle-lock 8h`",
  },
  appUnavailable: {
    code: 1514,
    message: "the app cannot be opened",
    hint: "`postern approve` answers a question in a terminal",
  },
  storeReplaced: {
    code: 1512,
    message: "this service does not have the account: its store was replaced or emptied",
    hint: "ask who runs the service whether its store can be put back; else `postern restore FILE --kit KIT` in another home (POSTERN_HOME) brings a backup of the account to it, and then it opens here again",
    sdkName: "Auth",
  },
  notRestorable: { code: 1509, message: "the backup cannot be restored" },

  sharingUnavailable: {
    code: 1601,
    message: "this account's service has no public address, so nobody could open a link to it",
    hint: "share from an account on a service that runs with --public-address URL",
    sdkName: "ItemApi",
  },
  invalidRecipient: {
    code: 1602,
    message: "couldn't parse item share recipient. recipient had invalid format",
    sdkName: "ItemApi",
  },
  recipientsRefused: {
    code: 1603,
    message: "recipient list contained recipients that are not permitted by account policy",
    hint: "share without recipients: whoever has the link can open it",
    sdkName: "ItemApi",
  },
  invalidShareDuration: { code: 1604, message: "invalid item sharing duration", sdkName: "ItemApi" },
  shareNotFound: {
    code: 1605,
    message: "no share has this id, or the link is not whole",
    hint: "run `postern share list`",
  },
  shareExpired: { code: 1606, message: "the share has expired" },
  shareUsedUp: { code: 1607, message: "the share could be opened once, and was" },
  shareRevoked: { code: 1608, message: "the share was revoked" },
} as const satisfies Record<string, Row>;

/** The name of an error, the same in every language and on the wire (`data.name`). */
export type ErrorName = keyof typeof table;

/** Every row by name. */
export const errors: Readonly<Record<ErrorName, Row>> = table;

/**
 * An error of the table. `detail` extends the message by fields, limits and rules. It never holds a secret or a value that a peer
 * sent.
 */
export class PosternError extends Error {
  readonly code: number;
  readonly hint: string | undefined;
  readonly incident: string | undefined;
  readonly detail: string | undefined;
  /** The id of the vault that the error is about. The message has it too. A caller who may see the vault's title reads that as well. */
  readonly vault: string | undefined;
  override readonly name: ErrorName;

  /** `text` replaces the text of the row, where the same error needs other words. */
  constructor(
    name: ErrorName,
    detail?: string,
    more: { text?: string; hint?: string; incident?: string; vault?: string; title?: string; cause?: unknown } = {},
  ) {
    const row = errors[name];
    const text = more.text ?? row.message;
    const titled = more.title === undefined ? "" : `${JSON.stringify(more.title)}, `;
    const where = more.vault === undefined ? "" : ` (vault ${titled}${more.vault})`;
    super(
      `${detail === undefined ? text : `${text}: ${detail}`}${where}`,
      more.cause === undefined ? {} : { cause: more.cause },
    );
    this.name = name;
    this.detail = detail;
    this.vault = more.vault;
    this.code = row.code;
    this.hint = more.hint ?? row.hint;
    this.incident = more.incident;
  }
}

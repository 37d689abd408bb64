// The meaning of the command's exit codes. Scripts may rely on them. docs/exit-codes.md lists them.
import { PosternError } from "../../typescript/generated.ts";
import { AgentNotRunning, ConnectionLost, TimedOut, UntrustedSocket } from "../../typescript/local-error.ts";

export const exitCodes = {
  ok: 0,
  /** An error that has no other code. */
  failed: 1,
  /** The command line or the input was wrong. */
  usage: 2,
  /** The account is locked or no account is signed in. */
  locked: 3,
  /** A person denied it, nobody answered, the proof was refused, a permission is missing, or a limit is used up. */
  denied: 4,
  /** The named thing does not exist, or several things match. */
  notFound: 5,
  /** The agent or the account service cannot be reached. */
  unreachable: 6,
  /** Another writer changed it first, or it exists already. */
  conflict: 7,
  /** Sealed data failed its check. */
  refused: 8,
  /** `policy test`: a person would be asked. */
  asked: 9,
  /** `lint`: it found something. */
  found: 10,
  /** `run`: the program cannot be executed. Shells use the same code. */
  notExecutable: 126,
  /** `run`: the program was not found. Shells use the same code. */
  programNotFound: 127,
  /** Interrupted by Ctrl-C. */
  interrupted: 130,
} as const;

const byName: Readonly<Record<string, number>> = {
  invalidParams: exitCodes.usage,
  invalidReference: exitCodes.usage,
  invalidItem: exitCodes.usage,
  invalidRecipe: exitCodes.usage,
  invalidPermissions: exitCodes.usage,
  incompatibleTotpQuery: exitCodes.usage,
  incompatibleSshQuery: exitCodes.usage,
  sharingUnavailable: exitCodes.usage,
  notOffered: exitCodes.usage,
  invalidRecipient: exitCodes.usage,
  recipientsRefused: exitCodes.usage,
  invalidShareDuration: exitCodes.usage,
  notRestorable: exitCodes.refused,
  unsupportedFileFormat: exitCodes.usage,
  tooLarge: exitCodes.usage,
  locked: exitCodes.locked,
  signedOut: exitCodes.locked,
  accountNotFound: exitCodes.locked,
  accountNameHeld: exitCodes.conflict,
  wrongCredentials: exitCodes.denied,
  wrongPassword: exitCodes.denied,
  deviceRemoved: exitCodes.denied,
  storeReplaced: exitCodes.unreachable,
  tokenInvalid: exitCodes.usage,
  tokenRefused: exitCodes.denied,
  rateLimitExceeded: exitCodes.denied,
  tryLater: exitCodes.denied,
  approvalRequired: exitCodes.denied,
  approvalDenied: exitCodes.denied,
  approvalTimedOut: exitCodes.denied,
  promptQuota: exitCodes.denied,
  coolingDown: exitCodes.denied,
  proofRequired: exitCodes.denied,
  proofRefused: exitCodes.denied,
  pinDisabled: exitCodes.denied,
  authenticatorUnavailable: exitCodes.denied,
  passwordNeeded: exitCodes.denied,
  notPermitted: exitCodes.denied,
  vaultNotFound: exitCodes.notFound,
  tooManyVaults: exitCodes.notFound,
  itemNotFound: exitCodes.notFound,
  tooManyItems: exitCodes.notFound,
  noMatchingSections: exitCodes.notFound,
  fieldNotFound: exitCodes.notFound,
  tooManyMatchingFields: exitCodes.notFound,
  sshKeyMetadataNotFound: exitCodes.notFound,
  fileNotFound: exitCodes.notFound,
  groupNotFound: exitCodes.notFound,
  tooManyGroups: exitCodes.notFound,
  serviceAccountNotFound: exitCodes.notFound,
  tooManyServiceAccounts: exitCodes.notFound,
  tooManyDevices: exitCodes.notFound,
  environmentNotFound: exitCodes.notFound,
  tooManyEnvironments: exitCodes.notFound,
  promptNotFound: exitCodes.notFound,
  grantNotFound: exitCodes.notFound,
  shareNotFound: exitCodes.notFound,
  deviceNotFound: exitCodes.notFound,
  authenticatorNotFound: exitCodes.notFound,
  tooManyAuthenticators: exitCodes.notFound,
  offline: exitCodes.unreachable,
  versionConflict: exitCodes.conflict,
  conflict: exitCodes.conflict,
  accountExists: exitCodes.conflict,
  restoreUnfinished: exitCodes.conflict,
  sealBroken: exitCodes.refused,
  unknownSuite: exitCodes.refused,
  fileUnusable: exitCodes.refused,
};

/** Output of the command, or of a program under `run`, did not arrive. */
export class OutputLost extends Error {
  override readonly name: string = "OutputLost";
  readonly hint: string;
  constructor(what: string, hint = "make room where the output goes, or send it elsewhere, and run it again") {
    super(what);
    this.hint = hint;
  }
}

/** A mistake in the use of the command. `hint` names the next step. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly hint: string | undefined;
  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** The error of a limit on a number of things. The same error is a mistake in the input where one thing is too large. */
export class LimitUsedUp extends PosternError {
  constructor({ message, errorName, code, hint, incident }: PosternError) {
    super(message, { errorName, code, hint, incident });
  }
}

/** A program that `run` could not start. */
export class NotStarted extends Error {
  override readonly name = "NotStarted";
  readonly exitCode: number;
  readonly hint: string;
  /** The name of the system's error. */
  readonly code: string;
  constructor(program: string, code: string) {
    const missing = code === "ENOENT";
    super(missing ? `the program ${program} was not found` : `the program ${program} could not be started (${code})`);
    this.code = code;
    this.exitCode = missing ? exitCodes.programNotFound : exitCodes.notExecutable;
    this.hint = nextSteps[code] ?? "check that it is a program (chmod +x)";
  }
}

/** The next step where a program could not be started, by the system's error. */
const nextSteps: Readonly<Record<string, string>> = {
  ENOENT: "check its name, PATH, and the line #! of a script",
  E2BIG: "make the words or the variables shorter: one takes at most 128 KiB; give what is longer as a file",
};

/** The exit code of an error. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof LimitUsedUp) return exitCodes.denied;
  if (error instanceof PosternError) return byName[error.errorName] ?? exitCodes.failed;
  if (error instanceof NotStarted) return error.exitCode;
  if (error instanceof UsageError) return exitCodes.usage;
  if (error instanceof AgentNotRunning || error instanceof ConnectionLost || error instanceof UntrustedSocket)
    return exitCodes.unreachable;
  if (error instanceof TimedOut) return exitCodes.denied;
  return exitCodes.failed;
}

// What a request works with: an account's keys and its log, whether a person has unlocked it or a token has opened it.

import type { Recorder } from "../audit/log.ts";
import type { AccountFile } from "./account-file.ts";
import type { Unlocked } from "./unlocked.ts";

/** Whose keys they are, on which device, at which service. */
export type Whose = Pick<AccountFile, "account" | "user" | "device" | "name" | "service">;

export type AccountSession = {
  readonly file: Whose;
  readonly audit: Recorder;
  /** Undefined while it is locked, and for good once a token's session has ended. */
  readonly unlocked: Unlocked | undefined;
};

/** One that is open at this moment; whoever awaits looks again. */
export type OpenSession = AccountSession & { readonly unlocked: Unlocked };

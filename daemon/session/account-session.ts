// An account's keys and its log for a request, opened by a person's unlock or by a token.

import type { Recorder } from "../audit/log.ts";
import type { Whose } from "./account-file.ts";
import type { Unlocked } from "./unlocked.ts";

export type AccountSession = {
  readonly file: Whose;
  readonly audit: Recorder;
  /** Undefined while it is locked, and for ever once a token's session has ended. */
  readonly unlocked: Unlocked | undefined;
};

/** A session that is open at this moment. After an await, look again. */
export type OpenSession = AccountSession & { readonly unlocked: Unlocked };

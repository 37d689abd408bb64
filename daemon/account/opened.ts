// What a read of an account works on: the open account, and what was read of it before.
import type { Account } from "./account.ts";
import type { Cache } from "./cache.ts";

/** One object as long as the account stays unlocked: what is on its way is kept by it. */
export type Opened = { readonly account: Account; readonly cache: Cache };

// The parts for a read of an account: the open account, and the cache of earlier reads.
import type { Account } from "./account.ts";
import type { Cache } from "./cache.ts";

/** One object for as long as the account stays unlocked. Running fetches are kept by it. */
export type Opened = { readonly account: Account; readonly cache: Cache };

// What a read of an account works on: the account with its open keys, and what was read of it before.
import type { OpenAccount } from "../../clients/account/open-account.ts";
import type { Cache } from "./cache.ts";

/** One object as long as the account stays unlocked: what is on its way is kept by it. */
export type Opened = { readonly account: OpenAccount; readonly cache: Cache };

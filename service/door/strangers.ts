// How much the service does for callers without a session. They are counted by address, all together, and wrong sign-ins by account.
// A device that the account knows has room of its own, so a flood does not keep people out. The agent's embedded service has no
// strangers: its caller gives no address, and nothing here counts.
import { PosternError } from "../../protocol/errors.ts";
import type { OperationName } from "../../protocol/service-catalogue.ts";
import type { Db } from "../store/tables.ts";
import { createBuckets, type Rate } from "./buckets.ts";

/** Acts of one address. Many people may share one: a hundred sign in at once, at three requests each. */
export const ADDRESS_RATE: Rate = { burst: 300, perSecond: 20 };

/** Acts of all addresses. One costs half a millisecond at most, so strangers take a fifth of the service's time. */
export const STRANGERS_RATE: Rate = { burst: 2_000, perSecond: 400 };

/** Sign-ins to one account that failed. A person errs a few times; each guess needs the Secret Key too. */
export const ACCOUNT_RATE: Rate = { burst: 20, perSecond: 1 / 6 };

/** Acts of one device that the account knows, where the limits above are used up: some ten sign-ins, and one each minute. */
export const DEVICE_RATE: Rate = { burst: 30, perSecond: 1 / 20 };

/** Keys of each kind that are remembered. Each takes some 200 bytes. */
export const KEYS_MAX = 20_000;

/** Who says to sign in, as the request names them. */
export type Claimed = { readonly account: string; readonly user: string; readonly device: string };

export type Strangers = {
  /** Counts one request without a session. Throws busy. `from` is undefined for the agent's own requests. */
  admit(from: string | undefined, operation: OperationName, params: object): Promise<void>;
  /** Counts one try to sign in. Throws busy. The answered function takes it back, since only failed ones count. */
  admitTry(from: string | undefined, claimed: Claimed): Promise<() => void>;
};

const ALL = "all";

export function createStrangers(db: Db, now: () => number): Strangers {
  const byAddress = createBuckets(ADDRESS_RATE, KEYS_MAX, now);
  const together = createBuckets(STRANGERS_RATE, 1, now);
  const byAccount = createBuckets(ACCOUNT_RATE, KEYS_MAX, now);
  const byDevice = createBuckets(DEVICE_RATE, KEYS_MAX, now);

  /** Throws busy, except for a device with room of its own. */
  async function demandDevice(claimed: Claimed | undefined): Promise<void> {
    if (claimed === undefined || !(await isKnown(db, claimed)) || !byDevice.take(claimed.device))
      throw new PosternError("busy");
  }

  return {
    admit: async (from, operation, params) => {
      if (from === undefined || isFree(operation, params)) return;
      // The address first: one that is over its limit takes nothing from the others.
      if (byAddress.take(from) && together.take(ALL)) return;
      await demandDevice(operation.startsWith("signIn.") ? (params as Claimed) : undefined);
    },
    admitTry: async (from, claimed) => {
      if (from === undefined) return () => undefined;
      if (byAccount.take(claimed.account)) return () => byAccount.giveBack(claimed.account);
      await demandDevice(claimed);
      return () => undefined;
    },
  };
}

/** Telling what the service is costs no look at the store, and no cryptography. A token that is given is checked, and counts. */
function isFree(operation: OperationName, params: object): boolean {
  return operation === "service.info" && !("registrationToken" in params);
}

/** The id of a device or token is random, and its user and the service alone know it. So a stranger cannot claim it. */
async function isKnown(db: Db, { account, user, device }: Claimed): Promise<boolean> {
  const row = await db
    .selectFrom("users as u")
    .select("u.id")
    .where("u.id", "=", user)
    .where("u.account", "=", account)
    .where((eb) => {
      const devices = eb.selectFrom("devices").select("user").where("id", "=", device).where("removed", "=", 0);
      const tokens = eb.selectFrom("tokens").select("user").where("id", "=", device);
      return eb.or([eb("u.id", "in", devices), eb("u.id", "in", tokens)]);
    })
    .executeTakeFirst();
  return row !== undefined;
}

// The account that a call is about: its session, its unlock where the caller waits for one, and the one that a refusal is recorded in.
import { catalogue, type MethodName } from "../../protocol/catalogue.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { Call } from "../call/call.ts";
import type { OpenClient } from "../call/connection.ts";
import type { Moment } from "../host/clock.ts";
import type { AccountSession } from "../session/account-session.ts";
import type { Sessions } from "../session/sessions.ts";
import type { UnlockWaits } from "./unlock-waits.ts";
import { unlockWaiterOf } from "./waiter.ts";

export type MeantAccounts = {
  /** Whether a client names an account that is not on this agent. It is treated as an existing one, and gets nothing. */
  isUnknown(client: OpenClient | undefined): boolean;
  /** The session of a request. Undefined where the client's calls wait for an unlock, and must. */
  livingOf(client: OpenClient | undefined, now: Moment, call: Call): AccountSession | undefined;
  /** Waits for the unlock of a client's account. A name that no account here has waits as that of a locked one does. */
  unlocking(client: OpenClient | undefined, params: { noWait?: boolean }, call: Call): Promise<void>;
  /** Notes the account for a refusal of a method without a grant: the named account, or else the default. */
  concerning(method: MethodName, params: { account?: string }, call: Call): Call;
};

type Parts = { readonly sessions: Sessions; readonly unlockWaits: UnlockWaits };

export function meantAccounts({ sessions, unlockWaits }: Parts): MeantAccounts {
  return {
    isUnknown,
    livingOf: (client, now, call) =>
      client?.unlockWait === undefined ? openOf(client, now) : openOrLocked(client, now, call),
    unlocking,
    concerning,
  };

  function isUnknown(client: OpenClient | undefined): boolean {
    return client !== undefined && client.bearer === undefined && sessions.find(client.account) === undefined;
  }

  /** For an account that is not on this agent, an open one stands in, and its person is asked. */
  function openOf(client: OpenClient | undefined, now: Moment): AccountSession {
    if (client?.bearer !== undefined) return client.bearer.demandOpen();
    return isUnknown(client) ? sessions.someOpen(now) : sessions.open(client?.account, now);
  }

  /** The same for a client whose calls wait for an unlock; undefined where they must. */
  function openOrLocked(client: OpenClient, now: Moment, { about }: Call): AccountSession | undefined {
    const { unlockWait } = client;
    if (unlockWait !== undefined) about.unlockWait = unlockWait;
    try {
      const living = openOf(client, now);
      if (unlockWait !== undefined) unlockWait.sawOpen = true;
      return living;
    } catch (error) {
      if (error instanceof PosternError && error.name === "locked") return undefined;
      throw error;
    }
  }

  async function unlocking(
    client: OpenClient | undefined,
    { noWait }: { noWait?: boolean },
    call: Call,
  ): Promise<void> {
    const wait = client?.unlockWait;
    if (client === undefined || wait === undefined || wait.sawOpen || noWait === true) throw new PosternError("locked");
    const account = sessions.find(client.account)?.file.account;
    const askedMs = performance.now();
    wait.gaveUp = true;
    await unlockWaits.wait(account, call.connection.subject, unlockWaiterOf(call));
    wait.gaveUp = false;
    call.timing.waitedMs += performance.now() - askedMs;
    wait.sawOpen = true;
  }

  function concerning(method: MethodName, params: { account?: string }, call: Call): Call {
    const { required = [] } = catalogue[method].params as { required?: readonly string[] };
    // A required account is a new one, or becomes the default.
    const named = required.includes("account") ? undefined : params.account;
    const session = named === undefined ? sessions.default() : (sessions.find(named) ?? sessions.default());
    if (session !== undefined) call.about.session = session;
    return call;
  }
}

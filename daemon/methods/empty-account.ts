// An empty account, made by a newcomer before they thought of their backup. A restore may replace it. Its password is the proof, as for
// accounts.remove.
import { PosternError } from "../../protocol/errors.ts";
import { type Account, environmentsOf } from "../account/account.ts";
import type { Call } from "../call/call.ts";
import { actorOf, trierOf } from "../call/log-entry.ts";
import type { Sessions } from "../session/sessions.ts";
import type { TokenSessions } from "../session/token-sessions.ts";

export type EmptyAccount = {
  readonly account: string;
  /** Unlocks it. Throws wrongCredentials, tryLater. */
  prove(password: string): Promise<void>;
  /** The same. Throws accountExists where it holds anything. */
  demand(password: string): Promise<void>;
  /** Removes it from this agent, if it is still empty. */
  remove(password: string): Promise<void>;
};

/** The default account of this agent, for replacing. Undefined where there is none. */
export function emptyAccount(
  sessions: Sessions,
  tokens: Pick<TokenSessions, "lock">,
  call: Call,
): EmptyAccount | undefined {
  const session = sessions.default();
  if (session === undefined) return undefined;
  const from = trierOf(call);

  const opened = async (password: string): Promise<Account> => {
    const { account } = await sessions.unlock(session, password, from).catch((error: unknown) => {
      throw namingIt(error);
    });
    return account;
  };

  return {
    account: session.file.account,
    prove: async (password) => void (await opened(password)),
    demand: async (password) => demandEmpty(await opened(password)),
    remove: async (password) => {
      await sessions.remove(session, password, from, true, demandEmpty);
      await tokens.lock(session.file.account, actorOf(call));
    },
  };
}

async function demandEmpty(account: Account): Promise<void> {
  const held = await contentOf(account);
  if (held !== undefined)
    throw new PosternError("accountExists", `it has ${held}, so it is not replaced`, {
      hint: "another home (POSTERN_HOME) has an agent of its own and takes the backup",
    });
}

/** Says which of the two passwords was wrong. */
function namingIt(error: unknown): unknown {
  if (!(error instanceof PosternError) || error.name !== "wrongPassword") return error;
  return new PosternError("wrongCredentials", undefined, {
    text: "the password of the account that is on this agent is wrong",
    hint: "type it again; nothing was changed",
  });
}

/** The content of an account beyond that of a new one. Undefined where there is none. */
async function contentOf(account: Account): Promise<string | undefined> {
  const { vaults } = await account.vaultsNow();
  if (vaults.some(({ vaultType }) => vaultType !== "personal")) return "vaults";
  for (const { id } of vaults)
    if ((await account.listPage(id, { active: true, archived: true }, undefined)).items.length > 0) return "items";
  if ((await environmentsOf(account)).length > 0) return "environments";
  const { groups, serviceAccounts, shares } = account;
  if ((await groups?.list())?.some(({ groupType }) => groupType === "userDefined") === true) return "groups";
  if (((await serviceAccounts?.list()) ?? []).length > 0) return "service accounts";
  if (((await shares?.list()) ?? []).length > 0) return "links";
  return undefined;
}

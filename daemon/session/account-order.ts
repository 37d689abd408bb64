// The order in which the accounts came to this agent, and the default one. The file is written before a second account is. So a crash never
// leaves two accounts of unknown age. An agent with one account needs no such file.
import { join } from "node:path";
import { isId } from "../../protocol/crypto/encoding.ts";
import { readOurs } from "../host/data-folder.ts";
import { oneAtATime } from "../host/one-at-a-time.ts";
import { writeFileDurably } from "../host/private-files.ts";
import { StartRefused } from "../host/start-refused.ts";

/** The ids of accounts, oldest first, and the default one. Some may have left this agent since. */
export type AccountOrder = { readonly default: string; readonly order: readonly string[] };

export type OrderFile = {
  /** Its content at the start. Undefined where there was no file. */
  readonly atStart: AccountOrder | undefined;
  /** Writes the result of `now` when its turn comes. Fulfilled once it is durable. */
  write(now: () => AccountOrder): Promise<void>;
};

const NAME = "account-order.json";

/** The form of the file. A change that an older Postern must not overwrite raises it. */
const FILE_VERSION = 1;

/** Bytes of the file. Usual ones have some hundreds, with an id of 26 characters for each account. */
const FILE_BYTES_MAX = 4096;

/** Writes that may wait. Each belongs to a person who has just given a proof. */
const WAITING_MAX = 16;

/** Reads the file. Throws StartRefused for a strange one. */
export function openOrderFile(home: string): OrderFile {
  const path = join(home, NAME);
  const content = readOurs(path, FILE_BYTES_MAX);
  const inTurn = oneAtATime(WAITING_MAX);
  return {
    atStart: content === undefined ? undefined : parse(new TextDecoder().decode(content)),
    write: (now) =>
      inTurn(() => writeFileDurably(path, Buffer.from(`${JSON.stringify({ version: FILE_VERSION, ...now() })}\n`))),
  };
}

function parse(text: string): AccountOrder {
  let value: { version?: unknown; default?: unknown; order?: unknown };
  try {
    value = (JSON.parse(text) ?? {}) as typeof value;
  } catch {
    value = {};
  }
  const { version, default: chosen, order } = value;
  if (Number.isSafeInteger(version) && (version as number) > FILE_VERSION)
    throw new StartRefused(
      `a newer Postern wrote the file ${NAME}, and this one would take something away from it`,
      "update Postern; nothing was changed",
    );
  const isOrder = Array.isArray(order) && order.every((id) => typeof id === "string" && isId(id));
  if (version !== FILE_VERSION || !isOrder || typeof chosen !== "string" || !order.includes(chosen))
    throw new StartRefused(
      `the file ${NAME} is not what the agent writes`,
      "move it away, and choose the default account again with `postern accounts default NAME`",
    );
  return { default: chosen, order: order as string[] };
}

/** The accounts, oldest first. Accounts that the file does not name are older than the file, or were copied here. They stand last, in the order of their ids. */
export function inOrder<T extends { readonly account: string }>(
  accounts: readonly T[],
  { order = [] }: Partial<AccountOrder> = {},
): T[] {
  const place = ({ account }: T) => {
    const at = order.indexOf(account);
    return at === -1 ? order.length : at;
  };
  return [...accounts].sort((a, b) => place(a) - place(b) || (a.account < b.account ? -1 : 1));
}

/** The accounts in the status of an agent that has opened none yet. */
export function lockedSessions(accounts: readonly { readonly account: string }[], kept?: AccountOrder) {
  const ids = inOrder(accounts, kept).map(({ account }) => account);
  const chosen = ids.find((id) => id === kept?.default) ?? ids[0];
  return ids.map((account) => ({
    account,
    ...(ids.length > 1 && account === chosen ? { default: true as const } : {}),
    state: "locked" as const,
  }));
}

// In which order the accounts came to this agent, and which one is the default. The file is written before a second account is, so a
// crash never leaves two accounts of unknown age. An agent with one account needs no such file.
import { join } from "node:path";
import { isId } from "../../protocol/crypto/encoding.ts";
import { readOurs } from "../host/data-folder.ts";
import { oneAtATime } from "../host/one-at-a-time.ts";
import { writeFileDurably } from "../host/private-files.ts";
import { StartRefused } from "../host/start-refused.ts";

/** The ids of accounts, oldest first, and the default one. Some may be gone from this agent by now. */
export type AccountOrder = { readonly default: string; readonly order: readonly string[] };

export type OrderFile = {
  /** What it said at the start; undefined where there was none. */
  readonly atStart: AccountOrder | undefined;
  /** Writes what `now` answers when its turn comes. Acknowledged once it is durable. */
  write(now: () => AccountOrder): Promise<void>;
};

const NAME = "account-order.json";

/** The form of the file. It is counted up by a change that an older Postern must not write over. */
const FILE_VERSION = 1;

/** Bytes of the file: ours have some hundreds, with an id of 26 characters for each account. */
const FILE_BYTES_MAX = 4096;

/** Writes that may wait: each is a person's, who has just given a proof. */
const WAITING_MAX = 16;

/** Throws StartRefused where the file is not what we write. */
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

/** Accounts, oldest first. Those that the file does not name came before it was kept, or were copied here: they stand last, by their ids. */
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

/** The accounts of an agent that has opened none yet, as its status tells them. */
export function lockedSessions(accounts: readonly { readonly account: string }[], kept?: AccountOrder) {
  const ids = inOrder(accounts, kept).map(({ account }) => account);
  const chosen = ids.find((id) => id === kept?.default) ?? ids[0];
  return ids.map((account) => ({
    account,
    ...(ids.length > 1 && account === chosen ? { default: true as const } : {}),
    state: "locked" as const,
  }));
}

// The accounts of this agent in the order in which they came, the default one, and the reserved names. It opens and locks nothing.

import { PosternError } from "../../protocol/errors.ts";
import { displayed } from "../account/displayed-text.ts";
import type { AccountFile } from "./account-file.ts";
import { inOrder, type OrderFile } from "./account-order.ts";
import type { Session } from "./session.ts";

/**
 * Accounts on one agent. Each open one has keys in locked memory, a cache, and a request that waits at its service. A person has a few: home,
 * work, and some customers.
 */
export const ACCOUNTS_MAX = 8;

/** The known facts of an account that is about to come. */
export type Newcomer = { readonly account?: string; readonly name?: string };

export type Places = {
  /** The accounts, oldest first. */
  list(): Session[];
  /** The default account. Undefined where there is no account. */
  default(): Session | undefined;
  /** The account with this id, or else the one with this name. */
  find(account: string): Session | undefined;
  isHere(session: Session): boolean;
  /**
   * Throws accountExists where the account is here already, accountNameHeld where its name is taken, and tooLarge where no place is left. Throws
   * accountExists too where another account is here and no proof of the default one was given.
   */
  demandFree(newcomer: Newcomer, proven: boolean, replaced?: string): void;
  /** The same, and reserves the name until the returned function is called. It may look like the name of `replaced`. */
  hold(newcomer: Newcomer, proven: boolean, replaced?: string): () => void;
  /** Adds the account at once. Fulfilled when its place in the order is durable. */
  put(session: Session): Promise<void>;
  drop(session: Session): void;
  /** Makes it the default. Fulfilled once that is durable. */
  setDefault(session: Session): Promise<void>;
};

/** `files` are the accounts of the data folder. */
export function createPlaces(
  orderFile: OrderFile,
  files: readonly AccountFile[],
  sessionOf: (file: AccountFile) => Session,
): Places {
  const sessions = new Map<string, Session>();
  const held = new Set<Newcomer>();
  let chosen = orderFile.atStart?.default;
  for (const file of inOrder(files, orderFile.atStart)) sessions.set(file.account, sessionOf(file));

  /** After the default was removed, the next oldest account becomes the default. */
  const defaultNow = () => sessions.get(chosen ?? "") ?? sessions.values().next().value;

  const orderNow = () => ({ default: defaultNow()?.file.account ?? "", order: [...sessions.keys()] });

  function demandFree(newcomer: Newcomer, proven: boolean, replaced?: string): void {
    if (sessions.size > 0 && !proven) throw new PosternError("accountExists");
    const here: Newcomer[] = [...sessions.values()]
      .map(({ file }) => file)
      .filter(({ account }) => account !== replaced);
    // The same account may come twice at once, for example by a repeated restore. The service decides between them.
    const coming = [...held].filter((one) => one.account === undefined || one.account !== newcomer.account);
    if (here.some((one) => isSameAccount(one, newcomer)))
      throw new PosternError("accountExists", undefined, { text: "this account is on this agent already" });
    if ([...here, ...coming].some((one) => isSameName(one, newcomer))) throw new PosternError("accountNameHeld");
    if (here.length + coming.length >= ACCOUNTS_MAX)
      throw new PosternError("tooLarge", undefined, {
        text: `an agent holds ${ACCOUNTS_MAX} accounts, and this one has no place left`,
        hint: "take one off it with `postern --account NAME signout`, or use another home (POSTERN_HOME)",
      });
  }

  return {
    list: () => [...sessions.values()],
    default: defaultNow,
    find: (account) => sessions.get(account) ?? named([...sessions.values()], account),
    isHere: (session) => sessions.get(session.file.account) === session,
    demandFree,
    hold: ({ account, name }, proven, replaced) => {
      const newcomer = { ...(account === undefined ? {} : { account }), ...(name === undefined ? {} : { name }) };
      demandFree(newcomer, proven, replaced);
      held.add(newcomer);
      return () => void held.delete(newcomer);
    },
    put: async (session) => {
      const isFirst = sessions.size === 0;
      // Writes the present order, so that a former default does not come back as the default.
      chosen = defaultNow()?.file.account ?? session.file.account;
      sessions.set(session.file.account, session);
      if (!isFirst) await orderFile.write(orderNow);
    },
    drop: ({ file }) => void sessions.delete(file.account),
    setDefault: async (session) => {
      const { account } = session.file;
      await orderFile.write(() => {
        // It may have been removed while an earlier write ran. A default outside the order would keep the agent from starting.
        if (sessions.get(account) !== session) throw new PosternError("signedOut");
        return { ...orderNow(), default: account };
      });
      chosen = account;
    },
  };
}

/** The only account whose name looks like this one. No home that the agent wrote has two of one look, so case need not be typed. */
function named(all: readonly Session[], name: string): Session | undefined {
  const found = all.filter(({ file }) => looks(file.name) === looks(name));
  return found.length === 1 ? found[0] : undefined;
}

function isSameAccount(one: Newcomer, other: Newcomer): boolean {
  return one.account !== undefined && one.account === other.account;
}

/** A name that looks like another account's would deceive the approving person. A name that is another account's id would lead there. */
function isSameName(one: Newcomer, other: Newcomer): boolean {
  return looksOf(one).some((look) => looksOf(other).includes(look));
}

function looksOf({ account, name }: Newcomer): string[] {
  return [account, name].flatMap((text) => (text === undefined ? [] : [looks(text)]));
}

/** The look of a name. Invisible characters and case do not count. */
function looks(name: string): string {
  return displayed(name).normalize("NFKC").replaceAll(" ", "").toLowerCase();
}

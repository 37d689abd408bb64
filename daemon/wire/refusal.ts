// What a refusal says of the vault that it is about: its title, to whoever may see it. A service knows ids alone.
import { PosternError } from "../../protocol/errors.ts";
import { type Account, titledPlaces } from "../account/account.ts";
import { displayed } from "../account/displayed-text.ts";
import type { Access } from "../call/access.ts";

/** The error with the title of its vault. The caller has made sure that the asker may see titles of this account. */
export async function withTitle(error: unknown, account: Account): Promise<unknown> {
  if (!(error instanceof PosternError) || error.name !== "notPermitted" || error.vault === undefined) return error;
  const { name, detail, vault } = error;
  const title = await titleOf(account, vault);
  return title === undefined ? error : new PosternError(name, detail, { vault, title: displayed(title) });
}

/** The same for what a granted method threw: the title is told within what the asker was allowed. */
export async function withKnownTitle(error: unknown, access: Access | undefined): Promise<unknown> {
  if (access === undefined || !(error instanceof PosternError) || error.vault === undefined) return error;
  const { session, knows } = access;
  const isKnown = knows({ account: session.file.account, level: "names", vault: error.vault });
  return isKnown ? withTitle(error, session.unlocked.account) : error;
}

/** Undefined too where it cannot be looked up any more: the refusal itself is what must be told. */
async function titleOf(account: Account, id: string): Promise<string | undefined> {
  try {
    return (await titledPlaces(account)).find((one) => one.id === id)?.title;
  } catch (error) {
    if (error instanceof PosternError) return undefined;
    throw error;
  }
}

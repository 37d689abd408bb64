// Adds the vault's title to a refusal, where the asker may see titles. A service knows ids only.
import { PosternError } from "../../protocol/errors.ts";
import { type Account, titledPlaces } from "../account/account.ts";
import { displayed } from "../account/displayed-text.ts";
import type { Access } from "../call/access.ts";

/** The error with the title of its vault. The caller has checked that the asker may see titles of this account. */
export async function withTitle(error: unknown, account: Account): Promise<unknown> {
  if (!(error instanceof PosternError) || error.name !== "notPermitted" || error.vault === undefined) return error;
  const { name, detail, vault } = error;
  const title = await titleOf(account, vault);
  return title === undefined ? error : new PosternError(name, detail, { vault, title: displayed(title) });
}

/** The same for an error of a granted method. The title is added within the asker's rights. */
export async function withKnownTitle(error: unknown, access: Access | undefined): Promise<unknown> {
  if (access === undefined || !(error instanceof PosternError) || error.vault === undefined) return error;
  const { session, knows } = access;
  const isKnown = knows({ account: session.file.account, level: "names", vault: error.vault });
  return isKnown ? withTitle(error, session.unlocked.account) : error;
}

/** Undefined also where the title cannot be looked up, since the refusal itself must be answered. */
async function titleOf(account: Account, id: string): Promise<string | undefined> {
  try {
    return (await titledPlaces(account)).find((one) => one.id === id)?.title;
  } catch (error) {
    if (error instanceof PosternError) return undefined;
    throw error;
  }
}

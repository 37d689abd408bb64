// Opens the names in audit records, for a caller who may see the whole log. Names of a service account's calls are sealed under that account's
// own key. The person's account keeps its root key at the service.

import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { Record } from "../audit/chain.ts";
import { namesKeyOf, openNames, type Unlocked } from "./unlocked.ts";

export type AuditNames = {
  /** The names in a record. Undefined where it has none, or they cannot be opened now. */
  open(record: Record): string[] | undefined;
  /** The title of a service account. Undefined where it is unknown now. */
  titleOf(serviceAccount: string): string | undefined;
  close(): void;
};

export async function openAuditNames(
  crypto: Primitives,
  { account, ownKind, openNames: open }: Unlocked,
): Promise<AuditNames> {
  const keys = new Map<string, Uint8Array>();
  const titles = new Map<string, string>();
  try {
    await ownKind.serviceAccounts.eachRootKey(({ id, title }, rootKey) => {
      titles.set(id, title);
      keys.set(id, crypto.keep(namesKeyOf(crypto, rootKey)));
    });
  } catch (error) {
    // The caller asked for the records. A service that is away, or lies, must not hold them back.
    if (!(error instanceof PosternError)) throw error;
  }
  return {
    open: ({ sealed, token }) => {
      if (sealed === undefined) return undefined;
      if (token === undefined) return open(sealed);
      const key = keys.get(token.serviceAccount);
      return key === undefined
        ? undefined
        : openNames(crypto, key, { account: account.id, user: token.serviceAccount }, sealed);
    },
    titleOf: (serviceAccount) => titles.get(serviceAccount),
    close: () => crypto.release(...keys.values()),
  };
}

// The writers whose item revisions are believed: people whom this user knows, and the service accounts that one of them made. The
// service names the service accounts. Their maker's signature under their keys proves them, revoked or not.
import { toBase64 } from "../../protocol/crypto/encoding.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { type ServiceAccountKeys, verifyServiceAccount } from "../../protocol/crypto/service-account.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { OperationResult } from "../../protocol/service-catalogue.ts";
import type { Recipient } from "./group-list.ts";
import type { ServiceSession } from "./service-session.ts";

type Named = OperationResult<"serviceAccounts.keys">["serviceAccounts"][number];

export type Writers = {
  /** The identities that are believed so far. */
  readonly known: readonly Uint8Array[];
  /** Looks again where one of these writers is unknown. A writer who stays unknown is refused when its revision is opened. */
  meet(writers: readonly string[]): Promise<void>;
  /** The keys of a service account, to seal a vault key to. Throws serviceAccountNotFound, sealBroken. */
  recipient(serviceAccount: string): Promise<Recipient>;
  /** The keys of a service account that may make vaults. Undefined for any other. */
  vaultMaker(serviceAccount: string): Promise<Recipient | undefined>;
};

export function createWriters(
  crypto: Primitives,
  account: string,
  session: ServiceSession,
  people: readonly Uint8Array[],
): Writers {
  const known = [...people];
  const texts = new Set(people.map(toBase64));
  /** Keys and right of a service account never change. */
  const makers = new Map<string, Recipient>();

  async function load(): Promise<Named[]> {
    const { serviceAccounts } = await session.call("serviceAccounts.keys", {});
    for (const named of serviceAccounts) {
      if (texts.has(named.identity) || !isVouchedFor(crypto, account, people, named)) continue;
      texts.add(named.identity);
      known.push(Uint8Array.fromBase64(named.identity));
    }
    return serviceAccounts;
  }

  return {
    known,
    meet: async (writers) => {
      if (writers.some((writer) => !texts.has(writer))) await load();
    },
    recipient: async (id) => {
      const named = (await load()).find(({ serviceAccount }) => serviceAccount === id);
      if (named === undefined) throw new PosternError("serviceAccountNotFound");
      if (!isVouchedFor(crypto, account, people, named))
        throw new PosternError("sealBroken", "the service account: the signature of its keys");
      return recipientOf(named);
    },
    vaultMaker: async (id) => {
      const maker = makers.get(id);
      if (maker !== undefined) return maker;
      const named = (await load()).find(({ serviceAccount }) => serviceAccount === id);
      if (named?.makesVaults !== true || !isVouchedFor(crypto, account, people, named)) return undefined;
      makers.set(id, recipientOf(named));
      return makers.get(id);
    },
  };
}

function recipientOf({ identity, box }: Named): Recipient {
  return { identity: Uint8Array.fromBase64(identity), box: Uint8Array.fromBase64(box) };
}

/** Whether one of these people has made the service account. */
export function isVouchedFor(
  crypto: Primitives,
  account: string,
  people: readonly Uint8Array[],
  { serviceAccount, ...keys }: ServiceAccountKeys & { serviceAccount: string },
): boolean {
  const byOne = people.some((person) => toBase64(person) === keys.maker);
  return byOne && verifyServiceAccount(crypto, { account, serviceAccount }, keys);
}

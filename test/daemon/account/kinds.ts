// Both kinds of account, for suites that must pass with each kind.
import type { Account } from "../../../daemon/account/account.ts";
import type { Capability } from "../../../daemon/account/capabilities.ts";
import { sealedAccount } from "../../../daemon/session/sealed-account.ts";
import type { AccountOf } from "../../../daemon/session/unlocked.ts";
import { newId } from "../../../protocol/crypto/encoding.ts";
import { crypto, inProcess, newUser, open } from "../../service/doors.ts";
import { memoryAccount } from "./memory-account.ts";
import { type MemoryStore, memoryStore } from "./memory-store.ts";

/** One account. It may be opened several times, as on several devices. */
export type AccountsOfKind = { open(): Promise<Account>; close(): Promise<void> };

async function sealed(): Promise<AccountsOfKind> {
  const door = await inProcess();
  const user = await newUser(door);
  const closings: (() => void)[] = [];
  return {
    open: async () => {
      const device = closings.length === 0 ? user.device : newId(crypto);
      const { account, signedIn } = await open(door, { ...user, device });
      closings.push(account.close);
      return sealedAccount({ crypto, open: account, session: signedIn.session, byToken: false });
    },
    close: async () => {
      for (const close of closings) close();
      await door.close();
    },
  };
}

async function inMemory(): Promise<AccountsOfKind> {
  const store = memoryStore();
  return { open: async () => memoryAccount(store), close: async () => undefined };
}

/** Gives an agent an account in memory, which stays while the account is locked. The account does not offer the capabilities in `without`. */
export function inMemoryOf(without: readonly Capability[] = []): AccountOf {
  const stores = new Map<string, MemoryStore>();
  return ({ open: { id } }) => {
    const store = stores.get(id) ?? memoryStore(id);
    stores.set(id, store);
    return memoryAccount(store, without);
  };
}

/** Makes an agent's account of each kind. Undefined stands for our own kind. */
export const agentKinds: [string, () => AccountOf | undefined][] = [
  ["that is sealed", () => undefined],
  ["in memory", () => inMemoryOf()],
];

export const kinds: [string, () => Promise<AccountsOfKind>][] = [
  ["that is sealed", sealed],
  ["in memory", inMemory],
];

// accounts.restore: makes the account of an arrived backup at a service, and opens it here.
import type { ParamsOf, ResultOf } from "../../protocol/catalogue.ts";
import { newId } from "../../protocol/crypto/encoding.ts";
import { formatSecretKey, parseSecretKey } from "../../protocol/crypto/secret-key.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { Call } from "../call/call.ts";
import { actorOf, entryOf } from "../call/log-entry.ts";
import type { Sodium } from "../host/sodium.ts";
import { deviceName, nameDevice } from "../session/device-names.ts";
import { hasMadeNothing, type RestoredAccount, type RestoreSteps, restoreAt } from "../session/own-backup.ts";
import type { UnfinishedRestore } from "../session/restore-mark.ts";
import type { RunningRestore } from "../session/running-restores.ts";
import type { Sessions } from "../session/sessions.ts";
import type { TokenSessions } from "../session/token-sessions.ts";
import { repeatCounter, type Unlocked } from "../session/unlocked.ts";
import type { Handles } from "../transfer/handles.ts";
import type { ReadBackup } from "./backup-reading.ts";
import { emptyAccount } from "./empty-account.ts";
import { titlesOf } from "./shares.ts";

export type RestoreParts = {
  readonly crypto: Sodium;
  readonly sessions: Sessions;
  readonly tokens: Pick<TokenSessions, "lock">;
  readonly handles: Handles;
  readonly read: ReadBackup;
  /** Whether the backup came with a proof of the default account, which is still open. */
  readonly isProven: (spool: object) => boolean;
};

export async function restore(
  { crypto, sessions, tokens, handles, read, isProven }: RestoreParts,
  params: ParamsOf<"accounts.restore">,
  call: Call,
): Promise<ResultOf<"accounts.restore">> {
  const replaced = params.replacePassword === undefined ? undefined : emptyAccount(sessions, tokens, call);
  const handle = handles.demand(call, params.handle, "restore");
  const proven = replaced !== undefined || isProven(handle.spool);
  if (!proven && sessions.list().length > 0) throw new PosternError("proofRequired", undefined, { text: NOT_BESIDE });
  const secretKey = parseSecretKey(crypto, params.secretKey);
  if (secretKey === undefined)
    throw new PosternError("invalidParams", "secretKey is not a Secret Key; check it against the emergency kit");
  const address = await sessions.addressOf(params.service ?? "embedded");
  const service = params.service === undefined ? "embedded" : address.origin;
  const device = newId(crypto);
  const called = deviceName(params.deviceName);
  await replaced?.demand(params.replacePassword ?? "");
  const restored = await handles.alone(handle, () =>
    inPlace(sessions, service, replaced !== undefined, async (place) => {
      const restored = await restoreAt(crypto, sessions, service, {
        source: handle.spool.source,
        read: (source) => read(call, source),
        password: params.password,
        secretKey,
        device,
        signal: call.signal(),
        begins: async (account, name) => {
          place.hold({ account, name }, proven, replaced?.account);
          await place.begins(account, name);
        },
        begun: async () => {
          await place.begun();
          await replaced?.remove(params.replacePassword ?? "");
        },
        ...(params.registrationToken === undefined ? {} : { registrationToken: params.registrationToken }),
      }).finally(() => {
        // The caller has gone or has cancelled.
        if (call.signal().aborted) handles.remove(call, params.handle);
      });
      const { account, user, name } = restored;
      const keys = { secretKey: formatSecretKey(crypto, secretKey), wrongPasswords: 0, lastWrongMs: 0 };
      const file = { account, user, device, name, service, ...keys };
      const coming = { proven, restore: place.restore() };
      const session = await sessions.takeIn(file, params.password, actorOf(call), coming);
      // It takes the other account's place.
      if (replaced !== undefined && sessions.default() !== session) await sessions.setDefault(session);
      return restored;
    }),
  );
  handles.remove(call, params.handle);
  const { account, name } = restored;
  // A lock may have come right after the unlock.
  const { unlocked, audit } = sessions.open(account);
  await repeatCounter(unlocked, device);
  await nameDevice(unlocked, device, called);
  audit.keep(entryOf(call, "ok", [account]));
  const serviceAccounts = restored.serviceAccounts.map((one) => ({ ...one }));
  return { account, name, serviceAccounts, shares: await lostShares(unlocked, restored) };
}

const NOT_BESIDE =
  "an account is on this agent already: a backup beside it is handed over with the password of the default account too";

type Place = Required<Pick<RestoreSteps, "begins" | "begun">> &
  Pick<Sessions, "hold"> & { restore(): RunningRestore | undefined };

/**
 * Marks the restore as begun while it runs. Reserves its name from the first request on, and the account's place from the service's first answer
 * on.
 */
async function inPlace<T>(
  { restoreMark, restores, hold }: Sessions,
  service: string,
  alone: boolean,
  work: (place: Place) => Promise<T>,
): Promise<T> {
  let restore: RunningRestore | undefined;
  let mark: UnfinishedRestore | undefined;
  let before: UnfinishedRestore | undefined;
  let letGo = () => {};
  try {
    return await work({
      hold: (...newcomer) => {
        letGo = hold(...newcomer);
        return letGo;
      },
      begins: async (account) => {
        before = restoreMark.read();
        mark = { account, service };
        await restoreMark.write(mark);
      },
      begun: async () => {
        restore = restores.begin(alone);
      },
      restore: () => restore,
    });
  } catch (error) {
    if (mark !== undefined && restore === undefined && hasMadeNothing(error)) await restoreMark.takeBack(mark, before);
    throw error;
  } finally {
    letGo();
    if (restore !== undefined) restores.end(restore);
  }
}

async function lostShares({ account }: Unlocked, { shares }: RestoredAccount) {
  const titles = await titlesOf(
    account,
    shares.map(({ vault, item }) => ({ vaultId: vault, itemId: item })),
  );
  return shares.map(({ vault, item, expiresAt }) => {
    const title = titles.get(`${vault} ${item}`);
    return { vaultId: vault, itemId: item, expiresAt, ...(title === undefined ? {} : { title }) };
  });
}

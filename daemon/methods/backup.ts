// accounts.backup, accounts.openRestore, accounts.restore: everything sealed in one file, and back. The password is the
// proof; the file leaves and comes in chunks through a handle of the connection.
import { writeBackup } from "../../clients/account/backup.ts";
import { lineBytes, readThrough } from "../../clients/account/backup-lines.ts";
import { type Restored, restoreBackup } from "../../clients/account/restore.ts";
import type { ParamsOf, ResultOf } from "../../protocol/catalogue.ts";
import { newId } from "../../protocol/crypto/encoding.ts";
import { formatSecretKey, parseSecretKey } from "../../protocol/crypto/secret-key.ts";
import { PosternError } from "../../protocol/errors.ts";
import { limits } from "../../protocol/limits.ts";
import type { AuditLog } from "../audit/log.ts";
import type { Call } from "../call/call.ts";
import type { Connection } from "../call/connection.ts";
import { actorOf, entryOf } from "../call/log-entry.ts";
import type { Sodium } from "../host/sodium.ts";
import { deviceName, nameDevice } from "../session/device-names.ts";
import type { Sessions } from "../session/sessions.ts";
import type { TokenSessions } from "../session/token-sessions.ts";
import { repeatCounter, type Unlocked } from "../session/unlocked.ts";
import { BACKUP_HANDLE_BYTES } from "../transfer/handle-bytes.ts";
import type { Handles } from "../transfer/handles.ts";
import { createSpools } from "../transfer/spool.ts";
import type { Handlers } from "../wire/dispatch.ts";
import { emptyAccount } from "./empty-account.ts";
import { titlesOf } from "./shares.ts";

type BackupHandlers = Pick<
  Handlers,
  "accounts.backup" | "accounts.openRestore" | "accounts.inspectBackup" | "accounts.restore"
>;

export type BackupParts = {
  readonly home: string;
  readonly crypto: Sodium;
  readonly sessions: Sessions;
  readonly tokens: Pick<TokenSessions, "lock">;
  readonly handles: Handles;
  readonly now: () => number;
};

export function backupMethods(parts: BackupParts): BackupHandlers {
  const { home, crypto, sessions, handles, now } = parts;
  /**
   * Each keeps keys in guarded memory, so a connection has one under way, which ends with it. Not the agent: then a program
   * without a grant, and a service that never answers, would shut the person out.
   */
  const restoring = new WeakSet<Connection>();
  const spools = createSpools(home);

  return {
    "accounts.backup": async ({ account, password }, call) => {
      const session = sessions.open(account);
      const { file, unlocked, audit } = session;
      await proven(call, () => sessions.provePassword(session, password), audit);
      const lines = writeBackup(crypto, { account: file.account, user: file.user }, unlocked.signedIn, new Date(now()));
      const holds = () => sessions.open(file.account).unlocked === unlocked;
      const handle = handles.add(call, {
        kind: "read",
        unlocked,
        holds,
        stream: { next: chunksOf(lines) },
        bytes: BACKUP_HANDLE_BYTES,
      });
      audit.keep(entryOf(call, "ok", [file.account]));
      return { handle };
    },

    "accounts.openRestore": ({ replaceEmpty }, call) => {
      if (replaceEmpty !== true) demandNone(sessions);
      const spool = spools.create(call.connection.subject.family);
      return { handle: handles.add(call, { kind: "restore", holds: () => true, spool }) };
    },

    "accounts.inspectBackup": ({ handle }, call) => {
      const opened = handles.demand(call, handle, "restore");
      return handles.alone(opened, async () => {
        const { header, serviceAccounts, shares } = await readThrough(crypto, opened.spool.source);
        return { account: header.account, madeAt: header.madeAt, serviceAccounts, shares: shares.length };
      });
    },

    "accounts.restore": async (params, call) => {
      const { connection } = call;
      if (restoring.has(connection)) throw new PosternError("busy", "one restore at a time on a connection");
      restoring.add(connection);
      try {
        return await restore(parts, params, call);
      } finally {
        restoring.delete(connection);
      }
    },
  };
}

function demandNone(sessions: Sessions): void {
  if (sessions.list().length > 0) throw new PosternError("accountExists");
}

async function restore(
  { crypto, sessions, tokens, handles }: BackupParts,
  params: ParamsOf<"accounts.restore">,
  call: Call,
): Promise<ResultOf<"accounts.restore">> {
  const replaced = params.replacePassword === undefined ? undefined : emptyAccount(sessions, tokens, call);
  if (replaced === undefined) demandNone(sessions);
  const handle = handles.demand(call, params.handle, "restore");
  const secretKey = parseSecretKey(crypto, params.secretKey);
  if (secretKey === undefined)
    throw new PosternError("invalidParams", "secretKey is not a Secret Key; check it against the emergency kit");
  const address = await sessions.addressOf(params.service ?? "embedded");
  const service = params.service === undefined ? "embedded" : address.origin;
  const device = newId(crypto);
  const called = deviceName(params.deviceName);
  await replaced?.demand(params.replacePassword ?? "");
  const { restoreMark } = sessions;
  const before = restoreMark.read();
  const restored = await handles.alone(handle, async () =>
    restoreBackup(crypto, await sessions.callTo(service), address, {
      source: handle.spool.source,
      password: params.password,
      secretKey,
      device,
      signal: call.signal(),
      begins: (account) => restoreMark.write({ account, service }),
      begun: async () => replaced?.remove(params.replacePassword ?? ""),
      ...(params.registrationToken === undefined ? {} : { registrationToken: params.registrationToken }),
    })
      .catch((error: unknown) => {
        // The service took nothing from us, so there is nothing to go on with.
        const nothingMade = error instanceof PosternError && NOT_BEGUN.includes(error.name);
        if (nothingMade && before === undefined) restoreMark.clear();
        throw error;
      })
      .finally(() => {
        if (!call.signal().aborted) return;
        // Whoever asked has gone, or thought better of it: what their connection's end left to this is let go now.
        handle.spool.drop();
        handles.remove(call, params.handle);
      }),
  );
  handles.remove(call, params.handle);
  const { account, user, name } = restored;
  const session = await sessions.add({
    account,
    user,
    device,
    name,
    service,
    secretKey: formatSecretKey(crypto, secretKey),
    wrongPasswords: 0,
    lastWrongMs: 0,
  });
  const unlocked = await sessions.unlock(session, params.password, actorOf(call));
  // A log that the account left here is taken up with its store; who was here before approves nothing now.
  await unlocked.store.change((state) => ({ ...state, pin: undefined, wrongPinsToTell: 0 }));
  await repeatCounter(unlocked, device);
  await nameDevice(unlocked, device, called);
  session.audit.keep(entryOf(call, "ok", [account]));
  const serviceAccounts = restored.serviceAccounts.map((one) => ({ ...one }));
  return { account, name, serviceAccounts, shares: await lostShares(unlocked, restored) };
}

/** Errors that end a restore before the service has anything of it. */
const NOT_BEGUN: readonly string[] = ["conflict", "notPermitted", "serviceRefused"];

async function lostShares({ account }: Unlocked, { shares }: Restored) {
  const titles = await titlesOf(account, shares);
  return shares.map(({ vault, item, expiresAt }) => {
    const title = titles.get(`${vault} ${item}`);
    return { vaultId: vault, itemId: item, expiresAt, ...(title === undefined ? {} : { title }) };
  });
}

async function proven(call: Call, prove: () => Promise<void>, audit: Pick<AuditLog, "keep">): Promise<void> {
  try {
    await prove();
  } catch (error) {
    if (error instanceof PosternError) audit.keep({ ...entryOf(call, error.name, []), event: "proof.password" });
    throw error;
  }
}

/** Lines as chunks of at most 1 MiB. */
function chunksOf(lines: AsyncGenerator<string>): () => Promise<{ chunk: Uint8Array; final: boolean }> {
  let held: Uint8Array = new Uint8Array();
  let ended = false;
  return async () => {
    while (!ended && held.length <= limits.chunkBytes) {
      const { value, done } = await lines.next();
      if (done === true) ended = true;
      else held = joined(held, lineBytes(value));
    }
    const chunk = held.subarray(0, limits.chunkBytes);
    held = held.subarray(limits.chunkBytes);
    return { chunk, final: ended && held.length === 0 };
  };
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

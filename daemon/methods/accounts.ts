// accounts.*, devices.*, session.*: shows, changes, opens, locks and removes an account of this agent.

import { PosternError } from "../../protocol/errors.ts";
import { accessOf, type Call } from "../call/call.ts";
import { actorOf, entryOf, trierOf } from "../call/log-entry.ts";
import type { Sodium } from "../host/sodium.ts";
import { approversOf, setApprovers } from "../session/approver-order.ts";
import { deviceName, nameDevice } from "../session/device-names.ts";
import type { DeviceState } from "../session/device-store.ts";
import { idleLockOf, setIdleLock, widens } from "../session/idle.ts";
import { logDaysOf, setLogDays } from "../session/log-days.ts";
import { givePassword, hasDevice, listDevices, removeDevice } from "../session/own-account.ts";
import { demandUnguessed, setPin } from "../session/pin.ts";
import type { UnlockedSession } from "../session/session.ts";
import type { Sessions } from "../session/sessions.ts";
import type { TokenSessions } from "../session/token-sessions.ts";
import { repeatCounter, type Unlocked } from "../session/unlocked.ts";
import type { Handlers } from "../wire/dispatch.ts";
import { provenAccount } from "./proven.ts";
import { toldAtUnlock } from "./told-at-unlock.ts";

type AccountMethod =
  | "accounts.list"
  | "accounts.remove"
  | "accounts.changePassword"
  | "accounts.setPin"
  | "accounts.setIdleLock"
  | "accounts.setApprovers"
  | "accounts.setLogDays"
  | "accounts.kit"
  | "devices.list"
  | "devices.rename"
  | "devices.remove"
  | "session.unlock"
  | "session.lock";
type AccountHandlers = Pick<Handlers, AccountMethod>;

export function accountMethods(crypto: Sodium, sessions: Sessions, tokens: TokenSessions): AccountHandlers {
  const proven = (params: { account?: string; password: string }, call: Call) => provenAccount(sessions, params, call);

  return {
    "accounts.list": (_params, call) => {
      const { session, byToken } = accessOf(call);
      const { file, unlocked, audit } = session;
      audit.read(entryOf(call, "ok", []));
      // A right to one account shows no other account. A token has an account of its own.
      const one = byToken || sessions.list().length === 1;
      return {
        accounts: [
          {
            account: file.account,
            user: file.user,
            name: file.name,
            service: file.service,
            state: unlocked === undefined ? "locked" : "unlocked",
            ...(unlocked === undefined || byToken ? {} : settingsOf(unlocked.store.state)),
            ...(one ? {} : { default: sessions.default()?.file.account === file.account }),
          },
        ],
      };
    },

    "accounts.remove": async ({ account, password, withLog = false }, call) => {
      const session = sessions.pick(account);
      const by = actorOf(call);
      const { account: id, device } = session.file;
      const deviceRemoved = await sessions.remove(session, password, trierOf(call), withLog);
      await tokens.lock(id, by);
      return { account: id, device, deviceRemoved, logKept: !withLog };
    },

    "accounts.changePassword": async (params, call) => {
      const session = await proven(params, call);
      await givePassword(crypto, session, params.newPassword);
      session.audit.keep(entryOf(call, "ok", [session.file.account]));
      await sessions.unlockCopies.renewSeed(session);
      return {};
    },

    "accounts.setPin": async (params, call) => {
      const { file } = await proven(params, call);
      await demandUnguessed(params.pin, [file.name]);
      // A lock may have come meanwhile.
      const { unlocked, audit } = sessions.open(params.account);
      await setPin(crypto, unlocked.store, params.pin);
      await repeatCounter(unlocked, file.device);
      audit.keep(entryOf(call, params.pin === undefined ? "taken away" : "set", [file.account]));
      return {};
    },

    "accounts.setIdleLock": async (params, call) => {
      const { idleLock, password } = params;
      const session = sessions.open(params.account);
      sessions.demandHeard(idleLock);
      if (password !== undefined) await proven({ ...params, password }, call);
      else if (widens(idleLock, session.unlocked.store.state)) throw widening();
      // A lock may have come right after the proof.
      const { unlocked, file, audit } = sessions.open(params.account);
      if (!(await setIdleLock(unlocked.store, idleLock))) return {};
      audit.keep(entryOf(call, idleLock, [file.account]));
      await repeatLater(unlocked, file.device);
      return {};
    },

    "accounts.setApprovers": async (params, call) => {
      const { approvers } = params;
      if (new Set(approvers).size < approvers.length)
        throw new PosternError("invalidParams", "approvers must name each way once");
      const { unlocked, file, audit } = await proven(params, call);
      if (!(await setApprovers(unlocked.store, approvers))) return {};
      audit.keep(entryOf(call, approvers.join(" ") || "off", [file.account]));
      await repeatLater(unlocked, file.device);
      return {};
    },

    "accounts.setLogDays": async (params, call) => {
      const { logDays } = params;
      const { unlocked, file, audit } = await proven(params, call);
      if (!(await setLogDays(unlocked.store, logDays))) return {};
      // Recorded before any file goes.
      audit.keep(entryOf(call, `${logDays} days`, [file.account]));
      audit.keepFor(logDays);
      await repeatLater(unlocked, file.device);
      return {};
    },

    "accounts.kit": async (params, call) => {
      const { file, audit } = await proven(params, call);
      audit.keep(entryOf(call, "ok", [file.account]));
      return {
        account: file.account,
        user: file.user,
        name: file.name,
        service: file.service,
        secretKey: file.secretKey,
      };
    },

    "devices.list": async (params, call) => {
      const session = await proven(params, call);
      const devices = await listDevices(crypto, session);
      session.audit.read(entryOf(call, "ok", []));
      return { devices };
    },

    "devices.rename": async (params, call) => {
      const name = deviceName(params.name);
      const { unlocked, audit } = await proven(params, call);
      if (!(await hasDevice(unlocked, params.device))) throw new PosternError("deviceNotFound");
      await nameDevice(unlocked, params.device, name);
      audit.keep(entryOf(call, "ok", [params.device], [name]));
      return { device: params.device, name };
    },

    "devices.remove": async (params, call) => {
      const { unlocked, audit } = await proven(params, call);
      await removeDevice(unlocked, params.device);
      audit.keep(entryOf(call, "ok", [params.device]));
      return {};
    },

    "session.unlock": async ({ account, password }, call) => {
      const session = sessions.pick(account);
      const wrongPasswordTries = session.file.wrongPasswords;
      const unlocked = await sessions.unlock(session, password, trierOf(call));
      return toldAtUnlock(sessions, session as UnlockedSession, unlocked, wrongPasswordTries);
    },

    "session.lock": async ({ account }, call) => {
      const by = actorOf(call);
      const chosen = account === undefined ? undefined : sessions.pick(account).file.account;
      // Begun before the lock, which wipes the key of the store.
      const ended = sessions.endApplications(account);
      const recorded = await Promise.all([ended, sessions.lock(account, by), tokens.lock(chosen, by)]);
      return recorded.every(Boolean) ? {} : { unrecorded: true };
    },
  };
}

const widening = () =>
  new PosternError("proofRequired", undefined, {
    text: "a longer idle lock needs the account password",
    hint: "run this in a terminal, or give the password by --password-fd",
  });

const settingsOf = (state: DeviceState) => ({
  idleLock: idleLockOf(state),
  approvers: [...approversOf(state)],
  logDays: logDaysOf(state),
});

/** If the service cannot take the counter now, the next anchor repeats it. A setting counts all the same. */
async function repeatLater(unlocked: Unlocked, device: string): Promise<void> {
  await repeatCounter(unlocked, device).catch((error: unknown) => {
    if (!(error instanceof PosternError)) throw error;
  });
}

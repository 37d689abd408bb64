// accounts.*, devices.*, session.*: making, bringing, opening and closing an account.

import { newId } from "../../protocol/crypto/encoding.ts";
import { formatSecretKey, newSecretKey, parseSecretKey } from "../../protocol/crypto/secret-key.ts";
import { PosternError } from "../../protocol/errors.ts";
import { accessOf, type Call } from "../call/call.ts";
import { actorOf, entryOf } from "../call/log-entry.ts";
import type { Sodium } from "../host/sodium.ts";
import type { AccountFile } from "../session/account-file.ts";
import type { AccountSession } from "../session/account-session.ts";
import { deviceName, nameDevice } from "../session/device-names.ts";
import { enrolAt, givePassword, hasDevice, listDevices, makeFirstVault, removeDevice } from "../session/own-account.ts";
import { setPin } from "../session/pin.ts";
import { demandNoRestore } from "../session/restore-mark.ts";
import type { UnlockedSession } from "../session/session.ts";
import type { Sessions } from "../session/sessions.ts";
import type { TokenSessions } from "../session/token-sessions.ts";
import { repeatCounter } from "../session/unlocked.ts";
import type { Handlers } from "../wire/dispatch.ts";

type AccountMethod =
  | "accounts.create"
  | "accounts.serviceInfo"
  | "accounts.signIn"
  | "accounts.list"
  | "accounts.remove"
  | "accounts.changePassword"
  | "accounts.setPin"
  | "accounts.kit"
  | "devices.list"
  | "devices.rename"
  | "devices.remove"
  | "session.unlock"
  | "session.lock";
type AccountHandlers = Pick<Handlers, AccountMethod>;

export function accountMethods(crypto: Sodium, sessions: Sessions, tokens: TokenSessions): AccountHandlers {
  /** The account, once the caller has shown its password. */
  async function proven(params: { account?: string; password: string }, call: Call): Promise<UnlockedSession> {
    const session = sessions.open(params.account);
    try {
      await sessions.provePassword(session, params.password);
    } catch (error) {
      if (error instanceof PosternError)
        session.audit.keep({ ...entryOf(call, error.name, []), event: "proof.password" });
      throw error;
    }
    // A lock may have come right behind the proof.
    return sessions.open(params.account);
  }

  return {
    "accounts.create": async (params, call) => {
      if (sessions.list().length > 0) throw new PosternError("accountExists");
      sessions.restores.demandPlace();
      demandNoRestore(sessions.restoreMark, params.abandonRestore === true ? { abandonRestore: true } : {});
      const name = deviceName(params.deviceName);
      const address = await sessions.addressOf(params.service ?? "embedded");
      const service = params.service === undefined ? "embedded" : address.origin;
      const secretKey = newSecretKey(crypto);
      const ids = { account: newId(crypto), user: newId(crypto), device: newId(crypto) };
      const text = formatSecretKey(crypto, secretKey);
      await enrolAt(crypto, sessions, service, {
        ...ids,
        secretKey,
        password: params.password,
        name: params.name,
        ...(params.registrationToken === undefined ? {} : { registrationToken: params.registrationToken }),
      });
      crypto.release(secretKey);
      const session = await sessions.add({
        ...ids,
        name: params.name,
        service,
        secretKey: text,
        wrongPasswords: 0,
        lastWrongMs: 0,
      });
      const unlocked = await sessions.unlock(session, params.password, actorOf(call));
      await makeFirstVault(unlocked);
      if (params.pin !== undefined) await setPin(crypto, unlocked.store, params.pin);
      await repeatCounter(unlocked, ids.device);
      await nameDevice(unlocked, ids.device, name);
      session.audit.keep(entryOf(call, "ok", [ids.account]));
      return { account: ids.account, user: ids.user, name: params.name, service, secretKey: text };
    },

    "accounts.serviceInfo": async ({ service, registrationToken }) => {
      // Of no use with an account; and what others have no use for, nobody can have the agent call.
      if (sessions.list().length > 0) throw new PosternError("accountExists");
      const { origin } = await sessions.addressOf(service);
      const asked = registrationToken === undefined ? {} : { registrationToken };
      const { registration } = await (await sessions.callTo(service))("service.info", asked);
      return { origin, registration };
    },

    "accounts.signIn": async (params, call) => {
      if (sessions.list().length > 0) throw new PosternError("accountExists");
      sessions.restores.demandPlace();
      demandNoRestore(sessions.restoreMark, params);
      const name = deviceName(params.deviceName);
      const secretKey = parseSecretKey(crypto, params.secretKey);
      if (secretKey === undefined)
        throw new PosternError("invalidParams", "secretKey is not a Secret Key; check it against the emergency kit");
      const address = await sessions.addressOf(params.service ?? "embedded");
      const file: AccountFile = {
        account: params.account,
        user: params.user,
        device: newId(crypto),
        name: params.account,
        service: params.service === undefined ? "embedded" : address.origin,
        secretKey: formatSecretKey(crypto, secretKey),
        wrongPasswords: 0,
        lastWrongMs: 0,
      };
      const session = await sessions.bring(file, params.password, actorOf(call));
      if (params.pin !== undefined) await setPin(crypto, session.unlocked.store, params.pin);
      await repeatCounter(session.unlocked, file.device);
      await nameDevice(session.unlocked, file.device, name);
      session.audit.keep(entryOf(call, "ok", [file.account]));
      return { account: file.account, name: session.file.name };
    },

    "accounts.list": (_params, call) => {
      const { session, byToken } = accessOf(call);
      session.audit.read(entryOf(call, "ok", []));
      // A token knows of its own account alone.
      const shown: readonly AccountSession[] = byToken ? [session] : sessions.list();
      return {
        accounts: shown.map(({ file, unlocked }) => ({
          account: file.account,
          user: file.user,
          name: file.name,
          service: file.service,
          state: unlocked === undefined ? "locked" : "unlocked",
        })),
      };
    },

    "accounts.remove": async ({ account, password, withLog = false }, call) => {
      const session = sessions.pick(account);
      const by = actorOf(call);
      const { account: id, device } = session.file;
      const deviceRemoved = await sessions.remove(session, password, by, withLog);
      await tokens.lock(id, by);
      return { account: id, device, deviceRemoved, logKept: !withLog };
    },

    "accounts.changePassword": async (params, call) => {
      const session = await proven(params, call);
      await givePassword(crypto, session, params.newPassword);
      session.audit.keep(entryOf(call, "ok", [session.file.account]));
      return {};
    },

    "accounts.setPin": async (params, call) => {
      const { unlocked, file, audit } = await proven(params, call);
      await setPin(crypto, unlocked.store, params.pin);
      await repeatCounter(unlocked, file.device);
      audit.keep(entryOf(call, params.pin === undefined ? "taken away" : "set", [file.account]));
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
      const unlocked = await sessions.unlock(session, password, actorOf(call));
      const wrongPinTries = unlocked.store.state.wrongPinsToTell;
      if (wrongPinTries > 0) await unlocked.store.change((state) => ({ ...state, wrongPinsToTell: 0 }));
      return { account: session.file.account, wrongPinTries, wrongPasswordTries, warnings: [...unlocked.warnings] };
    },

    "session.lock": async ({ account }, call) => {
      const by = actorOf(call);
      const chosen = account === undefined ? undefined : sessions.pick(account).file.account;
      const recorded = await Promise.all([sessions.lock(account, by), tokens.lock(chosen, by)]);
      return recorded.every(Boolean) ? {} : { unrecorded: true };
    },
  };
}

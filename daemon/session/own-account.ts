// Parts that only our own kind of account has: changing the password, the first vault, devices. Another kind has its own ways, or none.
import type { CallService } from "../../clients/account/service-client.ts";
import { changePassword, enrol } from "../../clients/account/user-keys.ts";
import type { ResultOf } from "../../protocol/catalogue.ts";
import type { UserKeys } from "../../protocol/crypto/derivation.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import type { AccountFile } from "./account-file.ts";
import { deviceNames, forgetDevice } from "./device-names.ts";
import type { UnlockedSession } from "./session.ts";
import type { Unlocked } from "./unlocked.ts";
import { userOnDevice } from "./unlocking.ts";

/** The first vault of a new account. */
const FIRST_VAULT = "Personal";

/** The secrets of the person who makes an account: its password, and the token that a service may ask for. */
export type Enrolment = { readonly password: string; readonly registrationToken: string | undefined };

/** Makes an account at its service. Returns the keys of its password, which the caller wipes. Throws conflict, notPermitted, offline. */
export async function enrolAt(
  crypto: Primitives,
  call: CallService,
  file: AccountFile,
  { password, registrationToken }: Enrolment,
): Promise<UserKeys> {
  const user = userOnDevice(crypto, file);
  const registration = registrationToken === undefined ? {} : { registrationToken };
  try {
    return await enrol(crypto, call, { ...user, name: file.name, password, ...registration });
  } finally {
    crypto.release(user.secretKey);
  }
}

/** Makes the first vault of a new account. */
export async function makeFirstVault({ ownKind }: Unlocked): Promise<void> {
  await ownKind.createVault(FIRST_VAULT, "", "personal");
}

/** Gives the account another password. The caller has proven the old one. */
export async function givePassword(
  crypto: Primitives,
  { file, unlocked }: UnlockedSession,
  newPassword: string,
): Promise<void> {
  unlocked.sealedRootKey = await changePassword(crypto, unlocked.signedIn, {
    ...userOnDevice(crypto, file),
    newPassword,
  });
}

type Device = ResultOf<"devices.list">["devices"][number];

/** The devices of the account, with their known names. */
export async function listDevices(crypto: Primitives, { file, unlocked }: UnlockedSession): Promise<Device[]> {
  const { devices } = await unlocked.signedIn.session.call("devices.list", {});
  const names = await deviceNames(crypto, file, unlocked);
  return devices.map((device) => ({
    ...device,
    ...(names.has(device.device) ? { name: names.get(device.device) ?? "" } : {}),
    thisOne: device.device === file.device,
  }));
}

/** Whether the account has this device. */
export async function hasDevice({ signedIn }: Unlocked, wanted: string): Promise<boolean> {
  const { devices } = await signedIn.session.call("devices.list", {});
  return devices.some(({ device }) => device === wanted);
}

/** Takes a device off the account, with its name. Throws deviceNotFound. */
export async function removeDevice(unlocked: Unlocked, device: string): Promise<void> {
  await unlocked.signedIn.session.call("devices.remove", { device });
  await forgetDevice(unlocked, device);
}

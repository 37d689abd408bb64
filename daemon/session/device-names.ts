// The names of an account's devices. They are in the user's own sealed data, so the account service does not learn the names of a person's
// machines.
import { hostname } from "node:os";
import { openUserData } from "../../clients/account/user-data.ts";
import { DEVICE_NAME_LENGTH_MAX } from "../../protocol/catalogue/accounts.ts";
import { cleanText } from "../../protocol/clean-text.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { Whose } from "./account-file.ts";
import type { Unlocked } from "./unlocked.ts";

/** The stored form of a device name: the given name, or the name of this machine. Throws invalidParams. */
export function deviceName(given: string | undefined): string {
  const name = cut(given ?? hostname());
  if (name !== "") return name;
  if (given !== undefined) throw new PosternError("invalidParams", "the device's name has nothing that can be shown");
  return "this machine";
}

function cut(text: string): string {
  return [...cleanText(text).trim()].slice(0, DEVICE_NAME_LENGTH_MAX).join("").trim();
}

export async function nameDevice({ ownKind }: Unlocked, device: string, name: string): Promise<void> {
  await ownKind.changeUserData((data) => ({ ...data, deviceNames: { ...data.deviceNames, [device]: name } }));
}

/** Removes a device's name and the counter of its store. Both are useless without the device. */
export async function forgetDevice({ ownKind }: Pick<Unlocked, "ownKind">, device: string): Promise<void> {
  await ownKind.changeUserData((data) => {
    const { [device]: _name, ...deviceNames } = data.deviceNames ?? {};
    const { [device]: _counter, ...deviceCounters } = data.deviceCounters;
    return { ...data, deviceNames, deviceCounters };
  });
}

/** The present names at the service. Another device may have been added or renamed. */
export async function deviceNames(
  crypto: Primitives,
  { account, user }: Whose,
  { signedIn }: Unlocked,
): Promise<ReadonlyMap<string, string>> {
  const { data } = await signedIn.session.call("users.get", {});
  const names = openUserData(crypto, signedIn.rootKey, { account, user }, data).deviceNames ?? {};
  return new Map(Object.entries(names).map(([device, name]) => [device, cut(name)]));
}

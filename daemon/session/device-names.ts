// What the devices of an account are called. The names are in the user's own sealed data: the account service does not learn what
// a person's machines are called.
import { hostname } from "node:os";
import { openUserData } from "../../clients/account/user-data.ts";
import { DEVICE_NAME_LENGTH_MAX } from "../../protocol/catalogue/accounts.ts";
import { cleanText } from "../../protocol/clean-text.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { Whose } from "./account-file.ts";
import type { Unlocked } from "./unlocked.ts";

/** A name as it is kept, from what a person gave, or from the name of this machine. Throws invalidParams. */
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

/** Its name and the counter of its store: both are of no use without it. */
export async function forgetDevice({ ownKind }: Pick<Unlocked, "ownKind">, device: string): Promise<void> {
  await ownKind.changeUserData((data) => {
    const { [device]: _name, ...deviceNames } = data.deviceNames ?? {};
    const { [device]: _counter, ...deviceCounters } = data.deviceCounters;
    return { ...data, deviceNames, deviceCounters };
  });
}

/** The names as the service has them at this moment: another device may have come, or named one. */
export async function deviceNames(
  crypto: Primitives,
  { account, user }: Whose,
  { signedIn }: Unlocked,
): Promise<ReadonlyMap<string, string>> {
  const { data } = await signedIn.session.call("users.get", {});
  const names = openUserData(crypto, signedIn.rootKey, { account, user }, data).deviceNames ?? {};
  return new Map(Object.entries(names).map(([device, name]) => [device, cut(name)]));
}

// The file of an account on this device, readable before an unlock: the user, the service, the Secret Key, and the number of wrong passwords. Its
// mode is 0600. An unlock needs it and the account password, or it and the output of an authenticator.
import { join } from "node:path";
import { fromBase64, isId } from "../../protocol/crypto/encoding.ts";
import { accountFolder, accountsIn, ensureNamedFolder, readOurs } from "../host/data-folder.ts";
import { writeFileDurably } from "../host/private-files.ts";
import { StartRefused } from "../host/start-refused.ts";
import { demandKnownSuite } from "./device-suite.ts";

/**
 * A copy of the root key for one authenticator. The salt is what its extension `prf` is asked for. The public key checks its assertion while the account is
 * locked; whoever puts another one here has a copy that does not open. `credential` is base64url, the others are base64.
 */
export type UnlockCopy = {
  readonly credential: string;
  readonly publicKey: string;
  readonly salt: string;
  readonly secret: string;
  readonly rootKey: string;
};

/** What authenticators open, and the sign-in seed of the present password, sealed under the root key. */
export type KeyUnlock = { readonly signInSeed: string; readonly copies: readonly UnlockCopy[] };

/** One account on this device. */
export type AccountFile = {
  readonly account: string;
  readonly user: string;
  readonly device: string;
  readonly name: string;
  /** "embedded", or the service's origin. */
  readonly service: string;
  /** The Secret Key as text. */
  readonly secretKey: string;
  /** The service's store at the last sign-in. Missing in older files. */
  readonly store?: string;
  /** Its making was begun and was not answered yet. The next unlock does the rest. */
  readonly unfinished?: true;
  /** Wrong passwords since the last right one, and the time of the last one (milliseconds of the boot clock). */
  readonly wrongPasswords: number;
  readonly lastWrongMs: number;
  /** The wrong ones of single terminals, and the tries of the last hour that the delay of others spared. Missing in older files, and where there are none. */
  readonly terminals?: readonly { readonly terminal: string; readonly wrong: number; readonly lastMs: number }[];
  readonly spared?: readonly { readonly terminal: string; readonly sinceTicks: number; readonly ms: number }[];
  /** Missing where no authenticator unlocks the account. An older Postern keeps it as it is, and then the service may refuse the seed. */
  readonly keyUnlock?: KeyUnlock;
};

/** Bytes of an account file. Usual ones have about 400, and 700 more for each authenticator that unlocks. */
const FILE_BYTES_MAX = 32 * 1024;

/** The form of an account file. A change that an older Postern must not overwrite raises it. Older files without it have the first form. */
const FILE_VERSION = 1;

/** The accounts on this device. Throws StartRefused for a strange file, and does not treat it as missing. */
export function readAccounts(home: string): AccountFile[] {
  return accountsIn(home).flatMap((id) => {
    const folder = accountFolder(home, id);
    const content = readOurs(join(folder, "account.json"), FILE_BYTES_MAX);
    demandKnownSuite(join(folder, "device.sealed"));
    // The folder is made before the file. A crash in between leaves an account that was never acknowledged.
    return content === undefined ? [] : [parse(id, new TextDecoder().decode(content))];
  });
}

function parse(id: string, text: string): AccountFile {
  let version: unknown;
  let value: Partial<Record<keyof AccountFile, unknown>>;
  try {
    ({ version = FILE_VERSION, ...value } = (JSON.parse(text) ?? {}) as typeof value & { version?: unknown });
  } catch {
    // The parser's text would quote the file, which holds the Secret Key.
    throw damaged(id, "is not JSON");
  }
  if (!Number.isSafeInteger(version) || (version as number) < 1) throw damaged(id, "has a version that is none");
  if ((version as number) > FILE_VERSION) throw newer(`accounts/${id}/account.json`);
  const texts = [value.account, value.user, value.device, value.name, value.service, value.secretKey];
  const numbers = [value.wrongPasswords, value.lastWrongMs];
  const whole =
    texts.every((field) => typeof field === "string") && numbers.every((field) => Number.isSafeInteger(field));
  if (!whole) throw damaged(id, "lacks fields");
  if (value.store !== undefined && !isId(value.store as string)) throw damaged(id, "names a store that is no id");
  if (value.unfinished !== undefined && value.unfinished !== true)
    throw damaged(id, "says in an unknown way that it is unfinished");
  if (!isListOf(value.terminals, "wrong", "lastMs") || !isListOf(value.spared, "sinceTicks", "ms"))
    throw damaged(id, "has wrong tries in an unknown form");
  if (value.keyUnlock !== undefined && !isKeyUnlock(value.keyUnlock))
    throw damaged(id, "has unlock keys in an unknown form");
  const file = value as AccountFile;
  // Its folder is found by these ids. A changed file must not lead to another place.
  if (file.account !== id || !isId(file.user) || !isId(file.device))
    throw damaged(id, "names another account, or something that is no id");
  return file;
}

/** Whether it is missing, or a list of terminals with these numbers. */
function isListOf(value: unknown, ...numbers: readonly string[]): boolean {
  if (value === undefined) return true;
  return (
    Array.isArray(value) &&
    value.every((one: Record<string, unknown> | null) => {
      return typeof one?.terminal === "string" && numbers.every((name) => Number.isSafeInteger(one[name]));
    })
  );
}

function isKeyUnlock(value: unknown): boolean {
  const { signInSeed, copies } = (value ?? {}) as Partial<Record<keyof KeyUnlock, unknown>>;
  return isBase64(signInSeed) && Array.isArray(copies) && copies.every(isCopy);
}

function isCopy(value: unknown): boolean {
  const { credential, publicKey, salt, secret, rootKey } = (value ?? {}) as Partial<Record<keyof UnlockCopy, unknown>>;
  return typeof credential === "string" && [publicKey, salt, secret, rootKey].every(isBase64);
}

const isBase64 = (text: unknown) => typeof text === "string" && fromBase64(text) !== undefined;

function newer(name: string): StartRefused {
  return new StartRefused(
    `a newer Postern wrote the file ${name}, and this one would take something away from it`,
    "update Postern; nothing was changed",
  );
}

function damaged(id: string, how: string): StartRefused {
  return new StartRefused(
    `the file accounts/${id}/account.json ${how}`,
    "put it back from a copy, or move its folder away and sign in again with the emergency kit",
  );
}

/** Writes an account's file durably. */
export async function writeAccount(home: string, file: AccountFile): Promise<void> {
  const folder = accountFolder(home, file.account);
  ensureNamedFolder(folder);
  await writeFileDurably(
    join(folder, "account.json"),
    Buffer.from(`${JSON.stringify({ version: FILE_VERSION, ...file })}\n`),
  );
}

/** The user, the device and the service of the keys. */
export type Whose = Pick<AccountFile, "account" | "user" | "device" | "name" | "service">;

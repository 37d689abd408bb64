// What this device knows of an account before it is unlocked: who, where, the Secret Key, and how many wrong passwords
// were tried. Mode 0600; with the account password it is all an unlock needs.
import { readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isId } from "../protocol/crypto/encoding.ts";
import { PosternError } from "../protocol/errors.ts";
import { ensurePrivateFolder, writeFileDurably } from "./files.ts";

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
  /** Wrong passwords since the last right one, and when the last was tried (milliseconds of the boot clock). */
  readonly wrongPasswords: number;
  readonly lastWrongMs: number;
};

/** Bytes of an account file; ours have about 400. */
const FILE_BYTES_MAX = 16 * 1024;

/** The folder of one account: its file, device store and audit log. */
export function accountFolder(home: string, account: string): string {
  return join(home, "accounts", account);
}

/** The accounts on this device. Throws internal when a file is not ours, rather than act as if it were not there. */
export function readAccounts(home: string): AccountFile[] {
  const folder = join(home, "accounts");
  ensurePrivateFolder(folder);
  return readdirSync(folder)
    .filter(isId)
    .flatMap((id) => {
      const file = readAccount(join(folder, id, "account.json"));
      return file === undefined ? [] : [file];
    });
}

function readAccount(path: string): AccountFile | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    // The folder is made before the file: a crash between the two leaves an account that was never acknowledged.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  if (text.length > FILE_BYTES_MAX) throw new PosternError("internal", "an account file is too large");
  return parse(text);
}

function parse(text: string): AccountFile {
  let value: Partial<Record<keyof AccountFile, unknown>>;
  try {
    value = JSON.parse(text) as typeof value;
  } catch {
    // The parser's own text would quote the file, and the file holds the Secret Key.
    throw new PosternError("internal", "an account file is not JSON");
  }
  const texts = [value.account, value.user, value.device, value.name, value.service, value.secretKey];
  const numbers = [value.wrongPasswords, value.lastWrongMs];
  const whole =
    texts.every((field) => typeof field === "string") && numbers.every((field) => Number.isSafeInteger(field));
  if (!whole) throw new PosternError("internal", "an account file lacks fields");
  return value as AccountFile;
}

/** Ends the name of an account's folder that is being removed: it is no account any more, wherever a crash comes between. */
const REMOVED = ".removed";

/** Removes what this device keeps of an account. */
export function removeAccount(home: string, account: string): void {
  const folder = accountFolder(home, account);
  rmSync(folder + REMOVED, { recursive: true, force: true });
  renameSync(folder, folder + REMOVED);
  rmSync(folder + REMOVED, { recursive: true, force: true });
}

/** Removes what a crash in the middle of a removal left. To be called by the only instance. */
export function finishRemovals(home: string): void {
  const folder = join(home, "accounts");
  for (const name of readdirSync(folder))
    if (name.endsWith(REMOVED)) rmSync(join(folder, name), { recursive: true, force: true });
}

/** Writes an account's file durably. */
export async function writeAccount(home: string, file: AccountFile): Promise<void> {
  const folder = accountFolder(home, file.account);
  ensurePrivateFolder(folder);
  await writeFileDurably(join(folder, "account.json"), Buffer.from(`${JSON.stringify(file)}\n`));
}

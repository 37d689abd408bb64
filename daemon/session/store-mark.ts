// The service's store at a token's last sign-in, kept beside the token's log. A service that refuses the token later, with another store, has not
// revoked it. The mark is no secret, since the service tells everybody. A process that changes the file only changes which of two refusals
// is shown.
import { join } from "node:path";
import { isId } from "../../protocol/crypto/encoding.ts";
import { PosternError } from "../../protocol/errors.ts";
import { readOurs } from "../host/data-folder.ts";
import { writeFileDurably } from "../host/private-files.ts";
import { StartRefused } from "../host/start-refused.ts";

const NAME = "store";

/** Bytes of the file: an id. */
const MARK_BYTES_MAX = 26;

/** Undefined where there is no mark, or a strange file. */
export function readStoreMark(folder: string): string | undefined {
  try {
    const text = new TextDecoder().decode(readOurs(join(folder, NAME), MARK_BYTES_MAX));
    return isId(text) ? text : undefined;
  } catch (error) {
    if (error instanceof StartRefused) return undefined;
    throw error;
  }
}

export async function writeStoreMark(folder: string, store: string | undefined): Promise<void> {
  if (store === undefined || readStoreMark(folder) === store) return;
  try {
    await writeFileDurably(join(folder, NAME), new TextEncoder().encode(store));
  } catch (error) {
    // On a full disk the token works all the same.
    if (!(error instanceof PosternError)) throw error;
  }
}

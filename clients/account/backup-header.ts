// Checks the sealed parts of a backup's first line before a person types the password. Otherwise a root key that was cut or garbled
// would look like a wrong password.
import { KEY_BYTES } from "../../protocol/crypto/derivation.ts";
import { fields, fromBase64, SUITE, toBase64 } from "../../protocol/crypto/encoding.ts";
import { envelopeSize } from "../../protocol/crypto/envelope.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { PosternError } from "../../protocol/errors.ts";
import { UPDATE } from "./backup-beginning.ts";
import type { UserRecord } from "./service-session.ts";

/** The digest of the first line. It finds accidents only: an attacker who changes the line can compute it again. */
export function headerDigest(crypto: Primitives, line: string): string {
  return toBase64(crypto.sha256(fields("postern/1 backup header", line)));
}

/** Throws notRestorable where the record was damaged. `isAsWritten` says that the line's digest is right, or unknown. */
export function demandWholeRecord({ rootKey, keyset, data }: UserRecord, isAsWritten: boolean): void {
  const suites = [
    envelopeSuite("record.rootKey", rootKey, envelopeSize(KEY_BYTES)),
    envelopeSuite("record.keyset.sealedPrivate", keyset.sealedPrivate, envelopeSize(2 * KEY_BYTES)),
    envelopeSuite("record.data.sealed", data.sealed),
  ];
  if (!isAsWritten) throw damaged("it is not as it was written");
  if (suites.some((suite) => suite !== SUITE))
    throw new PosternError("notRestorable", "it is sealed in a way that only a newer Postern knows", { hint: UPDATE });
}

/** Checks the first byte and the size of an envelope. Without `size`, any size is right. */
function envelopeSuite(name: string, sealed: string, size?: number): number | undefined {
  const bytes = fromBase64(sealed);
  if (bytes === undefined) throw damaged(`${name} is no base64`);
  const least = size ?? envelopeSize(0);
  if (bytes.length < least || (size !== undefined && bytes.length > size))
    throw damaged(`${name} has ${bytes.length} bytes instead of ${size === undefined ? `${least} or more` : size}`);
  return bytes[0];
}

function damaged(what: string): PosternError {
  return new PosternError("notRestorable", `it is damaged in line 1: ${what}`);
}

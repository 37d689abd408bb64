// A token in the outer form of the official SDKs' tokens: `ops_` and standard base64 without padding (RFC 4648, section 4) of a JSON object. Some
// programs insist on that form. Our token stands in a field of its own. The official fields are there, and random. Their sign-in address is under
// `.invalid` (RFC 2606), which no resolver finds. So an official core that reads such a token sends nothing to anybody.

/** The first characters of the official SDKs' tokens. */
export const OFFICIAL_PREFIX = "ops_";

/** Characters of a token in this form: the longest token of ours, the official fields, and a third more for base64. */
export const OFFICIAL_FORM_LENGTH_MAX = 4096;

const SIGN_IN_ADDRESS = "postern.invalid";

/** Letters of official ids, and of official Secret Keys. */
const ID_LETTERS = "abcdefghijklmnopqrstuvwxyz234567";
const ID_LENGTH = 26;
const KEY_LETTERS = "23456789ABCDEFGHJKLMNPQRSTVWXYZ";
const KEY_PARTS = [6, 6, 5, 5, 5, 5];

/** Bytes of an official key or secret, and of a salt. */
const KEY_BYTES = 32;
const SALT_BYTES = 16;

/** Puts our token into the official outer form. */
export function toOfficialForm(randomBytes: (size: number) => Uint8Array, token: string): string {
  const letters = (from: string, length: number) =>
    Array.from(randomBytes(length), (byte) => from[byte % from.length]).join("");
  const key = (size = KEY_BYTES) => randomBytes(size).toBase64({ alphabet: "base64url", omitPadding: true });
  const fields = {
    signInAddress: SIGN_IN_ADDRESS,
    userAuth: { method: "SRPg-4096", alg: "PBES2g-HS256", iterations: 650_000, salt: key(SALT_BYTES) },
    email: `${letters(ID_LETTERS, ID_LENGTH)}@${SIGN_IN_ADDRESS}`,
    srpX: randomBytes(KEY_BYTES).toHex(),
    muk: { alg: "A256GCM", ext: true, k: key(), key_ops: ["encrypt", "decrypt"], kty: "oct", kid: "mp" },
    secretKey: ["A3", ...KEY_PARTS.map((length) => letters(KEY_LETTERS, length))].join("-"),
    throttleSecret: { seed: randomBytes(KEY_BYTES).toHex(), uuid: letters(ID_LETTERS, ID_LENGTH) },
    deviceUuid: letters(ID_LETTERS, ID_LENGTH),
    postern: token,
  };
  return OFFICIAL_PREFIX + new TextEncoder().encode(JSON.stringify(fields)).toBase64({ omitPadding: true });
}

/** Our token in a text of the official form. Undefined where the text holds none, as a token of 1Password does not. */
export function fromOfficialForm(text: string): string | undefined {
  if (!text.startsWith(OFFICIAL_PREFIX) || text.length > OFFICIAL_FORM_LENGTH_MAX) return undefined;
  try {
    const bytes = Uint8Array.fromBase64(text.slice(OFFICIAL_PREFIX.length));
    const fields: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    const token = typeof fields === "object" && fields !== null && "postern" in fields ? fields.postern : undefined;
    return typeof token === "string" ? token : undefined;
  } catch {
    // No base64, no UTF-8 or no JSON. The parser's own text would quote the token.
    return undefined;
  }
}

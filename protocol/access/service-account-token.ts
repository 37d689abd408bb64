// The token of a service account as text: `postern_` and base64url (RFC 4648, section 5) of a JSON object. It names the service and
// the service account, and holds the secret that signs in. A person who has the text has everything that it opens.
import { isId } from "../crypto/encoding.ts";
import { TOKEN_SECRET_BYTES } from "../crypto/service-account.ts";
import { PosternError } from "../errors.ts";
import { fromOfficialForm, OFFICIAL_PREFIX } from "./official-form.ts";

/** Characters of a token: four ids, a secret and a URL of a few hundred characters, in base64. */
export const TOKEN_LENGTH_MAX = 2048;

const PREFIX = "postern_";
const VERSION = 1;

/** The content of a token. */
export type ServiceAccountToken = {
  /** "embedded", or the origin of the service. */
  readonly service: string;
  readonly account: string;
  readonly serviceAccount: string;
  readonly token: string;
  readonly secret: Uint8Array;
};

/** The text of a token. A program gets it once. */
export function formatToken({ service, account, serviceAccount, token, secret }: ServiceAccountToken): string {
  const said = { v: VERSION, service, account, serviceAccount, token, secret: secret.toBase64() };
  return PREFIX + new TextEncoder().encode(JSON.stringify(said)).toBase64({ alphabet: "base64url", omitPadding: true });
}

/** Reads a token, in our form or in the official outer form. Throws tokenInvalid, in the official words where they exist, and never with a part of the token. */
export function parseToken(given: string): ServiceAccountToken {
  const text = given.startsWith(OFFICIAL_PREFIX) ? fromOfficialForm(given) : given;
  if (text === undefined)
    throw new PosternError("tokenInvalid", " this is a token of 1Password; the agent opens accounts of Postern alone");
  if (!text.startsWith(PREFIX) || text.length > TOKEN_LENGTH_MAX)
    throw new PosternError("tokenInvalid", " service account token had invalid format");
  const said = jsonOf(text.slice(PREFIX.length));
  const { v, service, account, serviceAccount, token, secret } = said;
  const bytes = typeof secret === "string" ? decoded(secret, "base64") : undefined;
  const whole = v === VERSION && typeof service === "string" && [account, serviceAccount, token].every(isIdText);
  if (!whole || bytes?.length !== TOKEN_SECRET_BYTES) throw unreadable();
  return {
    service,
    account: account as string,
    serviceAccount: serviceAccount as string,
    token: token as string,
    secret: bytes,
  };
}

const isIdText = (value: unknown) => typeof value === "string" && isId(value);

function jsonOf(body: string): Record<string, unknown> {
  const bytes = decoded(body, "base64url");
  if (bytes === undefined)
    throw new PosternError(
      "tokenInvalid",
      " service account token base64 decoding failed, please create another token",
    );
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // The parser's own text would quote the token.
  }
  throw unreadable();
}

function decoded(text: string, alphabet: "base64" | "base64url"): Uint8Array | undefined {
  try {
    return Uint8Array.fromBase64(text, { alphabet, lastChunkHandling: "loose" });
  } catch {
    return undefined;
  }
}

function unreadable(): PosternError {
  return new PosternError("tokenInvalid", " service account deserialization failed, please create another token");
}

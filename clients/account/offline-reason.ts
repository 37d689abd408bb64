// Says why a service is not reached, where the reason is its certificate. It looks at OpenSSL's codes only: the text of an error of
// Node or OpenSSL may hold bytes that the other side sent.
import { PosternError } from "../../protocol/errors.ts";

const UNKNOWN_AUTHORITY = "an authority that this machine does not know has signed it";
const NAME_IT = "name the authority's certificate: --ca-file FILE, or NODE_EXTRA_CA_CERTS where the agent starts";

/** Codes of the X.509 checks (openssl-verification-options(1)), and of Node's own check of the name. */
const reasons: Readonly<Record<string, { why: string; hint: string }>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: { why: "it has signed itself", hint: NAME_IT },
  SELF_SIGNED_CERT_IN_CHAIN: { why: UNKNOWN_AUTHORITY, hint: NAME_IT },
  UNABLE_TO_GET_ISSUER_CERT: { why: UNKNOWN_AUTHORITY, hint: NAME_IT },
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: { why: UNKNOWN_AUTHORITY, hint: NAME_IT },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: { why: UNKNOWN_AUTHORITY, hint: NAME_IT },
  CERT_UNTRUSTED: { why: UNKNOWN_AUTHORITY, hint: NAME_IT },
  CERT_HAS_EXPIRED: {
    why: "it has expired",
    hint: "see that this machine's clock is right; else the service needs a new one",
  },
  CERT_NOT_YET_VALID: { why: "it is not valid yet", hint: "see that this machine's clock is right" },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    why: "it is for another name",
    hint: "use the name that the service has a certificate for",
  },
};

/** Codes for a server that speaks something else than https. */
const NO_TLS = ["ERR_SSL_WRONG_VERSION_NUMBER", "ERR_SSL_PACKET_LENGTH_TOO_LONG", "EPROTO"];

/** The error for a request that brought no answer. */
export function offlineFor(thrown: unknown): PosternError {
  const { code = "" } = ((thrown as Error | null)?.cause ?? {}) as { code?: string };
  const reason = Object.hasOwn(reasons, code) ? reasons[code] : undefined;
  if (reason !== undefined)
    return new PosternError("offline", `its certificate is not trusted: ${reason.why}`, {
      hint: reason.hint,
      cause: thrown,
    });
  if (NO_TLS.includes(code))
    return new PosternError("offline", "what answers there does not speak TLS", {
      hint: "see that the URL names the port of the proxy that speaks TLS for the service",
      cause: thrown,
    });
  return new PosternError("offline", undefined, { cause: thrown });
}

/** Codes for a connection that was never made. */
const NO_CONNECTION = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", ...NO_TLS];

/** Whether the service cannot have received a byte of the request. */
export function wasNeverReached(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as { code?: unknown };
    if (typeof code === "string" && (NO_CONNECTION.includes(code) || Object.hasOwn(reasons, code))) return true;
  }
  return false;
}

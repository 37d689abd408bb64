// Recipients of a share as people type them. This checks the form only; the sender of a mail finds out whether the address exists.
import { PosternError } from "../errors.ts";
import type { ValidRecipient } from "./item-share.ts";

/** A domain: labels of letters, digits and inner hyphens (RFC 1123, section 2.1), at least two, 253 characters at most. */
const DOMAIN = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;

/** The part before the @: dot-atoms (RFC 5322, section 3.2.3), 64 characters at most, in any script (RFC 6531). */
const LOCAL = /^(?=.{1,64}$)[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u;

/** Reads a recipient: an address with one @, or a domain. Throws invalidRecipient. */
export function recipientOf(text: string): ValidRecipient {
  const parts = text.trim().split("@");
  const [first = "", second] = parts;
  if (parts.length === 1 && DOMAIN.test(first)) return { type: "Domain", parameters: { domain: first } };
  if (parts.length === 2 && LOCAL.test(first) && DOMAIN.test(second ?? ""))
    return { type: "Email", parameters: { email: `${first}@${second}` } };
  throw new PosternError("invalidRecipient");
}

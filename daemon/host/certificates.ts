// Certificates in a file, and which of them are any. The command has a copy of this file: it may not import it.
import { X509Certificate } from "node:crypto";

/** PEM (RFC 7468), one behind the other, with whatever text between them. */
export const CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/** Whether a text of that form is one. */
export function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(text).raw.length > 0;
  } catch {
    // OpenSSL's own words would quote the file.
    return false;
  }
}

// Finds and checks the certificates in a file. The command has a copy of this file, since it may not import it.
import { X509Certificate } from "node:crypto";

/** PEM blocks (RFC 7468), one after another, with any text between them. */
export const CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/** Whether a PEM block is a valid certificate. */
export function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(text).raw.length > 0;
  } catch {
    // OpenSSL's text would quote the file.
    return false;
  }
}

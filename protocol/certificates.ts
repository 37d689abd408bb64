// Certificates as people hand them over: PEM (RFC 7468), one behind the other, with whatever text between them.

/** Bytes of a file of authorities: five times what all the world's public ones take. */
export const AUTHORITIES_BYTES_MAX = 1024 * 1024;

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/** The certificates of a text, each as PEM; what is in them is for whoever parses X.509. */
export function pemCertificates(text: string): string[] {
  return text.match(CERTIFICATE) ?? [];
}

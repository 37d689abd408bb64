// Further certificate authorities that a person has named, such as a company's own for an account service within it. They lie in the
// data folder, where `--ca-file` puts them. They decide which servers the agent talks to, and not what it believes: everything from a
// service is sealed and checked.
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { CERTIFICATE, isCertificate } from "./certificates.ts";
import { readOurs } from "./data-folder.ts";
import type { Log } from "./log.ts";

/** The file, beside the accounts. */
export const AUTHORITIES_FILE = "ca.pem";

/** Bytes of the file: twice the limit of `--ca-file`, since each certificate gets a line's end there. */
const FILE_BYTES_MAX = 2 * 1024 * 1024;

export type Authorities = {
  /** Reads the file. Returns whether its authorities changed. Throws StartRefused where the file is not private. */
  look(): boolean;
};

export function createAuthorities(home: string, log: Pick<Log, "note">): Authorities {
  let known = "";
  let brought: readonly string[] | undefined;
  return {
    look: () => {
      const bytes = readOurs(join(home, AUTHORITIES_FILE), FILE_BYTES_MAX);
      const text = bytes === undefined ? "" : Buffer.from(bytes).toString("latin1");
      if (text === known) return false;
      // `--ca-file` lets nothing else in; what a person has put there by hand may be none.
      const named = (text.match(CERTIFICATE) ?? []).filter(isCertificate);
      brought ??= getCACertificates("default");
      setDefaultCACertificates([...brought, ...named]);
      known = text;
      log.note("certificate authorities of ca.pem are trusted", { count: named.length });
      return true;
    },
  };
}

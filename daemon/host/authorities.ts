// Certificate authorities that a person has named beside those that Node brings: a company's own, for an account service within it.
// They lie in the data folder, where `--ca-file` puts them. They decide whom the agent speaks to, not what it believes: all that a
// service sends is sealed and checked.
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { CERTIFICATE, isCertificate } from "./certificates.ts";
import { readOurs } from "./data-folder.ts";
import type { Log } from "./log.ts";

/** Beside the accounts. */
export const AUTHORITIES_FILE = "ca.pem";

/** Bytes of the file: twice what `--ca-file` takes, since each certificate gets a line's end there. */
const FILE_BYTES_MAX = 2 * 1024 * 1024;

export type Authorities = {
  /** Looks at the file; whether it holds others than before. Throws StartRefused where it is not ours alone. */
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

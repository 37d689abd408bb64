// `--ca-file`: further certificate authorities for the agent, for an account service within a company. A copy lies in the agent's data
// folder. So an agent that any command starts later trusts them too.
import { lstatSync } from "node:fs";
import { join } from "node:path";
import { homeOf } from "../agent/where.ts";
import { CERTIFICATE, isCertificate } from "../generated-certificates.ts";
import { makeFolder } from "../generated-make-folder.ts";
import { UsageError } from "../terminal/exit-code.ts";
import { openOutFile } from "./out-file.ts";
import { readTextFile, type TextKind } from "./text-file.ts";

export const caFile = [
  "--ca-file <file>",
  "trust the certificate authorities in this PEM file for account services, from now on",
] as const;

export type CaFile = { readonly caFile?: string };

/** Bytes of a file of authorities. All public ones of the world need a fifth of that. */
export const AUTHORITIES_BYTES_MAX = 1024 * 1024;

const KIND: TextKind = {
  the: "the file of certificate authorities",
  one: "a file of certificate authorities",
  bytesMax: AUTHORITIES_BYTES_MAX,
  next: "name a PEM file: it has a line -----BEGIN CERTIFICATE-----",
};

/** Keeps the file for the agent of this home. Throws UsageError where it holds no certificate, and changes nothing then. */
export function keepAuthorities({ caFile: path }: CaFile): void {
  if (path === undefined) return;
  const certificates = readTextFile(path, KIND).match(CERTIFICATE) ?? [];
  if (certificates.length === 0) throw new UsageError(`--ca-file: ${path} holds no certificate`, KIND.next);
  certificates.forEach((certificate, index) => {
    if (!isCertificate(certificate))
      throw new UsageError(`--ca-file: certificate ${index + 1} of ${path} cannot be read`, "write it anew, as PEM");
  });
  const home = homeOf();
  makeFolder(home);
  const kept = join(home, "ca.pem");
  // Through a link this would overwrite another file, and the agent follows no link.
  if (lstatSync(kept, { throwIfNoEntry: false })?.isFile() === false)
    throw new UsageError(`${kept} is a link, or no file`, "move it out of the way; --ca-file then makes a file there");
  const file = openOutFile(kept, true);
  file.write(Buffer.from(`${certificates.join("\n")}\n`));
  file.done();
}

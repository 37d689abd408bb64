// The file policy.json as it lies there now. A person's editor writes it, and so can any other program of the user. So nothing in it counts by
// itself.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { POLICY_BYTES_MAX } from "../../protocol/policy.ts";
import { readOurs } from "../host/data-folder.ts";
import { StartRefused } from "../host/start-refused.ts";

export const policyPath = (home: string): string => join(home, "policy.json");

/** The content of the file with its hash in hex. `why` says what is wrong with what has its name. */
export type Found =
  | { readonly kind: "missing" }
  | { readonly kind: "unusable"; readonly why: string }
  | { readonly kind: "content"; readonly bytes: Uint8Array; readonly sha256: string };

/** Reads the file. It follows no link, waits for no pipe, and reads no more than a policy may have. */
export function readPolicyFile(home: string): Found {
  try {
    const bytes = readOurs(policyPath(home), POLICY_BYTES_MAX);
    return bytes === undefined ? { kind: "missing" } : { kind: "content", bytes, sha256: sha256Of(bytes) };
  } catch (error) {
    if (!(error instanceof StartRefused)) throw error;
    return { kind: "unusable", why: error.message };
  }
}

export const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

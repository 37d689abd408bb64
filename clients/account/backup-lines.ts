// The lines of a backup: JSON, closed by a MAC under a key that only the account's root key gives. Until the seal was
// checked, nothing in a line is believed.
import { subkey } from "../../protocol/crypto/derivation.ts";
import { fields, fromBase64, toBase64, utf8 } from "../../protocol/crypto/encoding.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { OperationResult } from "../../protocol/service-catalogue.ts";
import type { UserRecord } from "./service-session.ts";

export const FORMAT = "postern backup 1";

export type StoredVault = OperationResult<"vaults.list">["vaults"][number];
export type StoredGroup = OperationResult<"groups.list">["groups"][number];
type StoredItem = OperationResult<"items.get">;
type ServiceAccountNamed = OperationResult<"serviceAccounts.keys">["serviceAccounts"][number];

/** One line of a backup. The first is the header, the last the seal. */
export type Line =
  | {
      readonly kind: "header";
      readonly format: typeof FORMAT;
      readonly account: string;
      readonly user: string;
      readonly madeAt: string;
      readonly record: UserRecord;
    }
  | { readonly kind: "serviceAccount"; readonly keys: ServiceAccountNamed }
  | { readonly kind: "group"; readonly group: StoredGroup }
  | { readonly kind: "vault"; readonly vault: StoredVault }
  | ({ readonly kind: "chunk" } & Chunk)
  | { readonly kind: "item"; readonly vault: string; readonly item: StoredItem }
  | { readonly kind: "seal"; readonly lines: number; readonly mac: string };

/** One sealed chunk of a file, and where it belongs. */
export type Chunk = {
  readonly vault: string;
  readonly item: string;
  readonly file: string;
  readonly index: number;
  readonly sealed: string;
};

/** Lines of a backup, to be read as often as needed. */
export type BackupLines = () => AsyncIterable<string>;

/** What the MAC covers, line by line: a line left out, changed or moved gives another. */
function chained(p: Primitives, before: Uint8Array, line: string): Uint8Array {
  return p.sha256(fields("postern/1 backup line", before, line));
}

function macOf(p: Primitives, rootKey: Uint8Array, chain: Uint8Array): Uint8Array {
  const key = subkey(p, rootKey, "postern/1 backup");
  const mac = p.hmacSha256(key, chain);
  p.wipe(key);
  return mac;
}

/** Writes lines in the order they are asked for; the seal is the last. */
export function createLineWriter(
  p: Primitives,
  rootKey: Uint8Array,
): { line(line: Exclude<Line, { kind: "seal" }>): string; seal(): string } {
  let chain: Uint8Array = new Uint8Array(32);
  let lines = 0;
  return {
    line: (line) => {
      const written = JSON.stringify(line);
      chain = chained(p, chain, written);
      lines++;
      return written;
    },
    seal: () => JSON.stringify({ kind: "seal", lines, mac: toBase64(macOf(p, rootKey, chain)) } satisfies Line),
  };
}

/** The first line. Throws notRestorable where it is none of a backup. */
export async function headerOf(lines: BackupLines): Promise<Extract<Line, { kind: "header" }>> {
  for await (const text of lines()) {
    const line = parseLine(text);
    if (line.kind !== "header" || line.format !== FORMAT) break;
    return line;
  }
  throw new PosternError("notRestorable", "it is no backup of a Postern account");
}

export function parseLine(text: string): Line {
  try {
    return JSON.parse(text) as Line;
  } catch {
    throw new PosternError("notRestorable", "a line is no JSON");
  }
}

/** Throws notRestorable where a line was left out, changed, moved or added. */
export async function checkSeal(p: Primitives, rootKey: Uint8Array, lines: BackupLines): Promise<void> {
  let chain: Uint8Array = new Uint8Array(32);
  let count = 0;
  let sealed = false;
  for await (const text of lines()) {
    if (sealed) throw new PosternError("notRestorable", "there is something behind its end");
    const line = parseLine(text);
    if (line.kind !== "seal") {
      chain = chained(p, chain, text);
      count++;
      continue;
    }
    const mac = fromBase64(line.mac);
    sealed = line.lines === count && mac !== undefined && p.equal(mac, macOf(p, rootKey, chain));
    if (!sealed) throw new PosternError("notRestorable", "it was changed or cut");
  }
  if (!sealed) throw new PosternError("notRestorable", "it was cut");
}

/** Lines as bytes, each with its line end. */
export function lineBytes(line: string): Uint8Array {
  return utf8(`${line}\n`);
}

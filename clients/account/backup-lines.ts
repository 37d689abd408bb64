// The lines of a backup: JSON lines, and a MAC at the end whose key comes from the account's root key. Each line is checked against
// the schema of its kind before it is used. A backup may come from anywhere, and its maker can seal anything.
import Type, { type Static, type TSchema } from "typebox";
import { Compile, type Validator } from "typebox/compile";
import { Bytes, Id, Timestamp } from "../../protocol/catalogue/common.ts";
import { subkey } from "../../protocol/crypto/derivation.ts";
import { fields, fromBase64, toBase64, utf8 } from "../../protocol/crypto/encoding.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { PosternError } from "../../protocol/errors.ts";
import { describeFault } from "../../protocol/schema-fault.ts";
import { type OperationResult, serviceCatalogue, serviceLimits } from "../../protocol/service-catalogue.ts";
import { demandOwnLine, FORMAT } from "./backup-beginning.ts";
import { demandWholeRecord, headerDigest } from "./backup-header.ts";
import { type BackupSource, linesOf, type TextLine } from "./backup-source.ts";

export type StoredVault = OperationResult<"vaults.list">["vaults"][number];
export type StoredGroup = OperationResult<"groups.list">["groups"][number];

const closed = { additionalProperties: false } as const;
const { vaults } = serviceCatalogue["vaults.list"].result.properties;
const { groups } = serviceCatalogue["groups.list"].result.properties;
const { serviceAccounts } = serviceCatalogue["serviceAccounts.keys"].result.properties;

const created = serviceCatalogue["serviceAccounts.create"].params.properties;

/** Characters of a digest or MAC of 32 bytes in base64. */
const DIGEST_LENGTH = 44;

/** The end of a token, or the word for none. */
const Ends = Type.Union([Timestamp, Type.Literal("never")]);

/** A backup holds the service's answers, so their schemas are the schemas of its lines. */
const schemas = {
  header: Type.Object(
    {
      kind: Type.Literal("header"),
      format: Type.Literal(FORMAT),
      account: Id,
      user: Id,
      madeAt: Timestamp,
      record: serviceCatalogue["users.get"].result,
    },
    closed,
  ),
  serviceAccount: Type.Object(
    {
      kind: Type.Literal("serviceAccount"),
      keys: serviceAccounts.items,
      /** Its name, its rights, and the end of its newest token. Missing for a revoked one. */
      definition: Type.Optional(
        Type.Object({ custody: created.custody, grants: created.grants, expiresAt: Type.Optional(Ends) }, closed),
      ),
    },
    closed,
  ),
  share: Type.Object({ kind: Type.Literal("share"), share: Id, vault: Id, item: Id, expiresAt: Timestamp }, closed),
  group: Type.Object({ kind: Type.Literal("group"), group: groups.items }, closed),
  vault: Type.Object({ kind: Type.Literal("vault"), vault: vaults.items }, closed),
  chunk: Type.Object({ kind: Type.Literal("chunk"), ...serviceCatalogue["files.putChunk"].params.properties }, closed),
  item: Type.Object({ kind: Type.Literal("item"), vault: Id, item: serviceCatalogue["items.get"].result }, closed),
  seal: Type.Object(
    {
      kind: Type.Literal("seal"),
      lines: Type.Integer({ minimum: 0 }),
      /** The digest of the first line, which tells damage from a wrong password. Older backups have none. */
      header: Type.Optional(Bytes(DIGEST_LENGTH)),
      mac: Bytes(DIGEST_LENGTH),
    },
    closed,
  ),
};

type Kind = keyof typeof schemas;

/** One line of a backup. The first line is the header, the last line is the seal. */
export type Line = { [K in Kind]: Static<(typeof schemas)[K]> }[Kind];
type LineOf<K extends Kind> = Extract<Line, { kind: K }>;

/** One sealed chunk of a file, and its place. */
export type Chunk = Omit<LineOf<"chunk">, "kind">;

/** The most lines of each kind: as many as an account may have. Each vault's key lies in guarded memory while a backup is read. */
const most: Partial<Record<Kind, number>> = {
  vault: serviceLimits.vaults,
  group: serviceLimits.groups,
  serviceAccount: serviceLimits.serviceAccounts,
  share: serviceLimits.shares,
};

/** The input of the MAC, line by line. A missing, changed or moved line gives another MAC. */
function chained(crypto: Primitives, before: Uint8Array, line: string): Uint8Array {
  return crypto.sha256(fields("postern/1 backup line", before, line));
}

function macOf(crypto: Primitives, rootKey: Uint8Array, chain: Uint8Array): Uint8Array {
  const key = subkey(crypto, rootKey, "postern/1 backup");
  const mac = crypto.hmacSha256(key, chain);
  crypto.wipe(key);
  return mac;
}

/** Writes lines in the order of the calls. The seal is the last line. */
export function createLineWriter(
  crypto: Primitives,
  rootKey: Uint8Array,
): { line(line: Exclude<Line, { kind: "seal" }>): string; seal(): string } {
  let chain: Uint8Array = new Uint8Array(32);
  let lines = 0;
  let header = "";
  return {
    line: (line) => {
      const written = JSON.stringify(line);
      if (lines === 0) header = headerDigest(crypto, written);
      chain = chained(crypto, chain, written);
      lines++;
      return written;
    },
    seal: () =>
      JSON.stringify({ kind: "seal", lines, header, mac: toBase64(macOf(crypto, rootKey, chain)) } satisfies Line),
  };
}

/** A backup that was read to its end. `checkSeal` checks that the account's own keys sealed it. */
export type ReadThrough = {
  readonly header: LineOf<"header">;
  readonly seal: LineOf<"seal">;
  readonly lines: number;
  readonly chain: Uint8Array;
  /** The links that were open. */
  readonly shares: readonly LineOf<"share">[];
  /** Service accounts that were not revoked. */
  readonly serviceAccounts: number;
};

/**
 * Reads a backup from its first line to its last. Throws notRestorable with the line where it is no backup, was cut, or holds
 * something that a backup cannot hold. Nothing in it counts before the seal was checked too.
 */
export async function readThrough(crypto: Primitives, source: BackupSource): Promise<ReadThrough> {
  const seen = new Map<Kind, number>();
  const shares: LineOf<"share">[] = [];
  let living = 0;
  let chain: Uint8Array = new Uint8Array(32);
  let header: LineOf<"header"> | undefined;
  let seal: LineOf<"seal"> | undefined;
  let digest = "";
  let last: TextLine | undefined;
  for await (const one of linesOf(source)) {
    if (seal !== undefined) throw refused(one.number, "there is something behind its end");
    if (header === undefined) demandOwnLine(one.text);
    last = one;
    const line = parseLine(one);
    if (line.kind === "seal") seal = line;
    else chain = chained(crypto, chain, one.text);
    if ((header === undefined) !== (line.kind === "header"))
      throw refused(one.number, "a header belongs in line 1 alone");
    if (line.kind === "header") {
      header = line;
      digest = headerDigest(crypto, one.text);
    }
    demandRoom(seen, line.kind, one.number);
    if (line.kind === "share") shares.push(line);
    if (line.kind === "serviceAccount" && line.definition !== undefined) living++;
  }
  if (last === undefined || header === undefined) throw new PosternError("notRestorable", "it is empty");
  if (seal === undefined)
    throw new PosternError(
      "notRestorable",
      `it was cut behind line ${last.number}, at byte ${last.to + (last.isEnded ? 1 : 0)}: its last line, the seal, is missing`,
    );
  demandWholeRecord(header.record, (seal.header ?? digest) === digest);
  return { header, seal, lines: last.number - 1, chain, shares, serviceAccounts: living };
}

function demandRoom(seen: Map<Kind, number>, kind: Kind, number: number): void {
  const count = (seen.get(kind) ?? 0) + 1;
  seen.set(kind, count);
  const limit = most[kind];
  if (limit !== undefined && count > limit) throw refused(number, `more than ${limit} lines of the kind "${kind}"`);
}

function refused(number: number, what: string): PosternError {
  return new PosternError("notRestorable", `line ${number}: ${what}`);
}

/** The content of a line. Throws notRestorable where it was cut, is no JSON, or does not fit its kind. */
export function parseLine(line: TextLine): Line {
  const value = jsonOf(line);
  const kind = (value as { kind?: unknown } | null)?.kind;
  if (typeof kind !== "string" || !Object.hasOwn(schemas, kind))
    throw refused(line.number, "it is of no kind that a backup has");
  const validator = validatorOf(kind as Kind);
  if (validator.Check(value)) return value as Line;
  const faults = validator.Errors(value);
  throw refused(line.number, describeFault(schemas[kind as Kind], value, faults, words));
}

function jsonOf(line: TextLine): unknown {
  try {
    return JSON.parse(line.text);
  } catch {
    // Without the cause, since the parser's text quotes the file.
    if (line.isEnded) throw refused(line.number, "it is no JSON");
    throw new PosternError(
      "notRestorable",
      `it was cut in line ${line.number}, which begins at byte ${line.from}: the file ends at byte ${line.to}`,
    );
  }
}

const words = { whole: "it", unknown: "it has a field that a backup does not" };

const validators = new Map<Kind, Validator>();

function validatorOf(kind: Kind): Validator {
  const known = validators.get(kind);
  if (known !== undefined) return known;
  const made = Compile(schemas[kind] as TSchema);
  validators.set(kind, made);
  return made;
}

/** Throws notRestorable where somebody without the account's keys removed, changed, moved or added a line. */
export function checkSeal(crypto: Primitives, rootKey: Uint8Array, { seal, lines, chain }: ReadThrough): void {
  if (seal.lines !== lines)
    throw new PosternError("notRestorable", `its seal counts ${seal.lines} lines before it, and there are ${lines}`);
  const mac = fromBase64(seal.mac);
  if (mac === undefined || !crypto.equal(mac, macOf(crypto, rootKey, chain)))
    throw new PosternError("notRestorable", "it was changed: the seal in its last line does not fit");
}

/** Turns lines into bytes, each with its line end. */
export function lineBytes(line: string): Uint8Array {
  return utf8(`${line}\n`);
}

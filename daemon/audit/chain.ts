// The chain: each record has a MAC over itself and the MAC before it. After every record the key is replaced by its successor. An attacker
// who reads the agent's memory today learns no key of yesterday, and cannot rewrite yesterday's records. Between a start and the first
// unlock there is no key. Such records are linked by a plain hash, and verification says so.
import type { Primitives } from "../../protocol/crypto/primitives.ts";

/** One line of the log, without its link. Ids and sealed names only. */
export type Record = {
  readonly seq: number;
  readonly at: string;
  readonly event: string;
  readonly outcome: string;
  readonly count: number;
  readonly program?: string;
  readonly pid?: number;
  /** The subject of the record: a hash of the subject's key. A process id helps a person, but the system reuses it. */
  readonly who?: string;
  readonly ids?: readonly string[];
  /** The target of a refused call, as ids. Only a caller who may see the whole log gets them; the asker must not learn them. */
  readonly asked?: readonly string[];
  /** The service account and its token, where a token was presented. Both are ids. */
  readonly token?: TokenIds;
  /** For a record from a token's own log: its time, and its number there. */
  readonly happened?: string;
  readonly leftSeq?: number;
  /** The number of further targets that have no room in it. */
  readonly unnamed?: number;
  /** Names as they were shown, sealed under a key of the unlocked account, or with a token, under its service account's key. */
  readonly sealed?: string;
};

/** A service account and one of its tokens. */
export type TokenIds = { readonly serviceAccount: string; readonly token: string };

/** The link to the record before: `mac` under the ratchet key, or `hash` without a key. */
export type Link = { readonly mac: string } | { readonly hash: string };

/** A record as it stands in the file. */
export type Linked = Record & Link;

/** The state of the chain: the last link, and the key of the next record if there is one. */
export type ChainState = { readonly last: string; readonly key: Uint8Array | undefined };

const encoder = new TextEncoder();
const NEXT = encoder.encode("postern/1 audit next");
const UNKEYED = encoder.encode("postern/1 audit unkeyed");

/** The time of the act. `at` is the time at which this log took it in. */
export function happenedAt({ at, happened = at }: Record): string {
  return happened;
}

/** The link before the first record of all. */
export const FIRST_LINK = "";

/** The bytes that a link covers: the previous link, LF, and the record as JSON. */
function linkedBytes(previous: string, record: Record): Uint8Array {
  return encoder.encode(`${previous}\n${JSON.stringify(record)}`);
}

/** The key that follows `key`. The caller wipes the old one. */
export function nextKey(crypto: Primitives, key: Uint8Array): Uint8Array {
  return crypto.hmacSha256(key, NEXT);
}

/** Links a record to the chain, moves the chain on, and wipes the used key. */
export function link(crypto: Primitives, state: ChainState, record: Record): { linked: Linked; state: ChainState } {
  const covered = linkedBytes(state.last, record);
  if (state.key === undefined) {
    const hash = base64(crypto.hmacSha256(UNKEYED, covered));
    return { linked: { ...record, hash }, state: { last: hash, key: undefined } };
  }
  const mac = base64(crypto.hmacSha256(state.key, covered));
  const key = nextKey(crypto, state.key);
  crypto.wipe(state.key);
  return { linked: { ...record, mac }, state: { last: mac, key } };
}

/** Whether a linked record follows `state`, and the state after it. It wipes nothing, since a verifier keeps its start. */
export function follow(
  crypto: Primitives,
  state: ChainState,
  linked: Linked,
): { fits: boolean; keyed: boolean; state: ChainState } {
  const { mac, hash, ...record } = linked as Record & { mac?: string; hash?: string };
  const covered = linkedBytes(state.last, record as Record);
  if (mac === undefined) {
    const expected = base64(crypto.hmacSha256(UNKEYED, covered));
    return { fits: hash === expected, keyed: false, state: { last: expected, key: state.key } };
  }
  if (state.key === undefined) return { fits: false, keyed: true, state: { last: mac, key: undefined } };
  const expected = crypto.hmacSha256(state.key, covered);
  const fits = crypto.equal(expected, Uint8Array.from(Buffer.from(mac, "base64")));
  return { fits, keyed: true, state: { last: mac, key: nextKey(crypto, state.key) } };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

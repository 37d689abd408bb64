// The chain: each record carries a MAC over itself and the MAC before it, under a key that is replaced by its own
// successor after every record. Who reads the agent's memory today learns no key of yesterday, so cannot rewrite
// yesterday. Records written while no account was unlocked since the start have no key: they are linked by a plain hash,
// and verification says so.
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
  /** Whose record it is: a hash of the subject's key. A process id says who it was to a person, but is given out again. */
  readonly who?: string;
  readonly ids?: readonly string[];
  /** What a refused call was about: ids that only who may see the whole is told, since its asker must not learn them. */
  readonly asked?: readonly string[];
  /** Whose token it was, where one was presented; both are ids. */
  readonly token?: TokenIds;
  /** Of a record that was taken in from a token's own log: when it happened, and its number there. */
  readonly happened?: string;
  readonly leftSeq?: number;
  /** Things that it was about too, and that found no room in it. */
  readonly unnamed?: number;
  /** Names as they were shown, sealed under a key that only the unlocked account has; with a token, under that of its service account. */
  readonly sealed?: string;
};

/** A service account, and which of its tokens. */
export type TokenIds = { readonly serviceAccount: string; readonly token: string };

/** How a record is tied to the one before it: `mac` under the ratchet key, or `hash` without one. */
export type Link = { readonly mac: string } | { readonly hash: string };

/** A record as it stands in the file. */
export type Linked = Record & Link;

/** Where the chain stands: the last link, and the key of the next record if there is one. */
export type ChainState = { readonly last: string; readonly key: Uint8Array | undefined };

const encoder = new TextEncoder();
const NEXT = encoder.encode("postern/1 audit next");
const UNKEYED = encoder.encode("postern/1 audit unkeyed");

/** When it happened; `at` is when it came into this log. */
export function happenedAt({ at, happened = at }: Record): string {
  return happened;
}

/** The link before the first record of all. */
export const FIRST_LINK = "";

/** The exact bytes that a link covers: the previous link, LF, and the record as JSON. */
function linkedBytes(previous: string, record: Record): Uint8Array {
  return encoder.encode(`${previous}\n${JSON.stringify(record)}`);
}

/** The key that follows `key`. The caller wipes the old one. */
export function nextKey(crypto: Primitives, key: Uint8Array): Uint8Array {
  return crypto.hmacSha256(key, NEXT);
}

/** Links a record to the chain and moves the chain on, wiping the key that was used. */
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

/** Whether a linked record follows `state`, and where the chain stands after it. Wipes nothing: a verifier keeps its start. */
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

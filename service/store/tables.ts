// The rows of the store. Sealed parts are blobs that the service cannot open. Times are RFC 3339 text.
import type { Generated, Kysely } from "kysely";

type Blob = Uint8Array;

export type Tables = {
  schema: { version: number };
  /** `restoring` is 1 from the making of the account until its restore ends. Until then it opens to the restore only. */
  accounts: { id: string; created_at: string; restoring: Generated<number> };
  users: {
    id: string;
    account: string;
    sign_in_key: Blob;
    root_key: Blob;
    identity: Blob;
    box: Blob;
    box_signature: Blob;
    sealed_private: Blob;
    data_revision: number;
    data: Blob;
    /** "person", or "serviceAccount": a principal that signs in with tokens. */
    kind: Generated<string>;
    created_at: Generated<string>;
  };
  /** The tokens of service accounts. A token signs in as a device with the token's id. */
  tokens: {
    id: string;
    user: string;
    sign_in_key: Blob;
    root_key: Blob;
    created_at: string;
    expires_at: string | null;
    /** The requests that it may send in its hour, and those that it sent. */
    window_start: string | null;
    reads: number;
    writes: number;
    /** To the minute. Null where it was never used. */
    last_used_at: Generated<string | null>;
  };
  /** Sealed names of service accounts, with the signature of their maker. */
  service_accounts: {
    user: string;
    account: string;
    name: Blob;
    maker: Blob;
    maker_signature: Blob;
    makes_vaults: number;
    revoked_at: string | null;
  };
  groups: {
    id: string;
    account: string;
    type: string;
    state: string;
    identity: Blob;
    box: Blob;
    box_signature: Blob;
    maker: Blob;
    maker_signature: Blob;
    revision: number;
    overview: Blob;
    writer: Blob;
    signature: Blob;
    created_at: string;
    updated_at: string;
  };
  group_members: { group: string; user: string; member: Blob; granter: Blob; sealed: Blob; signature: Blob };
  devices: { id: string; user: string; created_at: string; last_seen_at: string; removed: number };
  /** Nonces that were answered rightly, until they would have run out. */
  spent_challenges: { server_nonce: Blob; expires_at: string };
  sessions: {
    token_hash: Blob;
    user: string;
    account: string;
    device: string;
    created_at: string;
    last_used_at: string;
  };
  vaults: {
    id: string;
    account: string;
    type: string;
    revision: number;
    key_id: Blob;
    overview: Blob;
    writer: Blob;
    signature: Blob;
    content_version: number;
    active_items: number;
    /** The service account that made it, and the salt of its id. */
    made_by: string | null;
    made_salt: Blob | null;
    created_at: string;
    updated_at: string;
  };
  /** Grants of a vault's keys. Older epochs stay while items are still wrapped under their keys. */
  vault_grants: {
    vault: string;
    principal: string;
    kind: string;
    key_id: Blob;
    epoch: number;
    recipient: Blob;
    granter: Blob;
    permissions: number;
    sealed: Blob;
    signature: Blob;
  };
  items: ItemRow & { created_at: string };
  item_versions: ItemRow;
  file_chunks: { file: string; idx: number; vault: string; item: string; sealed: Blob; created_at: string };
  /** Files that no revision names yet, with the bytes of their chunks so far. */
  uploads: { vault: string; item: string; file: string; user: string; bytes: number; touched_at: string };
  /** Copies of items for people who have a link. `sealed` is empty once the share has ended. `files` is JSON. */
  shares: {
    id: string;
    account: string;
    user: string;
    vault: string;
    item: string;
    access_key_hash: Blob;
    one_time: number;
    views: number;
    sealed: Blob;
    files: string;
    created_at: string;
    expires_at: string;
    revoked_at: string | null;
  };
  /** `reader` is a keyed hash of the reader's address. Null where it is unknown. */
  share_views: { share: string; view_hash: Blob; ends_at: string; reader: Generated<Blob | null> };
  share_chunks: { share: string; file: string; idx: number; user: string; sealed: Blob; created_at: string };
  /** One row: the identity of the store, and its secret. Null until the first start after an update. */
  store: { id: string; challenge_key: Generated<Blob | null> };
  /** One row for each start of the service. It says after which change the start began. */
  generations: { ordinal: Generated<number>; id: string; after_seq: number };
  events: { seq: Generated<number>; account: string; kind: string; vault: string | null; item: string | null };
};

/** One signed revision of an item. `files` is JSON: ids, sizes, sealed keys. */
export type ItemRow = {
  id: string;
  vault: string;
  revision: number;
  state: string;
  key_id: Blob;
  item_key: Blob;
  tag: Blob;
  overview: Blob;
  details_digest: Blob;
  details: Blob;
  files: string;
  writer: Blob;
  signature: Blob;
  updated_at: string;
};

/** The store as queries are written for it. */
export type Db = Kysely<Tables>;

// Numbered steps from one schema to the next. Each step and its number are one transaction. Opening an older store brings it up to
// date. A newer store is refused, since an older program would read it wrongly.
import { type ColumnDataType, type Kysely, sql } from "kysely";
import { PosternError } from "../../protocol/errors.ts";
import type { Tables } from "./tables.ts";

type Step = (db: Kysely<Tables>) => Promise<void>;

/** The text of a table: column names with types; blobs are `blob` in SQLite. */
async function table(
  db: Kysely<Tables>,
  name: string,
  columns: Record<string, ColumnDataType>,
  primary: string[],
): Promise<void> {
  let builder = db.schema.createTable(name);
  for (const [column, type] of Object.entries(columns))
    builder = builder.addColumn(column, type, (col) => col.notNull());
  await builder.addPrimaryKeyConstraint(`${name}_key`, primary as never).execute();
}

const itemColumns = {
  id: "text",
  vault: "text",
  revision: "integer",
  state: "text",
  key_id: "blob",
  item_key: "blob",
  tag: "blob",
  overview: "blob",
  details_digest: "blob",
  details: "blob",
  files: "text",
  writer: "blob",
  signature: "blob",
  updated_at: "text",
} as const;

/** The tables of the first schema: columns, and the primary key. */
const firstTables: Readonly<Record<string, { columns: Record<string, ColumnDataType>; key: string[] }>> = {
  accounts: { columns: { id: "text", created_at: "text" }, key: ["id"] },
  users: {
    columns: {
      id: "text",
      account: "text",
      sign_in_key: "blob",
      root_key: "blob",
      identity: "blob",
      box: "blob",
      box_signature: "blob",
      sealed_private: "blob",
      data_revision: "integer",
      data: "blob",
    },
    key: ["id"],
  },
  devices: {
    columns: { id: "text", user: "text", created_at: "text", last_seen_at: "text", removed: "integer" },
    key: ["id"],
  },
  nonces: {
    columns: {
      server_nonce: "blob",
      account: "text",
      user: "text",
      device: "text",
      client_nonce: "blob",
      expires_at: "text",
    },
    key: ["server_nonce"],
  },
  sessions: {
    columns: {
      token_hash: "blob",
      user: "text",
      account: "text",
      device: "text",
      created_at: "text",
      last_used_at: "text",
    },
    key: ["token_hash"],
  },
  vaults: {
    columns: {
      id: "text",
      account: "text",
      type: "text",
      revision: "integer",
      key_id: "blob",
      overview: "blob",
      writer: "blob",
      signature: "blob",
      content_version: "integer",
      active_items: "integer",
      created_at: "text",
      updated_at: "text",
    },
    key: ["id"],
  },
  vault_grants: {
    columns: {
      vault: "text",
      user: "text",
      key_id: "blob",
      epoch: "integer",
      recipient: "blob",
      granter: "blob",
      permissions: "integer",
      sealed: "blob",
      signature: "blob",
    },
    key: ["vault", "user"],
  },
  items: { columns: { ...itemColumns, created_at: "text" }, key: ["vault", "id"] },
  item_versions: { columns: itemColumns, key: ["vault", "id", "revision"] },
  file_chunks: {
    columns: { file: "text", idx: "integer", vault: "text", item: "text", sealed: "blob", created_at: "text" },
    key: ["vault", "item", "file", "idx"],
  },
};

async function first(db: Kysely<Tables>): Promise<void> {
  for (const [name, { columns, key }] of Object.entries(firstTables)) await table(db, name, columns, key);
  await db.schema
    .createTable("events")
    .addColumn("seq", "integer", (col) => col.primaryKey().autoIncrement())
    .addColumn("account", "text", (col) => col.notNull())
    .addColumn("kind", "text", (col) => col.notNull())
    .addColumn("vault", "text")
    .addColumn("item", "text")
    .execute();
}

/** Indexes for look-ups that would otherwise read whole tables. They came after the first schema. */
async function indexes(db: Kysely<Tables>): Promise<void> {
  await db.schema.createIndex("items_by_tag").on("items").columns(["vault", "tag"]).execute();
  await db.schema.createIndex("vault_grants_by_user").on("vault_grants").column("user").execute();
  await db.schema.createIndex("sessions_by_user").on("sessions").column("user").execute();
  await db.schema.createIndex("devices_by_user").on("devices").column("user").execute();
  await db.schema.createIndex("events_by_account").on("events").columns(["account", "seq"]).execute();
  await db.schema.createIndex("nonces_by_expiry").on("nonces").column("expires_at").execute();
}

/** Groups and service accounts, and grants of a vault's key to them. A vault has several keys while its items are wrapped anew. */
async function principals(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .alterTable("users")
    .addColumn("kind", "text", (col) => col.notNull().defaultTo("person"))
    .execute();
  await db.schema
    .alterTable("users")
    .addColumn("created_at", "text", (col) => col.notNull().defaultTo(""))
    .execute();
  await table(
    db,
    "groups",
    {
      id: "text",
      account: "text",
      type: "text",
      state: "text",
      identity: "blob",
      box: "blob",
      box_signature: "blob",
      maker: "blob",
      maker_signature: "blob",
      revision: "integer",
      overview: "blob",
      writer: "blob",
      signature: "blob",
      created_at: "text",
      updated_at: "text",
    },
    ["id"],
  );
  await table(
    db,
    "group_members",
    { group: "text", user: "text", member: "blob", granter: "blob", sealed: "blob", signature: "blob" },
    ["group", "user"],
  );
  await table(
    db,
    "service_accounts",
    { user: "text", account: "text", name: "blob", maker: "blob", maker_signature: "blob" },
    ["user"],
  );
  await db.schema
    .createTable("tokens")
    .addColumn("id", "text", (col) => col.notNull().primaryKey())
    .addColumn("user", "text", (col) => col.notNull())
    .addColumn("sign_in_key", "blob", (col) => col.notNull())
    .addColumn("root_key", "blob", (col) => col.notNull())
    .addColumn("created_at", "text", (col) => col.notNull())
    .addColumn("expires_at", "text")
    .addColumn("window_start", "text")
    .addColumn("reads", "integer", (col) => col.notNull().defaultTo(0))
    .addColumn("writes", "integer", (col) => col.notNull().defaultTo(0))
    .execute();
  await grantsByPrincipal(db);
  await db.schema.createIndex("groups_by_account").on("groups").column("account").execute();
  await db.schema.createIndex("group_members_by_user").on("group_members").column("user").execute();
  await db.schema.createIndex("service_accounts_by_account").on("service_accounts").column("account").execute();
  await db.schema.createIndex("tokens_by_user").on("tokens").column("user").execute();
}

/** SQLite cannot change a primary key, so the table is made anew. */
async function grantsByPrincipal(db: Kysely<Tables>): Promise<void> {
  await db.schema.dropIndex("vault_grants_by_user").execute();
  await db.schema.alterTable("vault_grants").renameTo("vault_grants_before").execute();
  const { user: _user, ...columns } = firstTables.vault_grants?.columns ?? {};
  await table(db, "vault_grants", { ...columns, principal: "text", kind: "text" }, ["vault", "principal", "epoch"]);
  await sql`insert into vault_grants (vault, principal, kind, key_id, epoch, recipient, granter, permissions, sealed, signature)
    select vault, "user", 'user', key_id, epoch, recipient, granter, permissions, sealed, signature from vault_grants_before`.execute(
    db,
  );
  await db.schema.dropTable("vault_grants_before").execute();
  await db.schema.createIndex("vault_grants_by_principal").on("vault_grants").column("principal").execute();
}

/** The time at which a service account was revoked. Its keys stay, since they still check what it wrote. */
async function revocations(db: Kysely<Tables>): Promise<void> {
  await db.schema.alterTable("service_accounts").addColumn("revoked_at", "text").execute();
}

/** Copies of items behind links, their views, and their files. */
async function shares(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable("shares")
    .addColumn("id", "text", (col) => col.notNull().primaryKey())
    .addColumn("account", "text", (col) => col.notNull())
    .addColumn("user", "text", (col) => col.notNull())
    .addColumn("vault", "text", (col) => col.notNull())
    .addColumn("item", "text", (col) => col.notNull())
    .addColumn("access_key_hash", "blob", (col) => col.notNull())
    .addColumn("one_time", "integer", (col) => col.notNull())
    .addColumn("views", "integer", (col) => col.notNull())
    .addColumn("sealed", "blob", (col) => col.notNull())
    .addColumn("files", "text", (col) => col.notNull())
    .addColumn("created_at", "text", (col) => col.notNull())
    .addColumn("expires_at", "text", (col) => col.notNull())
    .addColumn("revoked_at", "text")
    .execute();
  await table(db, "share_views", { share: "text", view_hash: "blob", ends_at: "text" }, ["share", "view_hash"]);
  const chunk = {
    share: "text",
    file: "text",
    idx: "integer",
    user: "text",
    sealed: "blob",
    created_at: "text",
  } as const;
  await table(db, "share_chunks", chunk, ["share", "file", "idx"]);
  await db.schema.createIndex("shares_by_account").on("shares").column("account").execute();
  await db.schema.createIndex("shares_by_expiry").on("shares").column("expires_at").execute();
}

/** Whether an account is being restored. Accounts of an older store are whole. */
async function restores(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .alterTable("accounts")
    .addColumn("restoring", "integer", (col) => col.notNull().defaultTo(0))
    .execute();
}

/** The store's identity, and the starts of the service that wrote to it. */
async function history(db: Kysely<Tables>): Promise<void> {
  await table(db, "store", { id: "text" }, ["id"]);
  await db.schema
    .createTable("generations")
    .addColumn("ordinal", "integer", (col) => col.primaryKey().autoIncrement())
    .addColumn("id", "text", (col) => col.notNull().unique())
    .addColumn("after_seq", "integer", (col) => col.notNull())
    .execute();
}

/** Unfinished files. Those that an older service left are removed at the start, by the age of their chunks. */
async function uploads(db: Kysely<Tables>): Promise<void> {
  const columns = {
    vault: "text",
    item: "text",
    file: "text",
    user: "text",
    bytes: "integer",
    touched_at: "text",
  } as const;
  await table(db, "uploads", columns, ["vault", "item", "file"]);
  await db.schema.createIndex("uploads_by_user").on("uploads").column("user").execute();
}

/** The last use of each token. It is unknown for tokens that an older service let in. */
async function tokenUses(db: Kysely<Tables>): Promise<void> {
  await db.schema.alterTable("tokens").addColumn("last_used_at", "text").execute();
}

/** The right of a service account to make vaults, and the vaults that it made. */
async function madeVaults(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .alterTable("service_accounts")
    .addColumn("makes_vaults", "integer", (col) => col.notNull().defaultTo(0))
    .execute();
  await db.schema.alterTable("vaults").addColumn("made_by", "text").execute();
  await db.schema.alterTable("vaults").addColumn("made_salt", "blob").execute();
  await db.schema.createIndex("vaults_by_maker").on("vaults").column("made_by").execute();
}

/** Challenges are no rows any more: those that were answered are. A challenge of before this step runs out in a minute. */
async function spentChallenges(db: Kysely<Tables>): Promise<void> {
  await db.schema.dropTable("nonces").execute();
  await table(db, "spent_challenges", { server_nonce: "blob", expires_at: "text" }, ["server_nonce"]);
  await db.schema.createIndex("spent_challenges_by_expiry").on("spent_challenges").column("expires_at").execute();
  await db.schema.alterTable("store").addColumn("challenge_key", "blob").execute();
}

/** Who opened a view. */
async function readers(db: Kysely<Tables>): Promise<void> {
  await db.schema.alterTable("share_views").addColumn("reader", "blob").execute();
}

const steps: readonly Step[] = [
  first,
  indexes,
  principals,
  revocations,
  shares,
  restores,
  history,
  uploads,
  tokenUses,
  madeVaults,
  spentChallenges,
  readers,
];

/** The schema this program writes. */
export const SCHEMA_VERSION = steps.length;

/** Throws storeTooNew for a schema past ours. */
export function demandKnown(version: number): void {
  if (version > SCHEMA_VERSION)
    throw new PosternError("storeTooNew", `its schema is ${version}, this Postern knows ${SCHEMA_VERSION}`);
}

/** Brings a store to SCHEMA_VERSION; throws storeTooNew, and changes nothing, when it is past that. */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable("schema")
    .ifNotExists()
    .addColumn("version", "integer", (col) => col.notNull())
    .execute();
  const row = await db.selectFrom("schema").select(sql<number>`max(version)`.as("version")).executeTakeFirst();
  const current = row?.version ?? 0;
  demandKnown(current);
  for (let version = current + 1; version <= SCHEMA_VERSION; version++) {
    const step = steps[version - 1];
    if (step === undefined) break;
    await db.transaction().execute(async (transaction) => {
      await step(transaction);
      await transaction.insertInto("schema").values({ version }).execute();
    });
  }
}

// Worlds in which one more reaches a limit, each with two requests that would both reach it.
import type { DatabaseSync } from "node:sqlite";
import type { ErrorName } from "../../../protocol/errors.ts";
import { serviceLimits } from "../../../protocol/service-catalogue.ts";
import { UPLOAD_BYTES_MAX } from "../../../service/item/uploads.ts";
import type { Act } from "./acts.ts";
import type { World } from "./world.ts";

/** Bytes of one chunk of the acts. */
const CHUNK = 3;

export type Nearly = {
  readonly limit: string;
  /** The answer to the second request. Undefined where an older row is removed to make room. */
  readonly refusal: ErrorName | undefined;
  readonly acts: readonly [string, string];
  /** Requests beside those of the list. */
  readonly more?: (world: World) => Act[];
  prepare(database: DatabaseSync, world: World): void;
};

/** Copies a row of a table so many times, each under a key of its own. */
function fill(database: DatabaseSync, table: string, key: string, where: string, times: number): void {
  const columns = (database.prepare(`PRAGMA table_info("${table}")`).all() as { name: string }[]).map(
    ({ name }) => name,
  );
  const values = columns.map((name) => (name === key ? `'copy ' || n` : `"${name}"`)).join(", ");
  const names = columns.map((name) => `"${name}"`).join(", ");
  database.exec(`WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < ${times})
    INSERT INTO "${table}" (${names}) SELECT ${values} FROM counted, (SELECT * FROM "${table}" WHERE ${where} LIMIT 1)`);
}

const count = (database: DatabaseSync, from: string) =>
  Number(database.prepare(`SELECT count(*) AS n FROM ${from}`).get()?.n);

/** Fills a table up to one short of a limit. */
const upTo = (table: string, key: string, limit: number, where: (world: World) => string) =>
  function prepare(database: DatabaseSync, world: World): void {
    const one = where(world);
    fill(database, table, key, one, limit - 1 - count(database, `"${table}" WHERE ${one}`));
  };

const robotReads = (world: World): Act[] =>
  ["robot", "robot again"].map((by) => ({
    what: `items.get by ${by}`,
    name: "items.get",
    params: { vault: world.vault.id, item: world.items.changed },
    by,
  }));

export const nearly: readonly Nearly[] = [
  {
    limit: "vaults of an account",
    refusal: "tooLarge",
    acts: ["vaults.create 1", "vaults.create 3"],
    prepare: (database, { ada }) => {
      const account = `account = '${ada.account}'`;
      fill(database, "vaults", "id", account, serviceLimits.vaults - 1 - count(database, `vaults WHERE ${account}`));
      database.exec("UPDATE vaults SET active_items = 0 WHERE id LIKE 'copy %'");
    },
  },
  {
    limit: "members of a vault",
    refusal: "tooLarge",
    acts: ["vaults.grant 1", "vaults.grant 3"],
    prepare: upTo("vault_grants", "principal", serviceLimits.members, ({ vault }) => `vault = '${vault.id}'`),
  },
  {
    limit: "groups of an account",
    refusal: "tooLarge",
    acts: ["groups.create 3", "groups.create 4"],
    prepare: (database, { ada }) => {
      const ofAll = count(database, `groups WHERE account = '${ada.account}'`);
      fill(database, "groups", "id", "type = 'userDefined'", serviceLimits.groups - 1 - ofAll);
    },
  },
  {
    limit: "service accounts of an account",
    refusal: "tooLarge",
    acts: ["serviceAccounts.create 1", "serviceAccounts.create 3"],
    prepare: upTo("service_accounts", "user", serviceLimits.serviceAccounts, ({ ada }) => `account = '${ada.account}'`),
  },
  {
    limit: "tokens of a service account",
    refusal: "tooLarge",
    acts: ["serviceAccounts.rotate 2", "serviceAccounts.rotate 3"],
    prepare: upTo("tokens", "id", serviceLimits.tokens, ({ robot }) => `"user" = '${robot.serviceAccount}'`),
  },
  {
    limit: "devices of a user",
    refusal: "tooLarge",
    acts: ["signIn.finish 3", "signIn.finish 4"],
    prepare: upTo("devices", "id", serviceLimits.devices, ({ ada }) => `"user" = '${ada.user}' AND removed = 0`),
  },
  {
    limit: "sessions of a user",
    refusal: undefined,
    acts: ["signIn.finish 1", "signIn.finish 2"],
    prepare: upTo("sessions", "token_hash", serviceLimits.sessions, ({ ada }) => `"user" = '${ada.user}'`),
  },
  {
    limit: "open shares of an account",
    refusal: "tooLarge",
    acts: ["shares.create 3", "shares.create 4"],
    prepare: upTo("shares", "id", serviceLimits.shares, ({ ada }) => `account = '${ada.account}'`),
  },
  {
    limit: "views of a share at once",
    refusal: undefined,
    acts: ["shares.open 3", "shares.open 4"],
    prepare: (database, { shares, now }) => {
      const ends = new Date(now + 60_000).toISOString();
      database.prepare("INSERT INTO share_views VALUES (?, 'first', ?, NULL)").run(shares.often, ends);
      fill(database, "share_views", "view_hash", "true", serviceLimits.shareViews - 2);
    },
  },
  {
    limit: "bytes of a writer's unfinished files",
    refusal: "busy",
    acts: ["files.putChunk 1", "files.putChunk 5"],
    prepare: (database) => void database.prepare("UPDATE uploads SET bytes = ?").run(UPLOAD_BYTES_MAX - CHUNK),
  },
  {
    limit: "reads of a token in its hour",
    refusal: "rateLimitExceeded",
    acts: ["items.get by robot", "items.get by robot again"],
    more: robotReads,
    prepare: (database, { now }) =>
      void database
        .prepare("UPDATE tokens SET window_start = ?, reads = ?")
        .run(new Date(now).toISOString(), serviceLimits.readsPerHour - 1),
  },
  {
    limit: "writes of a token in its hour",
    refusal: "rateLimitExceeded",
    acts: ["files.putChunk 3", "shares.create 3"],
    prepare: (database, { now }) =>
      void database
        .prepare("UPDATE tokens SET window_start = ?, writes = ?")
        .run(new Date(now).toISOString(), serviceLimits.writesPerHour - 1),
  },
];

// Sends requests at once to a service on the interleaved store. Compares the outcome with the outcomes of the same requests one after
// another. Rows and answers must be those of some order of the whole requests, whatever the order of their statements. Otherwise a
// condition is missing.
import type { DatabaseSync } from "node:sqlite";
import { EMBEDDED_ORIGIN } from "../../../clients/account/service-client.ts";
import { serviceLimits } from "../../../protocol/service-catalogue.ts";
import { type App, createApp } from "../../../service/app.ts";
import { nodePrimitives } from "../../../service/primitives.ts";
import { pageFiles } from "../../../service/share/page-files.ts";
import { PUBLIC_ADDRESS } from "../doors.ts";
import type { Act } from "./acts.ts";
import { interleavedOn } from "./interleaved-store.ts";
import type { RowImages } from "./row-images.ts";
import type { World } from "./world.ts";

export type Ring = {
  /** Throws, with the seed, where no order of the whole requests has the same outcome. */
  demandSomeOrder(acts: readonly Act[], seeds: readonly number[]): Promise<void>;
  /** Sends them at once, in the order of a seed. Returns the outcome. */
  atOnce(acts: readonly Act[], seed: number): Promise<string>;
  /** The possible outcomes: one for each order of the whole requests. */
  inTurn(acts: readonly Act[]): Promise<string[]>;
};

/** `prepare` changes rows before the requests, such as a nearly reached limit or an old file. */
export function createRing(
  database: DatabaseSync,
  rows: RowImages,
  world: World,
  prepare: (database: DatabaseSync) => void = () => {},
): Ring {
  const nowText = new Date(world.now).toISOString();

  /** Runs on the world as it was made, and undoes all changes afterwards. */
  async function onWorld(
    seed: number,
    run: (send: (act: Act) => Promise<string>) => Promise<string[]>,
  ): Promise<string> {
    database.exec("SAVEPOINT world");
    try {
      const unforeseen: unknown[] = [];
      const app = await createApp({
        store: interleavedOn(database, rows, seed).connect(),
        primitives: nodePrimitives,
        origin: EMBEDDED_ORIGIN,
        sharing: { publicAddress: PUBLIC_ADDRESS, page: pageFiles },
        now: () => world.now,
        onUnforeseen: (thrown) => unforeseen.push(thrown),
      });
      prepare(database);
      const answers = await run((act) => send(app, world, act));
      if (unforeseen.length > 0) throw new Error("an error that nobody foresaw", { cause: unforeseen[0] });
      const broken = halves(database);
      if (broken.length > 0) throw new Error(broken.join("; "));
      // An ended token is refused, and its next request removes the session.
      database
        .prepare("DELETE FROM sessions WHERE device IN (SELECT id FROM tokens WHERE expires_at <= ?)")
        .run(nowText);
      return `${answers.join("\n")}\n${rowsOf(database)}`;
    } finally {
      database.exec("ROLLBACK TO world; RELEASE world");
    }
  }

  const ring: Ring = {
    demandSomeOrder: async (acts, seeds) => {
      const ends = await ring.inTurn(acts);
      for (const seed of seeds) {
        const end = await ring.atOnce(acts, seed);
        if (!ends.includes(end)) throw new Error(`seed ${seed}: ${difference(end, ends)}`);
      }
    },
    atOnce: (acts, seed) => onWorld(seed, (one) => Promise.all(acts.map(one))),
    inTurn: async (acts) => {
      const ends: string[] = [];
      for (const order of ordersOf(acts.map((_act, index) => index)))
        ends.push(
          await onWorld(1, async (one) => {
            const answers: string[] = [];
            for (const index of order) answers[index] = await one(acts[index] as Act);
            return answers;
          }),
        );
      return ends;
    },
  };
  return ring;
}

/** The rows that no order of the whole requests gives. If there are none, the answers, which fit no such rows. */
function difference(end: string, ends: readonly string[]): string {
  const known = new Set(ends.flatMap((one) => one.split("\n")));
  const lines = end.split("\n").filter((line) => !known.has(line));
  return (lines.length > 0 ? lines : end.split("\n").slice(0, 3)).join("\n");
}

function ordersOf(indexes: readonly number[]): number[][] {
  if (indexes.length < 2) return [[...indexes]];
  return indexes.flatMap((first) =>
    ordersOf(indexes.filter((index) => index !== first)).map((rest) => [first, ...rest]),
  );
}

/** The random parts of an answer, which cannot be compared. */
const RANDOM = new Set(["token", "serverNonce"]);

async function send(app: App, world: World, { name, params, by, what }: Act): Promise<string> {
  if (name === TIDY.name && what === TIDY.what) {
    await app.tidy();
    return "tidy";
  }
  const headers = {
    "content-type": "application/json",
    ...(by === undefined ? {} : { authorization: `Bearer ${world.tokens.get(by)}` }),
  };
  const body = JSON.stringify(params);
  const response = await app.fetch(new Request(`http://service/v1/${name}`, { method: "POST", headers, body }));
  const answer = (await response.json()) as { error?: { name: string } };
  const told = answer.error?.name ?? JSON.stringify(answer, (key, value) => (RANDOM.has(key) ? undefined : value));
  return `${what}: ${told}`;
}

/** The service's own tidying, as if it were a request. */
export const TIDY: Act = { what: "tidy", name: "service.info", params: {} };

/**
 * Columns that are not compared: random ones, those that show the order in which rows were made, and those that every request writes first
 * (the last use, and a token's spent requests) even if it is refused afterwards.
 */
const unsteady: Readonly<Record<string, readonly string[]>> = {
  spent_challenges: ["server_nonce"],
  store: ["challenge_key"],
  sessions: ["token_hash", "last_used_at"],
  devices: ["last_seen_at"],
  tokens: ["last_used_at", "window_start", "reads", "writes"],
  events: ["seq"],
};

/** Every row of every table in a fixed order, without the rows about the service's starts. */
function rowsOf(database: DatabaseSync): string {
  const tables = database
    .prepare("SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
    .all() as { name: string }[];
  return tables
    .filter(({ name }) => name !== "generations" && name !== "schema")
    .map(({ name }) => {
      const dropped = unsteady[name] ?? [];
      const rows = database
        .prepare(`SELECT * FROM "${name}"`)
        .all()
        .map((row) => {
          const kept = Object.entries(row).filter(([column]) => !dropped.includes(column));
          return JSON.stringify(
            kept.map(([, value]) => (value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value)),
          );
        });
      return `${name}\n${rows.sort().join("\n")}`;
    })
    .join("\n");
}

/** The disagreements between rows of one write. Empty where every write is whole. */
function halves(database: DatabaseSync): string[] {
  const found = (what: string, sql: string) =>
    database
      .prepare(`${sql} LIMIT 1`)
      .all()
      .map(() => what);
  return [
    ...found(
      "active items are miscounted",
      "SELECT 1 FROM vaults v WHERE active_items <> (SELECT count(*) FROM items i WHERE i.vault = v.id AND i.state = 'active')",
    ),
    ...found(
      "one epoch has two keys, or one key two epochs",
      "SELECT 1 FROM vault_grants a JOIN vault_grants b ON a.vault = b.vault WHERE (a.epoch = b.epoch) <> (a.key_id = b.key_id)",
    ),
    ...found(
      "a vault's rows outlived it",
      "SELECT vault FROM (SELECT vault FROM items UNION SELECT vault FROM vault_grants UNION SELECT vault FROM file_chunks UNION SELECT vault FROM uploads) WHERE vault NOT IN (SELECT id FROM vaults)",
    ),
    ...found(
      "a removed device has a session",
      "SELECT 1 FROM sessions s JOIN devices d ON d.id = s.device WHERE d.removed = 1",
    ),
    ...found(
      "a deleted group has a grant",
      "SELECT 1 FROM vault_grants g JOIN groups o ON o.id = g.principal WHERE o.state = 'deleted'",
    ),
    ...found(
      "an upload is miscounted",
      "SELECT 1 FROM uploads u WHERE bytes < 1000000 AND bytes <> (SELECT sum(length(sealed)) FROM file_chunks c WHERE c.vault = u.vault AND c.item = u.item AND c.file = u.file)",
    ),
    ...found(
      "a token spent more than its hour allows",
      `SELECT 1 FROM tokens WHERE reads > ${serviceLimits.readsPerHour} OR writes > ${serviceLimits.writesPerHour}`,
    ),
    ...found("a share that opens once was opened twice", "SELECT 1 FROM shares WHERE one_time = 1 AND views > 1"),
  ];
}

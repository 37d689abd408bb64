// The ways to reach the service: in this process, in this process on the tests' second store, and as its own process over loopback HTTP. The
// contract is tested in each way.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type OpenAccount, openAccount } from "../../clients/account/open-account.ts";
import {
  addressOf,
  type CallService,
  createServiceClient,
  EMBEDDED_ORIGIN,
  type ServiceAddress,
} from "../../clients/account/service-client.ts";
import type { SignedIn } from "../../clients/account/signed-in.ts";
import { enrol, signIn } from "../../clients/account/user-keys.ts";
import { loadSodium, type Sodium } from "../../daemon/host/sodium.ts";
import { newId } from "../../protocol/crypto/encoding.ts";
import { newSecretKey } from "../../protocol/crypto/secret-key.ts";
import { createApp } from "../../service/app.ts";
import { nodePrimitives } from "../../service/primitives.ts";
import { pageFiles } from "../../service/share/page-files.ts";
import { openSqlite } from "../../service/store/sqlite.ts";
import type { Store } from "../../service/store/store.ts";
import { lightArgon2 } from "../light-argon2.ts";
import { serviceProgram as main } from "../programs.ts";
import { openInterleaved } from "./interleaved/interleaved-store.ts";

export const crypto: Sodium = lightArgon2(loadSodium());
export const PASSWORD = "seven quiet harbours";

export type Door = {
  readonly address: ServiceAddress;
  readonly call: CallService;
  /** Further parameters that accounts.create needs here. */
  readonly registrationToken: string | undefined;
  readonly folder: string;
  close(): Promise<void>;
};

export type InProcess = Door & {
  readonly publicAddress: string;
  /** The service as a client at this address reaches it. Without an address the service counts no limits of strangers. */
  from(address: string): CallService;
  readonly store: Store;
  /** The service's clock. */
  now(): number;
  /** Moves the service's clock. */
  advance(ms: number): void;
  /** Stops the service's clock. Only `advance` moves it from now on. */
  stop(): void;
  /** The work that the service does every minute. */
  tidy(): Promise<void>;
};

/** The public address of the doors in this process. Nothing listens there. */
export const PUBLIC_ADDRESS = "https://share.example";

type OpenStore = (path: string) => Promise<Store>;

let openDefault: OpenStore = openSqlite;

/** From now on, doors in this process open their store this way. */
export function useStore(open: OpenStore): void {
  openDefault = open;
}

export async function inProcess(
  folder = mkdtempSync(join(tmpdir(), "postern-svc-")),
  sharing = true,
  openAt: OpenStore = openDefault,
  origin: string = EMBEDDED_ORIGIN,
): Promise<InProcess> {
  const store = await openAt(join(folder, "service.sqlite"));
  let ahead = 0;
  let stoppedAt: number | undefined;
  const now = () => (stoppedAt ?? Date.now()) + ahead;
  const unforeseen: unknown[] = [];
  const app = await createApp({
    store,
    primitives: nodePrimitives,
    origin,
    ...(sharing ? { sharing: { publicAddress: PUBLIC_ADDRESS, page: pageFiles } } : {}),
    now,
    onUnforeseen: (thrown) => unforeseen.push(thrown),
  });
  const address = { origin, fetch: app.fetch };
  return {
    address,
    call: createServiceClient(address),
    from: (from) => createServiceClient({ ...address, fetch: (request) => app.fetch(request, from) }),
    registrationToken: undefined,
    publicAddress: PUBLIC_ADDRESS,
    folder,
    store,
    now,
    advance: (ms) => {
      ahead += ms;
    },
    stop: () => {
      stoppedAt ??= Date.now();
    },
    tidy: app.tidy,
    close: async () => {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
      if (unforeseen.length > 0)
        throw new Error("the service met an error that nobody foresaw", { cause: unforeseen[0] });
    },
  };
}

/** The same on the tests' second store, which delays every statement and interleaves concurrent ones. */
export function interleaved(seed = 1): Promise<InProcess> {
  return inProcess(undefined, true, (path) => openInterleaved(path, seed));
}

export type OwnProcess = Door & {
  /** Where links lead. */
  readonly publicAddress: string;
  readonly pid: number;
  /** All that it printed after its first line. */
  log(): string;
};

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Its links lead to itself, unless another address is given. */
export async function overLoopback(givenPort?: number, publicAddress?: string): Promise<OwnProcess> {
  const port = givenPort ?? (await freePort());
  const leads = publicAddress ?? `http://127.0.0.1:${port}`;
  const folder = mkdtempSync(join(tmpdir(), "postern-svc-"));
  const options = ["--data", folder, "--port", String(port)];
  const child = spawn(process.execPath, ["--no-warnings", main, ...options, "--public-address", leads], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  child.stderr.on("data", (line: Buffer) => {
    printed += line.toString();
    process.stderr.write(line);
  });
  const facts = await new Promise<{ listening: string; registrationToken: string }>((resolve, reject) => {
    child.once("exit", () => reject(new Error("the service did not start")));
    child.stdout.once("data", (line: Buffer) =>
      resolve(JSON.parse(line.toString()) as { listening: string; registrationToken: string }),
    );
  });
  child.stdout.on("data", (line: Buffer) => {
    printed += line.toString();
  });
  const address = addressOf(facts.listening);
  return {
    pid: child.pid ?? 0,
    log: () => printed,
    publicAddress: leads,
    address,
    call: createServiceClient(address),
    registrationToken: facts.registrationToken,
    folder,
    close: async () => {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type User = {
  readonly account: string;
  readonly user: string;
  readonly device: string;
  readonly secretKey: Uint8Array;
};

/** Enrols a user of a new account. */
export async function newUser(door: Door, name = "Ada", account = newId(crypto)): Promise<User> {
  const who = { account, user: newId(crypto), device: newId(crypto), secretKey: newSecretKey(crypto) };
  await enrol(crypto, door.call, {
    ...who,
    password: PASSWORD,
    name,
    ...(door.registrationToken === undefined ? {} : { registrationToken: door.registrationToken }),
  });
  return who;
}

export type Opened = { readonly account: OpenAccount; readonly signedIn: SignedIn };

/** Signs a user in and opens the account. */
export async function open(
  door: Door & { readonly now?: () => number },
  who: User,
  password = PASSWORD,
): Promise<Opened> {
  const signedIn = await signIn(crypto, door.call, door.address, { ...who, password });
  return { signedIn, account: openAccount(crypto, who.account, who.user, signedIn, undefined, door.now) };
}

export const overview = (title: string) => ({ title, category: "Password" as const, tags: [], websites: [] });
export const details = (value: string) => ({
  fields: [{ id: "password", title: "password", fieldType: "Concealed" as const, value }],
  sections: [],
  notes: "",
  files: [],
});

/** Every table but sessions and spent challenges, and those named, as one hash. */
export function dump(folder: string, but: readonly string[] = []): string {
  const database = new DatabaseSync(join(folder, "service.sqlite"), { readOnly: true });
  const tables = database
    .prepare(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('sessions', 'spent_challenges', 'sqlite_sequence') ORDER BY name",
    )
    .all() as { name: string }[];
  const hash = createHash("sha256");
  for (const { name } of tables) {
    if (but.includes(name)) continue;
    hash.update(name);
    for (const row of database.prepare(`SELECT * FROM "${name}" ORDER BY rowid`).all())
      hash.update(
        JSON.stringify(row, (key, value) =>
          // Every request moves the time at which a device was last seen, and a session's last use.
          key === "last_seen_at" ? "" : value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value,
        ),
      );
  }
  database.close();
  return hash.digest("hex");
}

// The account service as one function from Request to Response. The agent calls it in process; `main.ts` binds it to a port.
import { Hono } from "hono";
import type { TSchema } from "typebox";
import { Compile, type Validator } from "typebox/compile";
import { isId } from "../protocol/crypto/encoding.ts";
import type { CheckingPrimitives } from "../protocol/crypto/primitives.ts";
import { type ErrorName, PosternError } from "../protocol/errors.ts";
import { type OperationName, serviceCatalogue } from "../protocol/service-catalogue.ts";
import { accountOperations, demandRegistration } from "./account/accounts.ts";
import { challengeKeyOf } from "./account/challenge.ts";
import { spend } from "./account/rate-limit.ts";
import { callerOf, signInOperations } from "./account/sign-in.ts";
import { createChanges } from "./change/changes.ts";
import { eventOperations } from "./change/events.ts";
import { beginGeneration } from "./change/history.ts";
import type { Caller, Context, Operations, Service } from "./context.ts";
import { claimedBytes, parsedBody } from "./door/body.ts";
import { type BodyRoom, CALLERS_ROOM, createBodyRoom, REGISTRATIONS_ROOM, STRANGERS_ROOM } from "./door/body-room.ts";
import { boundsOf } from "./door/request-bounds.ts";
import { createStrangers } from "./door/strangers.ts";
import { dropAbandonedChunks, fileOperations } from "./item/files.ts";
import { itemOperations } from "./item/items.ts";
import { dropAbandonedUploads } from "./item/uploads.ts";
import { addSharePage, type PageFiles } from "./share/page.ts";
import { dropEndedShares } from "./share/share-rows.ts";
import { shareOperations } from "./share/shares.ts";
import type { Store } from "./store/store.ts";
import { serviceAccountOperations } from "./token/service-accounts.ts";
import { groupOperations } from "./vault/groups.ts";
import { vaultKeyOperations } from "./vault/vault-keys.ts";
import { vaultOperations } from "./vault/vaults.ts";

export type AppOptions = {
  readonly store: Store;
  readonly primitives: CheckingPrimitives;
  /** The canonical origin that sign-ins are bound to. */
  readonly origin: string;
  readonly registrationHash?: Uint8Array;
  /** The address at which people reach the share page, and the function that makes its files. Sharing needs both. */
  readonly sharing?: { readonly publicAddress: string; readonly page: () => Promise<PageFiles> };
  readonly now?: () => number;
  /** Called with an error that nobody foresaw, before the caller gets `internal`. */
  readonly onUnforeseen: (thrown: unknown) => void;
};

/** Milliseconds between two rounds of removing ended shares and uploads. A copy outlives its share by this and little more. */
export const TIDY_MS = 60_000;

export type App = {
  /** `from` is the key of the sender's address (door/address.ts). Without it the request is the agent's own. */
  fetch(request: Request, from?: string): Response | Promise<Response>;
  /** Removes the bytes of ended shares and uploads from every file. The service answers none of them even before this runs. */
  tidy(): Promise<void>;
};

const statuses: Partial<Record<ErrorName, number>> = {
  wrongCredentials: 401,
  notPermitted: 403,
  vaultNotFound: 404,
  itemNotFound: 404,
  groupNotFound: 404,
  deviceNotFound: 404,
  serviceAccountNotFound: 404,
  fileNotFound: 404,
  shareNotFound: 404,
  shareExpired: 410,
  shareUsedUp: 410,
  shareRevoked: 410,
  versionConflict: 409,
  conflict: 409,
  restoreUnfinished: 409,
  tooLarge: 413,
  busy: 429,
  rateLimitExceeded: 429,
  internal: 500,
};

const operations: Operations = {
  "service.info": async ({ registrationToken }, context) => {
    if (registrationToken !== undefined) demandRegistration(context, registrationToken);
    const { origin, registrationHash, publicAddress, now, writing } = context;
    return {
      protocol: 1,
      origin,
      registration: registrationHash === undefined ? "open" : "token",
      now: new Date(now()).toISOString(),
      store: writing.store,
      ...(publicAddress === undefined ? {} : { publicAddress }),
    };
  },
  ...accountOperations,
  ...signInOperations,
  ...vaultOperations,
  ...vaultKeyOperations,
  ...groupOperations,
  ...serviceAccountOperations,
  ...itemOperations,
  ...fileOperations,
  ...shareOperations,
  ...eventOperations,
};

/** Builds the service over an open store. */
export async function createApp(options: AppOptions): Promise<App> {
  const now = options.now ?? Date.now;
  const service: Service = {
    db: options.store.db,
    store: options.store,
    primitives: options.primitives,
    changes: createChanges(options.store),
    writing: await beginGeneration(options.store, options.primitives),
    challengeKey: await challengeKeyOf(options.store, options.primitives),
    now,
    strangers: createStrangers(options.store.db, now),
    origin: options.origin,
    registrationHash: options.registrationHash,
    publicAddress: options.sharing?.publicAddress,
  };
  const tidy = async () => {
    await dropEndedShares(service.store, service.now());
    await dropAbandonedUploads(service.store, service.now());
    await options.store.scrub();
  };
  await dropAbandonedChunks(service.store, service.now());
  await tidy();

  const rooms: Rooms = {
    callers: createBodyRoom(CALLERS_ROOM),
    strangers: createBodyRoom(STRANGERS_ROOM),
    registrations: createBodyRoom(REGISTRATIONS_ROOM),
  };
  const app = new Hono<{ Bindings: { from?: string } }>();
  app.post("/v1/:operation", async (c) => {
    try {
      const answered = await answer(service, rooms, c.req.param("operation"), c.req.raw, c.env.from);
      return c.json(answered, 200, { "cache-control": "no-store" });
    } catch (thrown) {
      const error = wireError(options, thrown, c.req.raw.signal);
      return c.json(errorBody(error), (statuses[error.name] ?? 400) as 400);
    }
  });
  if (options.sharing !== undefined) addSharePage(app, options.sharing.page, options.onUnforeseen);
  app.notFound((c) => c.json(errorBody(new PosternError("methodNotFound")), 404));
  return { fetch: (request, from) => app.fetch(request, from === undefined ? {} : { from }), tidy };
}

/** The room for bodies, by who sends them. */
type Rooms = Readonly<Record<"callers" | "strangers" | "registrations", BodyRoom>>;

async function answer(
  service: Service,
  rooms: Rooms,
  name: string,
  request: Request,
  from: string | undefined,
): Promise<object> {
  if (!Object.hasOwn(serviceCatalogue, name)) throw new PosternError("methodNotFound");
  const operation = name as OperationName;
  // A web page can post text to any address without asking. It cannot post JSON, so no other body is read.
  if (request.headers.get("content-type") !== "application/json")
    throw new PosternError("invalidRequest", "the content type must be application/json");
  const { signedIn } = serviceCatalogue[operation];
  const caller = signedIn ? await demandCaller(service, request) : nobody;
  const bounds = boundsOf(operation);
  const claimed = claimedBytes(request, bounds);
  const room = signedIn ? rooms.callers : operation === "accounts.create" ? rooms.registrations : rooms.strangers;
  const leave = await room.take(signedIn ? caller.user : (from ?? ""), claimed, request.signal);
  try {
    const params = await parsedBody(request, claimed, bounds);
    demandPerson(operation, caller, params);
    if (!validatorOf(operation).Check(params)) throw new PosternError("invalidParams");
    if (!signedIn) await service.strangers.admit(from, operation, params as object);
    await spend(service, caller, operation);
    const run = operations[operation] as (params: unknown, context: Context) => Promise<object>;
    return await run(params, { ...service, caller, from, signal: request.signal });
  } finally {
    leave();
  }
}

/** Stands in for the caller of an operation that needs none. Such an operation never looks at it. */
const nobody: Caller = { account: "", user: "", device: "", kind: "person", tokenHash: new Uint8Array() };

/** A person-only operation on one vault is work of a manager of that vault. */
function demandPerson(operation: OperationName, { kind }: Caller, params: unknown): void {
  const entry: { personOnly?: true } = serviceCatalogue[operation];
  if (!entry.personOnly || kind === "person") return;
  const vault = (params as { vault?: unknown } | null)?.vault;
  if (typeof vault !== "string" || !isId(vault))
    throw new PosternError("notPermitted", "this is not for service accounts");
  throw new PosternError("notPermitted", "MANAGE_VAULT is missing, and no service account may have it", { vault });
}

async function demandCaller(service: Service, request: Request): Promise<Caller> {
  const [scheme, token] = (request.headers.get("authorization") ?? "").split(" ");
  const caller = scheme === "Bearer" && token !== undefined ? await callerOf(service, token) : undefined;
  if (caller === undefined) throw new PosternError("wrongCredentials", "the session has ended");
  return caller;
}

const validators = new Map<OperationName, Validator>();

function validatorOf(operation: OperationName): Validator {
  let validator = validators.get(operation);
  if (validator === undefined) {
    validator = Compile(serviceCatalogue[operation].params as TSchema);
    validators.set(operation, validator);
  }
  return validator;
}

/** A client that goes away is no fault of ours: what breaks off by it is told to nobody. */
function wireError({ store, onUnforeseen }: AppOptions, thrown: unknown, signal: AbortSignal): PosternError {
  if (thrown instanceof PosternError) return thrown;
  if (signal.aborted && thrown === signal.reason) return new PosternError("cancelled");
  const fault = store.faultOf(thrown);
  if (fault !== undefined) return fault;
  onUnforeseen(thrown);
  return new PosternError("internal");
}

function errorBody(error: PosternError): object {
  const { name, message, vault } = error;
  return { error: { name, message, ...(vault === undefined ? {} : { vault }) } };
}

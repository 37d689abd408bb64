// Calls the account service, in process or over HTTP, with the same behaviour. It uses https, except to loopback. It follows no
// redirect: a response must not choose where the session token goes.
import type { TSchema } from "typebox";
import { Compile, type Validator } from "typebox/compile";
import { cleanText } from "../../protocol/clean-text.ts";
import { isId } from "../../protocol/crypto/encoding.ts";
import { type ErrorName, errors, PosternError } from "../../protocol/errors.ts";
import {
  type OperationName,
  type OperationParams,
  type OperationResult,
  serviceCatalogue,
} from "../../protocol/service-catalogue.ts";
import { createAnswerReader, ownService, type ServiceBounds } from "./answer-bounds.ts";
import { offlineFor } from "./offline-reason.ts";

/** Milliseconds that a request may take before the service counts as unreachable. events.wait adds its own waiting. */
export const REQUEST_MS = 20_000;

/** The place of an account: the service in this process, or one at a URL. */
export type ServiceAddress = {
  /** "embedded", or the URL's origin. Sign-ins are bound to it. */
  readonly origin: string;
  readonly fetch: (request: Request) => Response | Promise<Response>;
};

/** The origin of the embedded service. It is no network name, so no server accepts a sign-in to it. */
export const EMBEDDED_ORIGIN = "postern:embedded";

/** Calls one operation. Throws the service's error by name, `offline` when it cannot be reached. */
export type CallService = <N extends OperationName>(
  name: N,
  params: OperationParams<N>,
  options?: { token?: string; signal?: AbortSignal },
) => Promise<OperationResult<N>>;

/**
 * The address of a service at a URL. Throws invalidParams for anything but https, or http on a loopback address. The name
 * "localhost" is not accepted, since the hosts file may give it any meaning.
 */
export function addressOf(url: string): ServiceAddress {
  const parsed = URL.parse(url);
  if (parsed === null) throw noService("must be a URL");
  const loopback = parsed.hostname === "127.0.0.1" || parsed.hostname === "[::1]";
  if (parsed.protocol !== "https:" && !(parsed.protocol === "http:" && loopback))
    throw noService("must be an https URL, or http on a loopback address");
  if (parsed.username !== "" || parsed.password !== "") throw noService("must not carry a user or a password");
  // A path would be dropped silently, and the person would sign in at another place than they typed.
  if (parsed.pathname !== "/" || parsed.search !== "" || parsed.hash !== "")
    throw noService("must be a URL without a path");
  return { origin: parsed.origin, fetch: (request) => fetch(request) };
}

/** Characters of a service's own text in an error: a sentence that names some permissions and a vault. */
const DETAIL_LENGTH_MAX = 200;

/** Characters of it that are read. Invisible ones do not count for the text. */
const DETAIL_READ_MAX = 10 * DETAIL_LENGTH_MAX;

const noService = (why: string) =>
  new PosternError("invalidParams", `service ${why}`, {
    hint: "as in https://postern.example, or http://127.0.0.1:8420 on this machine",
  });

/** `bounds` are what its answers may cost. */
export function createServiceClient(
  address: ServiceAddress,
  now: () => number = Date.now,
  bounds: ServiceBounds = ownService,
): CallService {
  const ask = askerOf(address, bounds);
  let unreachedSinceMs: number | undefined;
  let wasAsked = false;

  function offline(error: PosternError): PosternError {
    unreachedSinceMs ??= now();
    const where = address.origin === EMBEDDED_ORIGIN ? "the embedded one" : address.origin;
    const why = error.message.slice(errors.offline.message.length);
    // Before the first answer, nobody knows how long the service has been away.
    const since = wasAsked ? `, not since ${secondOf(unreachedSinceMs)}` : "";
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    return new PosternError("offline", `${where}${why}${since}`, { cause: error, ...hint });
  }

  return async (name, params, options = {}) => {
    try {
      const result = await ask(name, params, options);
      unreachedSinceMs = undefined;
      return result;
    } catch (error) {
      if (!(error instanceof PosternError)) throw error;
      if (error.name === "offline") throw offline(error);
      unreachedSinceMs = undefined;
      throw error;
    } finally {
      wasAsked = true;
    }
  };
}

const secondOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

function askerOf(address: ServiceAddress, bounds: ServiceBounds): CallService {
  const textOf = createAnswerReader(bounds);
  const base = address.origin === EMBEDDED_ORIGIN ? "http://embedded.invalid" : address.origin;
  return async (name, params, options = {}) => {
    const waiting = (params as { waitMs?: number }).waitMs ?? 0;
    const timeout = AbortSignal.timeout(REQUEST_MS + waiting);
    const request = new Request(`${base}/v1/${name}`, {
      method: "POST",
      redirect: "error",
      headers: {
        "content-type": "application/json",
        ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
      },
      body: JSON.stringify(params),
      signal: options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]),
    });
    const response = await send(address, request, options.signal);
    const text = () => textOf(response, options.token !== undefined);
    return demandFew(await read(name, response, text, options.signal), bounds.vaults) as never;
  };
}

/** The same result, where it is no list of too many vaults. */
function demandFew(result: unknown, vaultsMax: number): unknown {
  const { vaults } = result as { vaults?: unknown };
  if (!Array.isArray(vaults) || vaults.length <= vaultsMax) return result;
  throw new PosternError("serviceRefused", `it lists more than ${vaultsMax} vaults, and no account here uses it`);
}

async function send(address: ServiceAddress, request: Request, signal: AbortSignal | undefined): Promise<Response> {
  try {
    return await address.fetch(request);
  } catch (error) {
    signal?.throwIfAborted();
    throw offlineFor(error);
  }
}

/** Checks an answer's shape before its use, since the service is not trusted. */
async function read(
  name: OperationName,
  response: Response,
  text: () => Promise<string>,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const body = await bodyOf(text, signal);
  if (response.ok) {
    if (!validatorOf(name).Check(body))
      throw new PosternError("serviceRefused", `its answer to ${name} has the wrong shape`);
    return body;
  }
  const named = (body as { error?: { name?: unknown; message?: unknown; vault?: unknown } } | null)?.error;
  if (typeof named?.name === "string" && Object.hasOwn(errors, named.name) && mayAnswer(name, named.name as ErrorName))
    throw errorOf(named.name as ErrorName, named.message, named.vault);
  throw new PosternError("serviceRefused", `status ${response.status}`);
}

const SIGNED: readonly ErrorName[] = ["deviceRemoved", "restoreUnfinished", "tokenRefused"];

/** Errors that any operation may answer, beside its own. */
const ANY_OPERATION: readonly ErrorName[] = [
  ...(["parseError", "invalidRequest", "methodNotFound", "invalidParams", "internal", "busy", "tooLarge"] as const),
  ...(["wrongCredentials", "notPermitted", "conflict", "rateLimitExceeded", "fileUnusable", "diskFull"] as const),
];

/**
 * The errors of a service. Others are the agent's own: about approvals, PINs, a locked account. A service that answered one of them
 * would put words into the agent's mouth, and send a person to type the password.
 */
const OF_SERVICE: ReadonlySet<ErrorName> = new Set([
  ...ANY_OPERATION,
  ...Object.values(serviceCatalogue).flatMap((operation): readonly ErrorName[] => operation.errors),
]);

/** Errors that the agent answers too, in the same words. The detail says whose they are. */
const SHARED: ReadonlySet<ErrorName> = new Set([
  ...(["busy", "parseError", "invalidRequest", "methodNotFound", "invalidParams"] as const),
]);

/** Errors that make the agent forget an account or a token. They count only where the service checked the user's signature first. */
function mayAnswer(name: OperationName, error: ErrorName): boolean {
  // Only a client that knew the store before can find this out.
  if (error === "storeReplaced" || !OF_SERVICE.has(error)) return false;
  return !SIGNED.includes(error) || serviceCatalogue[name].errors.includes(error);
}

/** A service's own words reach a terminal. They may draw nothing there, begin no line, and be no longer than one line. */
const oneLineOf = (text: string): string =>
  [...cleanText(text.slice(0, DETAIL_READ_MAX))].slice(0, DETAIL_LENGTH_MAX).join("").trim();

function errorOf(name: ErrorName, message: unknown, about: unknown): PosternError {
  if (name === "internal") return new PosternError("serviceRefused", "it had an internal error");
  const row: string = errors[name].message;
  const told =
    typeof message === "string" && message.startsWith(`${row}: `)
      ? oneLineOf(message.slice(row.length + 2))
      : undefined;
  const detail = SHARED.has(name) ? ["so the account service says", told].filter(Boolean).join("; ") : told;
  if (typeof about !== "string" || !isId(about)) return new PosternError(name, detail);
  return new PosternError(name, detail?.replace(` (vault ${about})`, ""), { vault: about });
}

async function bodyOf(read: () => Promise<string>, signal: AbortSignal | undefined): Promise<unknown> {
  let text: string;
  try {
    text = await read();
  } catch (error) {
    if (error instanceof PosternError) throw error;
    signal?.throwIfAborted();
    throw new PosternError("offline", "its answer broke off", { cause: error });
  }
  try {
    return JSON.parse(text);
  } catch {
    // Without the cause, since the parser's text quotes the service's bytes.
    throw new PosternError("offline", "its answer was not JSON");
  }
}

const validators = new Map<OperationName, Validator>();

function validatorOf(name: OperationName): Validator {
  let validator = validators.get(name);
  if (validator === undefined) {
    validator = Compile(serviceCatalogue[name].result as TSchema);
    validators.set(name, validator);
  }
  return validator;
}

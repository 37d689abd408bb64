// One line of the official SDKs' door: the envelope, and the request in it. What does not fit is refused in the official core's words. They
// say the same for many faults, so a field and its rule follow. No word of the peer is repeated.
import { Compile, type Validator } from "typebox/compile";
import { fromBase64 } from "../crypto/encoding.ts";
import { hasHalfCharacter, hasPartsAtMost, nestsAtMost } from "../framing.ts";
import { limits } from "../limits.ts";
import { describeFault, startOf } from "../schema-fault.ts";
import { type Integration, integrationOf } from "./config.ts";
import type { SdkFailure } from "./failure.ts";
import { takeContents } from "./file-contents.ts";
import { type SdkName, type SdkShapes, sdkShapes } from "./shapes.ts";

/** An operation of a client, with parameters that parse. */
export type SdkInvoke = {
  readonly [Name in SdkName]: {
    readonly kind: "invoke";
    readonly client: number;
    readonly name: Name;
    readonly parameters: SdkShapes[Name];
    /** The bytes of the files in it, in their order. In the parameters they are empty. */
    readonly contents: readonly Uint8Array<ArrayBuffer>[];
  };
}[SdkName];

export type SdkRequest =
  | ({ readonly kind: "init_client"; readonly accountName: string } & Integration)
  | SdkInvoke
  | { readonly kind: "release_client"; readonly client: number };

/** Arrays, objects, texts and fractions of one request: a batch of 100 items with 200 fields each, all with details, has some 600,000. */
export const REQUEST_PARTS_MAX = 1_000_000;

/** The static helpers of the official clients. They run in the client itself and never cross. */
const ofTheClient: ReadonlySet<string> = new Set(["ValidateSecretReference", "GeneratePassword"]);

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The request of a line, or the failure to answer. */
export function readSdkRequest(line: Uint8Array): SdkRequest | { readonly failure: SdkFailure } {
  try {
    return requestOf(line);
  } catch (error) {
    if (error instanceof Refused) return { failure: error.failure };
    throw error;
  }
}

/** Leaves the reading of a request early. */
class Refused extends Error {
  readonly failure: SdkFailure;

  constructor(message: string) {
    super(message);
    this.failure = { name: "InvalidInvocation", message };
  }
}

function requestOf(line: Uint8Array): SdkRequest | { readonly failure: SdkFailure } {
  const envelope = recordOf(parsed(line, "the line"));
  const { kind, account_name: accountName, payload } = envelope ?? {};
  if (typeof accountName !== "string" || typeof payload !== "string")
    throw new Refused("the line must be an object with kind, account_name and payload");
  const body = fromBase64(payload);
  if (body === undefined) throw new Refused("payload must be base64 with padding");
  if (kind === "invoke") return invokeOf(body);
  if (kind === "release_client") return { kind, client: clientOf(parsed(body, "payload")) };
  if (kind !== "init_client") throw new Refused("kind must be init_client, invoke or release_client");
  const integration = integrationOf(parsed(body, "payload"), accountName);
  return "message" in integration ? { failure: integration } : { kind, accountName, ...integration };
}

const NO_VARIANT = "data did not match any variant of untagged enum Invocation";

function invokeOf(body: Uint8Array): SdkInvoke {
  const { invocation } = recordOf(parsed(body, "payload")) ?? {};
  if (invocation === undefined) throw new Refused("missing field `invocation`");
  const { clientId, parameters: call } = recordOf(invocation) ?? {};
  const { name, parameters } = recordOf(call) ?? {};
  if (typeof name !== "string" || !Object.hasOwn(sdkShapes, name) || ofTheClient.has(name))
    throw new Refused(`${NO_VARIANT}: no such operation`);
  const operation = name as SdkName;
  const validator = validatorOf(operation);
  if (!validator.Check(parameters)) throw new Refused(`${NO_VARIANT}: ${faultOf(operation, parameters)}`);
  if (!isId(clientId)) throw new Refused(`${NO_VARIANT}: clientId must be an integer`);
  const contents = takeContents(operation, parameters as never);
  return { kind: "invoke", client: clientId, name: operation, parameters, contents } as SdkInvoke;
}

const compiled = new Map<SdkName, Validator>();

function validatorOf(name: SdkName): Validator {
  const validator = compiled.get(name) ?? Compile(sdkShapes[name]);
  compiled.set(name, validator);
  return validator;
}

/** Field and rule, in the names of our shapes. */
function faultOf(name: SdkName, parameters: unknown): string {
  const words = { whole: "parameters", unknown: "the shape is wrong" };
  const start = startOf(parameters);
  const faults = validatorOf(name).Errors(start);
  return faults.length === 0 ? "a long list is wrong" : describeFault(sdkShapes[name], start, faults, words);
}

/** The value of a JSON text. Its nesting is checked first, since a deep one costs the parser a stack. */
function parsed(text: Uint8Array, what: string): unknown {
  if (!nestsAtMost(text, limits.depth)) throw new Refused(`${what} is nested deeper than ${limits.depth}`);
  if (!hasPartsAtMost(text, REQUEST_PARTS_MAX)) throw new Refused(`${what} has more than ${REQUEST_PARTS_MAX} parts`);
  // The official core takes no such text either.
  const value = hasHalfCharacter(text) ? undefined : jsonValue(decoded(text));
  if (value === undefined) throw new Refused(`${what} must be JSON: expected value at line 1 column 1`);
  return value.json;
}

function decoded(text: Uint8Array): string {
  try {
    return decoder.decode(text);
  } catch {
    return "";
  }
}

/** Undefined for a text that is not JSON. */
function jsonValue(text: string): { readonly json: unknown } | undefined {
  try {
    return { json: JSON.parse(text) as unknown };
  } catch {
    // The parser's text quotes the input. Ours does not.
    return undefined;
  }
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

function clientOf(id: unknown): number {
  if (!isId(id)) throw new Refused("payload must be the id of a client, an integer");
  return id;
}

const isId = (id: unknown): id is number => Number.isSafeInteger(id) && Number(id) >= 0;

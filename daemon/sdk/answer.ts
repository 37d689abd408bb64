// The meaning of one envelope of the official SDKs. Each becomes a request to a method of the catalogue, through the same dispatch as any
// other: validated, gated, recorded. Nothing here decides about access.
import { limits } from "../../protocol/limits.ts";
import { failure, failureOf, failureText, type SdkFailure } from "../../protocol/sdk/failure.ts";
import { readSdkRequest, type SdkInvoke, type SdkRequest } from "../../protocol/sdk/request.ts";
import type { OpenClient } from "../call/connection.ts";
import type { SdkAnswer } from "../wire/sdk-envelope.ts";
import type { ShortForm } from "../wire/sdk-form.ts";
import type { AnswerSdk, SdkCall } from "../wire/sdk-lines.ts";
import { carriedOut } from "./operation.ts";
import { documentOf, outcomeOf } from "./outcome.ts";
import { readLarge } from "./read-large.ts";

/** Answers one envelope. */
export const answerSdk: AnswerSdk = async (line, call) => {
  const request = await readLine(line, call);
  if ("failure" in request) return failed(request.failure);
  if (request.kind === "invoke") return invoke(request, call);
  return request.kind === "init_client" ? initClient(request, call) : releaseClient(request.client, call);
};

async function readLine(line: Uint8Array<ArrayBuffer>, call: SdkCall): Promise<ReturnType<typeof readSdkRequest>> {
  if (!call.isLarge) return readSdkRequest(line);
  const { length } = line;
  const request = await readLarge(line);
  call.read(length);
  return request;
}

/** The shorter form of long answers that a client's language reads. Python's client reads none. */
const shortForms = new WeakMap<OpenClient, ShortForm>();
const shortFormOf: ReadonlyMap<string | undefined, ShortForm> = new Map([
  ["JS", "text"],
  ["Go", "base64"],
]);

const failed = (failure: SdkFailure): SdkAnswer => ({ success: false, payload: Buffer.from(failureText(failure)) });

async function initClient(request: Extract<SdkRequest, { kind: "init_client" }>, call: SdkCall): Promise<SdkAnswer> {
  const { accountName: account, token, integrationName, integrationVersion, language } = request;
  makeRoom(call);
  // A token never waits for a person.
  const who = token === undefined ? { account, waitForUnlock: true } : { token };
  const outcome = outcomeOf(await call.ask("clients.open", { ...who, integrationName, integrationVersion }));
  if ("error" in outcome) return failed(failureOf(outcome.error));
  const { client: id } = outcome.result as { client: string };
  const client = call.connection.clients.get(id);
  // With a token it is the core in clients/sdk-core that reads the answers. It reads lists of numbers.
  const form = token === undefined ? shortFormOf.get(language) : undefined;
  if (client !== undefined && form !== undefined) shortForms.set(client, form);
  return { success: true, payload: Buffer.from(id) };
}

/** Programs forget to release clients. So the one that was used longest ago gives up its place. A program that uses it again opens another. */
function makeRoom({ connection: { clients } }: SdkCall): void {
  const [oldest] = clients.keys();
  if (clients.size >= limits.clients && oldest !== undefined) clients.delete(oldest);
}

/** The official clients release ids that have ended already, and would show an error of that to a person. So an unknown id is no error. */
async function releaseClient(client: number, call: SdkCall): Promise<SdkAnswer> {
  if (call.connection.clients.has(String(client))) await call.ask("clients.close", { client: String(client) });
  return { success: true, payload: documentOf(undefined) };
}

async function invoke(request: SdkInvoke, call: SdkCall): Promise<SdkAnswer> {
  const client = markUsed(String(request.client), call);
  if (client === undefined) return failed(failure("clientNotFound", "no client of this id is open in this process"));
  const shortForm = shortForms.get(client);
  const outcome = await carriedOut(request, call, shortForm);
  if (!("error" in outcome)) return { success: true, shortForm, ...outcome };
  const told = failureOf(outcome.error, request.name);
  return failed(outcome.error.name === "locked" && hasWaited(client) ? { ...told, name: "locked" } : told);
}

/**
 * Whether the client's call has waited for an unlock in vain. At the official name the official clients open another client and ask once
 * more, which would wait as long again.
 */
const hasWaited = ({ unlockWait }: OpenClient): boolean => unlockWait?.gaveUp === true;

/** Puts a client behind all others in the order of use. Undefined where it is not open. */
function markUsed(id: string, { connection: { clients } }: SdkCall): OpenClient | undefined {
  const client = clients.get(id);
  if (client === undefined) return undefined;
  clients.delete(id);
  clients.set(id, client);
  return client;
}

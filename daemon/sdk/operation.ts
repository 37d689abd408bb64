// Carries out an official operation by the method of ours that has its name, and makes the official document of the result. Lists and
// large files take several requests, as they do from any client.
import { catalogue, type MethodName, type ResultOf } from "../../protocol/catalogue.ts";
import { itemLimits } from "../../protocol/item/item.ts";
import { limits } from "../../protocol/limits.ts";
import { contentsByPlace } from "../../protocol/sdk/file-contents.ts";
import { sdkOperations } from "../../protocol/sdk/operations.ts";
import type { SdkInvoke } from "../../protocol/sdk/request.ts";
import { documentTooLong, fileTooLong, PAGED_BYTES_MAX } from "../wire/sdk-envelope.ts";
import type { Document, Form, ShortForm } from "../wire/sdk-form.ts";
import type { SdkCall } from "../wire/sdk-lines.ts";
import { documentOf, type Failed, outcomeOf } from "./outcome.ts";

/** The official document, or the error of our method. */
export type Carried = Document | Failed;

/** One operation of the table, whose types the table itself has checked. */
type Operation = {
  readonly method: MethodName;
  readonly translated: (parameters: object) => object;
  readonly document: (result: unknown, parameters: object) => unknown;
};

export async function carriedOut(
  request: SdkInvoke,
  call: SdkCall,
  shortForm: ShortForm | undefined,
): Promise<Carried> {
  const { name, parameters, client, contents } = request;
  const { method, translated, document } = sdkOperations[name] as unknown as Operation;
  const params = { ...translated(parameters), ...ofClient(method, client) };
  if (method === "items.list") return wholeList(params, call);
  if (request.name === "ItemsFilesRead" && request.parameters.attr.size > itemLimits.inlineFileBytes)
    return largeFile(request.parameters.attr.size, params, call, fileMax[shortForm ?? "numbers"]);
  const outcome = outcomeOf(await call.ask(method, params, contentsByPlace(method, params, contents)));
  return "error" in outcome ? outcome : { payload: documentOf(document(outcome.result, parameters)) };
}

/** The client for whom a method works, where it works on an account. */
function ofClient(method: MethodName, client: number): object {
  const { properties = {} } = catalogue[method].params as { readonly properties?: object };
  return "client" in properties ? { client: String(client) } : {};
}

/** The official list has no pages. Ours is read page after page, and each is made a text at once: a whole account as one value takes long. */
async function wholeList(params: object, call: SdkCall): Promise<Carried> {
  const pages: string[] = [];
  let bytes = 0;
  let after: string | undefined;
  for (let more = true; more; ) {
    const outcome = outcomeOf(await call.ask("items.list", after === undefined ? params : { ...params, after }));
    if ("error" in outcome) return outcome;
    const page = outcome.result as ResultOf<"items.list">;
    after = page.items.at(-1)?.id;
    more = page.more && after !== undefined;
    if (after === undefined) break;
    const text = JSON.stringify(page.items.map(officialOf)).slice(1, -1);
    pages.push(text);
    bytes += Buffer.byteLength(text);
    if (bytes > PAGED_BYTES_MAX) throw documentTooLong();
    call.hold(bytes);
  }
  return { payload: Buffer.from(`[${pages.join(",")}]`) };
}

/** The official overview has no word for a malformed item. Its title says it. */
const officialOf = ({ malformed: _malformed, ...overview }: ResultOf<"items.list">["items"][number]) => overview;

/** Bytes of the largest file that fits into an answer of a form, where each of its bytes has one digit. */
const fileMax: Readonly<Record<Form, number>> = {
  // A digit and a comma in the document, and two digits with a comma for each of these in the line.
  numbers: limits.sdkLineBytes / 6,
  text: limits.sdkLineBytes / 2,
  // Four for three, twice.
  base64: (limits.sdkLineBytes * 9) / 16,
};

/** A file in chunks. One that cannot fit into an answer is not read. The program may announce another size than the file has. */
async function largeFile(announced: number, params: object, call: SdkCall, most: number): Promise<Carried> {
  if (announced > most) throw fileTooLong();
  // Where there is no room, nothing is opened: an unread file stays open until the connection ends. Nothing is held while a person is asked.
  call.hold(announced);
  call.hold(0);
  const opened = outcomeOf(await call.ask("files.openRead", params));
  if ("error" in opened) return opened;
  const { handle, size } = opened.result as ResultOf<"files.openRead">;
  if (size > most) throw fileTooLong();
  call.hold(size);
  const payload = new Uint8Array(size);
  for (let at = 0, ended = false; !ended; ) {
    const read = outcomeOf(await call.ask("files.readChunk", { handle }));
    if ("error" in read) return read;
    const chunk = read.result as ResultOf<"files.readChunk">;
    const bytes = Uint8Array.fromBase64(chunk.content);
    payload.set(bytes, at);
    at += bytes.length;
    ended = chunk.last;
  }
  return { payload, isFile: true };
}

// Carries out an official operation by the method of ours that has its name, and makes the official document of the result. Lists and
// large files take several requests, as they do from any client.
import { catalogue, type MethodName, type ResultOf } from "../../protocol/catalogue.ts";
import { itemLimits } from "../../protocol/item/item.ts";
import { limits } from "../../protocol/limits.ts";
import { byteList } from "../../protocol/sdk/byte-list.ts";
import { contentsByPlace } from "../../protocol/sdk/file-contents.ts";
import { sdkOperations } from "../../protocol/sdk/operations.ts";
import type { SdkInvoke } from "../../protocol/sdk/request.ts";
import type { SdkCall } from "../wire/sdk-lines.ts";
import { documentOf, type Failed, outcomeOf } from "./outcome.ts";

/** The bytes of the official document, or the error of our method. */
export type Carried = { readonly document: Uint8Array } | Failed;

/** One operation of the table, whose types the table itself has checked. */
type Operation = {
  readonly method: MethodName;
  readonly translated: (parameters: object) => object;
  readonly document: (result: unknown, parameters: object) => unknown;
};

export async function carriedOut(request: SdkInvoke, call: SdkCall): Promise<Carried> {
  const { name, parameters, client, contents } = request;
  const { method, translated, document } = sdkOperations[name] as unknown as Operation;
  const params = { ...translated(parameters), ...ofClient(method, client) };
  if (method === "items.list") return wholeList(params, call);
  if (request.name === "ItemsFilesRead" && request.parameters.attr.size > itemLimits.inlineFileBytes)
    return largeFile(request.parameters.attr.size, params, call);
  const outcome = outcomeOf(await call.ask(method, params, contentsByPlace(method, params, contents)));
  return "error" in outcome ? outcome : { document: documentOf(document(outcome.result, parameters)) };
}

/** The client for whom a method works, where it works on an account. */
function ofClient(method: MethodName, client: number): object {
  const { properties = {} } = catalogue[method].params as { readonly properties?: object };
  return "client" in properties ? { client: String(client) } : {};
}

/** The official list has no pages. Ours is read page after page, and each is made a text at once: a whole account as one value takes long. */
async function wholeList(params: object, call: SdkCall): Promise<Carried> {
  const pages: string[] = [];
  let after: string | undefined;
  for (let more = true; more; ) {
    const outcome = outcomeOf(await call.ask("items.list", after === undefined ? params : { ...params, after }));
    if ("error" in outcome) return outcome;
    const page = outcome.result as ResultOf<"items.list">;
    after = page.items.at(-1)?.id;
    more = page.more && after !== undefined;
    if (after !== undefined) pages.push(JSON.stringify(page.items).slice(1, -1));
  }
  return { document: Buffer.from(`[${pages.join(",")}]`) };
}

/** Fewest characters of a byte on the wire: a digit and a comma in the document, three characters each in the envelope. */
const WIRE_BYTES_OF_BYTE = 6;

const TOO_LONG = `an answer has at most ${limits.sdkLineBytes} bytes, and takes some ten for each byte of a file; read this file with \`postern read\``;

const tooLong: Failed = { error: { name: "tooLarge", message: TOO_LONG } };
const mayFit = (bytes: number) => bytes <= limits.sdkLineBytes / WIRE_BYTES_OF_BYTE;

/** A file in chunks. One that cannot fit into an answer is not read. The program may announce another size than the file has. */
async function largeFile(announced: number, params: object, call: SdkCall): Promise<Carried> {
  if (!mayFit(announced)) return tooLong;
  const opened = outcomeOf(await call.ask("files.openRead", params));
  if ("error" in opened) return opened;
  const { handle, size } = opened.result as ResultOf<"files.openRead">;
  if (!mayFit(size)) return tooLong;
  const content = new Uint8Array(size);
  for (let at = 0, ended = false; !ended; ) {
    const read = outcomeOf(await call.ask("files.readChunk", { handle }));
    if ("error" in read) return read;
    const chunk = read.result as ResultOf<"files.readChunk">;
    const bytes = Uint8Array.fromBase64(chunk.content);
    content.set(bytes, at);
    at += bytes.length;
    ended = chunk.last;
  }
  return { document: Buffer.concat([Buffer.from("["), byteList(content), Buffer.from("]")]) };
}

// A program at the official SDKs' door: it sends envelopes as the bridge does, and reads envelopes.
import { connect, type Socket } from "node:net";
import { PROTOCOL } from "../../protocol/limits.ts";

export type Envelope = { readonly kind: string; readonly account_name: string; readonly payload: string };
/** The outcome of an envelope: the document, or the failure. */
export type SdkOutcome =
  | { readonly document: unknown }
  | { readonly failure: { readonly name: string; readonly message: string } };

export type SdkProgram = {
  readonly socket: Socket;
  /** Opens a client and returns its id. Throws the failure. */
  init(account?: string, config?: object): Promise<number>;
  invoke(client: number, name: string, parameters: object): Promise<SdkOutcome>;
  /** The document of an operation. Throws the failure. */
  document(client: number, name: string, parameters: object): Promise<unknown>;
  /** Sends an envelope with a body of any form. */
  envelope(kind: string, body: unknown, account?: string): Promise<SdkOutcome>;
  /** Sends any bytes. */
  send(bytes: string | Uint8Array): void;
  /** The next line of the agent. Undefined once it has closed. */
  next(): Promise<string | undefined>;
  close(): void;
};

export const hello = {
  jsonrpc: "2.0",
  id: 1,
  method: "agent.hello",
  params: { protocol: PROTOCOL, client: { name: "sdk", version: "1" }, door: "sdk" },
};

/** What a JavaScript client sends, less what the agent does not look at. */
export const config = { programmingLanguage: "JS", integrationName: "shop", integrationVersion: "1.0.0" };

export const invocation = (clientId: unknown, name: string, parameters: unknown) => ({
  invocation: { clientId, parameters: { name, parameters } },
});

export const envelopeOf = (kind: string, body: unknown, account = "Ada"): string =>
  `${JSON.stringify({ kind, account_name: account, payload: Buffer.from(JSON.stringify(body)).toString("base64") })}\n`;

export async function openSdk(path: string): Promise<SdkProgram> {
  const socket = connect({ path, allowHalfOpen: true });
  const lines = readLines(socket);
  const send = (bytes: string | Uint8Array) => void socket.write(bytes);
  const next = async () => (await lines.next()).value as string | undefined;
  const envelope: SdkProgram["envelope"] = async (kind, body, account) => {
    send(envelopeOf(kind, body, account));
    const line = await next();
    if (line === undefined) throw new Error("the agent closed the connection");
    return outcomeOf(line);
  };
  send(`${JSON.stringify(hello)}\n`);
  const greeting = JSON.parse((await next()) ?? "null") as { result?: object } | null;
  if (greeting?.result === undefined) throw new Error(`no hello: ${JSON.stringify(greeting)}`);
  const invoke: SdkProgram["invoke"] = (client, name, parameters) =>
    envelope("invoke", invocation(client, name, parameters));
  return {
    socket,
    init: async (account, more) => documentOf(await envelope("init_client", { ...config, ...more }, account)) as number,
    invoke,
    document: async (client, name, parameters) => documentOf(await invoke(client, name, parameters)),
    envelope,
    send,
    next,
    close: () => void socket.destroy(),
  };
}

/** Lines as they come. Ends with the connection. */
async function* readLines(socket: Socket): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  socket.on("error", () => undefined);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    let rest = chunk;
    for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10)) {
      parts.push(rest.subarray(0, end));
      yield Buffer.concat(parts).toString("latin1");
      parts = [];
      rest = rest.subarray(end + 1);
    }
    parts.push(rest);
  }
}

/** What the official client of JavaScript makes of a payload: a list of numbers, or a text where that would be too long. */
const textOf = (payload: number[] | string) =>
  typeof payload === "string" ? payload : Buffer.from(Uint8Array.from(payload)).toString();

/** The outcome of an answer, as the official client of JavaScript reads it. */
export function outcomeOf(line: string): SdkOutcome {
  const { success, payload, ...more } = JSON.parse(line) as { success: boolean; payload: number[] | string };
  if (Object.keys(more).length > 0) throw new Error("an envelope has success and payload only");
  const text = textOf(payload);
  if (!success) return { failure: JSON.parse(text) as { name: string; message: string } };
  return { document: text === "" ? undefined : (JSON.parse(text) as unknown) };
}

function documentOf(outcome: SdkOutcome): unknown {
  if ("failure" in outcome) throw new Error(`${outcome.failure.name}: ${outcome.failure.message}`);
  return outcome.document;
}

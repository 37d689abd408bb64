// A browser's page in this test, over real HTTP: it enters with the code of the redirect file, opens its line, and sends requests. It can also be each kind of
// stranger: every header can be another one.
import { readFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import type { Methods } from "../../clients/typescript/generated.ts";
import { createLineReader } from "../../protocol/framing.ts";

export type Way = { readonly host: string; readonly port: number; readonly code: string };

/** Where a redirect file leads. */
export function wayOf(file: string): Way {
  const address = /url=http:\/\/([^/:]+):(\d+)\/#([\w-]+)"/.exec(readFileSync(file, "utf8"));
  const [, name = "", port = "", code = ""] = address ?? [];
  return { host: `${name}:${port}`, port: Number(port), code };
}

export type Said = { readonly status: number; readonly headers: IncomingMessage["headers"]; readonly body: string };

type Asked = {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Record<string, string | undefined>;
  readonly body?: string;
  readonly address?: string;
};

/** One request, with the headers of our own page where nothing else is said. `undefined` leaves a header out. */
export function say(way: Pick<Way, "host" | "port">, asked: Asked): Promise<Said> {
  return new Promise((resolve, reject) => {
    const sent = begin(way, asked, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      response.once("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    sent.once("error", reject);
  });
}

function begin(
  { host, port }: Pick<Way, "host" | "port">,
  asked: Asked,
  answered: (response: IncomingMessage) => void,
) {
  const { method = "POST", path, body = "", address = "127.0.0.1" } = asked;
  const own = { host, origin: `http://${host}`, "content-type": "application/json", "sec-fetch-site": "same-origin" };
  const headers = Object.fromEntries(
    Object.entries({ ...own, ...asked.headers }).filter((one): one is [string, string] => one[1] !== undefined),
  );
  const sent = request({ host: address, port, method, path, headers, setHost: false, agent: false }, answered);
  sent.end(body);
  return sent;
}

type Message = {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, string>;
  readonly result?: unknown;
  readonly error?: { message: string; data: { name: string } };
};

/** The agent refused a request of the page. */
export class PageRefused extends Error {
  readonly refusal: string;
  constructor({ message, data }: { message: string; data: { name: string } }) {
    super(message);
    this.refusal = data.name;
  }
}

export type Page = {
  readonly token: string;
  readonly prompt: string | undefined;
  call<M extends keyof Methods>(method: M, params: Methods[M]["params"]): Promise<Methods[M]["result"]>;
  /** The next notification of this name. */
  told(method: string): Promise<Record<string, string>>;
  /** Fulfilled when the agent ends the line. */
  readonly ended: Promise<void>;
  leave(): void;
};

/** What a page gets for its code. */
export type Entered = { readonly session: string; readonly agent: string; readonly prompt?: string };

/** Enters by the file of `app.open`. */
export async function enter(way: Way): Promise<Entered> {
  const { status, body } = await say(way, { path: "/enter", body: JSON.stringify({ code: way.code }) });
  if (status !== 200) throw new Error(`not let in: ${status} ${body}`);
  return JSON.parse(body);
}

/** Opens the line of a session. */
export function openPage(way: Way, { session, agent, prompt }: Partial<Entered>): Promise<Page> {
  const authorization = `Postern ${session}`;
  return new Promise((resolve, reject) => {
    const sent = begin(way, { path: "/receive", headers: { authorization } }, (response) => {
      if (response.statusCode !== 200) return reject(new Error(`no line: ${response.statusCode}`));
      // As our page does: whoever cannot show the secret is not the agent.
      if (agent !== undefined && response.headers["postern-agent"] !== agent) return reject(new Error("a stranger"));
      const id = String(response.headers["postern-connection"]);
      const waiting = new Map<number, (message: Message) => void>();
      const heard: Message[] = [];
      const listeners: { method: string; hear: (params: Record<string, string>) => void }[] = [];
      const lines = createLineReader(() => 2 ** 26, {
        line: (bytes) => {
          const message = JSON.parse(new TextDecoder().decode(bytes)) as Message;
          if (message.id !== undefined) return waiting.get(message.id)?.(message);
          const at = listeners.findIndex(({ method }) => method === message.method);
          if (at === -1) heard.push(message);
          else listeners.splice(at, 1)[0]?.hear(message.params ?? {});
        },
        tooLong: () => undefined,
      });
      response.on("data", (chunk: Uint8Array) => lines.push(chunk));
      const ended = new Promise<void>((end) => response.once("close", () => end()));
      let next = 1;
      resolve({
        token: session ?? "",
        prompt,
        call: async (method, params) => {
          const number = next++;
          const answered = new Promise<Message>((settle) => waiting.set(number, settle));
          const body = JSON.stringify({ jsonrpc: "2.0", id: number, method, params });
          const { status } = await say(way, {
            path: "/send",
            headers: { authorization, "postern-connection": id },
            body,
          });
          if (status !== 202) throw new Error(`not taken: ${status}`);
          const { result, error } = await answered;
          if (error !== undefined) throw new PageRefused(error);
          return result as never;
        },
        told: (method) => {
          const at = heard.findIndex((message) => message.method === method);
          if (at !== -1) return Promise.resolve(heard.splice(at, 1)[0]?.params ?? {});
          return new Promise((hear) => listeners.push({ method, hear }));
        },
        ended,
        leave: () => sent.destroy(),
      });
    });
    sent.once("error", reject);
  });
}

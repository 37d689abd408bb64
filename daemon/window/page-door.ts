// The door of the desktop app: a page on loopback, and its way to the agent. It checks who connects and from which page, gives out sessions for one-time codes,
// and carries lines. It opens when it is first needed, and then keeps its port until the agent stops.
import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { PosternError } from "../../protocol/errors.ts";
import { limits } from "../../protocol/limits.ts";
import type { Prompt } from "../approval/prompt.ts";
import type { Clock } from "../host/clock.ts";
import type { Log } from "../host/log.ts";
import { ensurePrivateFolder } from "../host/private-files.ts";
import type { Subject } from "../peer/subject.ts";
import type { PageEntrance } from "../wire/door.ts";
import { createFoldedRefusals } from "./folded-refusals.ts";
import { answerHeaders, HOST_NAME, refusalOf } from "./http-rules.ts";
import { type Loopback, listenOnLoopback } from "./loopback.ts";
import { createOneTimeCodes, type Purpose } from "./one-time-codes.ts";
import { createOpenings } from "./openings.ts";
import { openPageLine } from "./page-line.ts";
import { createPageSessions, type PageSession } from "./page-sessions.ts";
import { removeLeftRedirects, removeRedirect, writeRedirect } from "./redirect-file.ts";
import { createBodies } from "./request-body.ts";
import { ownerOf } from "./socket-owner.ts";

/** The built page: one document, and the files that it loads, by name. */
export type PageFiles = { readonly document: string; readonly assets: ReadonlyMap<string, Uint8Array> };

export type PageDoorParts = {
  readonly clock: Clock;
  readonly log: Log;
  /** Undefined where the person switched the app off. */
  readonly port: number | undefined;
  /** The folder of the redirect files. Only this user can enter it. */
  readonly folder: string;
  readonly uid: number;
  readonly newId: () => string;
  readonly files: () => Promise<PageFiles>;
  /** Opens a file in the person's browser. False where none was opened. */
  readonly browse: (file: string, code: string, signal: AbortSignal) => Promise<boolean>;
  /** Serves the lines of a page. */
  readonly serve: PageEntrance;
  readonly sessionEnded: (subject: Subject) => void;
  /** A code was used a second time. `prompt` is the question that it was for. */
  readonly usedTwice: (prompt: string) => void;
  /** Requests were refused by this rule: the first, and then a count once a minute at most. Any website and any user of the machine can send some. */
  readonly refused: (rule: string, count: number) => void;
};

export type PageDoor = {
  /**
   * Opens the door and makes a way into the app, for a program of this family. Returns the path of the file to hand to a browser. Throws appUnavailable,
   * and tryLater where that program wants too many, or strangers do.
   */
  open(family: string, isStranger: boolean): Promise<string>;
  /**
   * Shows one question in a browser. Fulfilled once no page shows it any more: none came, or the one that came was left. Never rejects. The signal ends it.
   */
  show(prompt: Pick<Prompt, "id" | "code">, signal: AbortSignal): Promise<void>;
  /** The origin of the page. Undefined while the door is closed. */
  origin(): string | undefined;
  promptClosed(prompt: string): void;
  /** An account was locked. Every open page of the app gets a session of its own. */
  locked(): void;
  close(): Promise<void>;
};

/** Bytes of the random part of the page's host. Nobody guesses it before the first page comes. */
const LABEL_BYTES = 16;

/** Bytes of the body that enters: a code. */
const ENTER_BYTES_MAX = 256;

const types: Readonly<Record<string, string>> = {
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
};

const ASSETS = "/assets/";

export function createPageDoor(parts: PageDoorParts): PageDoor {
  const { clock, log, uid } = parts;
  const bodies = createBodies();
  const codes = createOneTimeCodes(clock);
  /** What to do when the page of a question was left, by the question. */
  const shown = new Map<string, () => void>();
  const openings = createOpenings(clock);
  const sessions = createPageSessions(clock, {
    newId: parts.newId,
    ended: parts.sessionEnded,
    left: (prompt) => shown.get(prompt)?.(),
  });
  let opening: Promise<Loopback> | undefined;
  let host: string | undefined;
  let files: Promise<PageFiles> | undefined;
  const refused = createFoldedRefusals(clock, parts.refused);

  async function listen(port: number): Promise<Loopback> {
    ensurePrivateFolder(parts.folder);
    removeLeftRedirects(parts.folder);
    const listening = await listenOnLoopback(
      port,
      (request, response, hold) => void onRequest(request, response, hold),
      mayConnect,
    );
    // Another one at each start: what a program that had the port before left in the browser (a worker, a cache) belongs to another origin.
    host = `${randomBytes(LABEL_BYTES).toString("hex")}.${HOST_NAME}:${listening.port}`;
    return listening;
  }

  function mayConnect(socket: Socket): boolean {
    try {
      if (ownerOf(socket) === uid) return true;
    } catch (error) {
      // The kernel's table cannot be read now: too many files are open, for one. Then nobody is known to be this user.
      log.incident("page", error);
    }
    refused("another user");
    return false;
  }

  async function onRequest(request: IncomingMessage, response: ServerResponse, hold: () => void): Promise<void> {
    try {
      const refusal = refusalOf(request, host ?? "");
      if (refusal !== undefined) {
        refused(refusal.rule);
        return say(response, refusal.status, { error: "refused" });
      }
      if (request.method === "GET") await showPage(request.url ?? "", response);
      else await act(request, response, hold);
    } catch (error) {
      // A request that came whole was answered wrongly: nobody foresaw it. The others broke off. Nothing of the error is sent.
      if (request.complete) log.incident("page", error);
      if (!response.headersSent) say(response, 500, { error: "internal" });
      else response.destroy();
    }
  }

  async function showPage(url: string, response: ServerResponse): Promise<void> {
    files ??= parts.files().catch((error: unknown) => {
      files = undefined;
      throw error;
    });
    const { document, assets } = await files;
    if (url === "/") return send(response, 200, "text/html; charset=utf-8", document);
    const name = url.startsWith(ASSETS) ? url.slice(ASSETS.length) : "";
    const content = assets.get(name);
    const type = types[name.split(".").at(-1) ?? ""];
    if (content === undefined || type === undefined) return say(response, 404, { error: "no such page" });
    send(response, 200, type, content);
  }

  async function act(request: IncomingMessage, response: ServerResponse, hold: () => void): Promise<void> {
    if (request.url === "/enter") return enter(request, response);
    const session = sessionOf(request);
    if (session === undefined) return say(response, 401, { error: "ended" });
    hold();
    if (request.url === "/receive") return receive(session, response);
    if (request.url === "/send") return take(session, request, response);
    say(response, 404, { error: "no such page" });
  }

  async function enter(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodies.read(request, ENTER_BYTES_MAX, false);
    const code = typeof body === "string" ? undefined : codeIn(body.text);
    const entered = code === undefined ? { spentFor: undefined } : codes.enter(code);
    if ("purpose" in entered) {
      const { prompt } = entered.purpose;
      const begun = sessions.begin(entered.purpose);
      if (begun === undefined) {
        // The code is spent, and no page shows the question.
        if (prompt !== undefined) shown.get(prompt)?.();
        return say(response, 429, { error: "too many pages" });
      }
      return say(response, 200, { ...begun, ...(prompt === undefined ? {} : { prompt }) });
    }
    if (entered.spentFor !== undefined) parts.usedTwice(entered.spentFor);
    say(response, 403, { error: "spent" });
  }

  function sessionOf({ headers }: IncomingMessage): PageSession | undefined {
    const token = /^Postern ([\w-]{1,128})$/.exec(headers.authorization ?? "")?.[1];
    return token === undefined ? undefined : sessions.find(token);
  }

  function receive(session: PageSession, response: ServerResponse): void {
    if (!sessions.mayOpen(session)) return say(response, 429, { error: "too many pages" });
    const id = parts.newId();
    const own = { "Postern-Connection": id, "Postern-Agent": session.agentKey };
    response.writeHead(200, { ...answerHeaders, "Content-Type": "application/x-ndjson", ...own });
    const serve = (stream: Duplex) => parts.serve(stream, session);
    session.pages.set(
      id,
      openPageLine(response, serve, () => sessions.left(session, id)),
    );
  }

  async function take(session: PageSession, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const page = session.pages.get(`${request.headers["postern-connection"] ?? ""}`);
    if (page === undefined) return say(response, 404, { error: "closed" });
    const line = await bodies.read(request, limits.lineBytes, session.isStranger);
    if (line === "too long") return say(response, 413, { error: line });
    if (line === "busy" || !page.take(line.text)) return say(response, 429, { error: "busy" });
    response.writeHead(202, answerHeaders).end();
  }

  /** The file of a new code. */
  async function wayIn(purpose: Purpose): Promise<string> {
    if (parts.port === undefined)
      throw new PosternError("appUnavailable", "POSTERN_APP_PORT switches it off", {
        hint: "restart the agent with POSTERN_APP_PORT unset, or with a port from 1024 to 65535",
      });
    opening ??= listen(parts.port).catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    await opening;
    let path: string | undefined;
    const code = codes.issue({
      ...purpose,
      ended: (how) => {
        if (path !== undefined) removeRedirect(path);
        purpose.ended(how);
      },
    });
    path = writeRedirect(parts.folder, `http://${host}/#${code}`);
    return path;
  }

  return {
    open: async (family, isStranger) => {
      openings.demand(family, isStranger);
      return wayIn({ prompt: undefined, family: `${family}|app`, isStranger, ended: () => undefined });
    },
    show: (prompt, signal) =>
      new Promise((resolve) => {
        const gone = () => {
          shown.delete(prompt.id);
          resolve();
        };
        signal.addEventListener("abort", gone, { once: true });
        shown.set(prompt.id, gone);
        const unavailable = (error: unknown) => {
          const why = error instanceof PosternError ? error.message : "unforeseen";
          log.note("the app cannot show a question", { why });
          if (!(error instanceof PosternError)) log.incident("page", error);
          gone();
        };
        wayIn({
          prompt: prompt.id,
          family: `question|${prompt.id}`,
          isStranger: false,
          ended: (how) => how === "used" || gone(),
        })
          .then((file) => parts.browse(file, prompt.code, signal))
          .then((opened) => opened || gone())
          .catch(unavailable);
      }),
    origin: () => (host === undefined ? undefined : `http://${host}`),
    promptClosed: sessions.endOf,
    locked: sessions.renewAll,
    close: async () => {
      codes.clear();
      sessions.endAll();
      await (await opening)?.close();
    },
  };
}

function codeIn(body: string): string | undefined {
  try {
    const { code } = (JSON.parse(body) ?? {}) as { code?: unknown };
    return typeof code === "string" ? code : undefined;
  } catch {
    return undefined;
  }
}

function say(response: ServerResponse, status: number, content: object): void {
  send(response, status, "application/json", JSON.stringify(content));
}

function send(response: ServerResponse, status: number, type: string, content: string | Uint8Array): void {
  response.writeHead(status, { ...answerHeaders, "Content-Type": type, "Content-Length": Buffer.byteLength(content) });
  response.end(content);
}

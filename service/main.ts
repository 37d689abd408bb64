// The account service as a process, for a machine that others sign in to. `postern service run` starts it. It speaks plain HTTP on
// loopback. To serve a network, put a proxy with TLS before it, and give the proxy's address as the origin.

import { lstatSync, readFileSync, type Stats, writeFileSync } from "node:fs";
import { Server } from "node:http";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { serve } from "@hono/node-server";
import { createApp, TIDY_MS } from "./app.ts";
import { BadStart, listenFault, tellBadStart } from "./bad-start.ts";
import { plainAddress, senderOf } from "./door/address.ts";
import { boundConnections, HTTP_LIMITS } from "./door/connections.ts";
import { makeFolder } from "./generated-make-folder.ts";
import { nodePrimitives } from "./primitives.ts";
import { pageFiles } from "./share/page-files.ts";
import { openStore } from "./store/open.ts";

/** The next step where the file of the registration token cannot be used. */
const NEW_TOKEN = "remove it, and the next start makes a new token";

const PORT_DEFAULT = 8420;

const OPTIONS = {
  data: { type: "string" },
  port: { type: "string" },
  host: { type: "string" },
  origin: { type: "string" },
  "public-address": { type: "string" },
  proxy: { type: "string" },
  json: { type: "boolean" },
} as const;

/** Names the wrong option in our own words, since Node's message quotes the command line. */
function parsed(words: readonly string[]) {
  try {
    return parseArgs({ args: joined(words), options: OPTIONS, strict: true }).values;
  } catch {
    const bare = joined(words).find((word) => takesValue(word));
    if (bare !== undefined) throw new BadStart(`${bare} has no value`, `as in ${bare} VALUE`);
    const [name] =
      words.find((word) => !Object.hasOwn(OPTIONS, word.replace(/^--|=.*$/gs, "")) && /^-/.test(word))?.split("=") ??
      [];
    const known = Object.keys(OPTIONS)
      .filter((option) => option !== "json")
      .map((option) => `--${option}`)
      .join(", ");
    throw new BadStart(`${name ?? "an option"} was not understood`, `there are ${known}, each with a value`);
  }
}

/** Joins an option and its value to one word, so that a value which begins with a hyphen stays a value. */
function joined(words: readonly string[]): string[] {
  const [word, value, ...rest] = words;
  if (word === undefined) return [];
  const isPair = takesValue(word) && value !== undefined;
  return isPair ? [`${word}=${value}`, ...joined(rest)] : [word, ...joined(words.slice(1))];
}

const takesValue = (word: string) =>
  /^--/.test(word) && OPTIONS[word.slice(2) as keyof typeof OPTIONS]?.type === "string";

function options() {
  const values = parsed(process.argv.slice(2));
  const port = Number(values.port ?? PORT_DEFAULT);
  // Number() reads an empty text as 0, and "0x10" as 16.
  if (!/^\d+$/.test(values.port ?? String(PORT_DEFAULT)) || port > 65_535)
    throw new BadStart("--port must be a number from 0 to 65535", "as in --port 8420; 0 lets the system choose");
  const host = values.host ?? "127.0.0.1";
  // Agents reach it under another name than the address it listens on. Without that name it would refuse every sign-in.
  if (!isLoopback(host) && values.origin === undefined)
    throw new BadStart(
      "--host beyond loopback needs --origin",
      "add --origin URL, the https URL that agents are given",
    );
  if (values.data === "") throw new BadStart("--data is empty", "name a folder, or leave it out");
  return {
    data: resolve(values.data ?? dataDefault()),
    port,
    host,
    origin: values.origin === undefined ? undefined : originOf("--origin", values.origin),
    publicAddress:
      values["public-address"] === undefined ? undefined : originOf("--public-address", values["public-address"]),
    proxy: values.proxy === undefined ? undefined : proxyOf(values.proxy),
  };
}

/** An address and no name, since it is compared with those of connections. */
function proxyOf(text: string): string {
  const proxy = plainAddress(text);
  if (proxy === undefined)
    throw new BadStart("--proxy must be the IP address that the proxy connects from", "as in --proxy 127.0.0.1");
  return proxy;
}

/** Beside the agent's data. A person who moved that folder to try Postern out finds everything in it. */
function dataDefault(): string {
  const moved = process.env.POSTERN_HOME;
  if (moved?.trim() === "") throw new BadStart("POSTERN_HOME is set, and empty", "set it to a folder, or unset it");
  return moved === undefined ? join(homedir(), ".local", "share", "postern-service") : join(moved, "service");
}

/** Sign-ins are bound to the origin, and links contain the public address. So each must be exactly the address that others use. */
function originOf(option: string, text: string): string {
  const url = URL.parse(text);
  const secure = url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url.hostname));
  if (url === null || !secure || (text !== url.origin && text !== `${url.origin}/`))
    throw new BadStart(
      `${option} must be an https URL without a path, or http on a loopback address`,
      `as in ${option} https://postern.example`,
    );
  return url.origin;
}

/** Addresses and no names: the hosts file may give "localhost" any meaning. */
function isLoopback(host: string): boolean {
  return host === "127.0.0.1" || host === "::1" || host === "[::1]";
}

/** Returns the hash of the registration token. The first start makes the token and prints it once. */
function registration(data: string): { hash: Uint8Array; token: string | undefined } {
  const path = join(data, "registration.sha256");
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found !== undefined) return { hash: hashIn(hashText(path, found)), token: undefined };
  const token = nodePrimitives.randomBytes(32).toBase64({ alphabet: "base64url", omitPadding: true });
  const hash = nodePrimitives.sha256(new TextEncoder().encode(token));
  writeFileSync(path, `${hash.toHex()}\n`, { mode: 0o600, flag: "wx" });
  return { hash, token };
}

/** Looks at the file before it opens it: a pipe in its place would block the start for ever. */
function hashText(path: string, found: Stats): string {
  if (!found.isFile() || found.uid !== process.geteuid?.())
    throw new BadStart("registration.sha256 is a link, no file, or another user's", NEW_TOKEN);
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    throw new BadStart(`registration.sha256 could not be read (${(error as NodeJS.ErrnoException).code})`, NEW_TOKEN);
  }
}

/** A hash that a crash cut short would refuse every registration without saying why. */
function hashIn(text: string): Uint8Array {
  if (!/^[0-9a-f]{64}$/.test(text)) throw new BadStart("registration.sha256 is damaged", NEW_TOKEN);
  return Uint8Array.fromHex(text);
}

function privateFolder(path: string): void {
  try {
    makeFolder(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new BadStart(`--data ${path} could not be made (${code})`, "name a folder that you may write to");
  }
  const found = lstatSync(path);
  if (!found.isDirectory())
    throw new BadStart(
      `--data ${path} is ${found.isSymbolicLink() ? "a link" : "no folder"}`,
      "name a folder, by its own name, or one that can be made",
    );
  if (found.uid !== process.getuid?.())
    throw new BadStart(`--data ${path} belongs to another user`, "name a folder of your own");
  if ((found.mode & 0o077) !== 0)
    throw new BadStart(`--data ${path} is open to others`, `run chmod 700 ${path}, or name another`);
}

async function main(): Promise<void> {
  process.umask(0o077);
  const { data, port, host, origin, publicAddress, proxy } = options();
  privateFolder(data);
  const store = await openStore(data);
  // The origin names the port, and the system may choose the port. So the app is made after the port is known.
  let answer: (request: Request, from: string) => Response | Promise<Response> = () =>
    new Response(null, { status: 503 });
  const server = serve({
    fetch: (request, { incoming }) =>
      answer(request, senderOf(incoming.socket.remoteAddress, request.headers.get("x-forwarded-for"), proxy)),
    port,
    hostname: host,
    serverOptions: HTTP_LIMITS,
  });
  if (server instanceof Server) boundConnections(server, proxy);
  await new Promise<void>((listening, failed) => {
    server.once("listening", listening);
    server.once("error", (error: NodeJS.ErrnoException) => failed(listenFault(error, host, port)));
  });
  // Made only now. A start that fails at the port must not use up the one start that prints the token.
  const { hash, token } = registration(data);
  const address = server.address();
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${typeof address === "object" ? address?.port : port}`;
  const app = await createApp({
    store,
    primitives: nodePrimitives,
    origin: origin ?? url,
    registrationHash: hash,
    ...(publicAddress === undefined ? {} : { sharing: { publicAddress, page: pageFiles } }),
    onUnforeseen: tell,
  });
  setInterval(() => void app.tidy().catch(tell), TIDY_MS).unref();
  const running = new Set<Promise<Response>>();
  answer = (request, from) => {
    const answered = Promise.resolve(app.fetch(request, from)).finally(() => running.delete(answered));
    running.add(answered);
    return answered;
  };
  const facts = { listening: url, origin: origin ?? url, ...(token === undefined ? {} : { registrationToken: token }) };
  process.stdout.write(`${JSON.stringify(facts)}\n`);

  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    // Connections that wait for changes would keep the server open, so they are cut; agents ask again. Requests that had begun
    // end before the store is closed.
    server.close(
      () =>
        void Promise.allSettled(running)
          .then(store.close)
          .then(() => process.exit(0)),
    );
    if ("closeAllConnections" in server) server.closeAllConnections();
  };
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.once(signal, stop);
}

/** Describes an unforeseen error by its class and frames. Its text may quote a value of a request. */
function tell(thrown: unknown): void {
  const frames =
    thrown instanceof Error ? (thrown.stack ?? "").split("\n").filter((line) => /^ {4}at /.test(line)) : [];
  process.stderr.write(
    `${JSON.stringify({ unforeseen: thrown instanceof Error ? thrown.constructor.name : typeof thrown, frames })}\n`,
  );
}

main().catch((error: unknown) => process.exit(tellBadStart(error, process.argv.includes("--json"))));

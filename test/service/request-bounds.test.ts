// The bounds of a request's body, each at its limit and one past it: bytes, parts and depth of one request, and the bytes of all
// together. No request past a bound reaches a parser.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newId, utf8 } from "../../protocol/crypto/encoding.ts";
import { hasPartsAtMost, nestsAtMost } from "../../protocol/framing.ts";
import { type OperationName, serviceCatalogue, serviceLimits } from "../../protocol/service-catalogue.ts";
import { createBodyRoom } from "../../service/door/body-room.ts";
import { boundsOf, SPACE_BYTES, STRANGER_BODY_BYTES_MAX } from "../../service/door/request-bounds.ts";
import { crypto, type InProcess, inProcess } from "./doors.ts";

let door: InProcess;
beforeAll(async () => {
  door = await inProcess();
});
afterAll(() => door.close());

type BodyOf = string | ReadableStream<Uint8Array>;

async function post(operation: OperationName, body: BodyOf, headers: Record<string, string> = {}) {
  const response = await door.address.fetch(
    new Request(`http://embedded.invalid/v1/${operation}`, {
      method: "POST",
      body,
      headers: { "content-type": "application/json", ...headers },
      ...{ duplex: "half" },
    }),
  );
  const answer = (await response.json()) as { error?: { name: string } };
  return answer.error?.name ?? "answered";
}

/** The text in pieces of a few bytes, so that nothing says its length before. */
const inPieces = (text: string, size = 100) =>
  new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (let at = 0; at < text.length; at += size) controller.enqueue(utf8(text.slice(at, at + size)));
      controller.close();
    },
  });

const names = Object.keys(serviceCatalogue) as OperationName[];
const unsigned = names.filter((name) => !serviceCatalogue[name].signedIn);

const start = () =>
  JSON.stringify({
    account: newId(crypto),
    user: newId(crypto),
    device: newId(crypto),
    clientNonce: crypto.randomBytes(32).toBase64(),
  });

describe("the bytes of a request", () => {
  test.each(["whole", "in pieces"])("may reach the limit, %s, and one more is refused", async (how) => {
    const as = (text: string) => (how === "whole" ? text : inPieces(text));
    const { bytes } = boundsOf("signIn.start");
    expect(await post("signIn.start", as(start().padEnd(bytes)))).toBe("answered");
    expect(await post("signIn.start", as(start().padEnd(bytes + 1)))).toBe("tooLarge");
  });

  test("are refused by their claim, before any of them came", async () => {
    const never = new ReadableStream<Uint8Array>();
    const claim = { "content-length": String(boundsOf("service.info").bytes + 1) };
    expect(await post("service.info", never, claim)).toBe("tooLarge");
  });

  test("may not be more than were claimed", async () => {
    expect(await post("service.info", inPieces("{}  "), { "content-length": "2" })).toBe("tooLarge");
  });

  test.each(unsigned.filter((name) => name !== "accounts.create"))("without a session stay under 2 kB: %s", (name) => {
    expect(boundsOf(name).bytes).toBeLessThan(2048);
  });

  test("of a new account stay at the limit of all requests without a session", () => {
    expect(boundsOf("accounts.create").bytes).toBe(STRANGER_BODY_BYTES_MAX);
  });

  test("of every operation stay at the limit of all", () => {
    for (const name of names) expect(boundsOf(name).bytes).toBeLessThanOrEqual(serviceLimits.bodyBytes);
    expect(boundsOf("items.putAll").bytes).toBe(serviceLimits.bodyBytes);
    expect(boundsOf("vaults.list").bytes).toBe("{}".length + SPACE_BYTES);
  });
});

describe("what a request builds", () => {
  const info = (parts: number) => `[${'"",'.repeat(parts - 2)}""]`;

  test("may have as many parts as the schema, and one more is refused before it is parsed", async () => {
    const { parts } = boundsOf("service.info");
    expect(hasPartsAtMost(utf8(info(parts)), parts)).toBe(true);
    expect(hasPartsAtMost(utf8(info(parts + 1)), parts)).toBe(false);
    // This text is no JSON. The parser would say so, and it is not asked.
    expect(await post("service.info", `${info(parts + 1)}]`)).toBe("invalidParams");
    expect(await post("service.info", `${info(parts)}]`)).toBe("parseError");
  });

  test("may be as deep as the schema, and no deeper", async () => {
    const { depth } = boundsOf("service.info");
    expect(await post("service.info", `${"[".repeat(depth)}`)).toBe("parseError");
    expect(await post("service.info", `${"[".repeat(depth + 1)}`)).toBe("invalidParams");
  });

  test.each([
    ["a text that is no UTF-8", new Uint8Array([0x22, 0xff, 0x22])],
    ["a mark of byte order", new Uint8Array([0xef, 0xbb, 0xbf, 0x7b, 0x7d, 0x22])],
    ["nothing", new Uint8Array()],
  ])("%s is refused", async (_what, bytes) => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        controller.enqueue(bytes);
        controller.close();
      },
    });
    expect(await post("service.info", body)).toBe("parseError");
  });

  test("a body that breaks off is told to nobody as a fault", async () => {
    const broken = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(utf8("{")),
      pull: (controller) => controller.error(new Error("gone")),
    });
    expect(await post("service.info", broken)).toBe("parseError");
  });
});

type Schema = {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly maxItems?: number;
  readonly maxLength?: number;
  readonly contentEncoding?: string;
  readonly pattern?: string;
  readonly anyOf?: readonly Schema[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly type?: string;
};

/** The longest JSON value of a schema, written without the bounds that are tested. */
function longest(schema: Schema): unknown {
  const longer = (values: unknown[]) =>
    values.reduce((a, b) => (JSON.stringify(a).length >= JSON.stringify(b).length ? a : b));
  if (schema.anyOf !== undefined) return longer(schema.anyOf.map(longest));
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return longer([...schema.enum]);
  if (schema.properties !== undefined)
    return Object.fromEntries(Object.entries(schema.properties).map(([name, value]) => [name, longest(value)]));
  if (schema.items !== undefined) return new Array(schema.maxItems).fill(longest(schema.items));
  if (schema.type === "string") {
    if (schema.pattern?.endsWith("{26}$")) return "a".repeat(26);
    return (schema.contentEncoding === "base64" ? "A" : "\u0001").repeat(schema.maxLength ?? 0);
  }
  return schema.type === "boolean" ? false : -Number.MAX_SAFE_INTEGER;
}

test.each(names.filter((name) => boundsOf(name).bytes < serviceLimits.bodyBytes && name !== "accounts.create"))(
  "the longest request of %s is within its bounds",
  (name) => {
    const text = utf8(JSON.stringify(longest(serviceCatalogue[name].params as Schema)));
    const { bytes, parts, depth } = boundsOf(name);
    expect(text.length).toBeLessThanOrEqual(bytes);
    expect([hasPartsAtMost(text, parts), nestsAtMost(text, depth)]).toEqual([true, true]);
    // The bounds are no wider than the schema, but for white space, digits, and numbers that count as fractions.
    expect(hasPartsAtMost(text, Math.floor(parts * 0.6))).toBe(false);
    if (depth > 1) expect(nestsAtMost(text, depth - 1)).toBe(false);
  },
);

describe("the room of all bodies", () => {
  const limits = { allBytes: 100, ownerBytes: 60, waiting: 2, ownerWaiting: 1 };
  const never = new AbortController().signal;
  const took = async (taking: Promise<unknown>) => {
    let done = false;
    void taking.then(() => {
      done = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    return done;
  };

  test("takes bodies up to its limit, and the next waits until one goes", async () => {
    const room = createBodyRoom(limits);
    const leave = await room.take("a", 60, never);
    await room.take("b", 40, never);
    const waiting = room.take("c", 1, never);
    expect(await took(waiting)).toBe(false);
    leave();
    expect(await took(waiting)).toBe(true);
  });

  test("holds up one owner at its own limit, and nobody else", async () => {
    const room = createBodyRoom(limits);
    const leave = await room.take("a", 60, never);
    const own = room.take("a", 1, never);
    const other = room.take("b", 40, never);
    expect([await took(own), await took(other)]).toEqual([false, true]);
    leave();
    expect(await took(own)).toBe(true);
  });

  test("lets no small body pass a large one that waits for the same room", async () => {
    const room = createBodyRoom(limits);
    const leave = await room.take("a", 60, never);
    await room.take("b", 20, never);
    const large = room.take("c", 50, never);
    const small = room.take("d", 1, never);
    expect([await took(large), await took(small)]).toEqual([false, false]);
    leave();
    expect([await took(large), await took(small)]).toEqual([true, true]);
  });

  test("lets so many wait and refuses the next", async () => {
    const room = createBodyRoom(limits);
    await room.take("a", 60, never);
    await room.take("b", 40, never);
    const waiting = [room.take("c", 1, never), room.take("d", 1, never)];
    await expect(room.take("e", 1, never)).rejects.toMatchObject({ name: "busy" });
    expect(await took(Promise.race(waiting))).toBe(false);
  });

  test("lets one owner take no place of the others", async () => {
    const room = createBodyRoom(limits);
    await room.take("a", 60, never);
    const own = room.take("a", 1, never);
    await expect(room.take("a", 1, never)).rejects.toMatchObject({ name: "busy" });
    expect([await took(own), await took(room.take("b", 40, never))]).toEqual([false, true]);
  });

  test("keeps no place for a client that went away, and gives room back once", async () => {
    const room = createBodyRoom(limits);
    const leave = await room.take("a", 60, never);
    await room.take("b", 40, never);
    const gone = new AbortController();
    const left = room.take("c", 1, gone.signal);
    gone.abort();
    await expect(left).rejects.toMatchObject({ name: "cancelled" });
    leave();
    leave();
    await room.take("d", 60, never);
    await expect(took(room.take("e", 1, never))).resolves.toBe(false);
  });
});

// What an answer of a service may cost. It is counted while it arrives.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ANSWER_DEPTH_MAX,
  ANSWER_PARTS_MAX,
  type AnswerBounds,
  createAnswerReader,
  otherService,
  ownService,
} from "../../clients/account/answer-bounds.ts";
import { createServiceClient } from "../../clients/account/service-client.ts";
import { createShape, nestsAtMost, partsOf } from "../../protocol/framing.ts";
import { inProcess, newUser, open } from "../service/doors.ts";

test("a text that comes in chunks has the shape of the whole one", () => {
  const piece = fc.constantFrom('\\"', "\\\\", "{", "}", "[", "]", "a".repeat(70), '"', ",1.5", "\\n", "é");
  const cuts = fc.array(fc.nat(300), { maxLength: 8 });
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), cuts, (pieces, at) => {
      const text = Buffer.from(pieces.join(""));
      const shape = createShape();
      const ends = [...at.filter((end) => end < text.length).sort((a, b) => a - b), text.length];
      ends.reduce((from, end) => {
        shape.add(text.subarray(from, end));
        return end;
      }, 0);
      expect(shape.parts).toBe(partsOf(text, Number.POSITIVE_INFINITY));
      expect([nestsAtMost(text, shape.deepest), shape.deepest === 0 || !nestsAtMost(text, shape.deepest - 1)]).toEqual([
        true,
        true,
      ]);
    }),
  );
});

/** A body of chunks, of which the last one never comes where it is `open`. */
function bodyOf(chunks: readonly Uint8Array<ArrayBuffer>[], open?: Promise<void>): Response {
  const left = [...chunks];
  return new Response(
    new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        const chunk = left.shift();
        if (chunk !== undefined) return controller.enqueue(chunk);
        await open;
        controller.close();
      },
    }),
  );
}

const spaces = (bytes: number) => new Uint8Array(bytes).fill(0x20);
const textOf = (text: string) => new TextEncoder().encode(text);

const kinds: readonly (readonly [name: string, bounds: AnswerBounds, isSignedIn: boolean, of: typeof ownService])[] = [
  ["of another service before the sign-in", otherService.before, false, otherService],
  ["of another service in a session", otherService.within, true, otherService],
  ["of one's own service", ownService.within, true, ownService],
];

describe.each(kinds)("an answer %s", (_name, bounds, isSignedIn, of) => {
  const read = (...chunks: Uint8Array<ArrayBuffer>[]) => createAnswerReader(of)(bodyOf(chunks), isSignedIn);
  const tooMuch = { name: "serviceRefused" };

  test("has so many parts, and not one more", async () => {
    // The brackets around them are one.
    const list = (parts: number) => textOf(`[${"{},".repeat(parts - 2)}{}]`);
    expect(await read(list(bounds.parts))).toHaveLength(3 * (bounds.parts - 1) + 1);
    await expect(read(list(bounds.parts + 1))).rejects.toMatchObject(tooMuch);
  });

  test("nests so deep, and not one deeper", async () => {
    const nested = (depth: number) => textOf("[".repeat(depth) + "]".repeat(depth));
    expect(await read(nested(bounds.depth))).toHaveLength(2 * bounds.depth);
    await expect(read(nested(bounds.depth + 1))).rejects.toMatchObject(tooMuch);
  });

  test("has so many bytes, in any chunks, and not one more", async () => {
    expect(await read(spaces(bounds.bytes - 5), spaces(5))).toHaveLength(bounds.bytes);
    await expect(read(spaces(bounds.bytes - 5), spaces(6))).rejects.toMatchObject(tooMuch);
  });
});

test("the answers of another service's session that arrive at once share its bytes, and give them back", async () => {
  const { bytes } = otherService.within;
  const read = createAnswerReader(otherService);
  const ends = Promise.withResolvers<void>();
  const first = read(bodyOf([spaces(bytes - 10)], ends.promise), true);
  await new Promise((resolve) => setImmediate(resolve));
  await expect(read(bodyOf([spaces(11)]), true)).rejects.toMatchObject({ name: "serviceRefused" });
  expect(await read(bodyOf([spaces(10)]), true)).toHaveLength(10);
  ends.resolve();
  expect(await first).toHaveLength(bytes - 10);
  expect(await read(bodyOf([spaces(bytes)]), true)).toHaveLength(bytes);
});

test("another service may list so many vaults, and not one more; one's own may", async () => {
  const door = await inProcess();
  const { account, signedIn } = await open(door, await newUser(door));
  await account.createVault("Here", "");
  const [vault] = (await signedIn.session.call("vaults.list", {})).vaults;
  account.close();
  await door.close();
  const listing = (vaults: number, bounds = otherService) => {
    const body = JSON.stringify({ vaults: Array.from({ length: vaults }, () => vault) });
    const address = { origin: "https://service.example", fetch: () => new Response(body) };
    return createServiceClient(address, undefined, bounds)("vaults.list", {}, { token: "t" });
  };
  expect((await listing(otherService.vaults)).vaults).toHaveLength(otherService.vaults);
  await expect(listing(otherService.vaults + 1)).rejects.toThrow("lists more than 64 vaults");
  expect((await listing(otherService.vaults + 1, ownService)).vaults).toHaveLength(otherService.vaults + 1);
});

test("the bounds of one's own service are those of every honest answer", () => {
  expect([ownService.within.parts, ownService.within.depth]).toEqual([ANSWER_PARTS_MAX, ANSWER_DEPTH_MAX]);
});

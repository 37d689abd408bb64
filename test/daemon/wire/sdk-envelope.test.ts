// Answers of the official SDKs' door, byte by byte.
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sendEnvelope, tooLongFor } from "../../../daemon/wire/sdk-envelope.ts";
import { limits } from "../../../protocol/limits.ts";
import { byteList, byteListLength } from "../../../protocol/sdk/byte-list.ts";

const every = Uint8Array.from({ length: 256 }, (_, byte) => byte);

describe("a list of bytes", () => {
  test.each([
    ["no byte", new Uint8Array(0)],
    ["one", every.subarray(9, 10)],
    ["every byte", every],
  ])("of %s is the text that a list of numbers has, and knows its length", (_what, bytes) => {
    const text = Buffer.from(byteList(bytes)).toString();
    expect(`[${text}]`).toBe(JSON.stringify([...bytes]));
    expect(byteListLength(bytes)).toBe(text.length);
  });
});

/** What a peer reads of an answer. */
async function read(payload: Uint8Array, success = true): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), "postern-e-"));
  const server = createServer((socket: Socket) => {
    void sendEnvelope(socket, { success, payload }).then(() => socket.end());
  });
  try {
    server.listen(join(home, "s"));
    const socket = connect(join(home, "s"));
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    await once(socket, "end");
    return Buffer.concat(chunks).toString();
  } finally {
    server.close();
    rmSync(home, { recursive: true, force: true });
  }
}

describe("an envelope", () => {
  test.each([0, 1, 65_535, 65_536, 65_537, 3 * 65_536, 1_000_003])(
    "of %i bytes is one line of JSON",
    async (length) => {
      const payload = Uint8Array.from({ length }, (_, at) => at % 256);
      const expected = [...payload];
      const line = await read(payload);
      expect(line.indexOf("\n")).toBe(line.length - 1);
      expect(JSON.parse(line)).toEqual({ success: true, payload: expected });
    },
  );

  test("says that it failed", async () =>
    expect(await read(Buffer.from("1"), false)).toBe('{"success":false,"payload":[49]}\n'));

  test("leaves no bytes behind", async () => {
    const payload = Uint8Array.from([1, 2, 3]);
    await read(payload);
    expect([...payload]).toEqual([0, 0, 0]);
  });

  test("of the most bytes is sent, and one byte more is refused", () => {
    const frame = '{"success":true,"payload":[]}'.length;
    const fits = new Uint8Array((limits.sdkLineBytes - frame + 1) / 2);
    expect(byteListLength(fits) + frame).toBe(limits.sdkLineBytes);
    expect(tooLongFor({ success: true, payload: fits })).toBeUndefined();
    fits[0] = 10;
    expect(tooLongFor({ success: true, payload: fits })).toMatchObject({ name: "tooLarge" });
  });
});

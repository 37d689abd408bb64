// Answers of the official SDKs' door, byte by byte.
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type SdkAnswer, sendEnvelope, tooLongFor } from "../../../daemon/wire/sdk-envelope.ts";
import { type Document, type Form, formLength, formParts } from "../../../daemon/wire/sdk-form.ts";
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
async function read(payload: Uint8Array, more: Partial<SdkAnswer> = {}): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), "postern-e-"));
  const server = createServer((socket: Socket) => {
    void sendEnvelope(socket, { success: true, payload, ...more }).then(() => socket.end());
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
    expect(await read(Buffer.from("1"), { success: false })).toBe('{"success":false,"payload":[49]}\n'));

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

  test.each(["text", "base64"] as const)(
    "is a list of numbers wherever that fits, for a client that reads %s",
    async (shortForm) =>
      expect(await read(Buffer.from('"a"'), { shortForm })).toBe('{"success":true,"payload":[34,97,34]}\n'),
  );

  test.each([
    ["text", (payload: string) => payload],
    ["base64", (payload: string) => Buffer.from(payload, "base64").toString()],
  ] as const)(
    "that is too long as a list of numbers is %s, for a client that reads that",
    async (shortForm, decoded) => {
      const document = `["${'é\\"'.repeat(limits.sdkLineBytes / 12)}"]`;
      const line = await read(Buffer.from(document), { shortForm });
      const { payload } = JSON.parse(line) as { payload: string };
      expect(typeof payload).toBe("string");
      // Compared as a whole: a difference of megabytes would be printed.
      expect(decoded(payload) === document).toBe(true);
      expect(line.length).toBeLessThan(limits.sdkLineBytes);
    },
  );
});

describe("a payload", () => {
  const decoded: Readonly<Record<Form, (payload: never) => string>> = {
    numbers: (payload: number[]) => Buffer.from(payload).toString(),
    text: (payload: string) => payload,
    base64: (payload: string) => Buffer.from(payload, "base64").toString(),
  };
  const forms = Object.keys(decoded) as Form[];
  const written = (document: Document, form: Form) => Buffer.concat([...formParts(document, form)]).toString();
  const sizes = [0, 1, 2, 3, 63 * 1024, 63 * 1024 + 1, 200_000];
  const rows = forms.flatMap((form) => sizes.map((size) => [form, size] as const));

  test.each(rows)("in the form %s has a document of %i characters and more, and knows its length", (form, size) => {
    const document = JSON.stringify({ '\\"é漢': '"\\x'.repeat(size / 3) + "y".repeat(size % 3) });
    const text = written({ payload: Buffer.from(document) }, form);
    expect(decoded[form](JSON.parse(text) as never) === document).toBe(true);
    expect(formLength({ payload: Buffer.from(document) }, form)).toBe(Buffer.byteLength(text));
  });

  test.each(rows)("in the form %s has a file of %i bytes, and knows its length", (form, size) => {
    const payload = Uint8Array.from({ length: size }, (_, at) => (at * 167) & 255);
    const text = written({ payload, isFile: true }, form);
    const file = JSON.parse(decoded[form](JSON.parse(text) as never)) as number[] | string;
    const bytes = typeof file === "string" ? Buffer.from(file, "base64") : Uint8Array.from(file);
    expect(Buffer.compare(bytes, payload)).toBe(0);
    expect(typeof file).toBe(form === "base64" ? "string" : "object");
    expect(formLength({ payload, isFile: true }, form)).toBe(text.length);
  });
});

// The Assuan client against anything that the other end may send. The other end is the test.
import { PassThrough } from "node:stream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ANSWER_LINES_MAX,
  AssuanBroken,
  createAssuan,
  DATA_BYTES_MAX,
  decoded,
  encoded,
  LINE_BYTES_MAX,
} from "../../../daemon/pinentry/assuan.ts";

function pair() {
  const input = new PassThrough();
  const output = new PassThrough();
  let sent = "";
  output.on("data", (chunk: Buffer) => {
    sent += chunk.toString();
  });
  return { input, assuan: createAssuan(input, output), sent: () => sent };
}

async function greeted() {
  const made = pair();
  made.input.write("OK Pleased to meet you\n");
  expect(await made.assuan.greeting()).toEqual({ ok: true, data: "" });
  return made;
}

const text = fc.string({ unit: "binary" });

describe("a text as an argument", () => {
  test("comes back as it was, and stands in one line of printable characters", () => {
    fc.assert(
      fc.property(text, (said) => {
        const line = encoded(said);
        expect(line).not.toMatch(/[\u0000-\u001f\u007f]/);
        expect(decoded(Buffer.from(line)).toString("utf8")).toBe(Buffer.from(said).toString("utf8"));
      }),
    );
  });

  test.each(["%", "%4", "%zz", "a%", "%%41", "%-1"])("that is badly encoded is refused: %s", (line) => {
    expect(() => decoded(Buffer.from(line))).toThrow(AssuanBroken);
  });

  test("that does not fit a line is our own mistake, and is not sent", async () => {
    const { assuan, sent } = await greeted();
    const room = LINE_BYTES_MAX - "SETDESC ".length;
    expect(() => assuan.send("SETDESC", "é".repeat(room / 2 + 1))).toThrow("must fit a line");
    expect(sent()).toBe("");
    void assuan.send("SETDESC", "x".repeat(room)).catch(() => undefined);
    expect(sent()).toBe(`SETDESC ${"x".repeat(room)}\n`);
  });
});

describe("an answer", () => {
  test("has the typed text, whatever its letters are and wherever the bytes are split", () =>
    fc.assert(
      fc.asyncProperty(
        fc.string({ unit: "grapheme", maxLength: 200 }),
        fc.integer({ min: 1, max: 7 }),
        async (typed, size) => {
          const { input, assuan } = await greeted();
          const answer = assuan.send("GETPIN");
          const data = [...encoded(typed)].reduce<string[]>(
            (lines, letter) => {
              const last = lines.at(-1) ?? "";
              // An encoded byte is not split over two lines.
              if (last.length > 50 && !/%.?$/.test(last)) lines.push(letter);
              else lines[lines.length - 1] = last + letter;
              return lines;
            },
            [""],
          );
          const bytes = Buffer.from(`S REMARK\n# note\n${data.map((line) => `D ${line}\n`).join("")}OK\n`);
          for (let at = 0; at < bytes.length; at += size) input.write(Buffer.from(bytes.subarray(at, at + size)));
          expect(await answer).toEqual({ ok: true, data: Buffer.from(typed).toString("utf8") });
        },
      ),
      { numRuns: 50 },
    ));

  test("of an error has its code without its source, and no text", async () => {
    const { input, assuan } = await greeted();
    const answer = assuan.send("GETPIN");
    input.write("S ERROR tty.? 83886142 \nERR 83886142 Timeout <Pinentry>\r\n");
    expect(await answer).toEqual({ ok: false, code: 62 });
  });

  test("without data is an empty text", async () => {
    const { input, assuan } = await greeted();
    const answer = assuan.send("GETPIN");
    input.write("OK\n");
    expect(await answer).toEqual({ ok: true, data: "" });
  });

  test("of the largest size is taken", async () => {
    const { input, assuan } = await greeted();
    const answer = assuan.send("GETPIN");
    const lines = Math.ceil(DATA_BYTES_MAX / 998);
    const data = Array.from(
      { length: lines },
      (_, at) => `D ${"x".repeat(Math.min(998, DATA_BYTES_MAX - at * 998))}\n`,
    );
    input.write(`${data.join("")}OK\n`);
    expect(await answer).toMatchObject({ ok: true, data: "x".repeat(DATA_BYTES_MAX) });
  });

  test("of as many lines as there may be is taken", async () => {
    const { input, assuan } = await greeted();
    const answer = assuan.send("GETPIN");
    input.write(`${"S x\n".repeat(ANSWER_LINES_MAX - 1)}OK\n`);
    expect(await answer).toMatchObject({ ok: true });
  });
});

describe("the conversation ends, and every later command fails, after", () => {
  test.each([
    ["a line that is too long", `D ${"x".repeat(LINE_BYTES_MAX - 1)}\n`],
    ["a line without an end", "D ".padEnd(LINE_BYTES_MAX + 2, "x")],
    ["too many lines", "S x\n".repeat(ANSWER_LINES_MAX + 1)],
    ["too much data", `D ${"x".repeat(998)}\n`.repeat(Math.ceil(DATA_BYTES_MAX / 998) + 1)],
    ["badly encoded data", "D %g1\n"],
    ["an error without a code", "ERR nothing\n"],
    ["an error with a code of too many digits", "ERR 99999999999 x\n"],
    ["a question of its own", "INQUIRE QUALITY 123\n"],
    ["a word that no answer has", "HELLO\n"],
    ["an empty line", "\n"],
    ["two answers to one command", "OK\nOK\nOK\n"],
  ])("%s", async (_what, bytes) => {
    const { input, assuan } = await greeted();
    const answer = assuan.send("GETPIN");
    answer.catch(() => undefined);
    input.write(bytes);
    const last = bytes.startsWith("OK") ? answer.then(() => assuan.send("CONFIRM")) : answer;
    await expect(last).rejects.toThrow(AssuanBroken);
    await expect(assuan.send("GETPIN")).rejects.toThrow(AssuanBroken);
  });

  test("the end of the other side", async () => {
    const { input, assuan } = await greeted();
    const answer = assuan.send("GETPIN");
    input.end("D 4938");
    await expect(answer).rejects.toThrow("it has ended");
    await expect(assuan.send("CONFIRM")).rejects.toThrow(AssuanBroken);
  });

  test("any bytes: it answers or breaks off, and never throws anything else", () =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), async (bytes) => {
        const { input, assuan } = await greeted();
        const answer = assuan.send("GETPIN");
        input.write(Buffer.from(bytes));
        input.end();
        const outcome = await answer.catch((error: unknown) => error);
        expect(outcome instanceof AssuanBroken || (outcome as { ok?: boolean }).ok !== undefined).toBe(true);
        if (outcome instanceof Error) expect(outcome.message).toMatch(/^it(s|) [a-z ]+$/);
      }),
      { numRuns: 100 },
    ));
});

// The part of the Assuan protocol that a pinentry needs: one command a line, and an answer of some lines. What comes from the other end is
// bounded in bytes and lines, and anything unexpected ends the conversation.
import type { Readable, Writable } from "node:stream";

/** Bytes of a line without its end, as the protocol has it. */
export const LINE_BYTES_MAX = 1000;

/** Lines of one answer. A pinentry sends a few remarks at most. */
export const ANSWER_LINES_MAX = 64;

/** Bytes of the data of one answer, decoded: more than the longest password that the agent takes. */
export const DATA_BYTES_MAX = 8192;

/** The other end has ended, or does not speak the protocol. The message holds nothing of what it sent. */
export class AssuanBroken extends Error {
  override readonly name = "AssuanBroken";
}

/** The answer to a command: its data, or the code of an error of libgpg-error without its source. */
export type Answer = { readonly ok: true; readonly data: string } | { readonly ok: false; readonly code: number };

export type Assuan = {
  /** Sends a command and waits for its answer. The first wait is for the greeting. Throws AssuanBroken, from then on each time. */
  send(command: string, argument?: string): Promise<Answer>;
  greeting(): Promise<Answer>;
};

/** The lower half of an error's code says what happened, the upper half says who noticed. */
const CODE = 0xffff;

const LF = 0x0a;
const CR = 0x0d;
const PERCENT = 0x25;

/** A text as the argument of a command: no line end, no control character, no percent sign stands in it as itself. */
export function encoded(text: string): string {
  return text.replace(
    /[%\u0000-\u001f\u007f]/g,
    (found) => `%${found.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}

/** The bytes behind the data of an answer. Throws AssuanBroken where a percent sign is followed by no two hex digits. */
export function decoded(bytes: Uint8Array): Buffer {
  const made = Buffer.alloc(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; at++, length++) {
    const byte = bytes[at] ?? 0;
    made[length] = byte === PERCENT ? hexAt(bytes, at + 1) : byte;
    if (byte === PERCENT) at += 2;
  }
  return made.subarray(0, length);
}

function hexAt(bytes: Uint8Array, at: number): number {
  const digits = Buffer.from(bytes.subarray(at, at + 2)).toString("latin1");
  if (!/^[0-9a-f]{2}$/i.test(digits)) throw new AssuanBroken("its data is badly encoded");
  return Number.parseInt(digits, 16);
}

/** Speaks over the pipes of a started program. Typed secrets pass through them, so the read bytes are cleared after use. */
export function createAssuan(input: Readable, output: Writable): Assuan {
  let pending: Buffer = Buffer.alloc(0);
  let answer = freshAnswer();
  let broken: AssuanBroken | undefined;
  /** The greeting, where it came before it was waited for. No other answer may come unasked: it would be taken for that to the next command. */
  let early: Answer | undefined;
  let isGreeted = false;
  let waiting: { resolve(answer: Answer): void; reject(error: AssuanBroken): void } | undefined;

  function breakOff(why: string): void {
    broken ??= new AssuanBroken(why);
    pending.fill(0);
    waiting?.reject(broken);
    waiting = undefined;
  }

  function done(made: Answer): void {
    answer = freshAnswer();
    if (waiting === undefined) {
      if (isGreeted) return breakOff("it answered unasked");
      isGreeted = true;
      early = made;
      return;
    }
    waiting.resolve(made);
    waiting = undefined;
  }

  function onLine(line: Buffer): void {
    if (++answer.lines > ANSWER_LINES_MAX) throw new AssuanBroken("its answer has too many lines");
    const word = /^[A-Z#]*/.exec(line.toString("latin1", 0, 8))?.[0];
    if (word === "D") return takeData(answer, line.subarray(2));
    if (word === "S" || word?.startsWith("#")) return;
    const data = Buffer.concat(answer.data);
    const text = data.toString("utf8");
    for (const bytes of [data, ...answer.data]) bytes.fill(0);
    if (word === "OK") return done({ ok: true, data: text });
    const code = word === "ERR" ? /^ERR (\d{1,10})(?: |$)/.exec(line.toString("latin1"))?.[1] : undefined;
    if (code === undefined) throw new AssuanBroken("it sent another line than those of an answer");
    // Beyond 32 bits it is no code of that library.
    done({ ok: false, code: (Number(code) % 2 ** 32) & CODE });
  }

  input.on("data", (chunk: Buffer) => {
    if (broken !== undefined) return void chunk.fill(0);
    const all = Buffer.concat([pending, chunk]);
    pending.fill(0);
    chunk.fill(0);
    let begin = 0;
    try {
      for (let end = all.indexOf(LF); end !== -1; begin = end + 1, end = all.indexOf(LF, begin)) {
        const last = all[end - 1] === CR && end > begin ? end - 1 : end;
        if (last - begin > LINE_BYTES_MAX) throw new AssuanBroken("its line is too long");
        onLine(all.subarray(begin, last));
        if (broken !== undefined) break;
      }
      if (all.length - begin > LINE_BYTES_MAX + 1) throw new AssuanBroken("its line is too long");
      pending = Buffer.from(all.subarray(begin));
    } catch (error) {
      if (!(error instanceof AssuanBroken)) throw error;
      breakOff(error.message);
    } finally {
      all.fill(0);
    }
  });
  for (const stream of [input, output]) stream.on("error", () => breakOff("its pipe failed"));
  input.on("end", () => breakOff("it has ended"));
  input.on("close", () => breakOff("it has ended"));

  async function next(): Promise<Answer> {
    if (waiting !== undefined) throw new Error("one command at a time");
    if (broken !== undefined) throw broken;
    const made = early;
    early = undefined;
    if (made !== undefined) return made;
    isGreeted = true;
    return new Promise((resolve, reject) => {
      waiting = { resolve, reject };
    });
  }

  return {
    greeting: next,
    send: (command, argument) => {
      const line = argument === undefined ? command : `${command} ${encoded(argument)}`;
      if (Buffer.byteLength(line) > LINE_BYTES_MAX) throw new Error("a command must fit a line");
      if (broken === undefined) output.write(`${line}\n`);
      return next();
    },
  };
}

type Gathered = { lines: number; bytes: number; readonly data: Buffer[] };

const freshAnswer = (): Gathered => ({ lines: 0, bytes: 0, data: [] });

function takeData(answer: Gathered, line: Buffer): void {
  const bytes = decoded(line);
  answer.bytes += bytes.length;
  if (answer.bytes > DATA_BYTES_MAX) throw new AssuanBroken("its data is too long");
  answer.data.push(bytes);
}

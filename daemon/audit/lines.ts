// The lines of a log on the disk: they wait in memory until they are written, and a full disk keeps them waiting. A full segment is followed by another.
import { PosternError } from "../../protocol/errors.ts";
import type { Clock } from "../host/clock.ts";
import type { Log } from "../host/log.ts";
import { isFull } from "../host/private-files.ts";
import { bytesBefore, DAY_MS, dropAged, listSegments, openWriter, SEGMENT_BYTES_MAX, type Writer } from "./segments.ts";

export type Lines = {
  /** Whether a crash tore the last line of the segment that is written on. */
  readonly torn: boolean;
  add(line: string): void;
  /** Writes what waits. Throws auditUnwritable. */
  write(durable: boolean): void;
  /** Throws auditUnwritable where nothing can be written. Where a full disk has room again, it writes first. */
  demandWritable(): void;
  readonly isBroken: boolean;
  /** Removes the segments that are old enough. A full log begins no segment, so it is asked for then. */
  dropOld(): void;
  /** Bytes of all segments. */
  readonly bytes: number;
  close(): void;
};

export type LinesParts = {
  readonly folder: string;
  readonly clock: Pick<Clock, "wallMs">;
  readonly log: Log;
  /** The days for which a segment is kept after its last record. While nobody knows, none is removed. */
  readonly keptDays: () => number | undefined;
  /** A segment of this number begins. */
  readonly rotated: (segment: number) => void;
  /** These segments were removed, since they are old. */
  readonly dropped: (segments: readonly number[]) => void;
};

export function openLines({ folder, clock, log, keptDays, rotated, dropped }: LinesParts): Lines {
  let number = listSegments(folder).at(-1)?.number ?? 1;
  const opened = openWriter(folder, number);
  let writer: Writer = opened;
  let before = bytesBefore(folder, number);
  let pending: string[] = [];
  let broken = false;
  // Lines that a full disk refused wait in `pending`. After any other error nobody knows the content of the disk.
  let canRetry = false;

  function append(): void {
    const lines = pending.join("");
    canRetry = false;
    try {
      writer.append(lines);
    } catch (error) {
      canRetry = isFull(error);
      throw error;
    }
    pending = [];
  }

  function rotate(): void {
    writer.sync();
    writer.close();
    number++;
    writer = openWriter(folder, number);
    before = bytesBefore(folder, number);
    rotated(number);
    dropOld();
  }

  function dropOld(): void {
    const days = keptDays();
    if (days === undefined) return;
    const gone = dropAged(folder, clock.wallMs(), days * DAY_MS);
    if (gone.length === 0) return;
    before = bytesBefore(folder, number);
    dropped(gone);
  }

  function write(durable: boolean): void {
    if (pending.length === 0) return;
    try {
      append();
      if (durable) writer.sync();
      if (writer.size > SEGMENT_BYTES_MAX) rotate();
    } catch (error) {
      if (!broken)
        log.note("the audit log cannot be written; answers stop", {
          code: (error as NodeJS.ErrnoException).code ?? "unknown",
        });
      broken = true;
      throw new PosternError("auditUnwritable");
    }
  }

  return {
    dropOld,
    torn: opened.torn,
    add: (line) => pending.push(line),
    write,
    demandWritable: () => {
      if (!broken) return;
      if (!canRetry) throw new PosternError("auditUnwritable");
      write(true);
      broken = false;
      log.note("the audit log can be written again");
    },
    get isBroken() {
      return broken;
    },
    get bytes() {
      return before + writer.size;
    },
    close: () => writer.close(),
  };
}

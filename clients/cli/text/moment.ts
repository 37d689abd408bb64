// Reads times as people type them, in the time zone of this machine: a day, a time of day, or a duration back from now.
import { UsageError } from "../terminal/exit-code.ts";

const unitsMs: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 60 * 60_000,
  d: 24 * 60 * 60_000,
  w: 7 * 24 * 60 * 60_000,
};

const AGO = /^([1-9][0-9]{0,5})([mhdw])$/;
const DAY = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/;
const TIME =
  /^([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})?$/;

/**
 * The time that `text` means: today, yesterday, a day (2026-11-24), a time (2026-11-24T09:30, with Z or +01:00 for another zone), or a
 * duration back from now (90m, 2h, 3d, 1w). For a day it is the first moment, or with `end` the last. Throws UsageError with the
 * option's name.
 */
export function momentOf(text: string, option: string, now: Date, end = false): Date {
  const [, count, unit] = AGO.exec(text) ?? [];
  if (count !== undefined && unit !== undefined) return ago(Number(count) * (unitsMs[unit] ?? 0), now, text, option);
  const day = dayOf(text, now);
  if (day !== undefined) return end ? lastOf(day) : day;
  const [, date = "", hour, minute, second = "00"] = TIME.exec(text) ?? [];
  const isReal = dayOf(date, now) !== undefined && Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60;
  const time = isReal ? new Date(text) : undefined;
  if (time === undefined || Number.isNaN(time.getTime())) throw wrong(option);
  return time;
}

/** Six digits of weeks reach back before every clock. */
function ago(ms: number, now: Date, text: string, option: string): Date {
  const moment = new Date(now.getTime() - ms);
  if (Number.isNaN(moment.getTime()) || moment.getFullYear() < 1970) throw wrong(option, text);
  return moment;
}

/** The first moment of a day. Undefined where the text is no day. */
function dayOf(text: string, now: Date): Date | undefined {
  if (text === "today") return new Date(now.getFullYear(), now.getMonth(), now.getDate());
  if (text === "yesterday") return new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  const [, year, month, date] = (DAY.exec(text) ?? []).map(Number);
  if (year === undefined || month === undefined || date === undefined || year < 1970) return undefined;
  const day = new Date(year, month - 1, date);
  // Otherwise the 30th of February would silently become another day.
  return day.getMonth() === month - 1 && day.getDate() === date ? day : undefined;
}

function lastOf(day: Date): Date {
  return new Date(new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1).getTime() - 1);
}

function wrong(option: string, text?: string): UsageError {
  return new UsageError(
    text === undefined ? `${option} takes a day, a time, or how long ago` : `${option} ${text} is before 1970`,
    `for one, ${option} yesterday, ${option} 2h, ${option} 2026-11-24 or ${option} 2026-11-24T09:30`,
  );
}

// Times as a person reads them, in the time zone of the browser.

const withDay = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
const withinDay = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

/** A time, with its day where that is not today. */
export function momentText(at: string, now = new Date()): string {
  const moment = new Date(at);
  return moment.toDateString() === now.toDateString() ? withinDay.format(moment) : withDay.format(moment);
}

const MINUTE_MS = 60_000;

/** A duration in its largest unit that fits, rounded down: nothing lasts longer than this says. */
export function durationText(ms: number): string {
  if (ms < MINUTE_MS) return `${Math.max(0, Math.floor(ms / 1_000))} s`;
  const minutes = Math.floor(ms / MINUTE_MS);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

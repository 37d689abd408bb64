/** A time of the wire for a person: to the minute or the second, in the time zone of this machine (TZ). */
export function localTime(timestamp: string, to: "minute" | "second" = "minute"): string {
  const at = new Date(timestamp);
  if (Number.isNaN(at.getTime())) return timestamp;
  const two = (number: number) => String(number).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const time = [at.getHours(), at.getMinutes(), ...(to === "second" ? [at.getSeconds()] : [])];
  return `${day} ${time.map(two).join(":")}`;
}

/** The same for each time of the wire inside a text. */
export function withLocalTimes(text: string): string {
  return text.replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z/g, (at) => localTime(at, "second"));
}

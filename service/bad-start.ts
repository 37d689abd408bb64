// Says to a person why the service does not start.

/** The service was started with a mistake. The message names the option; the hint names the next step. */
export class BadStart extends Error {
  override readonly name = "BadStart";
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

/** Codes with which the system refuses a port or an address. */
export function listenFault(error: NodeJS.ErrnoException, host: string, port: number): Error {
  switch (error.code) {
    case "EADDRINUSE":
      return new BadStart(`port ${port} is in use`, "choose another with --port");
    case "EACCES":
      return new BadStart(`port ${port} is not for this user`, "choose one from 1024 on with --port");
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EINVAL":
      return new BadStart(`--host ${host} is no address of this machine`, "name one, as 127.0.0.1 or 0.0.0.0");
    default:
      return error;
  }
}

/** Errors of the table that a person can act on. */
const known: readonly string[] = ["BadStart", "storeTooNew", "storeInUse", "fileUnusable", "diskFull"];

/** Prints why the service did not start. Returns the exit code: 2 where the person can mend it. */
export function tellBadStart(error: unknown, json: boolean): number {
  const { name, message, hint, code } = error as { name: string; message: string; hint?: string; code?: string };
  const isKnown = known.includes(name);
  const words = isKnown
    ? { name, message, hint }
    : { name: "Failed", message: `it could not start (${code ?? (error as Error).constructor.name})` };
  const next = words.hint === undefined ? "" : `  next: ${words.hint}\n`;
  process.stderr.write(json ? `${JSON.stringify({ error: words })}\n` : `postern service: ${words.message}\n${next}`);
  return isKnown ? 2 : 1;
}

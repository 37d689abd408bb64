// What races: for each language a socket alone, a bare socket program, our client, and the official package through the bridge.

export type Command = readonly [program: string, ...words: string[]];

/** The word after which a program opens a client and does no more. */
export const OPEN_ALONE = "open";

/** A program that opens a client and resolves once, or, with a number behind it, as often as that. It prints figures then. */
export type Client = {
  readonly command: Command;
  /** What starts the same interpreter in the same environment, and does nothing. */
  readonly nothing: Command;
  /** A program that opens a client with the token in TOKEN, and does no more. It prints OPENED, or why it was refused. */
  readonly byToken: Command;
};

export const OPENED = "open";

/** A token that begins as one of 1Password, with nothing in it. */
export const MALFORMED_TOKEN = "ops_e30";
/** The refusal of the official core. It reads a token before it asks its service. */
export const MALFORMED = "service account deserialization failed";

/** A contestant that is not on this machine, with the reason. */
export type Absent = { readonly absent: string };

export type Race = {
  readonly language: string;
  /** The lower bound: nothing is encoded or decoded. It takes a number too. `load` is the load of the bench, which is such a program for Node. */
  readonly floor: Command | "load";
  /** A socket and the language's own JSON, as one would write it without a client. It takes a number too. */
  readonly bare: Command;
  readonly own: Client;
  /** A program of this kind that does nothing, where that is more than the interpreter: it loads asyncio and runs an empty loop. */
  readonly emptyLoop?: Command;
  readonly official: Client | Absent;
  /** How many times faster than the official package a start of ours must be, beyond the bare interpreter's. */
  readonly startTimes: number;
};

export type Entry = Race | (Absent & { readonly language: string });

// On the wire a word of an enum is a plain text. A program may write either; it gets enums back, as from the official SDKs.

/** The same, where a plain text may stand for an enum. */
export type Given<T> = T extends string
  ? T | `${T}`
  : T extends Date | Uint8Array
    ? T
    : T extends (infer One)[]
      ? Given<One>[]
      : T extends object
        ? { [Key in keyof T]: Given<T[Key]> }
        : T;

/** The same as the agent answers it: with a plain text for an enum, and null for what is not there. */
type Answered<T> = T extends string
  ? `${T}`
  : T extends Date
    ? T
    : T extends (infer One)[]
      ? Answered<One>[]
      : T extends object
        ? { [Key in keyof T]: Answered<T[Key]> | (object extends Pick<T, Key> ? null : never) }
        : T;

/** An answer of the agent under its official type. The texts are the enums' own values. */
export function official<T>(answer: Answered<T>): T {
  return answer as T;
}

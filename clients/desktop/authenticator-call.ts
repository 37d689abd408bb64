// Calls of the authenticator, with the words that a person reads where it does not answer. A browser tells a no, a time that ran out and a wrong finger
// apart for nobody.
import {
  type Assertion,
  assert,
  type CreationOptions,
  enrol,
  type Registration,
  type RequestOptions,
} from "./authenticator.ts";

/** The authenticator gave nothing. Its message is for the person. */
export class NotSigned extends Error {
  override readonly name = "NotSigned";
}

/** Rejects with NotSigned. */
export const signed = (options: RequestOptions): Promise<Assertion> => assert(options).catch(told);

/** Rejects with NotSigned. */
export const registered = (options: CreationOptions): Promise<Registration> => enrol(options).catch(told);

function told(error: unknown): never {
  if (!(error instanceof DOMException)) throw error;
  if (error.name === "InvalidStateError")
    throw new NotSigned("this fingerprint reader or security key is enrolled already");
  throw new NotSigned("your fingerprint or key was not read: it was refused, or took too long");
}

// What the official package shows of its own machinery. Nothing of ours uses it. It is here for programs that name it, and for their tests.
import { DesktopSessionExpiredError, RateLimitExceededError } from "./generated.ts";

/** The sign-in of a workload has ended. Our agent signs no workload in, so it never answers this. */
export class AuthExpiredError extends Error {
  constructor(message: string) {
    super(message);
  }
}

/** Throws the error that the official core has written as a text: JSON with a name and a message, or plain words. */
export const throwError = (errString: string): never => {
  const { name, message } = parsed(errString);
  if (name === "DesktopSessionExpired") throw new DesktopSessionExpiredError(message);
  if (name === "RateLimitExceeded") throw new RateLimitExceededError(message);
  if (name === "AuthExpired") throw new AuthExpiredError(message);
  throw new Error(message);
};

function parsed(text: string): { readonly name?: string; readonly message: string } {
  try {
    return JSON.parse(text) as { name?: string; message: string };
  } catch {
    return { message: text };
  }
}

const UTC = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;
const isByte = (value: unknown) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 255;

/** Makes dates and bytes of the official core's JSON. */
export const ReviverFunc = (key: string, value: unknown): unknown => {
  if (typeof value === "string" && (key === "createdAt" || key === "updatedAt") && UTC.test(value))
    return new Date(value);
  return Array.isArray(value) && value.length > 0 && value.every(isByte) ? new Uint8Array(value as number[]) : value;
};

/** Writes dates and bytes as the official core reads them. */
export const ReplacerFunc = (_key: string, value: unknown): unknown => {
  if (value instanceof Date) return value.toISOString();
  return value instanceof Uint8Array ? Array.from(value) : value;
};

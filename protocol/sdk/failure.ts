// An error in the form that the official clients read: an object with a name and a message. They act on three names only. They show the
// message, and JavaScript reads it byte by byte as Latin-1. So the text is short, and has ASCII characters only.
import { type ErrorName, errors } from "../errors.ts";
import { isOfResolving, resolvingText } from "./outcomes.ts";
import type { SdkName } from "./shapes.ts";

export type SdkFailure = { readonly name: string; readonly message: string };

/** Characters of a message. JavaScript's client fails at errors of more than about 125,000 bytes. A person reads far fewer. */
export const FAILURE_LENGTH_MAX = 4_096;

/** The name of an error of ours, for whoever needs no official one. */
export const failure = (name: ErrorName, message: string): SdkFailure => ({
  name: errors[name].sdkName ?? name,
  message,
});

/** The failure of a call that one of our methods refused. */
export function failureOf(
  { name, message, hint }: { readonly name: string; readonly message: string; readonly hint?: string },
  operation?: SdkName,
): SdkFailure {
  if (operation === "SecretsResolve" && isOfResolving(name))
    return { name: "ResolvingSecretReference", message: resolvingText(message) };
  const official = Object.hasOwn(errors, name) ? errors[name as ErrorName].sdkName : undefined;
  // Programs may compare official texts. Errors that the official core does not have also say the next step.
  const isOurs = official === undefined || official === "DesktopSessionExpired" || official === "Auth";
  return {
    name: official ?? name,
    message: isOurs && hint !== undefined ? `${message} (${hint})` : message,
  };
}

/** The text of a failure, as it travels. */
export function failureText({ name, message }: SdkFailure): string {
  const text = JSON.stringify({ name, message: message.slice(0, FAILURE_LENGTH_MAX) });
  return text.replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

// The configuration of a client of the official SDKs, with the official core's rules and words.
import type { SdkFailure } from "./failure.ts";

/** With a token a service account signs in. Without one the account is that of the envelope. */
export type Integration = {
  readonly integrationName: string;
  readonly integrationVersion: string;
  readonly token?: string;
  /** The language of the program, as its client names it. */
  readonly language?: string;
};

/** Bytes of an integration's name and version. The official core says "chars" and counts bytes of UTF-8. */
export const INTEGRATION_NAME_MAX = 40;
export const INTEGRATION_VERSION_MAX = 20;

const ALLOWED = /[A-Za-z0-9 \-_.]/;

/** Unallowed characters that are told, each in some fifty characters. So many fill the longest message, and a text may have millions. */
const TOLD_MAX = 100;

const malformed: SdkFailure = {
  name: "InvalidConfiguration",
  message: "data did not match any variant of untagged enum ClientConfig",
};

/**
 * The integration of a configuration, or the official refusal. A desktop client brings no token, and its envelope names an account. The core in
 * `clients/sdk-core` brings a token, and its envelope names none.
 */
export function integrationOf(config: unknown, accountName: string): Integration | SdkFailure {
  if (typeof config !== "object" || config === null || Array.isArray(config)) return malformed;
  const { integrationName, integrationVersion, serviceAccountToken, programmingLanguage } = config as Record<
    string,
    unknown
  >;
  if (typeof integrationName !== "string" || typeof integrationVersion !== "string") return malformed;
  if (hasToken(serviceAccountToken) && typeof serviceAccountToken !== "string") return malformed;
  const faults = [
    ...wrongWays(hasToken(serviceAccountToken), accountName !== ""),
    ...faultsOf("name", integrationName, INTEGRATION_NAME_MAX),
    ...faultsOf("version", integrationVersion, INTEGRATION_VERSION_MAX),
  ];
  if (faults.length === 0)
    return {
      ...{ integrationName, integrationVersion },
      ...tokenOf(serviceAccountToken),
      ...(typeof programmingLanguage === "string" ? { language: programmingLanguage } : {}),
    };
  return {
    name: "InvalidConfiguration",
    message: `invalid user input: encountered the following errors: ${faults.join("; ")}`,
  };
}

function wrongWays(byToken: boolean, byAccount: boolean): string[] {
  if (byToken && byAccount) return ["cannot use both SA token and desktop app authentication"];
  return byToken || byAccount ? [] : ["one authentication method must be specified"];
}

const tokenOf = (token: unknown) => (typeof token === "string" && token !== "" ? { token } : {});
const hasToken = (token: unknown) => token !== undefined && token !== null && token !== "";

function faultsOf(what: "name" | "version", text: string, max: number): string[] {
  if (text === "") return [`integration ${what} was not specified`];
  return [
    ...(isLongerThan(max, text) ? [`integration ${what} was too long. Max allowed: ${max} chars`] : []),
    ...firstUnallowed(text).map((character) => `integration ${what} contained unallowed char: '${character}'`),
  ];
}

/** A text has at least as many bytes as units of UTF-16. */
const isLongerThan = (bytes: number, text: string) =>
  text.length > bytes || new TextEncoder().encode(text).length > bytes;

function firstUnallowed(text: string): string[] {
  const found: string[] = [];
  for (const character of text) {
    if (!ALLOWED.test(character)) found.push(character);
    if (found.length === TOLD_MAX) break;
  }
  return found;
}

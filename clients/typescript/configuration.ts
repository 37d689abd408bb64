// What a client is opened with, and whether that can be used. It is checked before anything is sent, in the words of the official core: all
// mistakes stand in one error.
import { InvalidConfiguration } from "./local-error.ts";

/** Sign-in through the agent, by the account's name or id; the agent's default account when it is empty. */
export class DesktopAuth {
  accountName: string;
  constructor(accountName = "") {
    this.accountName = accountName;
  }
}

export const DEFAULT_INTEGRATION_NAME = "Unknown";
export const DEFAULT_INTEGRATION_VERSION = "Unknown";

/** What a client is opened with, as the official package has it. */
export interface ClientConfiguration {
  /** DesktopAuth, or the token of a service account. With a token nobody is asked, and the client sees the token's vaults only. */
  auth?: string | DesktopAuth;
  integrationName: string;
  integrationVersion: string;
  /** Of a workload's identity, which the agent does not have. With it `createClient` refuses. */
  oidcFetcher?: (audience: string) => Promise<string>;
  workloadDetails?: { customerManagedSecret: string; workloadUuid: string };
}

/** The same, where everything may be left out that need not be there. */
export type GivenConfiguration = {
  [Key in keyof ClientConfiguration]?: ClientConfiguration[Key] | undefined;
};

/** A checked configuration. */
export type Integration = {
  readonly auth: string | DesktopAuth;
  readonly name: string;
  readonly version: string;
};

/** Bytes of an integration's name and of its version in UTF-8. The official core counts bytes and says characters. */
const NAME_BYTES_MAX = 40;
const VERSION_BYTES_MAX = 20;

/** The official core's alphabet of both. */
const ALLOWED = /^[A-Za-z0-9 ._-]$/;

/** How our tokens begin, and those in the official form. The agent tells a token of ours in that form from one of 1Password. */
const TOKEN_PREFIXES = ["postern_", "ops_"];

/** The checked configuration. Throws InvalidConfiguration. */
export function usable(given: GivenConfiguration): Integration {
  demandWay(given);
  const { auth } = given;
  const name = given.integrationName ?? DEFAULT_INTEGRATION_NAME;
  const version = given.integrationVersion ?? DEFAULT_INTEGRATION_VERSION;
  const wrong = [
    ...wrongAuth(given),
    ...wrongText("name", name, NAME_BYTES_MAX),
    ...wrongText("version", version, VERSION_BYTES_MAX),
    ...wrongWorkload(given),
  ];
  if (wrong.length > 0)
    throw new InvalidConfiguration(`invalid user input: encountered the following errors: ${wrong.join("; ")}`);
  if (!isToken(auth) && !isPerson(auth))
    throw new InvalidConfiguration(
      "the agent has no workload identity (`oidcFetcher`); use `auth` with the token of a service account",
    );
  return { auth, name, version };
}

/** The checks that the official package makes before its core does. */
function demandWay({ auth, oidcFetcher, workloadDetails }: GivenConfiguration): void {
  if (!auth && oidcFetcher === undefined)
    throw new InvalidConfiguration(
      "createClient requires either `auth` (service account token) or `oidcFetcher` (workload identity).",
      "give `new DesktopAuth()` as `auth` to have a person asked",
    );
  if (oidcFetcher !== undefined && workloadDetails === undefined)
    throw new InvalidConfiguration("`oidcFetcher` (workload identity) requires `workloadDetails` to be set.");
  if (oidcFetcher !== undefined && isPerson(auth))
    throw new InvalidConfiguration("OIDC authentication is not supported with desktop auth");
}

const isToken = (auth: unknown): auth is string => typeof auth === "string" && auth !== "";

/** Whether it is a DesktopAuth, also one of another copy of this package or of the official one. */
const isPerson = (auth: unknown): auth is DesktopAuth =>
  typeof auth === "object" && auth !== null && "accountName" in auth;

function wrongAuth({ auth, oidcFetcher }: GivenConfiguration): string[] {
  if (isToken(auth))
    return TOKEN_PREFIXES.some((prefix) => auth.startsWith(prefix)) ? [] : ["service account token had invalid format"];
  return isPerson(auth) || oidcFetcher !== undefined ? [] : ["one authentication method must be specified"];
}

function wrongText(what: "name" | "version", text: string, bytesMax: number): string[] {
  if (text === "") return [`integration ${what} was not specified`];
  const isLong = new TextEncoder().encode(text).length > bytesMax;
  return [
    ...(isLong ? [`integration ${what} was too long. Max allowed: ${bytesMax} chars`] : []),
    ...[...text]
      .filter((char) => !ALLOWED.test(char))
      .map((char) => `integration ${what} contained unallowed char: '${char}'`),
  ];
}

function wrongWorkload({ auth, oidcFetcher, workloadDetails }: GivenConfiguration): string[] {
  if (workloadDetails === undefined) return [];
  if (oidcFetcher === undefined && !isToken(auth))
    return ["both oidc_fetcher and workload_details must be provided together"];
  return [
    ...(workloadDetails.customerManagedSecret === "" ? ["customer_managed_secret must not be empty"] : []),
    ...(workloadDetails.workloadUuid === "" ? ["workload_uuid must not be empty"] : []),
    ...(isToken(auth) ? ["cannot specify both customer_managed_secret and service_account_token"] : []),
  ];
}

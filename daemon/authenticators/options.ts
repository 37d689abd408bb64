// What the page passes to the browser: the options of navigator.credentials, in our own form, which clients/desktop/authenticator.ts reads.
import { randomBytes } from "node:crypto";
import type { ResultOf } from "../../protocol/catalogue.ts";
import { fromBase64 } from "../../protocol/crypto/encoding.ts";
import type { AccountFile, UnlockCopy } from "../session/account-file.ts";
import type { Authenticator } from "../session/device-store.ts";
import { CHALLENGE_MS } from "./challenges.ts";
import { RP_ID } from "./verifier.ts";

export type CreationOptions = ResultOf<"authenticators.enrol">["options"];
export type RequestOptions = ResultOf<"authenticators.challenge">["options"];

/** What the browser and the system's dialogs show. */
const RP_NAME = "Postern";

/** EdDSA, ES256, RS256 (COSE algorithms, RFC 9053 and 8812). Windows Hello often has the last one only. */
const ALGORITHMS = [-8, -7, -257];

/** Bytes of a user handle (WebAuthn Level 3, section 14.6.1: random, so that no authenticator keeps who its user is). */
const USER_HANDLE_BYTES = 32;

/** Base64url of what we keep in base64. */
export const toBase64Url = (base64: string): string => Buffer.from(fromBase64(base64) ?? []).toString("base64url");

export const fromBase64Url = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64url"));

export function creationOptions(
  challenge: string,
  { name }: Pick<AccountFile, "name">,
  enrolled: readonly Authenticator[],
  salt: string,
): CreationOptions {
  return {
    ...relyingParty(challenge),
    rpName: RP_NAME,
    userId: randomBytes(USER_HANDLE_BYTES).toString("base64url"),
    userName: name,
    algorithms: [...ALGORITHMS],
    enrolled: enrolled.map(({ credential }) => credential),
    prfSalt: toBase64Url(salt),
  };
}

/** Options for a signature of one of these. The salts of their copies go along, so that their outputs come back. */
export function requestOptions(
  challenge: string,
  those: readonly Pick<Authenticator, "credential" | "transports">[],
  copies: readonly Pick<UnlockCopy, "credential" | "salt">[],
): RequestOptions {
  const credentials = those.map(({ credential, transports }) => {
    const copy = copies.find((one) => one.credential === credential);
    return {
      id: credential,
      transports: [...transports],
      ...(copy === undefined ? {} : { prfSalt: toBase64Url(copy.salt) }),
    };
  });
  return { ...relyingParty(challenge), credentials };
}

const relyingParty = (challenge: string) => ({ challenge, rpId: RP_ID, timeoutMs: CHALLENGE_MS });

// One-time codes of RFC 6238 from what a TOTP field holds: a bare base32 seed, or an otpauth:// URI (Google's key URI format;
// Apple writes apple-otpauth://). The time is handed in. What is wrong with a seed is a text, since an item with a broken seed
// must still be readable.
import { Secret, TOTP } from "otpauth";

/** Characters of a seed or URI that are looked at: 512 bits of seed and long labels come nowhere near. */
export const TOTP_TEXT_MAX = 4096;

/** Bytes of the shortest seed: RFC 4226 asks for 16 and many sites give 10; shorter ones are typing errors. */
export const TOTP_SECRET_BYTES_MIN = 5;

/** Digits of a code, and seconds that one lasts. */
export const TOTP_DIGITS = { min: 1, max: 10 } as const;
export const TOTP_PERIOD = { min: 1, max: 86_400 } as const;

const DIGITS = 6;
const PERIOD_S = 30;

/** What the official details of a TOTP field hold: exactly one of the two. */
export type OneTimeCode = { readonly code: string } | { readonly errorMessage: string };

/** How to make codes, as a text says it. */
type Recipe = { readonly secret: Secret; readonly algorithm: string; readonly digits: number; readonly period: number };

/** The code at a time (milliseconds since the Unix epoch), or what is wrong with the seed. */
export function totpCode(text: string, atMs: number): OneTimeCode {
  const recipe = recipeOf(text.trim());
  if (typeof recipe === "string") return { errorMessage: `unable to generate one-time password: ${recipe}` };
  return { code: new TOTP(recipe).generate({ timestamp: atMs }) };
}

/** Seconds that the code of this moment has left; undefined for a broken seed. */
export function totpSecondsLeft(text: string, atMs: number): number | undefined {
  const recipe = recipeOf(text.trim());
  if (typeof recipe === "string") return undefined;
  return recipe.period - (Math.floor(atMs / 1000) % recipe.period);
}

function recipeOf(text: string): Recipe | string {
  if (text === "") return "no secret";
  if (text.length > TOTP_TEXT_MAX) return "the secret is too long";
  if (!text.includes(":")) return recipeFrom(text, new URLSearchParams());
  const uri = /^(apple-)?otpauth:\/\/totp(?:\/[^?]*)?(?:\?(.*))?$/is.exec(text);
  if (uri === null) return "invalid scheme: an otpauth://totp URI or a base32 secret is needed";
  const parameters = new URLSearchParams(uri[2] ?? "");
  return recipeFrom(parameters.get("secret") ?? "", parameters);
}

function recipeFrom(encoded: string, parameters: URLSearchParams): Recipe | string {
  const compact = encoded.replace(/[\s-]/g, "").replace(/=+$/, "").toUpperCase();
  if (compact === "") return "no secret";
  if (!/^[A-Z2-7]+$/.test(compact)) return "the secret is not base32";
  const secret = Secret.fromBase32(compact);
  if (secret.bytes.length < TOTP_SECRET_BYTES_MIN) return "the secret is too short";
  const algorithm = algorithmOf(parameters.get("algorithm") ?? "SHA1");
  if (algorithm === undefined) return "invalid algorithm: SHA1, SHA256 and SHA512 are known";
  const digits = numberOf(parameters.get("digits"), DIGITS, TOTP_DIGITS);
  if (digits === undefined) return `invalid digits: ${TOTP_DIGITS.min} to ${TOTP_DIGITS.max}`;
  const period = numberOf(parameters.get("period"), PERIOD_S, TOTP_PERIOD);
  if (period === undefined) return `invalid period: ${TOTP_PERIOD.min} to ${TOTP_PERIOD.max} seconds`;
  return { secret, algorithm, digits, period };
}

function algorithmOf(name: string): string | undefined {
  const plain = name.toUpperCase().replace(/^HMAC/, "").replace("-", "");
  return ["SHA1", "SHA256", "SHA512"].includes(plain) ? plain : undefined;
}

function numberOf(text: string | null, otherwise: number, range: { min: number; max: number }): number | undefined {
  if (text === null) return otherwise;
  const number = Number(text);
  return /^\d{1,6}$/.test(text) && number >= range.min && number <= range.max ? number : undefined;
}

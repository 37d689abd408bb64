// One-time codes of RFC 6238 from what a TOTP field holds: a bare base32 seed, or an otpauth:// URI (Google's key URI format;
// Apple writes apple-otpauth://). Steam's codes are the same number written in five letters. The time is handed in. What is
// wrong with a seed is a text, since an item with a broken seed must still be readable. A seed that could be read in two ways
// is refused: a wrong code locks a person out as surely as none, and does not say why.
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

/** Steam's letters, without those that look like others, and how many a code has. */
const STEAM_LETTERS = "23456789BCDFGHJKMNPQRTVWXY";
const STEAM_LENGTH = 5;

/** Digits that show the whole number of which a code is the end: it has 31 bits. */
const WHOLE_NUMBER_DIGITS = 10;

/** What the official details of a TOTP field hold: exactly one of the two. */
export type OneTimeCode = { readonly code: string } | { readonly errorMessage: string };

/** How to make codes, as a text says it. */
type Recipe = {
  readonly secret: Secret;
  readonly algorithm: string;
  readonly digits: number;
  readonly period: number;
  readonly steam: boolean;
};

/** The code at a time (milliseconds since the Unix epoch), or what is wrong with the seed. */
export function totpCode(text: string, atMs: number): OneTimeCode {
  const recipe = recipeOf(text.trim());
  if (typeof recipe === "string") return { errorMessage: `unable to generate one-time password: ${recipe}` };
  const { steam, ...totp } = recipe;
  if (!steam) return { code: new TOTP(totp).generate({ timestamp: atMs }) };
  return { code: steamCode(Number(new TOTP({ ...totp, digits: WHOLE_NUMBER_DIGITS }).generate({ timestamp: atMs }))) };
}

/** The letters of the number, the lowest first. */
function steamCode(number: number): string {
  let code = "";
  for (let rest = number; code.length < STEAM_LENGTH; rest = Math.floor(rest / STEAM_LETTERS.length))
    code += STEAM_LETTERS[rest % STEAM_LETTERS.length] ?? "";
  return code;
}

/** Seconds that the code of this moment has left; undefined for a broken seed. */
export function totpSecondsLeft(text: string, atMs: number): number | undefined {
  const recipe = recipeOf(text.trim());
  if (typeof recipe === "string") return undefined;
  return recipe.period - (Math.floor(atMs / 1000) % recipe.period);
}

type Parameters = ReadonlyMap<string, string>;

function recipeOf(text: string): Recipe | string {
  if (text === "") return "no secret";
  if (text.length > TOTP_TEXT_MAX) return "the secret is too long";
  if (!text.includes(":")) return recipeFrom(text, new Map(), false);
  const steam = /^steam:\/\/([^/?#]*)$/i.exec(text);
  if (steam !== null) return recipeFrom(steam[1] ?? "", new Map(), true);
  const uri = /^(?:apple-)?otpauth:\/\/(totp|steam)(?:\/([^?]*))?(?:\?(.*))?$/is.exec(text);
  if (uri === null) return schemeRule(text);
  const parameters = parametersOf(uri[3] ?? "");
  if (typeof parameters === "string") return parameters;
  const isSteam = steamRule(uri[1]?.toLowerCase() === "steam", uri[2] ?? "", parameters);
  return typeof isSteam === "string" ? isSteam : recipeFrom(parameters.get("secret") ?? "", parameters, isSteam);
}

function schemeRule(text: string): string {
  if (/^otpauth-migration:/i.test(text))
    return "invalid scheme: an otpauth-migration link holds the accounts of a whole export; take the secret or the otpauth://totp link of one";
  if (/^(?:apple-)?otpauth:\/\/hotp/i.test(text))
    return "invalid scheme: hotp codes go by a counter, and only those that go by time (totp) are made";
  return "invalid scheme: an otpauth://totp URI or a base32 secret is needed";
}

/** Names in any case, since `Digits=8` that went unseen would give a wrong code. One that comes twice says two things. */
function parametersOf(query: string): Parameters | string {
  if (query.includes("#")) return "invalid fragment: such a link has no #; write %23 where it is part of a name";
  const parameters = new Map<string, string>();
  for (const [written, value] of new URLSearchParams(query)) {
    const name = written.toLowerCase();
    if (SHIFTING.includes(name)) return `invalid ${name}: codes that go by time are counted from the Unix epoch alone`;
    if (KNOWN.includes(name) && parameters.has(name)) return `invalid ${name}: it is given twice`;
    parameters.set(name, value);
  }
  return parameters;
}

const KNOWN: readonly string[] = ["secret", "algorithm", "digits", "period", "encoder", "issuer"];

/** Parameters that make other codes of the same seed. What else a link holds, such as an image, makes none. */
const SHIFTING: readonly string[] = ["counter", "t0", "offset", "epoch"];

/** Whether a code of Steam is meant: its apps write `encoder=steam`, others name it as the issuer alone. */
function steamRule(byType: boolean, label: string, parameters: Parameters): boolean | string {
  const encoder = parameters.get("encoder")?.toLowerCase();
  if (encoder !== undefined && encoder !== "steam") return "invalid encoder: steam is known";
  const five = [undefined, String(STEAM_LENGTH)].includes(parameters.get("digits"));
  if (byType || encoder === "steam") return five ? true : "invalid digits: a code of Steam has five letters";
  const issuers = [parameters.get("issuer") ?? "", label.split(/:|%3a/i)[0] ?? ""];
  if (!issuers.some((issuer) => issuer.trim().toLowerCase() === "steam")) return false;
  return five
    ? true
    : "invalid digits: a code of the issuer Steam has five letters; write encoder=steam for one, or another issuer";
}

function recipeFrom(encoded: string, parameters: Parameters, steam: boolean): Recipe | string {
  const secret = secretOf(encoded);
  if (typeof secret === "string") return secret;
  const algorithm = algorithmOf(parameters.get("algorithm") ?? "SHA1");
  if (algorithm === undefined) return "invalid algorithm: SHA1, SHA256 and SHA512 are known";
  const digits = numberOf(parameters.get("digits"), DIGITS, TOTP_DIGITS);
  if (digits === undefined) return `invalid digits: ${TOTP_DIGITS.min} to ${TOTP_DIGITS.max}`;
  const period = numberOf(parameters.get("period"), PERIOD_S, TOTP_PERIOD);
  if (period === undefined) return `invalid period: ${TOTP_PERIOD.min} to ${TOTP_PERIOD.max} seconds`;
  if (steam && algorithm !== "SHA1") return "invalid algorithm: Steam's codes are made with SHA1";
  if (steam && period !== PERIOD_S) return `invalid period: Steam's codes last ${PERIOD_S} seconds`;
  return { secret, algorithm, digits, period, steam };
}

function secretOf(encoded: string): Secret | string {
  const compact = encoded.replace(/[\s-]/g, "").replace(/=+$/, "").toUpperCase();
  if (compact === "") return "no secret";
  if (!/^[A-Z2-7]+$/.test(compact)) return "the secret is not base32";
  // Five bits a letter. A rest of five or more is a letter too many, or what is left of one that was lost; a smaller one is
  // padding, and many sites do not leave it zero.
  if ((compact.length * 5) % 8 >= 5)
    return `the secret is not whole: ${compact.length} letters of base32 are no whole number of bytes`;
  const secret = Secret.fromBase32(compact);
  return secret.bytes.length < TOTP_SECRET_BYTES_MIN ? "the secret is too short" : secret;
}

function algorithmOf(name: string): string | undefined {
  const plain = name.toUpperCase().replace(/^HMAC/, "").replaceAll(/[-_]/g, "");
  return ["SHA1", "SHA256", "SHA512"].includes(plain) ? plain : undefined;
}

function numberOf(
  text: string | undefined,
  otherwise: number,
  range: { min: number; max: number },
): number | undefined {
  if (text === undefined) return otherwise;
  const number = Number(text);
  return /^\d{1,6}$/.test(text) && number >= range.min && number <= range.max ? number : undefined;
}

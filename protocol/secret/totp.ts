// One-time codes of RFC 6238. A TOTP field holds a bare base32 seed or an otpauth:// URI (Google's key URI format; Apple writes
// apple-otpauth://). Steam's codes are the same number, written in five letters. The caller passes the time. A fault of the seed is
// returned as a text, since an item with a broken seed must stay readable. A seed with two readings is refused: a wrong code locks
// a person out and does not say why.
import { Secret, TOTP } from "otpauth";

/** The longest seed or URI, in characters. A seed of 512 bits with long labels is far shorter. */
export const TOTP_TEXT_MAX = 4096;

/** Bytes of the shortest seed. RFC 4226 asks for 16, and many sites give 10. Shorter ones are typing errors. */
export const TOTP_SECRET_BYTES_MIN = 5;

/** The digits of a code, and the seconds that it lasts. */
export const TOTP_DIGITS = { min: 1, max: 10 } as const;
export const TOTP_PERIOD = { min: 1, max: 86_400 } as const;

const DIGITS = 6;
const PERIOD_S = 30;

/** Steam's letters (none looks like another), and the number of them in a code. */
const STEAM_LETTERS = "23456789BCDFGHJKMNPQRTVWXY";
const STEAM_LENGTH = 5;

/** The most digits of a code. They show the whole number, which has 31 bits. */
const WHOLE_NUMBER_DIGITS = 10;

/** The official details of a TOTP field: exactly one of the two. */
export type OneTimeCode = { readonly code: string } | { readonly errorMessage: string };

/** The rule for making codes that a seed or URI describes. */
type Recipe = {
  readonly secret: Secret;
  readonly algorithm: string;
  readonly digits: number;
  readonly period: number;
  readonly steam: boolean;
};

/** The code at a time (milliseconds since the Unix epoch), or the fault of the seed. */
export function totpCode(text: string, atMs: number): OneTimeCode {
  const recipe = recipeOf(text.trim());
  if (typeof recipe === "string") return { errorMessage: `unable to generate one-time password: ${recipe}` };
  const { steam, ...totp } = recipe;
  if (!steam) return { code: new TOTP(totp).generate({ timestamp: atMs }) };
  return { code: steamCode(Number(new TOTP({ ...totp, digits: WHOLE_NUMBER_DIGITS }).generate({ timestamp: atMs }))) };
}

/** Writes the number in Steam's letters, the lowest digit first. */
function steamCode(number: number): string {
  let code = "";
  for (let rest = number; code.length < STEAM_LENGTH; rest = Math.floor(rest / STEAM_LETTERS.length))
    code += STEAM_LETTERS[rest % STEAM_LETTERS.length] ?? "";
  return code;
}

/** Seconds until the present code ends. Undefined for a broken seed. */
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

/** Reads names in any case: ignoring `Digits=8` would give a wrong code. A name that comes twice is refused. */
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

/** Parameters that change the codes of a seed. Other parameters, such as an image, do not. */
const SHIFTING: readonly string[] = ["counter", "t0", "offset", "epoch"];

/** Whether the URI means codes of Steam. Steam's apps write `encoder=steam`; others only name Steam as the issuer. */
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
  // A letter has five bits. A rest of five bits or more means a letter too many or one that was lost. A smaller rest is padding,
  // and many sites do not leave it zero.
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

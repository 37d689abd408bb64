// The forms in which a program may print a secret, as bytes. Concealing them helps against people behind you and against logs. It is
// no security boundary: a program can always print a secret in a form that is not here. README.md has the list as a table.

/** Characters of the shortest concealed value. Concealing shorter ones would hide half of any output. */
export const VALUE_LENGTH_MIN = 4;

/**
 * Bytes of the longest form. A longer value is searched in pieces. So many bytes may be held back, and so many are compared at a place
 * that looks like a form.
 */
export const FORM_BYTES_MAX = 4096;

/** Characters of the shortest line that is concealed on its own. Shorter lines of a long value occur in other texts too. */
export const LINE_LENGTH_MIN = 16;

/** Characters of the shortest value whose base64 is searched. Too few characters of a shorter one are the same in every place. */
export const BASE64_LENGTH_MIN = 6;

/** Characters of the longest value whose encoded forms are searched. Together they are sixteen times as long as the value. */
export const ENCODED_LENGTH_MAX = 64 * 1024;

/** Characters after which `base64` and `openssl base64` begin a new line. */
const BASE64_WRAPS = [76, 64];

/** All forms of these secrets, each once. */
export function formsOf(secrets: readonly string[]): Buffer[] {
  const forms = new Set(secrets.flatMap((secret) => (isShort(secret) ? [] : formsOfOne(secret))));
  return [...forms].flatMap((form) => cut(Buffer.from(form)));
}

const isShort = (value: string) => [...value].length < VALUE_LENGTH_MIN;

function cut(form: Buffer): Buffer[] {
  if (form.length <= FORM_BYTES_MAX) return [form];
  const pieces = Math.ceil(form.length / FORM_BYTES_MAX);
  const size = Math.ceil(form.length / pieces);
  return Array.from({ length: pieces }, (_piece, index) => form.subarray(index * size, (index + 1) * size));
}

function formsOfOne(secret: string): string[] {
  // A shell's `$(…)` removes newlines at the end of a value. The newline itself is no secret and stays in the output.
  const trimmed = secret.replace(/[\r\n]+$/, "");
  const value = isShort(trimmed) ? secret : trimmed;
  const lines = linesOf(secret);
  const encodings =
    secret.length > ENCODED_LENGTH_MAX ? [] : [...[secret, value].flatMap(encoded), ...lines.flatMap(asJson)];
  return [...asTerminal(value), ...lines, ...encodings];
}

/** A terminal turns LF into CR LF. */
const asTerminal = (value: string) => [value, value.replaceAll(/\r?\n/g, "\r\n")];

/** Each line of a value with several lines. The armour lines of PEM are no secret. */
function linesOf(secret: string): string[] {
  const lines = secret.split(/\r?\n/);
  if (lines.length < 2) return [];
  return lines.filter((line) => line.length >= LINE_LENGTH_MIN && !/^-----(BEGIN|END) [^-]*-----$/.test(line));
}

function encoded(value: string): string[] {
  return [...asJson(value), ...asAddress(value), ...asBase64(value)];
}

/** The text inside JSON quotes, as written by JavaScript, by Python and PHP (ASCII only, or with escaped slashes), and by Go (for HTML). */
function asJson(value: string): string[] {
  const plain = JSON.stringify(value).slice(1, -1);
  const ascii = plain.replace(/[\u007f-\uffff]/g, hexEscape);
  const html = plain.replace(/[<>&\u2028\u2029]/g, hexEscape);
  return [plain, ascii, html, plain.replaceAll("/", "\\/"), ascii.replaceAll("/", "\\/")];
}

const hexEscape = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** Percent-encoded by RFC 3986, and as JavaScript, Python and HTML forms do it, with hex digits in both cases. */
function asAddress(value: string): string[] {
  const plain = encodeURIComponent(value.toWellFormed());
  const strict = plain.replace(/[!'()*]/g, percent);
  const forms = [
    plain,
    strict,
    strict.replaceAll("%2F", "/"),
    strict.replaceAll("%20", "+"),
    new URLSearchParams([["", value]]).toString().slice(1),
  ];
  return forms.flatMap((form) => [form, form.replace(/%[0-9A-F]{2}/g, (digits) => digits.toLowerCase())]);
}

const percent = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;

/**
 * Inside a longer text a value may begin at the first, second or third byte of a base64 group. Characters that share bits with
 * neighbouring bytes are left out. For a value alone, or with the newline of `echo`, all characters are concealed.
 */
function asBase64(value: string): string[] {
  const bytes = Buffer.from(value);
  if (bytes.length < BASE64_LENGTH_MIN) return [];
  const whole = bytes.toString("base64");
  const inside = [0, 1, 2].map((before) => {
    const shifted = Buffer.concat([Buffer.alloc(before), bytes]);
    const first = Math.ceil((before * 8) / 6);
    return shifted.toString("base64").slice(first, Math.floor((shifted.length * 8) / 6));
  });
  const alone = [whole, Buffer.from(`${value}\n`).toString("base64")];
  const wrapped = alone.flatMap((text) => BASE64_WRAPS.flatMap((length) => inLines(text, length)));
  const all = [...alone, ...inside, ...wrapped];
  const padded = all.flatMap((form) => [form, form.replaceAll("+", "-").replaceAll("/", "_")]);
  return padded.flatMap((form) => [form, form.replace(/=+$/, "")]);
}

/** All lines together, so that a short last line is concealed too, and each long line on its own. */
function inLines(text: string, length: number): string[] {
  if (text.length <= length) return [];
  const lines = text.match(new RegExp(`.{1,${length}}`, "g")) ?? [];
  return [...asTerminal(lines.join("\n")), ...lines.filter((line) => line.length >= LINE_LENGTH_MIN)];
}

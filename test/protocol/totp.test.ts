// One-time codes: the tables of RFC 6238, the ways to write a seed, and every way in which a seed can be wrong.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TOTP_DIGITS, TOTP_PERIOD, TOTP_TEXT_MAX, totpCode, totpSecondsLeft } from "../../protocol/secret/totp.ts";

/** RFC 6238, appendix B: the ASCII seed repeated to the hash's size, eight digits. */
const seeds = {
  SHA1: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
  SHA256: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA====",
  SHA512: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNA=",
} as const;

describe("a code is that of RFC 6238, appendix B", () => {
  test.each([
    [59, "94287082", "46119246", "90693936"],
    [1111111109, "07081804", "68084774", "25091201"],
    [1111111111, "14050471", "67062674", "99943326"],
    [1234567890, "89005924", "91819424", "93441116"],
    [2000000000, "69279037", "90698825", "38618901"],
    [20000000000, "65353130", "77737706", "47863826"],
  ])("at %i s", (seconds, sha1, sha256, sha512) => {
    const at = (algorithm: keyof typeof seeds) =>
      totpCode(`otpauth://totp/x?secret=${seeds[algorithm]}&algorithm=${algorithm}&digits=8`, seconds * 1000);
    expect([at("SHA1"), at("SHA256"), at("SHA512")]).toEqual([{ code: sha1 }, { code: sha256 }, { code: sha512 }]);
  });
});

test.each([
  ["a bare seed", seeds.SHA1],
  ["in lower case, in groups", "gezd gnbv gy3t qojq gezd gnbv gy3t qojq"],
  ["with hyphens", "GEZD-GNBV-GY3T-QOJQ-GEZD-GNBV-GY3T-QOJQ"],
  ["a URI without more", `otpauth://totp/Ex:ada?secret=${seeds.SHA1}&issuer=Ex`],
  ["Apple's scheme", `apple-otpauth://totp/Ex?secret=${seeds.SHA1}`],
  ["the algorithm written otherwise", `otpauth://totp/?secret=${seeds.SHA1}&algorithm=HmacSHA1`],
])("%s gives six digits every thirty seconds", (_what, text) => {
  expect(totpCode(text, 59_000)).toEqual({ code: "287082" });
  expect([totpSecondsLeft(text, 59_000), totpSecondsLeft(text, 60_000)]).toEqual([1, 30]);
});

test.each([
  ["", "no secret"],
  ["   ", "no secret"],
  ["otpauth://totp/x", "no secret"],
  ["otpauth://totp/x?secret=", "no secret"],
  ["otpauth://totp/x?secret=a!", "not base32"],
  ["GEZ0", "not base32"],
  ["GEZDGNB", "too short"],
  ["GEZDGNBVG", "9 letters of base32 are no whole number of bytes"],
  ["GEZDGNBVGYY", "11 letters of base32 are no whole number of bytes"],
  ["GEZDGNBVGY3TQO", "14 letters of base32 are no whole number of bytes"],
  ["GEZD=GNBV", "not base32"],
  [`otpauth://totp/x?secret=${seeds.SHA1}&secret=${seeds.SHA1}`, "invalid secret: it is given twice"],
  [`otpauth://totp/x?secret=${seeds.SHA1}&digits=6&DIGITS=8`, "invalid digits: it is given twice"],
  [`otpauth://totp/x?secret=${seeds.SHA1}&digits=`, "invalid digits"],
  [`otpauth://totp/x?secret=${seeds.SHA1}&digits=-6`, "invalid digits"],
  [`otpauth://totp/x?secret=${seeds.SHA1}&digits=6e0`, "invalid digits"],
  [`otpauth://totp/x?secret=${seeds.SHA1}&digits= 6`, "invalid digits"],
  [`otpauth://totp/x?secret=${seeds.SHA1}&digits=0x6`, "invalid digits"],
  [`otpauth://totp/x?secret=${seeds.SHA1}&digits=6#fragment`, "invalid fragment"],
  [`otpauth://totp/x?secret=${seeds.SHA1}#fragment`, "invalid fragment"],
  [`otpauth://totp/x?secret=${seeds.SHA1}&counter=1`, "invalid counter"],
  [`otpauth://totp/x?secret=${seeds.SHA1}&T0=0`, "invalid t0"],
  [`otpauth://totp/x?secret=${seeds.SHA1}&offset=`, "invalid offset"],
  [`otpauth://totp/x?secret=${seeds.SHA1}&epoch=1`, "invalid epoch"],
  [`otpauth://totp/x?secret=${seeds.SHA1}&encoder=steam&digits=8`, "a code of Steam has five letters"],
  [`otpauth://totp/x?secret=${seeds.SHA1}&encoder=steam&digits=6`, "a code of Steam has five letters"],
  [`otpauth://steam/x?secret=${seeds.SHA1}&digits=6`, "a code of Steam has five letters"],
  [`otpauth://totp/x?secret=${seeds.SHA1}&period=`, "invalid period"],
  [`otpauth://totp/x?secret=${seeds.SHA1}&period=-30`, "invalid period"],
  [`otpauth://totp/x?secret=${seeds.SHA1}&period=29.5`, "invalid period"],
  [`otpauth://totp/x?secret=${seeds.SHA1}&period=Infinity`, "invalid period"],
  [`otpauth://totp/x?secret=${seeds.SHA1}&algorithm=`, "invalid algorithm"],
  [`otpauth://totp/x?secret=${seeds.SHA1}&algorithm=SHA384`, "invalid algorithm"],
  [`otpauth://totp/x?secret=${seeds.SHA1}&encoder=yandex`, "invalid encoder"],
  [`otpauth://totp/x?secret=${seeds.SHA1}&encoder=`, "invalid encoder"],
  [`otpauth://totp/x?secret=${seeds.SHA1}&encoder=steam&algorithm=SHA256`, "Steam's codes are made with SHA1"],
  [`otpauth://totp/x?secret=${seeds.SHA1}&encoder=steam&period=60`, "Steam's codes last 30 seconds"],
  [`otpauth://totp/x?secret=${seeds.SHA1}&issuer=Steam&digits=6`, "a code of the issuer Steam has five letters"],
  ["steam://", "no secret"],
  ["steam://GEZ0", "not base32"],
  ["steam://GEZDGNBVG", "no whole number of bytes"],
  [`steam://totp/x?secret=${seeds.SHA1}`, "invalid scheme"],
  [`yjotp://totp/x?secret=${seeds.SHA1}`, "invalid scheme"],
  ["otpauth-migration://offline?data=CjEK", "otpauth-migration link"],
  [`otpauth://hotp/x?secret=${seeds.SHA1}&counter=1`, "hotp"],
  [`https://totp/x?secret=${seeds.SHA1}`, "invalid scheme"],
  [`otpauth://totp/x?secret=${seeds.SHA1}&algorithm=MD5`, "invalid algorithm"],
  [`otpauth://totp/x?secret=${seeds.SHA1}&digits=0`, "invalid digits"],
  [`otpauth://totp/x?secret=${seeds.SHA1}&digits=${TOTP_DIGITS.max + 1}`, "invalid digits"],
  [`otpauth://totp/x?secret=${seeds.SHA1}&digits=6.5`, "invalid digits"],
  [`otpauth://totp/x?secret=${seeds.SHA1}&period=0`, "invalid period"],
  [`otpauth://totp/x?secret=${seeds.SHA1}&period=${TOTP_PERIOD.max + 1}`, "invalid period"],
  ["A".repeat(TOTP_TEXT_MAX + 1), "too long"],
])("%s is reported as a message", (text, message) => {
  const made = totpCode(text, 0);
  expect(made).toEqual({ errorMessage: expect.stringContaining(message) });
  expect(totpSecondsLeft(text, 0)).toBeUndefined();
});

test.each([
  ["the longest text", `otpauth://totp/${"x".repeat(TOTP_TEXT_MAX - 15 - 8 - 32)}?secret=${seeds.SHA1}`, 6],
  ["the shortest seed", "GEZDGNBV", 6],
  ["most digits", `otpauth://totp/x?secret=${seeds.SHA1}&digits=${TOTP_DIGITS.max}`, 10],
  ["a rest that is padding, zero or not", "GEZDGNBVGX", 6],
  ["a parameter in capitals", `otpauth://totp/x?secret=${seeds.SHA1}&Digits=8`, 8],
  ["what makes no other code", `otpauth://totp/x?secret=${seeds.SHA1}&issuer=Ex&image=https%3A%2F%2Fx%2F%23&icon=a`, 6],
  ["one digit", `otpauth://totp/x?secret=${seeds.SHA1}&digits=1`, 1],
])("%s is taken", (_what, text, digits) => {
  expect(totpCode(text, 0)).toEqual({ code: expect.stringMatching(new RegExp(`^\\d{${digits}}$`)) });
});

type Case = { seed: string; at: number; want?: string; refused?: string };
const cases = JSON.parse(
  readFileSync(new URL("../vectors/one-time-codes.json", import.meta.url), "utf8"),
) as readonly Case[];

describe("a seed as people have it", () => {
  test.each(cases.filter(({ want }) => want !== undefined))("$seed gives $want", ({ seed, at, want }) => {
    expect(totpCode(seed, at * 1000)).toEqual({ code: want });
  });

  /** Each refusal must contain its reason. */
  const reasons = ["17 letters", "digits", "period", "algorithm", "hotp", "otpauth-migration"];
  test.each(cases.filter(({ refused }) => refused !== undefined).map((one, index) => [one.seed, reasons[index] ?? ""]))(
    "%s is refused, naming %s",
    (seed, reason) => {
      expect(reason).not.toBe("");
      expect(totpCode(seed, 0)).toEqual({ errorMessage: expect.stringContaining(reason) });
    },
  );
});

test.each([
  ["its own link", `steam://${seeds.SHA1}`],
  ["an encoder", `otpauth://totp/x?secret=${seeds.SHA1}&encoder=Steam`],
  ["an encoder, with its digits", `otpauth://totp/x?secret=${seeds.SHA1}&digits=5&encoder=steam`],
  ["a type", `otpauth://steam/x?secret=${seeds.SHA1}`],
  ["an issuer", `otpauth://totp/x?secret=${seeds.SHA1}&issuer=Steam`],
  ["an issuer in the label", `otpauth://totp/Steam%3Aada?secret=${seeds.SHA1}&digits=5`],
])("a code of Steam, recognised by %s, has five of its letters", (_what, text) => {
  expect(totpCode(text, 1_700_000_000_000)).toEqual(totpCode(`steam://${seeds.SHA1}`, 1_700_000_000_000));
  for (let at = 0; at < 3_000; at += 30)
    expect(totpCode(text, at * 1000)).toEqual({ code: expect.stringMatching(/^[2-9BCDFGHJKMNPQRTVWXY]{5}$/) });
});

test("no text makes it throw, and no message repeats it", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((text) => `otpauth://totp/${text}`),
      ),
      (text) => {
        const made = totpCode(text, 0);
        if ("errorMessage" in made && text.trim().length > 12) expect(made.errorMessage).not.toContain(text);
      },
    ),
    { numRuns: 5_000 },
  );
});

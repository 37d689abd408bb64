// Secrets in clear: what is found, what is not, and that no text can hold the search up. The secrets here are put together, so that this file has none.
import { RE2JS } from "re2js";
import { describe, expect, test } from "vitest";
import { secretTable } from "../../clients/editors/server/generated-secret-table.ts";
import { ownSecretRules } from "../../clients/editors/server/own-secret-rules.ts";
import { findSecrets, SEARCHED_CHARACTERS_MAX } from "../../clients/editors/server/secret-search.ts";

/** Characters without a pattern, by a generator with a fixed start. */
function mixed(length: number, alphabet = "ABCDEFGHJKMNPQRSTVWXYZabcdefghkmnpqrstvwxyz0123456789"): string {
  let state = 7;
  return Array.from({ length }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return alphabet[Math.floor((state / 2 ** 31) * alphabet.length)];
  }).join("");
}

const UPPER = "ABCDEFGHJKMNPQRSTVWXYZ234567";
const pem = (kind: string) =>
  [`-----BEGIN ${kind}PRIVATE`, ` KEY-----\n${mixed(64)}\n${mixed(64)}\n-----END ${kind}PRIVATE`, " KEY-----"].join("");
const kinds = (text: string, path = "a.ts") => findSecrets(text, path).found.map(({ kind }) => kind);

describe("a secret in clear is found", () => {
  test.each([
    ["github-pat", "a.ts", `const t = "ghp_${mixed(36)}";`],
    ["aws-access-token", "a.py", `key = "AKIA${mixed(16, UPPER)}"`],
    ["slack-bot-token", "a.go", `"xoxb-${mixed(12, "0123456789")}-${mixed(12, "0123456789")}-${mixed(24)}"`],
    ["jwt", "a.ts", `eyJ${mixed(30)}.eyJ${mixed(60)}.${mixed(43)}`],
    ["twilio-api-key", "a.ts", `"SK${mixed(32, "0123456789abcdef")}"`],
    ["vault-service-token", "a.ts", `"s.${mixed(24)}"`],
    ["private-key", "a.txt", pem("RSA ")],
    ["private-key", "a.txt", pem("OPENSSH ")],
    ["1password-service-account-token", "a.sh", `ops_eyJ${mixed(260)}`],
    ["postern-service-account-token", "ci.yml", `TOKEN: postern_eyJ${mixed(60)}`],
    [
      "postern-secret-key",
      "a.txt",
      `P1-${mixed(6, UPPER)}-${mixed(6, UPPER)}-${mixed(6, UPPER)}-${mixed(6, UPPER)}-${mixed(6, UPPER)}`,
    ],
    ["generic-api-key", ".env", `DB_PASSWORD=${mixed(24)}`],
    ["generic-api-key", "app.yaml", `api_key: "${mixed(24)}"`],
    ["generic-api-key", "Dockerfile", `ENV AUTH_TOKEN=${mixed(24)}`],
  ])("%s in %s", (kind, path, text) => expect(kinds(`one\n${text}\ntwo`, path)).toEqual([kind]));
});

describe("nothing is found", () => {
  test.each([
    ["entropy alone", ".env", `A=${mixed(40)}`],
    ["a hash of a commit", "a.ts", `const commit = "${mixed(40, "0123456789abcdef")}";`],
    ["a named value in source code", "a.ts", `const token = "${mixed(24)}";`],
    ["a token with too few characters", "a.ts", `"ghp_${mixed(35)}"`],
    ["a token of one letter", "a.ts", `"ghp_${"x".repeat(36)}"`],
    ["the value of a variable", ".env", `DB_PASSWORD=\${DB_PASSWORD_FROM_CI}`],
    ["a reference", ".env", "DB_PASSWORD=op://Demo/DATABASE_URL/password"],
    ["a word that is no secret", ".env", "DB_PASSWORD=example-password-change-me"],
    ["a lock file", "package-lock.json", `"token": "ghp_${mixed(36)}"`],
    ["a public key", "a.txt", `-----BEGIN PUBLIC KEY-----\n${mixed(64)}\n-----END PUBLIC KEY-----`],
    ["nothing at all", "a.txt", ""],
  ])("for %s in %s", (_what, path, text) => expect(kinds(text, path)).toEqual([]));
});

test("the place of a secret is the secret, and it stands in nothing else", () => {
  const secret = `ghp_${mixed(36)}`;
  const search = findSecrets(`é😀 "${secret}"`, "a.ts");
  expect(search.found).toEqual([{ at: 5, end: 5 + secret.length, kind: "github-pat" }]);
  expect(JSON.stringify(search)).not.toContain(secret);
});

test("a letter that is longer in lower case moves no place", () => {
  const secret = `ghp_${mixed(36)}`;
  expect(findSecrets(`İİİ ${secret}`, "a.ts").found[0]?.at).toBe(4);
});

test("every pattern of the table is one of RE2, which never searches a text twice", () => {
  const rules = [...secretTable.rules, ...ownSecretRules];
  expect(rules.length).toBeGreaterThan(200);
  const lists = [secretTable.allowlist, ...rules.flatMap(({ allowlists }) => allowlists)];
  const patterns = [
    ...rules.flatMap(({ regex, path }) => (path === undefined ? [regex] : [regex, path])),
    ...lists.flatMap(({ regexes, paths }) => [...regexes, ...paths]),
  ];
  for (const pattern of patterns) expect(() => RE2JS.compile(pattern)).not.toThrow();
});

/** Characters from the first one to the last one that a keyword alone has searched: those before it, itself, and those behind. */
const AROUND = 256 + "p1-".length + 1_024;

/** A text of keywords far from each other, of which one rule searches this many characters. */
function searched(characters: number): string {
  const whole = Math.floor(characters / AROUND);
  const rest = characters - whole * AROUND;
  if (rest < 300) throw new Error("the last part needs room for what stands before its keyword");
  const one = `${" ".repeat(256)}p1-${" ".repeat(1_741)}`;
  return [one.repeat(whole), " ".repeat(256), "p1-", " ".repeat(rest - 259)].join("");
}

test("a file is searched whole up to its bound, and one character more is told", () => {
  const most = searched(SEARCHED_CHARACTERS_MAX);
  expect(findSecrets(most, "a.txt").searchedTo).toBe(most.length);
  const more = `${most} `;
  expect(findSecrets(more, "a.txt").searchedTo).toBeLessThan(more.length);
});

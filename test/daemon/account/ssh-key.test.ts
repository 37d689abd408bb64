// Compares our reading of SSH keys with the real ssh-keygen: every kind, size and container that it writes, and
// refusals with a reason.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { readSshKey, SSH_TEXT_MAX, toOpenSsh, UnreadableKey } from "../../../daemon/account/ssh-key.ts";
import { hasTool } from "../../tools.ts";

const folder = mkdtempSync(join(tmpdir(), "postern-ssh-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let made = 0;
function keygen(...options: string[]): string {
  const path = join(folder, `key-${made++}`);
  execFileSync("ssh-keygen", ["-q", "-C", "a comment", "-N", "", "-f", path, ...options]);
  return path;
}

const refusal = (text: string): string => {
  try {
    readSshKey(text);
    return "taken";
  } catch (error) {
    expect(error).toBeInstanceOf(UnreadableKey);
    return (error as Error).message;
  }
};

describe.skipIf(!hasTool("ssh-keygen"))("beside ssh-keygen", () => {
  const kinds = [
    ["ed25519", "", "", "Ed25519"],
    ...["2048", "3072", "4096"].flatMap((bits) =>
      ["", "PEM", "PKCS8"].map((format) => ["rsa", bits, format, `RSA, ${bits}-bit`]),
    ),
  ] as [string, string, string, string][];

  test.each(kinds)("%s %s in %s gives the same key as ssh-keygen reads", (type, bits, format, keyType) => {
    const path = keygen("-t", type, ...(bits === "" ? [] : ["-b", bits]), ...(format === "" ? [] : ["-m", format]));
    const key = readSshKey(readFileSync(path, "utf8"));
    const line = readFileSync(`${path}.pub`, "utf8").split(" ").slice(0, 2).join(" ");
    const [, fingerprint] = execFileSync("ssh-keygen", ["-lf", `${path}.pub`], { encoding: "utf8" }).split(" ");
    expect(key).toMatchObject({ publicKey: line, fingerprint, keyType });
    expect(key.pkcs8).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    expect(readSshKey(key.pkcs8)).toEqual(key);
    const written = join(folder, `written-${made++}`);
    const openSsh = toOpenSsh(key.pkcs8);
    expect(openSsh).toMatch(/^-----BEGIN OPENSSH PRIVATE KEY-----\n/);
    writeFileSync(written, openSsh, { mode: 0o600 });
    expect(execFileSync("ssh-keygen", ["-y", "-f", written], { encoding: "utf8" }).trim()).toBe(line);
    expect(readSshKey(openSsh)).toEqual(key);
  });

  test.each([
    ["OpenSSH's container", [] as string[]],
    ["PKCS#8", ["-m", "PKCS8"]],
    ["PKCS#1", ["-m", "PEM"]],
  ])("a key that is encrypted in %s is refused, saying so", (_what, format) => {
    const path = keygen("-t", "rsa", "-b", "2048", ...format);
    execFileSync("ssh-keygen", ["-q", "-p", "-f", path, "-P", "", "-N", "secret1", ...format]);
    expect(refusal(readFileSync(path, "utf8"))).toContain("encrypted");
  });

  test.each([
    ["ECDSA", ["-t", "ecdsa"], "only Ed25519 and RSA"],
    ["RSA of 1024 bits", ["-t", "rsa", "-b", "1024"], "RSA keys have"],
    ["RSA of 2056 bits", ["-t", "rsa", "-b", "2056"], "RSA keys have"],
  ])("%s is refused", (_what, options, text) => {
    expect(refusal(readFileSync(keygen(...options), "utf8"))).toContain(text);
    expect(refusal(readFileSync(keygen(...options, "-m", "PKCS8"), "utf8"))).toContain(text);
  });

  test("a key that was cut or altered is refused, and nothing of it is repeated", () => {
    const text = readFileSync(keygen("-t", "ed25519"), "utf8");
    const lines = text.split("\n");
    const middle = lines[2] ?? "";
    for (const broken of [
      text.slice(0, text.length / 2),
      text.replace(middle, ""),
      `${text.slice(0, 60)}!!${text.slice(62)}`,
    ]) {
      const told = refusal(broken);
      expect(told).not.toBe("taken");
      expect(told).not.toContain(middle.slice(0, 16));
    }
  });

  test("a public key is no private key", () => {
    expect(refusal(readFileSync(`${keygen("-t", "ed25519")}.pub`, "utf8"))).toContain("no private key");
  });
});

test("text is bounded, at the limit and one past it", () => {
  expect(refusal("x".repeat(SSH_TEXT_MAX))).toContain("no private key");
  expect(refusal("x".repeat(SSH_TEXT_MAX + 1))).toContain("longer");
});

test("no text makes it fail in another way", () => {
  const label = fc.constantFrom("PRIVATE KEY", "RSA PRIVATE KEY", "OPENSSH PRIVATE KEY", "EC PRIVATE KEY");
  fc.assert(
    fc.property(label, fc.base64String({ maxLength: 200 }), (name, body) => {
      expect(refusal(`-----BEGIN ${name}-----\n${body}\n-----END ${name}-----\n`)).not.toBe("taken");
    }),
    { numRuns: 500 },
  );
});

// SSH private keys: what a person pastes, as PKCS#8, PKCS#1 or OpenSSH, becomes PKCS#8, and what hangs on it is derived.
// node:crypto reads the first two; sshpk the OpenSSH container, which node does not know. Here and not in protocol/, which has
// neither.
import { createPrivateKey, type KeyObject } from "node:crypto";
import sshpk from "sshpk";

/** Characters of a private key's text: an RSA-4096 key with headers has 3,500. */
export const SSH_TEXT_MAX = 16 * 1024;

/** RSA sizes in bits that are taken: less is broken, more is nobody's default. */
export const RSA_BITS: readonly number[] = [2048, 3072, 4096];

export type SshKey = {
  /** PKCS#8 PEM, as it is stored. */
  readonly pkcs8: string;
  /** The line of authorized_keys, without a comment. */
  readonly publicKey: string;
  /** `SHA256:` and unpadded base64, as ssh-keygen prints it. */
  readonly fingerprint: string;
  /** `Ed25519`, or `RSA, 4096-bit`. */
  readonly keyType: string;
};

/** Why a key is not taken; the text never repeats any of it. */
export class UnreadableKey extends Error {}

/** Reads a private key. Throws UnreadableKey for one that is encrypted, of another kind or size, or no key. */
export function readSshKey(text: string): SshKey {
  if (text.length > SSH_TEXT_MAX) throw new UnreadableKey("it is longer than any key");
  const key = text.includes("-----BEGIN OPENSSH PRIVATE KEY-----") ? fromOpenSsh(text) : fromPem(text);
  const keyType = typeOf(key);
  const pkcs8 = key.export({ type: "pkcs8", format: "pem" }).toString();
  const publicKey = sshpk.parsePrivateKey(pkcs8, "pem").toPublic();
  publicKey.comment = "";
  return {
    pkcs8,
    publicKey: publicKey.toString("ssh").trim(),
    fingerprint: publicKey.fingerprint("sha256").toString(),
    keyType,
  };
}

/** The same key in OpenSSH's own container, without a passphrase. Throws UnreadableKey. */
export function toOpenSsh(pkcs8: string): string {
  const { pkcs8: checked } = readSshKey(pkcs8);
  const key = sshpk.parsePrivateKey(checked, "pem");
  key.comment = "";
  return key.toString("openssh");
}

function typeOf(key: KeyObject): string {
  if (key.asymmetricKeyType === "ed25519") return "Ed25519";
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (key.asymmetricKeyType !== "rsa" || bits === undefined)
    throw new UnreadableKey("only Ed25519 and RSA keys are supported");
  if (!RSA_BITS.includes(bits)) throw new UnreadableKey(`RSA keys have ${RSA_BITS.join(", ")} bits`);
  return `RSA, ${bits}-bit`;
}

const ENCRYPTED = "it is encrypted; remove its passphrase with `ssh-keygen -p` first";

function fromPem(text: string): KeyObject {
  // Both ways of encryption: PKCS#8's own container, and RFC 1421 headers over PKCS#1.
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type:.*ENCRYPTED/m.test(text)) throw new UnreadableKey(ENCRYPTED);
  try {
    return createPrivateKey({ key: text.trim(), format: "pem" });
  } catch {
    // Without the cause: a parser may quote its input.
    throw new UnreadableKey("it is no private key in PKCS#8, PKCS#1 or OpenSSH form");
  }
}

function fromOpenSsh(text: string): KeyObject {
  try {
    const key = sshpk.parsePrivateKey(text.trim(), "ssh-private");
    if (key.type === "rsa") return rsaKey(key);
    return createPrivateKey({ key: key.toString("pkcs8"), format: "pem" });
  } catch (error) {
    if ((error as Error).name === "KeyEncryptedError") throw new UnreadableKey(ENCRYPTED);
    throw new UnreadableKey("its OpenSSH container is damaged, or of a kind that is not supported");
  }
}

/**
 * The container holds no d mod (p-1) and d mod (q-1), and sshpk 1.18.0 works them out wrongly (it subtracts a plain 1 from
 * its own kind of number): a key made of its PKCS#8 would sign what nobody can verify.
 */
function rsaKey(key: sshpk.PrivateKey): KeyObject {
  const part = (name: string): Buffer => {
    const found = (key as unknown as { part: Record<string, { data: Buffer } | undefined> }).part[name];
    if (found === undefined) throw new Error("an RSA key without all its numbers");
    return found.data;
  };
  const number = (name: string) => BigInt(`0x${part(name).toString("hex")}`);
  const [n, d, p, q] = [number("n"), number("d"), number("p"), number("q")];
  if (p * q !== n) throw new Error("an RSA key whose primes are of another");
  const text = (value: bigint) => {
    const hex = value.toString(16);
    return Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex").toString("base64url");
  };
  return createPrivateKey({
    format: "jwk",
    key: {
      kty: "RSA",
      n: text(n),
      e: text(number("e")),
      d: text(d),
      p: text(p),
      q: text(q),
      dp: text(d % (p - 1n)),
      dq: text(d % (q - 1n)),
      qi: text(number("iqmp")),
    },
  });
}

// SSH private keys. A pasted key in PKCS#8, PKCS#1 or OpenSSH's form becomes PKCS#8, and its public parts are derived. node:crypto reads the
// first two forms. sshpk reads OpenSSH's container, which Node does not know. The code is here since protocol/ uses neither library.
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import sshpk from "sshpk";

/** Characters of a private key's text. An RSA-4096 key with headers has 3,500. */
export const SSH_TEXT_MAX = 16 * 1024;

/** Accepted RSA sizes in bits. Smaller ones are broken, and larger ones are nobody's default. */
export const RSA_BITS: readonly number[] = [2048, 3072, 4096];

export type SshKey = {
  /** PKCS#8 PEM, the stored form. */
  readonly pkcs8: string;
  /** The line of authorized_keys, without a comment. */
  readonly publicKey: string;
  /** `SHA256:` and unpadded base64, in the form of ssh-keygen. */
  readonly fingerprint: string;
  /** `Ed25519`, or `RSA, 4096-bit`. */
  readonly keyType: string;
};

/** The reason why a key is refused. The text never repeats any part of the key. */
export class UnreadableKey extends Error {}

/** Reads a private key. Throws UnreadableKey for one that is encrypted, of another kind or size, or no key. */
export function readSshKey(text: string): SshKey {
  if (text.length > SSH_TEXT_MAX) throw new UnreadableKey("it is longer than any key");
  const given = text.includes("-----BEGIN OPENSSH PRIVATE KEY-----") ? fromOpenSsh(text) : fromPem(text);
  const keyType = typeOf(given);
  // Only its numbers are kept. Attributes and odd versions of its container are left behind.
  const key = createPrivateKey({ format: "jwk", key: given.export({ format: "jwk" }) });
  const pkcs8 = key.export({ type: "pkcs8", format: "pem" }).toString();
  const publicKey = sshpk.parseKey(createPublicKey(key).export({ type: "spki", format: "pem" }), "pem");
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
  const key = sshpk.parsePrivateKey(checked, "pkcs8");
  key.comment = "";
  return key.toString("openssh");
}

function typeOf(key: KeyObject): string {
  if (key.asymmetricKeyType === "ed25519") return "Ed25519";
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (key.asymmetricKeyType !== "rsa" || bits === undefined) throw new UnreadableKey(KINDS);
  if (!RSA_BITS.includes(bits)) throw new UnreadableKey(`RSA keys have ${RSA_BITS.join(", ")} bits`);
  if (!isWhole(key)) throw new UnreadableKey("its numbers do not fit together: it is damaged");
  return `RSA, ${bits}-bit`;
}

/** Whether an RSA key's numbers belong together. Node does not check them, and a damaged key would make signatures that nobody can verify. */
function isWhole(key: KeyObject): boolean {
  const jwk = key.export({ format: "jwk" });
  const number = (text = "") => BigInt(`0x0${Buffer.from(text, "base64url").toString("hex")}`);
  const [n, e, d, p, q] = [jwk.n, jwk.e, jwk.d, jwk.p, jwk.q].map(number) as [bigint, bigint, bigint, bigint, bigint];
  if (p < 2n || q < 2n || p * q !== n) return false;
  // RFC 8017, 3.2: e · dP ≡ 1 (mod p-1), e · dQ ≡ 1 (mod q-1), q · qInv ≡ 1 (mod p).
  return (
    (e * d) % (p - 1n) === 1n &&
    (e * d) % (q - 1n) === 1n &&
    number(jwk.dp) === d % (p - 1n) &&
    number(jwk.dq) === d % (q - 1n) &&
    (q * number(jwk.qi)) % p === 1n
  );
}

const KINDS = "only Ed25519 and RSA keys are supported";
const ENCRYPTED = "it is encrypted; remove its passphrase with `ssh-keygen -p` first";

function fromPem(text: string): KeyObject {
  // Both forms of encryption: PKCS#8's own container, and RFC 1421 headers over PKCS#1.
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type:.*ENCRYPTED/m.test(text)) throw new UnreadableKey(ENCRYPTED);
  try {
    return createPrivateKey({ key: text.trim(), format: "pem" });
  } catch {
    // Without the cause, since a parser may quote its input.
    throw new UnreadableKey("it is no private key in PKCS#8, PKCS#1 or OpenSSH form");
  }
}

function fromOpenSsh(text: string): KeyObject {
  try {
    const key = sshpk.parsePrivateKey(text.trim(), "ssh-private");
    const part = (name: string): Buffer => {
      const found = (key as unknown as { part: Record<string, { data: Buffer } | undefined> }).part[name];
      if (found === undefined) throw new Error("a key without all its numbers");
      return found.data;
    };
    if (key.type === "ed25519") return ed25519Key(part);
    if (key.type === "rsa") return rsaKey(part);
  } catch (error) {
    if ((error as Error).name === "KeyEncryptedError") throw new UnreadableKey(ENCRYPTED);
    throw new UnreadableKey("its OpenSSH container is damaged, or of a kind that is not supported");
  }
  throw new UnreadableKey(KINDS);
}

// Keys are made of the container's numbers, since sshpk 1.18.0 writes broken PKCS#8 for some keys. Its Ed25519 loses a leading zero byte of a
// seed, in about one key of 256. Its RSA computes d mod (p-1) and d mod (q-1), which the container lacks, wrongly: it subtracts a plain 1 from
// its own kind of number. Such a key makes signatures that nobody can verify.

/** Node refuses it where the container's public key belongs to another seed. */
function ed25519Key(part: (name: string) => Buffer): KeyObject {
  const [d, x] = [part("k"), part("A")].map((bytes) => bytes.toString("base64url")) as [string, string];
  return createPrivateKey({ format: "jwk", key: { kty: "OKP", crv: "Ed25519", d, x } });
}

function rsaKey(part: (name: string) => Buffer): KeyObject {
  const number = (name: string) => BigInt(`0x${part(name).toString("hex")}`);
  const [d, p, q] = [number("d"), number("p"), number("q")];
  const text = (value: bigint) => {
    const hex = value.toString(16);
    return Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex").toString("base64url");
  };
  return createPrivateKey({
    format: "jwk",
    key: {
      kty: "RSA",
      n: text(number("n")),
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

// A person's authenticator in software: it makes an ES256 key, and signs as WebAuthn Level 3 says (sections 6.1, 6.3 and 10.1.4). It can also sign wrongly,
// as an attacker would.
import { createHash, createHmac, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import type { Methods } from "../../clients/typescript/generated.ts";

export type CreationOptions = Methods["authenticators.enrol"]["result"]["options"];
export type RequestOptions = Methods["authenticators.challenge"]["result"]["options"];
export type Registration = Methods["authenticators.register"]["params"]["registration"];
export type Assertion = Methods["authenticators.unlock"]["params"]["assertion"];

/** The origin of the page in tests without a browser. */
export const ORIGIN = "http://postern.localhost:4711";

/** What is wrong with an answer. */
export type Twist = {
  readonly origin?: string;
  readonly rpId?: string;
  readonly challenge?: string;
  readonly type?: string;
  /** Whether the person was verified, or only present. */
  readonly isUserVerified?: boolean;
  readonly isSignatureBogus?: boolean;
  readonly counter?: number;
  /** Whether the output of prf comes along. */
  readonly hasPrf?: boolean;
  readonly prf?: Uint8Array;
};

export type SoftwareAuthenticator = {
  create(options: CreationOptions, twist?: Twist): Registration;
  /** Signs with the credential of `create`, whether it was asked for or not. */
  get(options: RequestOptions, twist?: Twist): Assertion;
  readonly credential: string;
};

const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;
const ATTESTED = 0x40;

export function softwareAuthenticator({ countsUp = true } = {}): SoftwareAuthenticator {
  const id = randomBytes(16);
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const prfKey = randomBytes(32);
  let counter = 0;
  const named = { id: url(id), rawId: url(id), type: "public-key", authenticatorAttachment: "platform" } as const;

  const data = (options: { rpId: string }, twist: Twist, attested?: Uint8Array): Buffer => {
    if (countsUp) counter++;
    const verified = twist.isUserVerified === false ? 0 : USER_VERIFIED;
    const head = Buffer.alloc(5);
    head[0] = USER_PRESENT | verified | (attested === undefined ? 0 : ATTESTED);
    head.writeUInt32BE(twist.counter ?? counter, 1);
    return Buffer.concat([sha256(twist.rpId ?? options.rpId), head, attested ?? Buffer.alloc(0)]);
  };

  const client = (type: string, { challenge }: { challenge: string }, twist: Twist): Buffer =>
    Buffer.from(
      JSON.stringify({
        type: twist.type ?? type,
        challenge: twist.challenge ?? challenge,
        origin: twist.origin ?? ORIGIN,
        crossOrigin: false,
      }),
    );

  return {
    credential: url(id),
    create: (options, twist = {}) => {
      const idLength = Buffer.from([id.length >> 8, id.length & 0xff]);
      const attested = Buffer.concat([Buffer.alloc(16), idLength, id, coseOf(publicKey)]);
      const authData = data(options, twist, attested);
      const attestationObject = Buffer.concat([
        Buffer.from([0xa3]),
        ...[text("fmt"), text("none"), text("attStmt"), Buffer.from([0xa0]), text("authData"), byteString(authData)],
      ]);
      return {
        ...named,
        response: {
          clientDataJSON: url(client("webauthn.create", options, twist)),
          attestationObject: url(attestationObject),
          transports: ["internal"],
        },
        clientExtensionResults: { prf: { enabled: twist.hasPrf !== false } },
      };
    },
    get: (options, twist = {}) => {
      const authData = data(options, twist);
      const clientData = client("webauthn.get", options, twist);
      const signature = sign("sha256", Buffer.concat([authData, sha256(clientData)]), privateKey);
      if (twist.isSignatureBogus)
        signature.writeUInt8(signature.readUInt8(signature.length - 1) ^ 1, signature.length - 1);
      const salt = options.credentials.find((one) => one.id === url(id))?.prfSalt;
      const output =
        twist.prf ??
        (salt === undefined || twist.hasPrf === false ? undefined : prfOf(prfKey, Buffer.from(salt, "base64url")));
      return {
        ...named,
        response: {
          clientDataJSON: url(clientData),
          authenticatorData: url(authData),
          signature: url(signature),
          userHandle: url(randomBytes(32)),
        },
        clientExtensionResults: output === undefined ? {} : { prf: { results: { first: url(output) } } },
      };
    },
  };
}

const url = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64url");
const sha256 = (bytes: string | Uint8Array) => createHash("sha256").update(bytes).digest();

/** The browser hashes the page's salt, so that a page cannot ask for what other uses of hmac-secret give. */
const prfOf = (key: Uint8Array, salt: Uint8Array) =>
  createHmac("sha256", key)
    .update(sha256(Buffer.concat([Buffer.from("WebAuthn PRF\0"), salt])))
    .digest();

/** CBOR, RFC 8949: a short text, and a byte string of up to 65,535 bytes. */
const text = (value: string) => Buffer.concat([Buffer.from([0x60 + value.length]), Buffer.from(value)]);
const byteString = (value: Uint8Array) =>
  Buffer.concat([Buffer.from([0x59, value.length >> 8, value.length & 0xff]), value]);

/** A COSE key (RFC 9053): EC2, ES256, P-256, x, y. */
function coseOf(key: KeyObject): Buffer {
  const { x = "", y = "" } = key.export({ format: "jwk" });
  const coordinate = (value: string) => Buffer.concat([Buffer.from([0x58, 0x20]), Buffer.from(value, "base64url")]);
  return Buffer.concat([
    Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21]),
    ...[coordinate(x), Buffer.from([0x22]), coordinate(y)],
  ]);
}

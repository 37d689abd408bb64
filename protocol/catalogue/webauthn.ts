// What passes between the page and the agent for an authenticator: the options of a call to navigator.credentials, and what it answered in the form of
// the browser's own toJSON(). Bytes are base64url without padding, as there. (WebAuthn Level 3, sections 5.1.8 to 5.1.10.)
import Type from "typebox";
import { named, namedClosed } from "../named.ts";

const bytes = (maxLength: number, minLength = 1) => Type.String({ pattern: "^[A-Za-z0-9_-]*$", minLength, maxLength });

/** Characters of a credential's id: 1023 bytes (WebAuthn Level 3, section 4). */
const CREDENTIAL_LENGTH_MAX = 1364;

/** The id of a credential, as the authenticator made it. */
export const CredentialId = bytes(CREDENTIAL_LENGTH_MAX);

/** Exactly 32 bytes. */
const Bytes32 = bytes(43, 43);

/** Characters of the browser's record of the call: a challenge, an origin, and room for what browsers add. */
const CLIENT_DATA_LENGTH_MAX = 2048;

/** Characters of what an authenticator signs: 37 bytes, and its extensions. */
const AUTHENTICATOR_DATA_LENGTH_MAX = 2048;

/** Characters of a signature: RSA with 4096 bits has 683. */
const SIGNATURE_LENGTH_MAX = 1024;

/** Characters of a user handle: 64 bytes. */
const USER_HANDLE_LENGTH_MAX = 86;

/** Characters of an attestation. We ask for none, and some browsers send one all the same. */
const ATTESTATION_LENGTH_MAX = 16_384;

const Attachment = Type.Union(
  [Type.Literal("platform"), Type.Literal("cross-platform")],
  named("AuthenticatorAttachment"),
);

/** The ways in which a browser reaches an authenticator. A word and no list of words: later browsers have more. */
const Transports = Type.Array(Type.String({ maxLength: 32 }), { maxItems: 8 });

const PublicKey = Type.Literal("public-key");

const AssertionResponse = Type.Object(
  {
    clientDataJSON: bytes(CLIENT_DATA_LENGTH_MAX),
    authenticatorData: bytes(AUTHENTICATOR_DATA_LENGTH_MAX),
    signature: bytes(SIGNATURE_LENGTH_MAX),
    userHandle: Type.Optional(bytes(USER_HANDLE_LENGTH_MAX, 0)),
  },
  namedClosed("AssertionResponse"),
);

/** The output of the extension `prf` for the one salt that the agent gave. It is a secret: only the agent gets it. */
const PrfOutput = Type.Object({ first: Bytes32 }, namedClosed("PrfOutput"));

const AssertionExtensions = Type.Object(
  { prf: Type.Optional(Type.Object({ results: PrfOutput }, namedClosed("AssertionPrf"))) },
  namedClosed("AssertionExtensions"),
);

/** What `navigator.credentials.get` answered. */
export const Assertion = Type.Object(
  {
    id: CredentialId,
    rawId: CredentialId,
    type: PublicKey,
    authenticatorAttachment: Type.Optional(Attachment),
    response: AssertionResponse,
    clientExtensionResults: AssertionExtensions,
  },
  namedClosed("Assertion"),
);

const RegistrationResponse = Type.Object(
  {
    clientDataJSON: bytes(CLIENT_DATA_LENGTH_MAX),
    attestationObject: bytes(ATTESTATION_LENGTH_MAX),
    transports: Type.Optional(Transports),
  },
  namedClosed("RegistrationResponse"),
);

/** Whether the authenticator has the extension `prf`. Its output comes with the assertion that follows. */
const RegistrationExtensions = Type.Object(
  { prf: Type.Optional(Type.Object({ enabled: Type.Boolean() }, namedClosed("RegistrationPrf"))) },
  namedClosed("RegistrationExtensions"),
);

/** What `navigator.credentials.create` answered. */
export const Registration = Type.Object(
  {
    id: CredentialId,
    rawId: CredentialId,
    type: PublicKey,
    authenticatorAttachment: Type.Optional(Attachment),
    response: RegistrationResponse,
    clientExtensionResults: RegistrationExtensions,
  },
  namedClosed("Registration"),
);

const relyingParty = {
  challenge: Bytes32,
  /** The relying party: the host of the page. */
  rpId: Type.String(),
  timeoutMs: Type.Integer(),
};

/** What `navigator.credentials.create` is to make. User verification is required. */
export const CreationOptions = Type.Object(
  {
    ...relyingParty,
    rpName: Type.String(),
    /** Random, and not the user's id: an authenticator keeps it. */
    userId: Bytes32,
    userName: Type.String(),
    /** The algorithms (COSE), best first. */
    algorithms: Type.Array(Type.Integer()),
    /** The credentials that are enrolled already, so that no authenticator is enrolled twice. */
    enrolled: Type.Array(CredentialId),
    prfSalt: Bytes32,
  },
  named("CreationOptions"),
);

const AllowedCredential = Type.Object(
  {
    id: CredentialId,
    transports: Transports,
    /** Present where the authenticator's output opens a copy of the account's key. */
    prfSalt: Type.Optional(Bytes32),
  },
  named("AllowedCredential"),
);

/** What `navigator.credentials.get` is to ask for: one of these credentials. User verification is required. */
export const RequestOptions = Type.Object(
  { ...relyingParty, credentials: Type.Array(AllowedCredential) },
  named("RequestOptions"),
);

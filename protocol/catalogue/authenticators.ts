// authenticators.*: fingerprint readers and security keys that approve, and that unlock where they have the extension `prf`. The page of the app talks to
// them by WebAuthn; the agent makes each challenge and verifies each answer.
import Type from "typebox";
import { entry } from "../entry.ts";
import { named } from "../named.ts";
import { Choice, waitErrors, whole } from "./access.ts";
import { UnlockResult } from "./accounts.ts";
import { Empty, Id, IdParam, Password, Timestamp } from "./common.ts";
import { Assertion, CreationOptions, Registration, RequestOptions } from "./webauthn.ts";

const closed = { additionalProperties: false } as const;

/** Characters of an authenticator's name: a column of a list. */
export const AUTHENTICATOR_NAME_LENGTH_MAX = 64;

/** Longer names are cut. Characters that cannot be shown are removed. */
const AuthenticatorName = Type.String({ minLength: 1, maxLength: 4 * AUTHENTICATOR_NAME_LENGTH_MAX });

const Authenticator = Type.Object(
  {
    authenticator: Id,
    name: Type.String(),
    createdAt: Timestamp,
    lastUsedAt: Type.Optional(Timestamp),
    /** Whether it also unlocks the account. */
    unlocks: Type.Boolean(),
  },
  named("Authenticator"),
);

const provenErrors = ["signedOut", "locked", "proofRefused", "tryLater"] as const;

const CHALLENGE = "A challenge holds once, for two minutes, on this connection.";

/** Bytes of the examples. No authenticator made them. */
const example = {
  id: "mMiLM0kVD9Gb2tIfvVHeOg",
  challenge: "Y2hhbGxlbmdlIGNoYWxsZW5nZSBjaGFsbGVuZ2UgY2g",
  salt: "c2FsdCBzYWx0IHNhbHQgc2FsdCBzYWx0IHNhbHQgc2E",
  output: "b3V0cHV0IG91dHB1dCBvdXRwdXQgb3V0cHV0IG91dHA",
} as const;

const exampleOptions = {
  challenge: example.challenge,
  rpId: "postern.localhost",
  timeoutMs: 120_000,
  credentials: [{ id: example.id, transports: ["internal"], prfSalt: example.salt }],
};

const exampleAssertion = {
  id: example.id,
  rawId: example.id,
  type: "public-key",
  response: { clientDataJSON: "eyJ0eXBlIjoi", authenticatorData: "SZYN5YgO", signature: "MEUCIQ" },
  clientExtensionResults: { prf: { results: { first: example.output } } },
};

export const authenticators = {
  "authenticators.list": entry({
    summary:
      "Returns the fingerprint readers and security keys that may approve on this device, and which of them also unlock. Needs a manage grant or a proof.",
    params: Type.Object(whole, closed),
    result: Type.Object({ authenticators: Type.Array(Authenticator) }),
    errors: [...waitErrors, "proofRequired"],
    need: { kind: "manageOrProof" },
    activity: false,
    since: "0.2.0",
    example: {
      params: { proof: { kind: "password", password: "correct horse battery staple" } },
      result: {
        authenticators: [
          {
            authenticator: "defghijklmnopqrstuvwxyz234",
            name: "Fingerprint",
            createdAt: "2026-11-24T09:00:00.000Z",
            unlocks: true,
          },
        ],
      },
    },
  }),
  "authenticators.enrol": entry({
    summary: `Begins to enrol an authenticator under a name. Returns what the page passes to the browser. The account password is the proof; a PIN is none. ${CHALLENGE}`,
    params: Type.Object({ account: Type.Optional(IdParam), password: Password, name: AuthenticatorName }, closed),
    result: Type.Object({ options: CreationOptions }),
    errors: [...provenErrors, "authenticatorUnavailable", "conflict"],
    need: { kind: "proof" },
    activity: true,
    since: "0.2.0",
    example: {
      params: { password: "correct horse battery staple", name: "Fingerprint" },
      result: {
        options: {
          challenge: example.challenge,
          rpId: "postern.localhost",
          timeoutMs: 120_000,
          rpName: "Postern",
          userId: example.challenge,
          userName: "Ada",
          algorithms: [-8, -7, -257],
          enrolled: [],
          prfSalt: example.salt,
        },
      },
    },
  }),
  "authenticators.register": entry({
    summary: `Takes what the browser answered to authenticators.enrol on this connection. From then on the authenticator may approve. Where it may have the extension prf, \`options\` is the question for its output, for authenticators.enableUnlock. ${CHALLENGE}`,
    params: Type.Object({ account: Type.Optional(IdParam), registration: Registration }, closed),
    result: Type.Object({ authenticator: Id, options: Type.Optional(RequestOptions) }),
    errors: ["signedOut", "locked", "proofRefused", "authenticatorUnavailable", "conflict"],
    need: { kind: "proof" },
    activity: true,
    since: "0.2.0",
    example: {
      params: {
        registration: {
          id: example.id,
          rawId: example.id,
          type: "public-key",
          response: { clientDataJSON: "eyJ0eXBlIjoi", attestationObject: "o2NmbXRk", transports: ["internal"] },
          clientExtensionResults: { prf: { enabled: true } },
        },
      },
      result: { authenticator: "defghijklmnopqrstuvwxyz234", options: exampleOptions },
    },
  }),
  "authenticators.enableUnlock": entry({
    summary:
      "Takes what the browser answered to the options of authenticators.register on this connection. If the authenticator's output came along, a copy of the account's key is wrapped under it, and the authenticator also unlocks the account from then on.",
    params: Type.Object({ account: Type.Optional(IdParam), assertion: Assertion }, closed),
    result: Type.Object({ unlocks: Type.Boolean() }),
    errors: ["signedOut", "locked", "proofRefused", "authenticatorUnavailable"],
    need: { kind: "proof" },
    activity: true,
    since: "0.2.0",
    example: { params: { assertion: exampleAssertion }, result: { unlocks: true } },
  }),
  "authenticators.rename": entry({
    summary: "Gives an authenticator another name. The account password is the proof.",
    params: Type.Object(
      { account: Type.Optional(IdParam), password: Password, authenticator: IdParam, name: AuthenticatorName },
      closed,
    ),
    result: Type.Object({ authenticator: Id, name: Type.String() }),
    errors: [...provenErrors, "authenticatorNotFound", "conflict"],
    need: { kind: "proof" },
    activity: true,
    since: "0.2.0",
    example: {
      params: {
        password: "correct horse battery staple",
        authenticator: "defghijklmnopqrstuvwxyz234",
        name: "Blue key",
      },
      result: { authenticator: "defghijklmnopqrstuvwxyz234", name: "Blue key" },
    },
  }),
  "authenticators.remove": entry({
    summary:
      "Removes an authenticator. It approves nothing from then on, and its copy of the account's key is deleted. The account password is the proof.",
    params: Type.Object({ account: Type.Optional(IdParam), password: Password, authenticator: IdParam }, closed),
    result: Empty,
    errors: [...provenErrors, "authenticatorNotFound"],
    need: { kind: "proof" },
    activity: true,
    since: "0.2.0",
    example: {
      params: { password: "correct horse battery staple", authenticator: "defghijklmnopqrstuvwxyz234" },
      result: {},
    },
  }),
  "authenticators.challenge": entry({
    summary: `Returns the challenge by which an authenticator approves an open prompt with this width and length. The browser's answer is a proof of the kind \`webauthn\`, for that prompt and that choice alone. A later challenge replaces an earlier one. ${CHALLENGE}`,
    params: Type.Object({ prompt: IdParam, choice: Type.Optional(Choice) }, closed),
    result: Type.Object({ options: RequestOptions }),
    errors: ["promptNotFound", "tryLater", "authenticatorUnavailable"],
    need: { kind: "none" },
    activity: false,
    since: "0.2.0",
    example: { params: { prompt: "efghijklmnopqrstuvwxyz2345" }, result: { options: exampleOptions } },
  }),
  "authenticators.unlockChallenge": entry({
    summary: `Returns the challenge by which an authenticator unlocks an account. ${CHALLENGE}`,
    params: Type.Object({ account: Type.Optional(IdParam) }, closed),
    result: Type.Object({ options: RequestOptions }),
    errors: ["signedOut", "accountNotFound", "authenticatorUnavailable"],
    need: { kind: "none" },
    activity: false,
    since: "0.2.0",
    example: {
      params: {},
      result: {
        options: { ...exampleOptions, credentials: [{ id: example.id, transports: [], prfSalt: example.salt }] },
      },
    },
  }),
  "authenticators.unlock": entry({
    summary:
      "Unlocks an account by what the browser answered to authenticators.unlockChallenge on this connection: the assertion is verified, and the authenticator's output opens the account's key. Returns the same as session.unlock. Where the password was changed on another device it fails with `passwordNeeded`.",
    params: Type.Object({ account: Type.Optional(IdParam), assertion: Assertion }, closed),
    result: UnlockResult,
    errors: [
      "signedOut",
      "accountNotFound",
      "proofRefused",
      "authenticatorUnavailable",
      "passwordNeeded",
      "restoreUnfinished",
      "storeReplaced",
      "offline",
      "sealBroken",
    ],
    need: { kind: "proof" },
    activity: true,
    since: "0.2.0",
    example: {
      params: { assertion: exampleAssertion },
      result: { account: "abcdefghijklmnopqrstuvwxyz", wrongPinTries: 0, wrongPasswordTries: 0, warnings: [] },
    },
  }),
} as const;

// Verifies what authenticators sign: the exact origin of our page, port included, since a page on any other port of this machine may use the same relying
// party; the challenge; that the person was verified. (WebAuthn Level 3, sections 7.1 and 7.2.)
import type { ParamsOf } from "../../protocol/catalogue.ts";
import { fromBase64, toBase64 } from "../../protocol/crypto/encoding.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { Authenticator } from "../session/device-store.ts";
import type { GivenAssertion } from "../session/proof.ts";

/** The relying party: the page's host, which no other program's page has unless it takes the name on purpose. */
export const RP_ID = "postern.localhost";

export type GivenRegistration = ParamsOf<"authenticators.register">["registration"];

/** The key that an assertion is checked with. */
export type KnownKey = Pick<Authenticator, "credential" | "publicKey" | "counter">;

export type Verifier = {
  /** Throws authenticatorUnavailable where the page's door is not open. */
  demandOpen(): string;
  /** The new credential. Throws proofRefused, authenticatorUnavailable. */
  registration(challenge: string, given: GivenRegistration): Promise<KnownKey & Pick<Authenticator, "transports">>;
  /** The authenticator's counter. Throws proofRefused, authenticatorUnavailable. */
  assertion(challenge: string, given: GivenAssertion, known: KnownKey): Promise<number>;
};

/** Loaded at the first use, since the agent's start is measured, and most agents never see an authenticator. */
const load = () => import("@simplewebauthn/server");

/** `origin` is that of the page; undefined where its door is not open. */
export function createVerifier(origin: () => string | undefined): Verifier {
  function demandOpen(): string {
    const open = origin();
    if (open === undefined) throw new PosternError("authenticatorUnavailable", "the app's page is not open here");
    return open;
  }

  const expected = (challenge: string) => ({
    expectedChallenge: challenge,
    expectedOrigin: demandOpen(),
    expectedRPID: RP_ID,
    requireUserVerification: true,
  });

  return {
    demandOpen,
    registration: async (challenge, given) => {
      const demanded = expected(challenge);
      const { verifyRegistrationResponse } = await load();
      const { id, rawId, type, response } = given;
      const bare = { id, rawId, type, response, clientExtensionResults: {} } as RegistrationJson;
      const answer = await verifyRegistrationResponse({ ...demanded, response: bare }).catch(refuse);
      if (!answer.verified) return refuse();
      const { credential } = answer.registrationInfo;
      return {
        credential: credential.id,
        publicKey: toBase64(credential.publicKey),
        counter: credential.counter,
        transports: given.response.transports ?? [],
      };
    },
    assertion: async (challenge, given, { credential, publicKey, counter }) => {
      const demanded = expected(challenge);
      const { verifyAuthenticationResponse } = await load();
      // The output of the extension prf is a secret, and the library has no use for it.
      const { id, rawId, type, response } = given;
      const bare = { id, rawId, type, response, clientExtensionResults: {} } as AssertionJson;
      const key = { id: credential, publicKey: new Uint8Array(fromBase64(publicKey) ?? []), counter };
      const answer = await verifyAuthenticationResponse({ ...demanded, response: bare, credential: key }).catch(refuse);
      if (!answer.verified) return refuse();
      return answer.authenticationInfo.newCounter;
    },
  };
}

type Library = Awaited<ReturnType<typeof load>>;
type RegistrationJson = Parameters<Library["verifyRegistrationResponse"]>[0]["response"];
type AssertionJson = Parameters<Library["verifyAuthenticationResponse"]>[0]["response"];

/** The library's text would quote what was sent. */
function refuse(cause?: unknown): never {
  throw new PosternError("proofRefused", "the authenticator's answer does not fit", { cause });
}

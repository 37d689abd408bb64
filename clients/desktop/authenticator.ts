// The browser's side of an authenticator: from the agent's options to navigator.credentials, and back to plain JSON. It imports nothing. What the extension
// prf gives is a secret that unlocks the account. It goes to the agent with the answer, and nowhere else.

type Relying = { readonly challenge: string; readonly rpId: string; readonly timeoutMs: number };

/** The `options` of authenticators.enrol. */
export type CreationOptions = Relying & {
  readonly rpName: string;
  readonly userId: string;
  readonly userName: string;
  readonly algorithms: readonly number[];
  readonly enrolled: readonly string[];
  readonly prfSalt: string;
};

/** The `options` of authenticators.register, authenticators.challenge and authenticators.unlockChallenge. */
export type RequestOptions = Relying & {
  readonly credentials: readonly {
    readonly id: string;
    readonly transports: readonly string[];
    readonly prfSalt?: string;
  }[];
};

type Attachment = "platform" | "cross-platform";

type Named = {
  readonly id: string;
  readonly rawId: string;
  readonly type: "public-key";
  readonly authenticatorAttachment?: Attachment;
};

/** The `registration` of authenticators.register. */
export type Registration = Named & {
  readonly response: {
    readonly clientDataJSON: string;
    readonly attestationObject: string;
    readonly transports: string[];
  };
  readonly clientExtensionResults: { readonly prf?: { readonly enabled: boolean } };
};

/** The `assertion` of a proof, of authenticators.enableUnlock and of authenticators.unlock. */
export type Assertion = Named & {
  readonly response: {
    readonly clientDataJSON: string;
    readonly authenticatorData: string;
    readonly signature: string;
    readonly userHandle?: string;
  };
  readonly clientExtensionResults: { readonly prf?: { readonly results: { readonly first: string } } };
};

type PrfResults = { readonly enabled?: boolean; readonly results?: { readonly first?: ArrayBuffer } };

/** Whether this browser has authenticators at all. */
export const hasAuthenticators = (): boolean => typeof PublicKeyCredential !== "undefined";

/**
 * Makes a credential. Rejects with a DOMException: NotAllowedError where the person said no or let it pass, InvalidStateError where the authenticator is
 * enrolled already.
 */
export async function enrol(options: CreationOptions, signal?: AbortSignal): Promise<Registration> {
  // An empty `prf: {}` makes Windows Hello fail, so the salt goes along. Some authenticators fail at any prf: then without.
  const prf = { prf: { eval: { first: bytesOf(options.prfSalt) } } };
  try {
    return registrationOf(await create(options, prf, signal));
  } catch (error) {
    if (isAnswer(error)) throw error;
    return registrationOf(await create(options, {}, signal));
  }
}

/** Errors that say what the person did. Asking a second time would ask them again. */
function isAnswer(error: unknown): boolean {
  return (
    error instanceof DOMException &&
    ["NotAllowedError", "AbortError", "InvalidStateError", "SecurityError"].includes(error.name)
  );
}

async function create(
  options: CreationOptions,
  extensions: object,
  signal: AbortSignal | undefined,
): Promise<PublicKeyCredential> {
  const made = await navigator.credentials.create({
    ...(signal === undefined ? {} : { signal }),
    publicKey: {
      rp: { id: options.rpId, name: options.rpName },
      user: { id: bytesOf(options.userId), name: options.userName, displayName: options.userName },
      challenge: bytesOf(options.challenge),
      pubKeyCredParams: options.algorithms.map((alg) => ({ type: "public-key", alg })),
      timeout: options.timeoutMs,
      excludeCredentials: options.enrolled.map((id) => ({ type: "public-key", id: bytesOf(id) })),
      authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
      attestation: "none",
      extensions,
    },
  });
  return demand(made);
}

/** Asks for a signature. Rejects with a DOMException: NotAllowedError where the person said no or let it pass. */
export async function assert(options: RequestOptions, signal?: AbortSignal): Promise<Assertion> {
  const salts = options.credentials.flatMap(({ id, prfSalt }) =>
    prfSalt === undefined ? [] : [[id, { first: bytesOf(prfSalt) }] as const],
  );
  const extensions = salts.length === 0 ? {} : { prf: { evalByCredential: Object.fromEntries(salts) } };
  const signed = await navigator.credentials.get({
    ...(signal === undefined ? {} : { signal }),
    publicKey: {
      challenge: bytesOf(options.challenge),
      rpId: options.rpId,
      timeout: options.timeoutMs,
      userVerification: "required",
      allowCredentials: options.credentials.map(({ id, transports }) => ({
        type: "public-key",
        id: bytesOf(id),
        ...(transports.length === 0 ? {} : { transports: [...transports] as AuthenticatorTransport[] }),
      })),
      extensions,
    },
  });
  return assertionOf(demand(signed));
}

function demand(credential: Credential | null): PublicKeyCredential {
  if (credential instanceof PublicKeyCredential) return credential;
  throw new DOMException("the browser made no credential", "NotAllowedError");
}

function named({ id, rawId, authenticatorAttachment }: PublicKeyCredential): Named {
  const attachment = authenticatorAttachment as Attachment | null;
  return {
    id,
    rawId: textOf(rawId),
    type: "public-key",
    ...(attachment === null ? {} : { authenticatorAttachment: attachment }),
  };
}

const prfOf = (credential: PublicKeyCredential): PrfResults | undefined =>
  (credential.getClientExtensionResults() as { prf?: PrfResults }).prf;

/** The output that some authenticators give at the creation stays here: the one of the signature that follows is asked for under the same salt. */
function registrationOf(credential: PublicKeyCredential): Registration {
  const { clientDataJSON, attestationObject, getTransports } = credential.response as AuthenticatorAttestationResponse;
  const enabled = prfOf(credential)?.enabled;
  return {
    ...named(credential),
    response: {
      clientDataJSON: textOf(clientDataJSON),
      attestationObject: textOf(attestationObject),
      transports: getTransports?.call(credential.response) ?? [],
    },
    clientExtensionResults: enabled === undefined ? {} : { prf: { enabled } },
  };
}

function assertionOf(credential: PublicKeyCredential): Assertion {
  const { clientDataJSON, authenticatorData, signature, userHandle } =
    credential.response as AuthenticatorAssertionResponse;
  const first = prfOf(credential)?.results?.first;
  return {
    ...named(credential),
    response: {
      clientDataJSON: textOf(clientDataJSON),
      authenticatorData: textOf(authenticatorData),
      signature: textOf(signature),
      ...(userHandle === null ? {} : { userHandle: textOf(userHandle) }),
    },
    clientExtensionResults: first === undefined ? {} : { prf: { results: { first: textOf(first) } } },
  };
}

/** Base64url without padding, which atob does not read. */
function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function textOf(bytes: ArrayBuffer): string {
  const binary = Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

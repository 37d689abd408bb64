// The features that agent.hello announces, each with the parameters that came with it. A client sends such a parameter only to an agent
// that announced its feature, so that an older agent never refuses a call for it. A feature stays on the list for as long as the protocol.

type Feature = {
  /** The parameters that came with it, as `method parameter`. */
  readonly brings: readonly string[];
  /** What a client gains by it. */
  readonly because: string;
};

export const features = {
  door: {
    brings: ["agent.hello door"],
    because:
      "a connection will be able to ask for another form of the wire, such as the one that the official SDKs speak",
  },
  promptId: {
    brings: ["prompts.answer prompt"],
    because: "an approver knows its prompt by id, and need not hold the code that the asking program shows",
  },
  accounts: {
    brings: [
      "accounts.create proof",
      "accounts.serviceInfo proof",
      "accounts.signIn proof",
      "accounts.openRestore proof",
    ],
    because: "an agent may have several accounts, and another one comes with a proof of the default one",
  },
} as const satisfies Record<string, Feature>;

/** As agent.hello lists them. */
export const featureNames: readonly string[] = Object.keys(features);

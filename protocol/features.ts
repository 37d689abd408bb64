// The features that agent.hello announces, each with its parameters. An older agent refuses such a parameter with invalidParams. So a client
// sends it only to an agent that announced the feature, or sends the call again without it. A feature stays on the list as long as the protocol exists.

type Feature = {
  /** Its parameters, each as `method parameter`. */
  readonly brings: readonly string[];
  /** The use of the feature for a client. */
  readonly because: string;
};

export const features = {
  door: {
    brings: ["agent.hello door"],
    because: "a connection can ask for another form of the wire, such as the envelope that the official SDKs speak",
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
  officialForm: {
    brings: ["serviceAccounts.create officialForm", "serviceAccounts.rotate officialForm"],
    because: "some programs insist on a token in the form of the official SDKs' tokens",
  },
  waitForUnlock: {
    brings: ["clients.open waitForUnlock"],
    because: "a call on a locked account waits until a person unlocks it, in place of failing at once",
  },
} as const satisfies Record<string, Feature>;

/** The names in the order in which agent.hello lists them. */
export const featureNames: readonly string[] = Object.keys(features);

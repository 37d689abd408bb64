// What an agent of this protocol can do beyond the protocol's first day. agent.hello announces the names. A client sends a new
// parameter only to an agent that announced its feature, so that an older agent never refuses a call for it.

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
} as const satisfies Record<string, Feature>;

/** As agent.hello lists them. */
export const featureNames: readonly string[] = Object.keys(features);

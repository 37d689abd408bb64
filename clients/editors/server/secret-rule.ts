// A pattern for secrets of one kind. The patterns are written in RE2's language, which is searched in linear time.

/** Texts that are no secrets although the pattern fits. Where `all` is set, each of the named parts must agree. */
export type Allowlist = {
  readonly paths: readonly string[];
  readonly regexes: readonly string[];
  /** What the regexes are compared with. */
  readonly target: "secret" | "match" | "line";
  /** Words in lower case. A secret that has one of them is none. */
  readonly stopwords: readonly string[];
  readonly all: boolean;
};

export type SecretRule = {
  readonly id: string;
  readonly regex: string;
  /** The group of the pattern that is the secret. Without it, it is the first one that is not empty. */
  readonly group?: number;
  /** Bits of each character that the secret must have beside fitting the pattern. */
  readonly entropy?: number;
  /** Words in lower case. Only a text with one of them is searched. */
  readonly keywords: readonly string[];
  /** Only files with such a path are searched. */
  readonly path?: string;
  readonly allowlists: readonly Allowlist[];
};

/** The rules, and what holds for all of them. */
export type SecretTable = { readonly rules: readonly SecretRule[]; readonly allowlist: Allowlist };

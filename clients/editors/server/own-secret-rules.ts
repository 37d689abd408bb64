// Rules for Postern's own secrets, beside the generated table, and a narrower path for one rule of the table.
import type { SecretRule } from "./secret-rule.ts";

/** The rule for any value with a name such as `token` or `password` before it. */
export const GENERIC = "generic-api-key";

/**
 * The files in which that rule holds: those that give values to names. In source code it takes test values and names of constants for secrets. The
 * README has the numbers.
 */
export const GENERIC_PATH = String.raw`(?i)(?:^|/)(?:\.env[^/]*|[^/]*\.env|[^/]*\.(?:json|ya?ml|toml|ini|cfg|conf|properties|hcl|tf|tfvars|sh)|(?:docker|container)file[^/]*)$`;

export const ownSecretRules: readonly SecretRule[] = [
  {
    id: "postern-service-account-token",
    regex: String.raw`\bpostern_eyJ[A-Za-z0-9_-]{40,}`,
    keywords: ["postern_eyj"],
    allowlists: [],
  },
  {
    id: "postern-secret-key",
    regex: String.raw`\bP1(?:-[0-9A-HJKMNP-TV-Z]{6}){5}\b`,
    keywords: ["p1-"],
    allowlists: [],
  },
];

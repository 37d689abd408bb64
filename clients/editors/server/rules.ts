// The rules that a text is judged by. Their names are a contract: a comment may name one, and a CI may count them.

export const rules = {
  "reference-malformed": { level: "error", summary: "A reference is badly formed, so nothing can be read by it." },
  "reference-lookalike": {
    level: "warning",
    summary: "A text looks like a reference and is none, so it stays as it is.",
  },
  "reference-dangling": { level: "error", summary: "A reference leads to a vault or an item that is not there." },
  "reference-ambiguous": {
    level: "error",
    summary: "A reference fits several vaults or items, so nothing is read by it.",
  },
  "reference-archived": { level: "warning", summary: "A reference leads to an item in the archive." },
  "secret-in-clear": { level: "error", summary: "A secret stands in clear in a file." },
} as const satisfies Record<string, { level: "error" | "warning"; summary: string }>;

export type RuleName = keyof typeof rules;

/** What is wrong, and the next step. Neither holds any part of a secret. */
export type Fault = { readonly rule: RuleName; readonly message: string; readonly next: string };

/** A fault at a place of a text. `kind` is that of a secret. */
export type Finding = Fault & { readonly at: number; readonly end: number; readonly kind?: string };

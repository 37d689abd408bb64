// Judges a reference by its text alone. The message says the rule and does not repeat the text: what stands in a wrong place may be a secret.
import { PosternError } from "../../typescript/generated.ts";
import { parseReference, type SecretReference } from "../../typescript/generated-reference.ts";
import { REFERENCE_LENGTH_MAX } from "./reference-places.ts";
import type { Fault } from "./rules.ts";

const FORM =
  "write op://vault/item/field or op://vault/item/section/field; a name with other characters is named by its id";

/** The parts of a reference, or what is wrong with it. */
export function readReference(text: string): SecretReference | Fault {
  if (text.length > REFERENCE_LENGTH_MAX) return malformed(`it has more than ${REFERENCE_LENGTH_MAX} characters`);
  try {
    const reference = parseReference(text);
    const empty = (["vault", "item", "field"] as const).find((part) => reference[part].trim() === "");
    return empty === undefined ? reference : malformed(`its ${empty} is empty`);
  } catch (error) {
    if (!(error instanceof PosternError) || error.errorName !== "invalidReference") throw error;
    return malformed(error.message);
  }
}

const malformed = (why: string): Fault => ({
  rule: "reference-malformed",
  message: `badly formed reference: ${why}`,
  next: FORM,
});

export const isFault = (read: SecretReference | Fault): read is Fault => "rule" in read;

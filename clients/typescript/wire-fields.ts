// Fields as the agent takes them.
import type { ItemField as WireField } from "./generated.ts";
import type { ItemField } from "./sdk-item-types.ts";
import type { Given } from "./wire-words.ts";

/** The official details may leave out the content. On the wire it is null then. */
export function wireFields(fields: readonly Given<ItemField>[]): WireField[] {
  return fields.map(({ details, ...field }) => {
    if (details === undefined) return field;
    if (details.type === "Otp") return { ...field, details };
    return { ...field, details: { ...details, content: details.content ?? null } as NonNullable<WireField["details"]> };
  });
}

// What is wrong with a value, in words that name only paths and rules of our schemas: never a key or a value that came
// from outside.

/** A fault as a compiled validator tells it. */
export type SchemaFault = {
  readonly keyword: string;
  readonly schemaPath: string;
  readonly instancePath: string;
  readonly message: string;
  readonly params: object;
};

/** The first fault as a sentence; `whole` is what the value itself is called. */
export function describeFault(faults: readonly SchemaFault[], whole: string): string {
  const fault = faults.find((candidate) => candidate.keyword !== "boolean") ?? faults[0];
  if (fault === undefined) return "the shape is wrong";
  if (fault.keyword === "required") {
    const missing = (fault.params as { requiredProperties?: string[] }).requiredProperties ?? [];
    return `${fieldOf(fault.instancePath)}${missing.join(", ")} is required`;
  }
  return `${fieldOf(fault.instancePath) || `${whole} `}${fault.message}`;
}

/** "/references/3" becomes "references[3] ". An unknown key never gets here where the caller tells those apart. */
function fieldOf(path: string): string {
  if (path === "") return "";
  const parts = path.slice(1).split("/");
  const text = parts
    .map((part, index) => (/^\d+$/.test(part) ? `[${part}]` : index === 0 ? part : `.${part}`))
    .join("");
  return `${text} `;
}

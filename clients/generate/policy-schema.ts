// protocol/policy.schema.json: the schema of policy.json, for editors.
import { PolicyFile } from "../../protocol/policy.ts";

export function renderPolicySchema(): string {
  const document = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "policy.json of Postern",
    ...PolicyFile,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

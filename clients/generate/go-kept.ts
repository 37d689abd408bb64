// What a client reads and sends back: an item, and the policy of links. A later agent may answer more fields than the client knows. The
// wire asks every client to send back what it read as it came, so these types keep such fields.
import { goName } from "./go-names.ts";
import { type NamedTypes, resolved } from "./named-types.ts";
import { nameOf, type Schema } from "./schema.ts";

/** The methods whose parameters were answered before. */
const SENT_BACK = ["items.put", "items.shares.create"];

/** The names of the types that keep unknown fields. */
export function keptTypes({ types, methods }: NamedTypes): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (schema: Schema): void => {
    const name = nameOf(schema);
    if (name !== undefined && found.has(name)) return;
    if (name !== undefined) found.add(name);
    const { properties = {}, items, anyOf = [] } = resolved(schema, types);
    for (const part of [...Object.values(properties), ...anyOf, ...(items === undefined ? [] : [items])]) visit(part);
  };
  for (const method of SENT_BACK) visit(methods[method]?.params ?? {});
  return found;
}

/** The methods by which a struct keeps them. */
export function keeping(name: string, keys: readonly string[]): string {
  const known = keys.map((key) => JSON.stringify(key)).join(", ");
  return `// UnmarshalJSON keeps the fields of a later agent, so that they are sent back.
func (v *${name}) UnmarshalJSON(data []byte) error {
	type plain ${name}
	return readKeeping(data, (*plain)(v), &v.later, ${known})
}

// MarshalJSON writes the fields of a later agent too.
func (v ${name}) MarshalJSON() ([]byte, error) {
	type plain ${name}
	return writeKeeping(plain(v), v.later)
}`;
}

/** The row of a struct that holds them. */
export const keptRow: readonly string[] = ["later", "laterFields"];

/** Whether a Go name is of a type that keeps them. */
export const isKept = (name: string, kept: ReadonlySet<string>): boolean =>
  [...kept].some((one) => goName(one) === name);

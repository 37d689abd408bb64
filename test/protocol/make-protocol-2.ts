// This program made test/vectors/protocol-2.json: the wire on the first day of protocol 2. No test runs it. Do not run it again once an agent of
// protocol 2 is released, because comparing the wire with a new list proves nothing.
import { writeFileSync } from "node:fs";
import { namedTypesOf } from "../../clients/generate/named-types.ts";
import { catalogue } from "../../protocol/catalogue.ts";

const { types, methods } = namedTypesOf(catalogue);
const lines = (group: object) =>
  Object.entries(group)
    .map(([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)}`)
    .join(",\n");

writeFileSync(
  new URL("../vectors/protocol-2.json", import.meta.url),
  `{\n  "types": {\n${lines(types)}\n  },\n  "methods": {\n${lines(methods)}\n  }\n}\n`,
);

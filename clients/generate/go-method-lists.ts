// clients/go/generated_methods.go: what the client must know of a method before it sends a request.

import { onAccount } from "../../protocol/catalogue/common.ts";
import type { Catalogue } from "../../protocol/catalogue.ts";
import type { Need } from "../../protocol/entry.ts";
import { limits, PROTOCOL } from "../../protocol/limits.ts";
import { goFile } from "./go-names.ts";
import { mayRepeat } from "./typescript.ts";

const clientParam = `"client":${JSON.stringify(onAccount.client)}`;

/** Whether the parameters of a method name the client that asks. */
export const takesClient = (name: string, params: object): boolean =>
  !name.startsWith("clients.") && JSON.stringify(params).includes(clientParam);

export function renderGoMethodLists(catalogue: Catalogue, version: string): string {
  const entries = Object.entries(catalogue);
  const repeatable = entries.filter(([, { need, activity }]) => mayRepeat(need as Need<unknown>, activity));
  const naming = entries.filter(([name, { params }]) => takesClient(name, params));
  return goFile("protocol/catalogue.ts and protocol/limits.ts", "postern", [
    `// Version is the version of this client.\nconst Version = ${JSON.stringify(version)}`,
    `// Protocol is the version of the wire that this client speaks.\nconst Protocol = ${PROTOCOL}`,
    `// lineBytesMax is the most bytes of one request.\nconst lineBytesMax = ${limits.lineBytes}`,
    `// chunkBytesMax is the most bytes of a file that travel in one request.\nconst chunkBytesMax = ${limits.chunkBytes}`,
    `// inFlightMax is the most requests that wait on one connection.\nconst inFlightMax = ${limits.inFlight}`,
    switchOf(
      "repeatable",
      "says whether a method changes nothing, so that a call lost with its connection may be sent again",
      repeatable,
    ),
    switchOf("takesClient", "says whether the parameters of a method name the client that asks", naming),
  ]);
}

function switchOf(name: string, about: string, entries: readonly (readonly [string, unknown])[]): string {
  const words = entries.map(([method]) => `\t\t${JSON.stringify(method)}`).join(",\n");
  return `// ${name} ${about}.\nfunc ${name}(method string) bool {\n\tswitch method {\n\tcase\n${words}:\n\t\treturn true\n\t}\n\treturn false\n}`.replace(
    "case\n\t\t",
    "case ",
  );
}

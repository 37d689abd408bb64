// Every generated file of clients/go.
import type { Catalogue } from "../../protocol/catalogue.ts";
import type { errors as table } from "../../protocol/errors.ts";
import { WORDS } from "../../protocol/secret/word-list.ts";
import { renderGoErrors } from "./go-errors.ts";
import { renderGoMethodLists } from "./go-method-lists.ts";
import { renderGoAgent } from "./go-methods.ts";
import { renderGoSdkTypes } from "./go-sdk-types.ts";
import { renderGoSocketPath, renderGoSocketPathCases } from "./go-socket-path.ts";
import type { NamedTypes } from "./named-types.ts";

export function goFiles(
  catalogue: Catalogue,
  named: NamedTypes,
  errors: typeof table,
  version: string,
): Readonly<Record<string, string>> {
  return {
    ...renderGoSdkTypes(named),
    ...renderGoAgent(catalogue, named),
    "clients/go/generated_errors.go": renderGoErrors(errors),
    "clients/go/generated_methods.go": renderGoMethodLists(catalogue, version),
    "clients/go/generated_socket_path.go": renderGoSocketPath(),
    "clients/go/generated_socket_path_test.go": renderGoSocketPathCases(),
    "clients/go/generated_word_list.txt": `${WORDS.trim()}\n`,
  };
}

// The official words for outcomes of one value or one item of several. It imports nothing, since the TypeScript client takes a copy.

/** One error of several, as our methods answer it. */
export type PartFailure = { readonly name: string; readonly message: string };

/** Errors of resolving a reference. Their official texts begin alike. */
const resolving: ReadonlySet<string> = new Set([
  "invalidReference",
  "vaultNotFound",
  "tooManyVaults",
  "itemNotFound",
  "tooManyItems",
  "noMatchingSections",
  "fieldNotFound",
  "tooManyMatchingFields",
  "incompatibleTotpQuery",
  "incompatibleSshQuery",
  "totpUnavailable",
  "privateKeyUnreadable",
  "sshKeyMetadataNotFound",
  "unsupportedFileFormat",
]);

/** Whether an error is about the resolved reference itself. */
export const isOfResolving = (name: string): boolean => resolving.has(name);

/** The official text of such an error, where one reference was resolved. */
export const resolvingText = (message: string): string => `error resolving secret reference: ${message}`;

/** The official tags that differ from our names. */
const resolveTags: Readonly<Record<string, string>> = {
  invalidReference: "parsing",
  incompatibleTotpQuery: "incompatibleTOTPQueryParameterField",
  totpUnavailable: "unableToGenerateTotpCode",
  incompatibleSshQuery: "incompatibleSshKeyQueryParameterField",
  privateKeyUnreadable: "unableToParsePrivateKey",
  // The official text has the capital too.
  sshKeyMetadataNotFound: "sSHKeyMetadataNotFound",
};

/** Official tags that carry a text. A client in Python or Go fails where the text is missing. */
const withText: ReadonlySet<string> = new Set([
  "parsing",
  "unableToGenerateTotpCode",
  "other",
  "itemValidationError",
  "internal",
]);

export type TaggedFailure = { readonly type: string; readonly message?: string };

/** The official form for one reference of several. */
export function resolveFailure({ name, message }: PartFailure): TaggedFailure {
  const own = Object.hasOwn(resolveTags, name) ? resolveTags[name] : name;
  return tagged(resolving.has(name) ? own : "other", message);
}

/** The official tags for the failure of one changed item of several. */
const changeTags: Readonly<Record<string, string>> = {
  invalidItem: "itemValidationError",
  notPermitted: "itemStatusPermissionError",
  versionConflict: "itemStatusIncorrectItemVersion",
  fileNotFound: "itemStatusFileNotFound",
  tooLarge: "itemStatusTooBig",
  itemNotFound: "itemNotFound",
};

/** The official form for one made or deleted item of several. */
export function changeFailure({ name, message }: PartFailure): TaggedFailure {
  return tagged(Object.hasOwn(changeTags, name) ? changeTags[name] : "internal", message);
}

/** The official form for one read item of several. */
export function readFailure({ name, message }: PartFailure): TaggedFailure {
  return tagged(name === "itemNotFound" ? name : "internal", message);
}

function tagged(type = "internal", message: string): TaggedFailure {
  return withText.has(type) ? { type, message } : { type };
}

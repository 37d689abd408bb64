// Names of the catalogue in the spelling of other languages.

/** The words of a name, as the official SDKs split them: `resolveAll` has two, `incompatibleTOTPQuery` has three. */
export function wordsOfName(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1 $2")
    .split(/[ .]/);
}

/** `resolve_all` of `resolveAll`, and `items_create_all` of `items.createAll`. */
export const snakeCase = (name: string): string => wordsOfName(name).join("_").toLowerCase();

/** `ResolveAll` of `resolveAll`, and `ItemsCreateAll` of `items.createAll`. */
export const pascalCase = (name: string): string =>
  name
    .split(".")
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join("");

// Names of types on the wire. A schema gets its name where it is written. Every reader of the catalogue uses that name:
// components.schemas of openrpc.json, the types of the clients, the pages of the reference. The name is a contract, as a method's
// name is: programs in other languages have it in their code.

/** The options that give a schema its name. It is JSON Schema's `title`, which takes no part in validation. */
export const named = <N extends string>(title: N) => ({ title }) as const;

/** The same for a closed object: it has only the fields that its schema names. */
export const namedClosed = <N extends string>(title: N) => ({ title, additionalProperties: false }) as const;

// Names of types on the wire. A schema gets its name here, where it is written, and every reader of the catalogue uses that name:
// components.schemas of openrpc.json, the types of the clients, the pages of the reference. The name is a contract like a method's:
// a program in another language has it in its own code.

/** The options that give a schema its name. It is JSON Schema's `title`, which takes no part in validation. */
export const named = <N extends string>(title: N) => ({ title }) as const;

/** The same for an object that has no fields but those it names. */
export const namedClosed = <N extends string>(title: N) => ({ title, additionalProperties: false }) as const;

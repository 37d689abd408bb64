// The types of the built package: those of the official core.

/** Opens a client with a configuration in JSON, and returns its id. Rejects with a text. */
export function init_client(config: string): Promise<string>;
/** Rejects always: the agent has no workload identity. */
export function init_client_oidc(config: string, fetcher: (audience: string) => Promise<string>): Promise<string>;
/** Carries out an operation of a client. Rejects with a text. */
export function invoke(parameters: string): Promise<string>;
/** Validates a reference, or generates a password. Throws a text. */
export function invoke_sync(parameters: string): string;
/** Closes a client. */
export function release_client(client_id: string): void;

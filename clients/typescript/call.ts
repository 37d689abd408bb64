// A call of the agent by its own method names. The official names are built on it.
import type { CallOptions } from "./channel.ts";
import type { Methods } from "./generated.ts";

/** Calls a method of the agent by its own name. */
export type Call = <M extends keyof Methods>(
  method: M,
  params: Methods[M]["params"],
  options?: CallOptions,
) => Promise<Methods[M]["result"]>;

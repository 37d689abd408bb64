// The agent answers before most of it is loaded: who it is, and that everything is locked. All else waits for the rest, and
// so does any but the plainest form of these two questions, since the rest knows the schemas and records refusals.

import { PROTOCOL } from "../protocol/limits.ts";
import type { Agent } from "./agent.ts";
import type { Dispatch } from "./wire/dispatch.ts";
import { forStranger, greet, type StatusParts, statusOf } from "./wire/greeting.ts";
import type { CheckedRequest } from "./wire/request-shape.ts";

export type LoadingParts = {
  /** What is true of an agent that is not loaded yet. */
  readonly status: () => Omit<StatusParts, "sameInstallation">;
  readonly load: () => Promise<Agent>;
  /** The rest could not be loaded: ends the process. */
  readonly failed: (error: unknown) => never;
};

export type Loading = Pick<Agent, "dispatch" | "recordRefused" | "close"> & {
  /** Loads the rest unless that was begun. */
  begin(): void;
};

export function createEarlyAgent({ status, load, failed }: LoadingParts): Loading {
  let loaded: Agent | undefined;
  let loading: Promise<Agent> | undefined;

  function rest(): Promise<Agent> {
    loading ??= load().then((agent) => {
      loaded = agent;
      return agent;
    }, failed);
    return loading;
  }

  const dispatch: Dispatch = (request, call) => {
    if (loaded !== undefined) return loaded.dispatch(request, call);
    const { id } = request;
    if (id !== undefined && isPlainHello(request))
      return Promise.resolve({ jsonrpc: "2.0", id, result: greet(PROTOCOL, call.connection) });
    if (id !== undefined && isPlainStatus(request))
      return Promise.resolve({
        jsonrpc: "2.0",
        id,
        result: statusFor(call.connection.subject.throughCommand),
      });
    return rest().then((agent) => agent.dispatch(request, call));
  };

  function statusFor(ours: boolean) {
    const whole = { ...status(), sameInstallation: ours };
    return statusOf(ours ? whole : forStranger(whole));
  }

  return {
    dispatch,
    recordRefused: (reason) => void rest().then((agent) => agent.recordRefused(reason)),
    begin: () => void rest(),
    close: async () => (await loading)?.close(),
  };
}

/** The door of whoever names none, as the catalogue has it. */
const NATIVE_DOOR = "native";

/** No narrower than needed, never wider than the schema: what is not clearly right is for the schema to judge. */
function isPlainHello({ method, params }: CheckedRequest): boolean {
  if (method !== "agent.hello") return false;
  // There is nothing to tell before an account is open.
  const { protocol, client, door = NATIVE_DOOR, notices = true, ...more } = (params ?? {}) as Record<string, unknown>;
  if (
    protocol !== PROTOCOL ||
    door !== NATIVE_DOOR ||
    notices !== true ||
    Object.keys(more).length > 0 ||
    typeof client !== "object" ||
    client === null
  )
    return false;
  const { name, version, ...others } = client as { name?: unknown; version?: unknown };
  return isName(name) && isName(version) && Object.keys(others).length === 0;
}

function isPlainStatus({ method, params }: CheckedRequest): boolean {
  return method === "agent.status" && Object.keys(params ?? {}).length === 0;
}

/** Characters of a name in agent.hello, as the catalogue has them; a code point may count as two here. */
const NAME_LENGTH_MAX = 64;

function isName(name: unknown): boolean {
  return typeof name === "string" && name.length > 0 && name.length <= NAME_LENGTH_MAX;
}

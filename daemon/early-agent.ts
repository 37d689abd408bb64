// Answers before most of the agent is loaded: the hello, and a status that says that everything is locked. All other requests wait for the
// rest. So do any but the plainest forms of these two, since the rest knows the schemas and records refusals.

import { PROTOCOL } from "../protocol/limits.ts";
import type { Agent } from "./agent.ts";
import type { Connection } from "./call/connection.ts";
import type { Dispatch } from "./wire/dispatch.ts";
import { forStranger, greet, type StatusParts, statusOf } from "./wire/greeting.ts";
import type { CheckedRequest } from "./wire/request-shape.ts";
import type { Standing } from "./wire/turns.ts";

export type LoadingParts = {
  /** The status of an agent that is not loaded yet. */
  readonly status: () => Omit<StatusParts, "sameInstallation">;
  readonly load: () => Promise<Agent>;
  /** Called when the rest could not be loaded. Ends the process. */
  readonly failed: (error: unknown) => never;
};

export type Loading = Pick<Agent, "dispatch" | "answerSdk" | "recordRefused" | "standingOf" | "close"> & {
  /** Loads the rest, if that has not begun. */
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
      return Promise.resolve({ jsonrpc: "2.0", id, result: greet(PROTOCOL, call.connection, NATIVE_DOOR) });
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
    answerSdk: (line, call) => rest().then((agent) => agent.answerSdk(line, call)),
    recordRefused: (reason) => void rest().then((agent) => agent.recordRefused(reason)),
    // Nothing is open yet, so nobody has a yes.
    standingOf: (connection) => loaded?.standingOf(connection) ?? standingBefore(connection),
    begin: () => void rest(),
    close: async () => (await loading)?.close(),
  };
}

const standingBefore = ({ subject }: Connection): Standing => (subject.throughCommand ? "own" : "stranger");

/** The door of a hello that names none, as in the catalogue. A hello of another door waits, since that door needs the rest. */
const NATIVE_DOOR = "native";

/** Whether a hello is plainly right. It accepts no more than the schema does. The schema judges every doubtful one. */
function isPlainHello({ method, params }: CheckedRequest): boolean {
  if (method !== "agent.hello") return false;
  // There are no notices before an account is open.
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

/** Characters of a name in agent.hello, as in the catalogue. A code point may count as two here. */
const NAME_LENGTH_MAX = 64;

function isName(name: unknown): boolean {
  return typeof name === "string" && name.length > 0 && name.length <= NAME_LENGTH_MAX;
}

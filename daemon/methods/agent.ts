// agent.*: who we are and in what state.
import { PosternError } from "../../protocol/errors.ts";
import { limits, PROTOCOL } from "../../protocol/limits.ts";
import type { Handlers } from "../dispatch.ts";
import { AGENT_NAME, VERSION } from "../version.ts";

type AgentHandlers = Pick<Handlers, "agent.hello" | "agent.status" | "agent.subscribe" | "agent.stop">;

export function agentMethods(startedAt: Date, stop: () => void): AgentHandlers {
  return {
    "agent.hello": (params, call) => {
      if (params.protocol !== PROTOCOL) throw new PosternError("protocolMismatch", `the agent speaks ${PROTOCOL}`);
      call.connection.hello();
      return { protocol: PROTOCOL, agent: { name: AGENT_NAME, version: VERSION }, limits };
    },
    "agent.status": () => ({
      version: VERSION,
      startedAt: startedAt.toISOString(),
      state: "signedOut",
      sessions: [],
      openPrompts: 0,
    }),
    "agent.subscribe": (_params, call) => {
      call.connection.subscribe();
      return {};
    },
    "agent.stop": () => {
      setImmediate(stop);
      return {};
    },
  };
}

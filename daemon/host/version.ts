// The agent's name and version as told in agent.hello, agent.status and the log.

export const AGENT_NAME = "postern";
export const VERSION = "0.1.0";

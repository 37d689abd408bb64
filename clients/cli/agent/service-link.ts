// The state of the account services, in words for a person.
import type { Methods } from "../../typescript/generated.ts";
import { localTime } from "../terminal/local-time.ts";

type Status = Methods["agent.status"]["result"];
export type ServiceLink = Status["links"][number];

/** The name of a service for a person. */
export const serviceName = (service: string): string => (service === "embedded" ? "of this agent" : service);

const replaced = {
  olderCopy:
    "its store was put back from an older copy; what was read before was forgotten, and what was changed after that copy may be missing there",
  otherStore: "it works with another store than before; what was read before was forgotten",
};

/** The messages about the services of the open accounts, each once. */
export function linkLines({ links }: Pick<Status, "links">): string[] {
  return [...new Set(links.flatMap(linesOf))];
}

function linesOf(link: ServiceLink): string[] {
  const name = `account service ${serviceName(link.service)}`;
  const since = localTime(link.since, "second");
  const states = {
    asking: `${name}: not answered yet, asked since ${since}`,
    reached: `${name}: reached`,
    unreached: `${name}: not reached since ${since}; what was read before is answered from memory for a while`,
  };
  const told =
    link.replaced === undefined
      ? []
      : [`${name}: ${localTime(link.replaced.at, "second")}: ${replaced[link.replaced.how]}`];
  return [states[link.state], ...told];
}

// The ways in which the agent itself asks the person, as people type and read them: `window,terminal`, others in their order, or `off`.
import type { Methods } from "../../typescript/generated.ts";
import { UsageError } from "../terminal/exit-code.ts";

export type Approvers = Methods["accounts.setApprovers"]["params"]["approvers"];

const OFF = "off";

const ways: readonly Approvers[number][] = ["app", "polkit", "window", "terminal"];

/** Reads them. Throws UsageError for anything else. `given` says where they stood. */
export function parseApprovers(typed: string, given: string): Approvers {
  const words = typed
    .trim()
    .toLowerCase()
    .split(/\s*,\s*/);
  if (words.length === 1 && words[0] === OFF) return [];
  const found = words.flatMap((word) => ways.filter((way) => way === word));
  if (found.length === words.length && new Set(found).size === found.length) return found;
  throw new UsageError(
    `${given} takes app, polkit, window and terminal in your order, some of them, or off`,
    `for one, ${given} terminal,window`,
  );
}

/** The words for them. Those of the wire where a newer agent knows another one. */
export const approversWords = (approvers: readonly string[]): string =>
  approvers.length === 0 ? OFF : approvers.join(",");

export type Unavailable = NonNullable<Methods["agent.status"]["result"]["sessions"][number]["unavailable"]>;

/** A line for each way that cannot ask, with the reason. */
export const unavailableLines = (unavailable: Unavailable = []): string[] =>
  unavailable.map(({ approver, why }) => `${approver} does not ask: ${why}`);

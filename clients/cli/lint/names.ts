// The names that references are compared with, from an agent that runs. No agent is started for this, and the command goes on without the names
// where nobody allows them: what the text itself shows is judged all the same.
import { askNames, VAULTS_MAX } from "../../editors/server/ask-names.ts";
import type { KnownNames } from "../../editors/server/known-names.ts";
import { PosternError } from "../../typescript/generated.ts";
import { AgentNotRunning } from "../../typescript/local-error.ts";
import { dialAgent } from "../agent/dial.ts";
import { withAgent } from "../agent/session.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** The names, or why there are none. */
export type Compared = { readonly names: KnownNames } | { readonly why: string; readonly next: string };

/** Errors after which a person did not give the names. Any other error, such as that of a wrong token, ends the command. */
const notGiven: ReadonlySet<string> = new Set([
  "signedOut",
  "locked",
  "approvalRequired",
  "approvalDenied",
  "approvalTimedOut",
  "promptQuota",
  "coolingDown",
  "offline",
  "notPermitted",
]);

const NEXT = "run it again where an agent runs, and allow the names, to find references that lead nowhere";

/** Asks for the names of these vaults, in one question. */
export async function comparedNames(
  terminal: Terminal,
  vaults: readonly string[],
  offline: boolean,
): Promise<Compared> {
  if (vaults.length === 0) return { names: new Map() };
  if (offline) return { why: "--offline", next: NEXT };
  if (!(await isRunning())) return { why: "no agent runs", next: NEXT };
  if (vaults.length > VAULTS_MAX)
    terminal.tell(
      `postern: the names of ${VAULTS_MAX} vaults are asked for, and those of ${vaults.length - VAULTS_MAX} more are not`,
    );
  try {
    return { names: await withAgent(terminal, (agent) => askNames(agent, vaults)) };
  } catch (error) {
    if (!(error instanceof PosternError) || !notGiven.has(error.errorName)) throw error;
    return { why: error.message, next: error.hint ?? NEXT };
  }
}

async function isRunning(): Promise<boolean> {
  try {
    // What the agent has to tell is told by the connection that is used.
    (await dialAgent({ tell: () => undefined })).close();
    return true;
  } catch (error) {
    if (error instanceof AgentNotRunning) return false;
    throw error;
  }
}

// Shared by commands that show a whole list. The account password is the proof. --mine shows the program's own part without a proof.
import { hasTerminal } from "../terminal/ask.ts";
import type { Terminal } from "../terminal/terminal.ts";
import type { Proof } from "./approval-proof.ts";
import { type Agent, withAgent } from "./session.ts";
import { demandPerson, withPassword } from "./with-password.ts";

export type ProofOptions = { passwordFd?: string; mine?: boolean };

export const mine = ["--mine", "only what concerns this terminal; asks for nothing"] as const;

const ONLY_MINE = "postern: this shows only what concerns this program; --password-fd 3 3< file shows everything";

/** Runs work with the password as a proof for the whole list. Without a proof where there is no person to ask. */
export function withWholeProof<T>(
  terminal: Terminal,
  options: ProofOptions,
  work: (agent: Agent, proof: { proof?: Proof }) => Promise<T>,
): Promise<T> {
  demandPerson();
  const isUnproven = options.passwordFd === undefined && !hasTerminal();
  // A script must not take its own part for the whole.
  if (isUnproven && options.mine !== true) terminal.tell(ONLY_MINE);
  if (options.mine === true || isUnproven) return withAgent(terminal, (agent) => work(agent, {}));
  return withPassword(
    terminal,
    options,
    (agent, password) => work(agent, { proof: { kind: "password", password } }),
    "Account password, to see everything",
  );
}

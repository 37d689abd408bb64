// What the commands go through that show the whole of something: the account password is the proof, and --mine asks for none.
import type { Methods } from "../../typescript/generated.ts";
import { hasTerminal } from "../terminal/ask.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { type Agent, withAgent } from "./session.ts";
import { demandPerson, withPassword } from "./with-password.ts";

export type Proof = NonNullable<Methods["prompts.list"]["params"]["proof"]>;
export type ProofOptions = { passwordFd?: string; mine?: boolean };

export const mine = ["--mine", "only what concerns this terminal; asks for nothing"] as const;

/** Runs work with the password as a proof, for seeing the whole; with none where there is nobody to ask. */
export function withWholeProof<T>(
  terminal: Terminal,
  options: ProofOptions,
  work: (agent: Agent, proof: { proof?: Proof }) => Promise<T>,
): Promise<T> {
  demandPerson();
  if (options.mine === true || (options.passwordFd === undefined && !hasTerminal()))
    return withAgent(terminal, (agent) => work(agent, {}));
  return withPassword(
    terminal,
    options,
    (agent, password) => work(agent, { proof: { kind: "password", password } }),
    "Account password, to see everything",
  );
}

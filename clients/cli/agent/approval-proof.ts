// The proof that an approval takes: the PIN where one is set, or else the account password.
import type { Methods } from "../../typescript/generated.ts";
import { oneLine } from "../terminal/terminal.ts";

export type Proof = NonNullable<Methods["prompts.list"]["params"]["proof"]>;

export type ApprovalProof = {
  /** What the person is asked to type. */
  readonly label: string;
  readonly kind: Proof["kind"];
  /** Whether Enter alone asks for the password instead: accounts without a PIN are open too, and the person knows which one waits. */
  readonly orPassword: boolean;
};

const WAITING_ONE = "the account that the waiting command named";

/** The proof for an approval, by the agent's status. `account` is the chosen one. */
export function approvalProof(
  { sessions }: Pick<Methods["agent.status"]["result"], "sessions">,
  account: string | undefined,
): ApprovalProof {
  const open = sessions.filter(({ state }) => state === "unlocked");
  const pins = open.filter(({ proof }) => proof === "pin").length;
  if (pins === 0) return passwordProof({ sessions }, account);
  const orPassword = pins < open.length;
  const label = `Approval PIN${of(sessions.length, account)}${orPassword ? "; Enter to give its password" : ""}`;
  return { label, kind: "pin", orPassword };
}

export function passwordProof(
  { sessions }: Pick<Methods["agent.status"]["result"], "sessions">,
  account: string | undefined,
): ApprovalProof {
  return { label: `Account password${of(sessions.length, account)}`, kind: "password", orPassword: false };
}

/** Only a proof shows which account waits. */
const of = (accounts: number, account: string | undefined) =>
  accounts < 2 ? "" : ` of ${account === undefined ? WAITING_ONE : oneLine(account)}`;

export const proofOf = (kind: Proof["kind"], typed: string): Proof =>
  kind === "pin" ? { kind: "pin", pin: typed } : { kind: "password", password: typed };

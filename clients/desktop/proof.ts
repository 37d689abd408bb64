// The proof that an approval takes: the PIN where one is set, or else the account password.
import type { AgentStatus, Proof } from "../typescript/generated.ts";
import { accountLimits } from "../typescript/generated-limits.ts";

export type ProofKind = "pin" | "password";

export type AskedProof = {
  readonly kind: ProofKind;
  /** Whether the password may be the right one instead: accounts without a PIN are open too, and the person knows which one is asked. */
  readonly orPassword: boolean;
  /** Whether there are several accounts. Only a proof shows which of them is asked. */
  readonly isOneOfSeveral: boolean;
};

/** The proof to ask for, by the agent's status. */
export function askedProof({ sessions }: Pick<AgentStatus, "sessions">, usesPassword: boolean): AskedProof {
  const open = sessions.filter(({ state }) => state === "unlocked");
  const pins = open.filter(({ proof }) => proof === "pin").length;
  const isPin = pins > 0 && !usesPassword;
  return {
    kind: isPin ? "pin" : "password",
    orPassword: isPin && pins < open.length,
    isOneOfSeveral: sessions.length > 1,
  };
}

/** Characters of a PIN, as the agent takes it. */
const PIN_LENGTH_MAX = 128;

/** The fault of a text that cannot be a proof. A slip of the finger must not cost a try. */
export function slipOf(typed: string, kind: ProofKind): string | undefined {
  const what = kind === "pin" ? "PIN" : "password";
  const lengthMin = kind === "pin" ? accountLimits.pinMin : accountLimits.passwordMin;
  if (typed === "") return `Type your ${kind === "pin" ? "approval PIN" : "account password"}.`;
  if ([...typed].length < lengthMin) return `That is too short for a ${what}. It counted as no try.`;
  if (kind === "pin" && typed.length > PIN_LENGTH_MAX) return "That is too long for a PIN. It counted as no try.";
  return undefined;
}

export const proofOf = (kind: ProofKind, typed: string): Proof =>
  kind === "pin" ? { kind, pin: typed } : { kind, password: typed };

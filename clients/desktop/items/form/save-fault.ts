// What a person reads when an item could not be saved. Each sentence says that nothing is lost, and the next step.
import { AgentError } from "../../agent-error.ts";
import { faultText } from "../../fault-text.ts";

const KEPT = "What you typed is still here.";

const sentences: Readonly<Record<string, string>> = {
  approvalDenied: `You said no, so nothing was saved. ${KEPT}`,
  approvalTimedOut: `The question ended without an answer, so nothing was saved. ${KEPT} Save again, and answer it.`,
  coolingDown: `The agent asks no more for a moment, since you said no. ${KEPT} Wait a little, and save again.`,
  notPermitted: `This account may not write to that vault. ${KEPT} Ask the vault's owner, or make the item in another vault.`,
  offline: `The service cannot be reached, so nothing was saved. ${KEPT} Save again when it can.`,
  sealBroken: `The service answered with something that it may not say, so nothing was saved. ${KEPT} Save again later.`,
  itemNotFound: `The item is gone: somebody deleted it. ${KEPT} Copy what you need before you leave this page.`,
  vaultNotFound: `The vault is gone, or it is no longer open to you. ${KEPT} Copy what you need before you leave this page.`,
  lineTooLong: `The item is too large to save at once. ${KEPT} Shorten its longest values.`,
};

export function saveFault(error: unknown): string {
  if (error instanceof AgentError) return sentences[error.name] ?? `${faultText(error)} Nothing was saved. ${KEPT}`;
  return `The agent went away before the answer, so it may have saved this or not. ${KEPT} Look at the list of items before you save again.`;
}

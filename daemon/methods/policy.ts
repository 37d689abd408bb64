// policy.*: shows, approves and explains the policy. Nothing of it counts before a person has approved exactly that content.
import { PosternError } from "../../protocol/errors.ts";
import { parseReference } from "../../protocol/secret/reference.ts";
import type { Overseer } from "../approval/overseer.ts";
import type { Call } from "../call/call.ts";
import { entryOf } from "../call/log-entry.ts";
import type { OwnProgram } from "../peer/foreign-ancestor.ts";
import type { PeerIdentity } from "../peer/peer.ts";
import { subjectOf } from "../peer/subject.ts";
import { differenceOf } from "../policy/difference.ts";
import { explained } from "../policy/explain.ts";
import { type Policies, policyWords } from "../policy/policies.ts";
import { policyPath, sha256Of } from "../policy/policy-file.ts";
import { sentencesOf } from "../policy/sentences.ts";
import type { UnlockedSession } from "../session/session.ts";
import type { Sessions } from "../session/sessions.ts";
import { repeatCounter } from "../session/unlocked.ts";
import type { Handlers } from "../wire/dispatch.ts";

type PolicyHandlers = Pick<Handlers, "policy.get" | "policy.approve" | "policy.test">;

export type PolicyParts = {
  readonly home: string;
  readonly sessions: Sessions;
  readonly overseer: Overseer;
  readonly policies: Policies;
  readonly ours: readonly OwnProgram[];
  readonly newId: () => string;
  /** The identity of a process that is not connected. "foreign" where it is another user's. */
  readonly identityOf: (pid: number) => PeerIdentity | "foreign" | undefined;
};

export function policyMethods(parts: PolicyParts): PolicyHandlers {
  const { home, sessions, overseer, policies, ours, newId } = parts;

  function approvedPart(session: UnlockedSession) {
    const approved = policies.approved(session);
    const found = policies.file();
    const before = approved?.text ?? "";
    const after = found.kind === "content" ? new TextDecoder().decode(found.bytes) : "";
    return {
      difference: found.kind === "unusable" ? [] : differenceOf(before, after),
      ...(approved === undefined
        ? {}
        : {
            approved: {
              sha256: sha256Of(new TextEncoder().encode(approved.text)),
              sentences:
                approved.rules === undefined
                  ? ["This version of Postern cannot read it."]
                  : sentencesOf(approved.rules),
            },
          }),
    };
  }

  function identityOf(pid: number): PeerIdentity {
    const identity = parts.identityOf(pid);
    if (identity === undefined) throw new PosternError("invalidParams", "no process has this pid");
    if (identity === "foreign") throw new PosternError("invalidParams", "the process with this pid is another user's");
    return identity;
  }

  return {
    "policy.get": async (params, call) => {
      const whole = await overseer.oversees(params, call);
      const session = sessions.open(params.account);
      const found = policies.file();
      const state = policies.stateOf(session);
      return {
        path: policyPath(home),
        ...(state === "none" ? {} : { state }),
        ...(found.kind === "unusable" ? { fault: found.why } : {}),
        ...(found.kind === "content" && found.rules !== undefined
          ? { file: { sha256: found.sha256, sentences: sentencesOf(found.rules) } }
          : {}),
        ...(whole ? approvedPart(session) : {}),
      };
    },

    "policy.approve": async (params, call) => {
      await proven(params, call);
      // A lock may have come right after the proof.
      const session = sessions.open(params.account);
      await policies.approve(session, params.sha256);
      const { unlocked, audit, file } = session;
      audit.keep(entryOf(call, params.sha256 === undefined ? "taken away" : "approved", [file.account]));
      // If the service cannot take the counter now, the next anchor repeats it. The policy counts all the same.
      await repeatCounter(unlocked, file.device).catch((error: unknown) => {
        if (!(error instanceof PosternError)) throw error;
      });
      const state = policies.stateOf(session);
      return state === "none" ? {} : { state };
    },

    "policy.test": async (params, call) => {
      if (!(await overseer.oversees(params, call))) throw new PosternError("proofRequired");
      parseReference(params.reference);
      const session = sessions.open(params.account);
      const identity = identityOf(params.pid);
      const asker = await policies.askerOf(subjectOf(identity, ours, newId), identity);
      const state = policies.stateOf(session);
      const rules = policies.approved(session)?.rules;
      return {
        ...explained(
          rules,
          { verb: params.verb ?? "read", reference: params.reference },
          asker,
          identity,
          state === "active",
        ),
        ...(state === "active" || state === "none" ? {} : { resting: policyWords[state] }),
      };
    },
  };

  async function proven(params: { account?: string; password: string }, call: Call): Promise<void> {
    const { account, password } = params;
    const session = sessions.open(account);
    call.about.session = session;
    const proof = { kind: "password", password } as const;
    await overseer.prove({ proof, account: session.file.account }, call);
  }
}

// The live grants: each program, what it may read or change, and how long still.
import { useState } from "preact/hooks";
import type { Grant } from "../typescript/generated.ts";
import { isAgentError } from "./agent-error.ts";
import type { Channel } from "./channel.ts";
import { durationText } from "./moment.ts";
import { nameOf, shown } from "./prompt.ts";
import type { PageProps } from "./standing.ts";
import { useLeftMs } from "./state.ts";
import { useStands, Whole } from "./whole.tsx";

export function GrantsPage(props: PageProps) {
  return (
    <>
      <h1>Grants</h1>
      <Whole {...props} what="What your programs may read and change">
        <Live {...props} />
      </Whole>
    </>
  );
}

function Live({ channel, standing }: PageProps) {
  const grants = useStands(standing)?.grants ?? [];
  const [told, setTold] = useState("");
  const revoke = async (which: { grant: string } | { all: true }) => {
    try {
      const { revoked } = await channel.call("grants.revoke", which);
      setTold(revoked === 1 ? "One grant has ended." : `${revoked} grants have ended.`);
    } catch (error) {
      // It has ended by itself meanwhile.
      setTold(isAgentError(error, "grantNotFound") ? "It had ended already." : "It was not ended. Try again.");
    }
    await standing.read();
  };
  return (
    <>
      <p class="said" role="status">
        {told}
      </p>
      {grants.length === 0 ? (
        <p class="soft">No program may read anything now.</p>
      ) : (
        <ul class="rows">
          {grants.map((grant) => (
            <GrantRow
              key={grant.grant}
              channel={channel}
              grant={grant}
              onRevoke={() => revoke({ grant: grant.grant })}
            />
          ))}
        </ul>
      )}
      {grants.length > 1 && (
        <button type="button" onClick={() => revoke({ all: true })}>
          End all {grants.length}
        </button>
      )}
    </>
  );
}

function GrantRow({ channel, grant, onRevoke }: { channel: Channel; grant: Grant; onRevoke: () => void }) {
  const { subject, expiresAt } = grant;
  const what = whatText(grant);
  return (
    <li>
      <div class="row-text">
        <p class="row-head">
          <bdi title={shown(subject.program)}>{nameOf(subject.program)}</bdi>{" "}
          <span class="soft">{holderText(subject)}</span>
        </p>
        <p>
          {mayText(grant)} <bdi class="thing">{what}</bdi>
        </p>
      </div>
      <p class="row-end">{durationText(useLeftMs(channel, expiresAt))} left</p>
      <button type="button" onClick={onRevoke} aria-label={`End the grant of ${nameOf(subject.program)} on ${what}`}>
        End
      </button>
    </li>
  );
}

function holderText({ kind, terminal, pid }: Grant["subject"]): string {
  if (kind === "application") return "each time it starts";
  if (kind === "app") return "a page in your browser";
  if (kind === "terminal") return `everything started in ${shown(terminal ?? "its terminal", 60)}`;
  return `process ${pid}${terminal === undefined ? "" : ` on ${shown(terminal, 60)}`}`;
}

const verbs = {
  read: "may read",
  write: "may read and change",
  manage: "may see and manage grants, questions and the log",
};

function mayText({ verb, level, act }: Grant): string {
  if (act !== undefined) return `may ${shown(act)}, and read names in`;
  return level === "names" ? `${verbs[verb]} the names in` : verbs[verb];
}

function whatText({ vault, item, field, verb }: Grant): string {
  const parts = [vault, item, field].filter((part) => part !== undefined).map((part) => shown(part, 80));
  if (parts.length > 0) return parts.join(" / ");
  return verb === "manage" ? "of the account" : "the whole account";
}

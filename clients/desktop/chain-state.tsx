// Whether the log is whole: each record is chained to the one before, and the agent can say which stretch it has proven.
import { useEffect, useState } from "preact/hooks";
import type { Methods } from "../typescript/generated.ts";
import type { Channel } from "./channel.ts";
import { momentText } from "./moment.ts";
import { shown } from "./prompt.ts";

type Verdict = Methods["audit.verify"]["result"];

export function ChainState({ channel }: { channel: Channel }) {
  const [verdict, setVerdict] = useState<Verdict | "failed">();
  const verify = () => {
    setVerdict(undefined);
    channel.call("audit.verify", {}).then(setVerdict, () => setVerdict("failed"));
  };
  useEffect(verify, [channel]);
  return (
    <div class="chain" role="status">
      {verdict === undefined && <p>Checking the log …</p>}
      {verdict === "failed" && (
        <p>
          The log could not be checked.{" "}
          <button type="button" onClick={verify}>
            Check again
          </button>
        </p>
      )}
      {typeof verdict === "object" && <Told verdict={verdict} />}
    </div>
  );
}

function Told({ verdict: { records, proven, problems } }: { verdict: Verdict }) {
  const until = proven.at(-1)?.until;
  const unproven = records - proven.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  if (problems.length > 0)
    return (
      <div class="bad">
        <p>
          <strong>This log was changed.</strong>
        </p>
        <ul>
          {problems.map((problem) => (
            <li>{shown(problem)}</li>
          ))}
        </ul>
      </div>
    );
  return (
    <p class="good">
      The log is whole: {records} records{until === undefined ? "" : `, proven up to ${momentText(until)}`}
      {unproven > 0
        ? `; ${unproven} of them were written before an unlock, when there is no key to prove them with`
        : ""}
      .
    </p>
  );
}

// The programs that have a client open on the agent.
import { useEffect, useState } from "preact/hooks";
import type { OpenClient } from "../typescript/generated.ts";
import { nameOf, shown } from "./prompt.ts";
import type { PageProps } from "./standing.ts";
import { OwnWords } from "./who.tsx";
import { Whole } from "./whole.tsx";

export function ClientsPage(props: PageProps) {
  return (
    <>
      <h1>Clients</h1>
      <Whole {...props} what="Which programs are connected">
        <Connected {...props} />
      </Whole>
    </>
  );
}

function Connected({ channel, standing }: PageProps) {
  const [clients, setClients] = useState<readonly OpenClient[]>();
  const [isAway, setAway] = useState(false);
  const read = () =>
    channel.call("clients.list", {}).then(
      (listed) => {
        setAway(false);
        setClients(listed.clients);
      },
      () => setAway(true),
    );
  // The list is read again whenever the agent told something, and by the button.
  useEffect(() => standing.onStands(() => void read()), [standing]);
  if (clients === undefined)
    return <p class="waiting">{isAway ? "The agent did not answer." : "Asking the agent …"}</p>;
  return (
    <>
      {clients.length === 0 ? (
        <p class="soft">No program has a client open.</p>
      ) : (
        <ul class="rows">
          {clients.map(({ client, program, pid, integrationName, integrationVersion }) => (
            <li key={`${pid} ${client}`}>
              <div class="row-text">
                <p class="row-head">
                  <bdi title={shown(program)}>{nameOf(program)}</bdi> <span class="soft">process {pid}</span>
                </p>
                <p>
                  calls itself{" "}
                  <bdi>
                    {shown(integrationName, 64)} {shown(integrationVersion, 64)}
                  </bdi>
                  <OwnWords />
                </p>
              </div>
            </li>
          ))}
        </ul>
      )}
      <button type="button" onClick={() => void read()}>
        Look again
      </button>
    </>
  );
}

// The service accounts: what each may do and until when, a new one, another token, and the end of one.
import { useCallback, useEffect, useState } from "preact/hooks";
import type { IssuedToken, ServiceAccount } from "../../typescript/generated.ts";
import { faultText } from "../fault-text.ts";
import type { PageProps } from "../standing.ts";
import { Whole } from "../whole.tsx";
import { CreateForm } from "./create-form.tsx";
import { NewToken } from "./new-token.tsx";
import { ServiceAccountRow } from "./service-account-row.tsx";

export function ServiceAccountsPage(props: PageProps) {
  return (
    <>
      <h1>Service accounts</h1>
      <Whole {...props} what="Which programs have a token">
        <Listed {...props} />
      </Whole>
    </>
  );
}

function Listed({ channel, standing }: PageProps) {
  const [those, setThose] = useState<readonly ServiceAccount[]>();
  const [fault, setFault] = useState<string>();
  const [told, setTold] = useState("");
  // It stands in the memory of this page only, and goes with it.
  const [issued, setIssued] = useState<IssuedToken>();
  const read = useCallback(
    () =>
      channel.call("serviceAccounts.list", {}).then(
        ({ serviceAccounts }) => setThose(serviceAccounts.filter(({ revokedAt }) => revokedAt === undefined)),
        (error: unknown) => setFault(faultText(error)),
      ),
    [channel],
  );
  useEffect(() => void read(), [read]);
  const take = async (token: IssuedToken) => {
    setIssued(token);
    await read();
  };
  const revoke = async ({ id }: ServiceAccount) => {
    setTold("");
    setFault(undefined);
    try {
      await channel.call("serviceAccounts.revoke", { serviceAccountId: id });
      if (issued?.serviceAccountId === id) setIssued(undefined);
      setTold("Its tokens have ended, and open nothing any more.");
    } catch (error) {
      setFault(faultText(error));
    }
    await read();
  };
  if (those === undefined && fault === undefined) return <p class="waiting">Asking the agent …</p>;
  return (
    <>
      <p class="said" role="status">
        {told}
      </p>
      {fault !== undefined && (
        <p class="notice" role="alert">
          {fault}
        </p>
      )}
      {issued !== undefined && <NewToken key={issued.token} issued={issued} onDone={() => setIssued(undefined)} />}
      {those?.length === 0 && <p class="soft">No program has a token.</p>}
      <ul class="rows">
        {those?.map((one) => (
          <ServiceAccountRow
            key={one.id}
            {...{ channel, standing, one }}
            onIssued={take}
            onRevoke={() => void revoke(one)}
          />
        ))}
      </ul>
      <CreateForm channel={channel} standing={standing} onIssued={take} />
    </>
  );
}

// Who asks, part by part: for a reader that shows more than a line of text. Nothing of it was looked up in an account, so it is shown before a proof.
import type { ResultOf } from "../../protocol/catalogue.ts";
import { displayed, displayedPath } from "../account/displayed-text.ts";
import type { Connection } from "../call/connection.ts";
import type { ProcessFacts } from "../peer/peer.ts";
import { folderOf } from "../peer/process-facts.ts";
import type { Subject } from "../peer/subject.ts";

/** Programs above the asker that are told. Beyond them are the desktop and the system. */
const STARTED_BY_MAX = 8;

export type WhoAsks = NonNullable<ResultOf<"prompts.list">["prompts"][number]["who"]>;

/** The asker behind a connection. A script that was not seen, and the integration's name, are what the program says of itself. */
export function whoAsks(subject: Subject, connection: Connection | undefined): WhoAsks {
  const { kind, program, script, isScriptSeen, runs, pid, terminal } = subject;
  const claim =
    runs === undefined ? undefined : runs.is === "code" ? "code that is in no file" : `the ${runs.is} ${runs.name}`;
  return {
    program: kind === "app" ? program : displayedPath(program),
    ...(script === undefined ? {} : { script: displayedPath(script) }),
    ...(isScriptSeen === true ? { isScriptSeen } : {}),
    ...(claim === undefined ? {} : { claim: displayed(claim) }),
    pid,
    ...(terminal === undefined ? {} : { terminal: displayed(terminal) }),
    ...(connection === undefined || kind === "app" ? { startedBy: [] } : seenOf(subject, connection)),
  };
}

function seenOf({ pid }: Subject, connection: Connection): Pick<WhoAsks, "folder" | "startedBy" | "integration"> {
  const { identity } = connection.peer;
  const folder = connection.isSame() ? folderOf(identity.pid) : undefined;
  const chain: readonly ProcessFacts[] = [identity, ...identity.ancestors];
  const above = chain.slice(chain.findIndex((facts) => facts.pid === pid) + 1);
  const [client] = connection.clients.values();
  return {
    ...(folder === undefined ? {} : { folder: displayedPath(folder) }),
    startedBy: above.slice(0, STARTED_BY_MAX).map(nameOf),
    ...(client === undefined
      ? {}
      : { integration: { name: displayed(client.integrationName), version: displayed(client.integrationVersion) } }),
  };
}

/** The script of an interpreter that has it open, or else the executable. */
function nameOf({ executable, script }: ProcessFacts): string {
  return displayedPath(script?.isOpen === true ? script.path : (executable?.path ?? "unknown"));
}

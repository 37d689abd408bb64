// Records each prompt, and announces it to the approvers and to the asker.
import { PosternError } from "../../protocol/errors.ts";
import type { Actor } from "../audit/entry.ts";
import type { Connection } from "../call/connection.ts";
import { whoOf } from "../call/log-entry.ts";
import { programOf } from "../peer/subject.ts";
import type { Sessions } from "../session/sessions.ts";
import type { Approvers } from "./approvers.ts";
import type { Prompt, Watcher } from "./prompt.ts";

export type PromptWatcherParts = {
  readonly sessions: () => Pick<Sessions, "pick">;
  readonly approvers: Approvers;
  readonly connections: ReadonlySet<Connection>;
  readonly isStranger: (connection: Connection) => boolean;
};

/** `sessions` is a function, since the sessions withdraw prompts and are made later. */
export function watchPrompts({ sessions, approvers, connections, isStranger }: PromptWatcherParts): Watcher {
  /** The open prompts, and whether strangers alone asked. */
  const open = new Map<string, boolean>();
  return {
    opened: (prompt) => {
      const { id, code } = prompt;
      const { text } = prompt.offer();
      const byStrangers = [...prompt.askers()].every(isStranger);
      const asked = { event: "prompt.opened", outcome: prompt.verb, ...askerOf(prompt, byStrangers) };
      sessions()
        .pick(prompt.account)
        .audit.keep({ ...asked, ids: [id], names: text });
      // Later, where something is looked up first: an approver has given its proof. The asker's own notice does not wait for it.
      const tell = () => {
        if (!open.has(id)) return;
        const shown = prompt.offer();
        for (const approver of approvers.of(prompt.account))
          approver.notify("prompt.opened", { prompt: id, code, hash: shown.hash, text: shown.text });
      };
      open.set(id, byStrangers);
      if (approvers.of(prompt.account).size === 0) return;
      if (prompt.isFound()) tell();
      // A fault of the look-up is told to whoever answers, who waits for it too.
      else prompt.find().then(tell, () => undefined);
    },
    closed: (prompt, ending) => {
      const { id, code } = prompt;
      const asker = askerOf(prompt, open.get(id) === true);
      open.delete(id);
      const { audit } = sessions().pick(prompt.account);
      recordAnyway(() => audit.keep({ event: "prompt.closed", outcome: ending, ...asker, ids: [id] }));
      const attached = approvers.of(prompt.account);
      for (const connection of connections) {
        const isIts = connection.subject.key === prompt.subject.key || connection.shows === id;
        if (attached.has(connection) || isIts) connection.notify("prompt.closed", { prompt: id, code, ending });
      }
    },
  };
}

/** The same watcher, which also tells others: `desk` after the record of the opening and before that of the end, and `pages` of the end. */
export function alsoTelling(
  { opened, closed }: Watcher,
  desk: Pick<Watcher, "opened"> & { closed(prompt: Prompt): void },
  pages: { promptClosed(id: string): void },
): Watcher {
  return {
    opened: (prompt) => {
      opened(prompt);
      desk.opened(prompt);
    },
    closed: (prompt, ending) => {
      desk.closed(prompt);
      closed(prompt, ending);
      // Last: the page that showed it is told of the end before its session ends.
      pages.promptClosed(prompt.id);
    },
  };
}

/** Records a closed prompt. A log that cannot be written reports that itself and stops the next request. This must go on. */
export function recordAnyway(record: () => void): void {
  try {
    record();
  } catch (error) {
    if (!(error instanceof PosternError)) throw error;
  }
}

function askerOf({ subject }: Prompt, isStranger: boolean): Actor {
  return { program: programOf(subject), pid: subject.pid, who: whoOf(subject), isStranger: () => isStranger };
}

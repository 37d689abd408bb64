// clients/python: the synchronous twin. It is the asynchronous source without the words of asyncio, so both say the same.
import { banner } from "./python-text.ts";

/** Modules that both have, each under the same name. */
const shared = [
  ...["_call", "_link", "_watch", "agent", "environments", "groups", "items", "items_files", "items_shares", "secrets"],
  ...["vaults"],
];

/** Modules of the twin that are written by hand, since threads wait in another way than tasks. */
const byHand = ["_channel", "_turn", "client"];

export const twins: readonly string[] = shared;

/** The text of the twin of a module. */
export function synchronous(module: string, text: string): string {
  const body = text
    .replace(/^# Code generated .*\n/, "")
    .replace(/\basync (?=def |with |for )/g, "")
    .replace(/\bawait /g, "")
    .replace(/\b__a(iter|next|enter|exit)__/g, "__$1__")
    .replace(/\bStopAsyncIteration\b/g, "StopIteration")
    .replace(/^( *from )\.(\w+)?( import .*)$/gm, (line, from: string, name: string | undefined, names: string) => {
      if (name === undefined) return `${from}..${names}`;
      return [...shared, ...byHand].includes(name) ? line : `${from}..${name}${names}`;
    });
  return `${banner(`clients/python/postern/${module}.py, without the words of asyncio`)}\n${body}`;
}

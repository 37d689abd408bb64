// The mark of an unfinished restore on this agent. While it exists, the next step is to restore again. A new account in its place would leave
// the person with two halves.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { isId } from "../../protocol/crypto/encoding.ts";
import { errors, PosternError } from "../../protocol/errors.ts";
import { readOurs } from "../host/data-folder.ts";
import { writeFileDurably } from "../host/private-files.ts";
import { StartRefused } from "../host/start-refused.ts";

/** The unfinished account, and its place: "embedded", or the service's origin. */
export type UnfinishedRestore = { readonly account: string; readonly service: string };

export type RestoreMark = {
  read(): UnfinishedRestore | undefined;
  write(begun: UnfinishedRestore): Promise<void>;
  clear(): void;
  /** Replaces this mark by the earlier one, if the mark is still this one. So a restore that made nothing leaves no trace. */
  takeBack(begun: UnfinishedRestore, before: UnfinishedRestore | undefined): Promise<void>;
};

const NAME = "restore-begun.json";

/** Bytes of the file: an id and a URL of at most 2048 characters. */
const FILE_BYTES_MAX = 4096;

/** Reads the mark. Throws StartRefused for a strange file. */
export function openRestoreMark(home: string): RestoreMark {
  const path = join(home, NAME);
  const content = readOurs(path, FILE_BYTES_MAX);
  let begun = content === undefined ? undefined : parse(new TextDecoder().decode(content));

  async function write(next: UnfinishedRestore): Promise<void> {
    await writeFileDurably(path, Buffer.from(`${JSON.stringify(next)}\n`));
    begun = next;
  }

  function clear(): void {
    if (begun === undefined) return;
    rmSync(path, { force: true });
    begun = undefined;
  }

  return {
    read: () => begun,
    write,
    clear,
    takeBack: async (mine, before) => {
      if (begun !== mine) return;
      if (before === undefined) clear();
      else await write(before);
    },
  };
}

function parse(text: string): UnfinishedRestore {
  let value: Partial<Record<keyof UnfinishedRestore, unknown>>;
  try {
    value = (JSON.parse(text) ?? {}) as typeof value;
  } catch {
    value = {};
  }
  const { account, service } = value;
  if (typeof account === "string" && isId(account) && typeof service === "string") return { account, service };
  throw new StartRefused(`the file ${NAME} is not what the agent writes`, "move it away, and restore again");
}

/** The error `signedOut` while a restore is unfinished: the same name with another next step. */
export function noAccountHere(mark: RestoreMark): PosternError {
  if (mark.read() === undefined) return new PosternError("signedOut");
  const text = "no account is signed in on this agent: its restore was cut off";
  return new PosternError("signedOut", undefined, { text, hint: errors.restoreUnfinished.hint as string });
}

/** Throws restoreUnfinished while another account's restore is unfinished, unless the person gives it up. */
export function demandNoRestore(mark: RestoreMark, params: { account?: string; abandonRestore?: boolean }): void {
  const begun = mark.read();
  if (begun === undefined || begun.account === params.account || params.abandonRestore === true) return;
  throw new PosternError("restoreUnfinished", undefined, {
    text: "an account is being restored on this agent, or its restore was cut off",
    hint: `${errors.restoreUnfinished.hint}; to give it up for good, use --abandon-restore`,
  });
}

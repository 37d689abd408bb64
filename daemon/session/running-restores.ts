// The running restores of this agent. A restore that the service has answered holds the account's place. Making or bringing another account, or
// giving up an unfinished restore, is refused meanwhile. A restore that has removed an account with its password holds the place alone.
import { PosternError } from "../../protocol/errors.ts";

export type RunningRestore = { readonly alone: boolean };

export type RunningRestores = {
  /** Begins one. Throws busy while another holds the place alone. */
  begin(alone: boolean): RunningRestore;
  end(restore: RunningRestore): void;
  /** Throws busy where another restore holds the place alone. For a caller that is no restore, throws restoreUnfinished while one runs. */
  demandPlace(restore?: RunningRestore): void;
};

export function createRunningRestores(): RunningRestores {
  const running = new Set<RunningRestore>();

  function demandNotAlone(others: Iterable<RunningRestore>): void {
    for (const { alone } of others) if (alone) throw new PosternError("busy", "another restore is under way");
  }

  function demandPlace(mine?: RunningRestore): void {
    const others = [...running].filter((one) => one !== mine);
    if (mine !== undefined) demandNotAlone(others);
    else if (others.length > 0)
      throw new PosternError("restoreUnfinished", undefined, {
        text: "an account is being restored on this agent just now",
        hint: "wait until that is done; `postern agent stop` ends it",
      });
  }

  return {
    begin: (alone) => {
      demandNotAlone(running);
      const restore = { alone };
      running.add(restore);
      return restore;
    },
    end: (restore) => void running.delete(restore),
    demandPlace,
  };
}

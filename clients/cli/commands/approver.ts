// approver install, uninstall: what the system needs so that it can ask for the agent.
import { resolve } from "node:path";
import type { Command } from "commander";
import { installAction, type Machine, type Put, uninstallAction } from "../agent/polkit-action.ts";
import { addCommand, addGroup } from "../context.ts";
import { UsageError } from "../terminal/exit-code.ts";
import { oneLine, type Terminal } from "../terminal/terminal.ts";

type Options = { user?: string; prefix?: string };

const options = [
  ["--user <uid>", "the id of the user whose agent asks; yours, if not given"],
  ["--prefix <folder>", "the folder that stands for / : for packages and tests"],
] as const;

function placeOf({ prefix }: Options): Machine {
  if (prefix === "") throw new UsageError("--prefix is empty", "name a folder, or leave it out");
  const { platform } = process;
  return { platform, prefix: prefix === undefined ? undefined : resolve(prefix), user: process.geteuid?.() };
}

/** sudo tells who called it. Whoever is root in another way must name the user. For who is not root the variable means nothing. */
function userOf({ user }: Options): number {
  const own = process.geteuid?.() ?? 0;
  const named = user ?? (own === 0 ? process.env.SUDO_UID : undefined);
  if (named === undefined) return own;
  return /^\d{1,10}$/.test(named) ? Number(named) : Number.NaN;
}

/** The one approver that the system must know. */
function demandPolkit(approver: string, word: "install" | "uninstall"): void {
  if (approver === "polkit") return;
  throw new UsageError(`there is nothing to ${word} for ${oneLine(approver)}`, `postern approver ${word} polkit`);
}

type Act = {
  readonly word: "install" | "uninstall";
  readonly act: (place: Machine, user: number) => Put;
  readonly done: string;
  readonly already: string;
  readonly next?: string;
};

const acts: Readonly<Record<Act["word"], Act>> = {
  install: {
    word: "install",
    act: installAction,
    done: "can now ask",
    already: "can already ask",
    next: "\n  next: as that user, `postern config approvers polkit,window,terminal`",
  },
  uninstall: { word: "uninstall", act: uninstallAction, done: "no longer asks", already: "does not ask" },
};

async function put(
  terminal: Terminal,
  [approver = ""]: readonly string[],
  given: Options,
  { word, act, done, already, next = "" }: Act,
): Promise<void> {
  demandPolkit(approver, word);
  const made = act(placeOf(given), userOf(given));
  terminal.result(
    made,
    () => `polkit ${made.changed ? done : already} the user ${made.user} for Postern: ${oneLine(made.path)}.${next}`,
  );
}

/** Adds `postern approver …`. */
export function addApproverCommands(program: Command): void {
  const approver = addGroup(
    program,
    "approver",
    "let the system ask you for Postern: with your password or your finger, as it asks elsewhere",
    "postern approver install polkit",
  );
  addCommand<Options>(
    approver,
    "install <approver>",
    "make Postern's action known to polkit for you (as root)",
    "postern approver install polkit",
    options,
    (terminal, args, given) => put(terminal, args, given, acts.install),
  );
  addCommand<Options>(
    approver,
    "uninstall <approver>",
    "take you out of Postern's action, and the action away with its last user (as root)",
    "postern approver uninstall polkit",
    options,
    (terminal, args, given) => put(terminal, args, given, acts.uninstall),
  );
}

// vault: the containers of items.
import type { Command } from "commander";
import { PosternError } from "../../typescript/generated.ts";
import { offlineFacts, tellOffline } from "../agent/offline.ts";
import { type Agent, withAgent } from "../agent/session.ts";
import { addCommand, addGroup } from "../context.ts";
import { idIn, locate, vaultFor } from "../items/locate.ts";
import { normalTitle } from "../items/normal-title.ts";
import { demandTerminal, demandYes } from "../terminal/ask.ts";
import { UsageError } from "../terminal/exit-code.ts";
import { oneLine, type Terminal, table } from "../terminal/terminal.ts";

type Named = { id: string; title: string };
type EditOptions = { title?: string; description?: string };

const titleIn = ({ title }: EditOptions) => (title === undefined ? {} : { title });
const descriptionIn = ({ description }: EditOptions) => (description === undefined ? {} : { description });

/**
 * Says that two vaults have one title, which is allowed as with the official API. It comes after the result and never fails: the work is done, and
 * a command that failed as locked would run again from its start.
 */
async function tellOfNamesake(terminal: Terminal, agent: Agent, changed: Named): Promise<void> {
  const isShared = await hasNamesake(agent, changed).catch((error: unknown) => {
    if (error instanceof PosternError) return false;
    throw error;
  });
  if (isShared) warnOfNamesake(terminal, changed);
}

function warnOfNamesake(terminal: Terminal, changed: Named): void {
  terminal.tell("postern: another vault has this title too, so references by it are ambiguous");
  terminal.tell(`  next: use an id in its place: ${changed.id}`);
}

async function hasNamesake(agent: Agent, changed: Named): Promise<boolean> {
  if (!(await mayList(agent))) return false;
  const { vaults } = await agent.call("vaults.list", {});
  const wanted = normalTitle(changed.title);
  return vaults.some(({ id, title }) => id !== changed.id && normalTitle(title) === wanted);
}

/** Whether the titles come without another prompt. A yes for one request alone leaves no grant. */
async function mayList(agent: Agent): Promise<boolean> {
  // A token's reads are limited, and its holder sees a part of the vaults alone.
  if (agent.client !== undefined) return false;
  const { grants } = await agent.call("grants.list", {});
  return grants.some(({ verb, vault }) => verb !== "manage" && vault === undefined);
}

/** Finds the vault to delete by its title or id, and shows the person what is deleted with it. */
async function confirmed(agent: Agent, wanted: string): Promise<string> {
  const id = await vaultFor(agent, "delete", wanted);
  const { title, activeItemCount } = await agent.call("vaults.getOverview", { vaultId: id });
  await demandYes(
    {},
    `Delete ${oneLine(title)} (${id}) with its ${activeItemCount} items for good?`,
    "nothing was deleted",
  );
  return id;
}

async function edit(terminal: Terminal, agent: Agent, wanted: string, options: EditOptions): Promise<void> {
  const { title } = options;
  const found = await locate(agent, "change", { vault: wanted, ...(title ? { alike: title } : {}) });
  const changed = await agent.call("vaults.update", {
    vaultId: idIn(found.vaultId),
    ...titleIn(options),
    ...descriptionIn(options),
  });
  terminal.result(changed, () => `Changed ${oneLine(changed.title)} (${changed.id}).`);
  if (found.alikeIds !== undefined && found.alikeIds.length > 0) warnOfNamesake(terminal, changed);
}

/** Adds `postern vault …`. */
export function addVaultCommands(program: Command): void {
  const vault = addGroup(program, "vault", "create, list, edit and delete vaults", "postern vault create Demo");
  addCommand<{ description?: string }>(
    vault,
    "create <title>",
    "make a vault",
    "postern vault create Demo",
    [["--description <text>", "what it is for"]],
    (terminal, [title = ""], options) =>
      withAgent(terminal, async (agent) => {
        const made = await agent.call("vaults.create", { title, ...descriptionIn(options) });
        terminal.result(made, () => `Made ${oneLine(made.title)} (${made.id}).`);
        await tellOfNamesake(terminal, agent, made);
      }),
  );
  addCommand(vault, "list", "list the vaults", "postern vault list", [], (terminal) =>
    withAgent(terminal, async (agent) => {
      const listed = await agent.call("vaults.list", {});
      tellOffline(terminal, listed.staleMs);
      terminal.result({ vaults: listed.vaults, ...offlineFacts(listed.staleMs) }, () =>
        table(
          ["ID", "TITLE", "ITEMS", "DESCRIPTION"],
          listed.vaults.map((one) => [one.id, one.title, String(one.activeItemCount), one.description]),
        ),
      );
    }),
  );
  addVaultChanges(vault);
}

function addVaultChanges(vault: Command): void {
  addCommand<EditOptions>(
    vault,
    "edit <vault>",
    "change a vault's title or description; references with the old title stop working",
    'postern vault edit Demo --title Staging --description "what staging needs"',
    [
      ["--title <title>", "the title"],
      ["--description <text>", "what it is for"],
    ],
    async (terminal, [wanted = ""], options) => {
      if (options.title === undefined && options.description === undefined)
        throw new UsageError("there is nothing to change", "say what: --title TITLE or --description TEXT");
      await withAgent(terminal, (agent) => edit(terminal, agent, wanted, options));
    },
  );
  addCommand<{ yes?: boolean }>(
    vault,
    "delete <vault>",
    "delete a vault with everything in it",
    "postern vault delete Demo",
    [["--yes", "do not ask"]],
    (terminal, [wanted = ""], options) => {
      let isSure = options.yes === true;
      // Checked first, so that nobody approves a list for a question that cannot be asked.
      if (!isSure) demandTerminal("Delete it with everything in it?", "--yes");
      return withAgent(terminal, async (agent) => {
        const id = isSure ? await vaultFor(agent, "delete", wanted) : await confirmed(agent, wanted);
        // Asked once, even if an unlock makes this run twice.
        isSure = true;
        await agent.call("vaults.delete", { vaultId: id });
        terminal.result({ deleted: id }, () => "Deleted.");
      });
    },
  );
}

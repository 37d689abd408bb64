// item archive, unarchive, delete, history, restore: the states and the versions of an item.

import { withAgent } from "../../agent/session.ts";
import { itemFor } from "../../items/locate.ts";
import { refusal } from "../../items/one-of.ts";
import { demandYes } from "../../terminal/ask.ts";
import { UsageError } from "../../terminal/exit-code.ts";
import { localTime } from "../../terminal/local-time.ts";
import { oneLine, type Terminal, table } from "../../terminal/terminal.ts";
import { type InVault, idsOf, overview, placeOf } from "./place.ts";

export const archive = (terminal: Terminal, wanted: string, options: InVault): Promise<void> =>
  withAgent(terminal, async (agent) => {
    const place = await placeOf(agent, "change", options, wanted);
    await agent.call("items.archive", place);
    terminal.result({ archived: place.itemId }, () => "Archived.");
  });

export const unarchive = (terminal: Terminal, wanted: string, options: InVault): Promise<void> =>
  withAgent(terminal, async (agent) => {
    const place = idsOf(await itemFor(agent, "change", { vault: options.vault, item: wanted, archived: true }));
    await agent.call("items.unarchive", place);
    terminal.result({ unarchived: place.itemId }, () => "Taken out of the archive.");
  });

export async function remove(terminal: Terminal, wanted: string, options: InVault & { yes?: boolean }): Promise<void> {
  await demandYes(options, `Delete ${wanted} for good?`, "nothing was deleted");
  await withAgent(terminal, async (agent) => {
    const place = await placeOf(agent, "change", options, wanted);
    await agent.call("items.delete", place);
    terminal.result({ deleted: place.itemId }, () => "Deleted.");
  });
}

export const history = (terminal: Terminal, wanted: string, options: InVault): Promise<void> =>
  withAgent(terminal, async (agent) => {
    const { versions } = await agent.call("items.history", await placeOf(agent, "read", options, wanted));
    terminal.result({ versions }, () =>
      table(
        ["VERSION", "WRITTEN", ""],
        versions.map(({ version, updatedAt }, at) => [String(version), localTime(updatedAt), at === 0 ? "now" : ""]),
      ),
    );
  });

export async function restore(terminal: Terminal, wanted: string, options: InVault & { version?: string }) {
  const version = /^[1-9]\d{0,8}$/.test(options.version ?? "") ? Number(options.version) : undefined;
  if (version === undefined)
    throw new UsageError(
      "--version takes the number of a version",
      "`postern item history ITEM --vault VAULT` lists them",
    );
  await withAgent(terminal, async (agent) => {
    const place = await placeOf(agent, "change", options, wanted);
    const { versions } = await agent.call("items.history", place);
    // Otherwise the agent would only say that there is no such item.
    if (!versions.some((one) => one.version === version))
      throw refusal(
        "itemNotFound",
        `--version names a version that is not kept: ${version}`,
        `kept are ${versions.map((one) => one.version).join(", ")}`,
      );
    const item = await agent.call("items.restore", { ...place, version });
    terminal.result(
      { ...overview(item), restored: version },
      () => `${oneLine(item.title)} is as it was in version ${version}; this is version ${item.version}.`,
    );
  });
}

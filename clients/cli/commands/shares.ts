// share: links to copies of items, for people without an account.
import type { Command } from "commander";
import type { Methods } from "../../typescript/generated.ts";
import { ItemShareDuration } from "../../typescript/sdk-types.ts";
import { withAgent } from "../agent/session.ts";
import { addCommand, addGroup } from "../context.ts";
import { locateAll, placeIn } from "../items/locate.ts";
import { UsageError } from "../terminal/exit-code.ts";
import { localTime } from "../terminal/local-time.ts";
import { table } from "../terminal/terminal.ts";

type Share = Methods["shares.list"]["result"]["shares"][number];

/** The durations of a link, as people type them. */
const durations: Readonly<Record<string, ItemShareDuration>> = {
  "1h": ItemShareDuration.OneHour,
  "1d": ItemShareDuration.OneDay,
  "7d": ItemShareDuration.SevenDays,
  "14d": ItemShareDuration.FourteenDays,
  "30d": ItemShareDuration.ThirtyDays,
};

type CreateOptions = { expiresIn?: string; oneTime?: boolean; linkAddress?: string };

function paramsFrom(options: CreateOptions): Methods["items.shares.create"]["params"]["params"] {
  const oneTimeOnly = options.oneTime === true;
  if (options.expiresIn === undefined) return { oneTimeOnly };
  const expireAfter = Object.hasOwn(durations, options.expiresIn) ? durations[options.expiresIn] : undefined;
  if (expireAfter === undefined)
    throw new UsageError(`--expires-in is one of ${Object.keys(durations).join(", ")}`, "for one, --expires-in 7d");
  return { oneTimeOnly, expireAfter };
}

/** Reads VAULT/ITEM, each by title or id. A thing whose title has a slash must be given by its id. */
function placeFrom(text: string): { vault: string; item: string } {
  const [vault = "", item = "", ...more] = text.replace(/^op:\/\//, "").split("/");
  if (vault === "" || item === "" || more.length > 0)
    throw new UsageError("an item to share is given as VAULT/ITEM", "use the id of one whose title has a slash in it");
  return { vault, item };
}

/** Prints one link alone, for a pipe. Several links have their items beside them. */
function linkText(shares: readonly { readonly item: string; readonly url: string }[]): string {
  const [only, ...more] = shares;
  return only !== undefined && more.length === 0
    ? only.url
    : table(
        ["ITEM", "LINK"],
        shares.map(({ item, url }) => [item, url]),
      );
}

const row = ({ shareId, title, itemId: item, views, oneTimeOnly, state, expiresAt }: Share) => [
  shareId,
  title ?? item,
  oneTimeOnly ? `${views} of 1` : String(views),
  state,
  localTime(expiresAt),
];

/** Adds `postern share …`. */
export function addShareCommands(program: Command): void {
  const share = addGroup(
    program,
    "share",
    "links to copies of items, for people without an account",
    "postern share list",
  );
  addCommand<CreateOptions>(
    share,
    "create <vault/item...>",
    "make a link to a copy of each item, as it is now; whoever has the link can open it",
    "postern share create Demo/Wi-Fi --expires-in 1d --one-time",
    [
      ["--expires-in <time>", `how long it works: ${Object.keys(durations).join(", ")} (7d)`],
      ["--one-time", "it can be opened once"],
      ["--link-address <url>", "where the link leads, if your service has another address for links than its own"],
    ],
    (terminal, items, options) => {
      const params = paramsFrom(options);
      const at = options.linkAddress === undefined ? {} : { linkAddress: options.linkAddress.replace(/\/$/, "") };
      const names = items.map(placeFrom);
      return withAgent(terminal, async (agent) => {
        const places = (await locateAll(agent, "share", names)).map(placeIn);
        const shares: (Methods["items.shares.create"]["result"] & { item: string })[] = [];
        for (const [index, { vaultId, itemId }] of places.entries()) {
          const shared = await agent.call("items.shares.create", { vaultId, itemId, params, ...at });
          shares.push({ item: items[index] ?? itemId, ...shared });
        }
        terminal.result({ shares }, () => linkText(shares));
      });
    },
  );
  addCommand(
    share,
    "list",
    "list your shares, and those of vaults that you manage",
    "postern share list",
    [],
    (terminal) =>
      withAgent(terminal, async (agent) => {
        const listed = await agent.call("shares.list", {});
        terminal.result(listed, () => table(["ID", "ITEM", "VIEWS", "STATE", "EXPIRES"], listed.shares.map(row)));
      }),
  );
  addCommand(
    share,
    "revoke <id...>",
    "end shares; their links open nothing any more",
    "postern share revoke abcdefghijklmnopqrstuvwxyz",
    [],
    (terminal, ids) =>
      withAgent(terminal, async (agent) => {
        for (const shareId of ids) await agent.call("shares.revoke", { shareId });
        terminal.result(
          { revoked: ids },
          () => "Revoked. Who has opened it knows what was in it: change what must not be known.",
        );
      }),
  );
}

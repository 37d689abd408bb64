// group: principals with common access to vaults. Also generate, which needs no account.
import { randomBytes } from "node:crypto";
import type { Command } from "commander";
import type { Methods } from "../../typescript/generated.ts";
import { generatePassword, type PasswordRecipe } from "../../typescript/generated-generate-password.ts";
import { demandVault, withAgent } from "../agent/session.ts";
import { addCommand, addGroup } from "../context.ts";
import { bitsOf, permissionWords } from "../generated-permission-names.ts";
import { idIn, locate } from "../items/locate.ts";
import { UsageError } from "../terminal/exit-code.ts";
import { oneLine, table } from "../terminal/terminal.ts";

type Group = Methods["groups.get"]["result"];

function permissionsFrom(text: string | undefined): number {
  if (text === undefined) throw new UsageError("--permissions is required", "for one, --permissions read_items");
  return text.split(",").reduce((all, word) => {
    const bits = bitsOf(word);
    if (bits === undefined)
      throw new UsageError("--permissions names one that is not known", `known are ${permissionWords.join(", ")}`);
    return all | bits;
  }, 0);
}

/** The help about permission names, for each command that takes them. */
export const PERMISSIONS_HELP = `with commas between: ${permissionWords.join(", ")}; read_items brings reveal_item_password`;

const shown = ({ id, title, groupType }: Group) => [id, title, groupType];

/** Adds `postern group …` and `postern generate`. */
export function addGroupCommands(program: Command): void {
  const group = addGroup(program, "group", "groups, and their access to vaults", "postern group list");
  addCommand(group, "list", "list the groups you are in", "postern group list", [], (terminal) =>
    withAgent(terminal, async (agent) => {
      const listed = await agent.call("groups.list", {});
      terminal.result(listed, () => table(["ID", "NAME", "TYPE"], listed.groups.map(shown)));
    }),
  );
  addCommand<{ description?: string }>(
    group,
    "create <name>",
    "make a group",
    "postern group create Operations",
    [["--description <text>", "what it is for"]],
    (terminal, [title = ""], { description }) =>
      withAgent(terminal, async (agent) => {
        const made = await agent.call("groups.create", {
          title,
          ...(description === undefined ? {} : { description }),
        });
        terminal.result(made, () => `Made ${oneLine(made.title)} (${made.id}).`);
      }),
  );
  addCommand(
    group,
    "delete <group>",
    "delete a group that has no vault",
    "postern group delete Operations",
    [],
    (terminal, [wanted = ""]) =>
      withAgent(terminal, async (agent) => {
        const id = idIn((await locate(agent, "delete", { group: wanted })).groupId);
        await agent.call("groups.delete", { groupId: id });
        terminal.result({ deleted: id }, () => "Deleted.");
      }),
  );
  addAccess(group);
  addGenerate(program);
}

function addAccess(group: Command): void {
  addCommand<{ vault: string; permissions: string }>(
    group,
    "grant <group>",
    "give a group access to a vault, or change its permissions there",
    "postern group grant Operations --vault Demo --permissions read_items,update_items",
    [
      ["--vault <vault>", "title or id"],
      ["--permissions <names>", PERMISSIONS_HELP],
    ],
    (terminal, [wanted = ""], options) =>
      withAgent(terminal, async (agent) => {
        const permissions = permissionsFrom(options.permissions);
        const found = await locate(agent, "access", { vault: demandVault(options).vault, group: wanted });
        const vault = idIn(found.vaultId);
        const groupPermissions = [{ groupId: idIn(found.groupId), permissions }];
        await agent.call("vaults.grantGroupPermissions", { vaultId: vault, groupPermissions });
        terminal.result({ vault, permissions }, () => "Granted.");
      }),
  );
  addCommand<{ vault: string }>(
    group,
    "revoke <group>",
    "end a group's access to a vault; the vault gets a new key",
    "postern group revoke Operations --vault Demo",
    [["--vault <vault>", "title or id"]],
    (terminal, [wanted = ""], options) =>
      withAgent(terminal, async (agent) => {
        const found = await locate(agent, "access", { vault: demandVault(options).vault, group: wanted });
        const vault = idIn(found.vaultId);
        await agent.call("vaults.revokeGroupPermissions", { vaultId: vault, groupId: idIn(found.groupId) });
        terminal.result(
          { vault },
          () => "Revoked. What its members have seen they may still know: change those secrets.",
        );
      }),
  );
}

type GenerateOptions = { pin?: string; words?: string; length?: string; digits?: boolean; symbols?: boolean };

function recipeFrom(options: GenerateOptions): PasswordRecipe {
  if (options.pin !== undefined) return { type: "Pin", parameters: { length: Number(options.pin) } };
  if (options.words !== undefined) {
    const parameters = { separatorType: "hyphens", capitalize: true, wordListType: "fullWords" } as const;
    return { type: "Memorable", parameters: { ...parameters, wordCount: Number(options.words) } };
  }
  const { digits, symbols, length } = options;
  const parameters = { includeDigits: digits !== false, includeSymbols: symbols !== false };
  return { type: "Random", parameters: { ...parameters, length: Number(length ?? 20) } };
}

function addGenerate(program: Command): void {
  addCommand<GenerateOptions>(
    program,
    "generate",
    "make a password; it is stored nowhere",
    "postern generate --words 5",
    [
      ["--length <n>", "characters, 8 to 100 (20)"],
      ["--no-digits", "no digits"],
      ["--no-symbols", "no symbols"],
      ["--words <n>", "words instead, 3 to 15"],
      ["--pin <n>", "a PIN instead, 3 to 12 digits"],
    ],
    async (terminal, _args, options) => {
      const recipe = recipeFrom(options);
      const size = Object.values(recipe.parameters).find((value) => typeof value === "number");
      if (!Number.isInteger(size))
        throw new UsageError("--length, --words and --pin take a whole number", "for one, --length 24");
      const password = generatePassword(recipe, randomBytes);
      terminal.result({ password }, () => password);
    },
  );
}

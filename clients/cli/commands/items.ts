// read, item, and the short names of both.
import type { Command } from "commander";
import { demandVault } from "../agent/session.ts";
import { addCommand, addGroup } from "../context.ts";
import { forceOption } from "../files/new-file.ts";
import { NAME_HELP } from "../items/given-fields.ts";
import { type ReadOptions, read } from "../read.ts";
import { type CreateOptions, categories, create } from "./items/create.ts";
import { type EditOptions, edit } from "./items/edit.ts";
import { type AttachOptions, attach, removeFile } from "./items/files.ts";
import { type ListOptions, list } from "./items/list.ts";
import { type MoveOptions, move } from "./items/move.ts";
import { vaultOption } from "./items/place.ts";
import { type ShowOptions, show } from "./items/show.ts";
import { archive, history, remove, restore, unarchive } from "./items/versions.ts";

const collect = (program: Command, flags: string, what: string) =>
  program.option(flags, what, (value: string, all: string[] = []) => [...all, value]);

function addFieldOptions(command: Command): void {
  collect(command, "--field <name=value>", `a field that is no secret; its name is ${NAME_HELP}`);
  collect(command, "--secret <name>", "a concealed field, or one of the named kind, typed unseen");
  collect(command, "--secret-file <name=path>", "the same, read from a file");
  collect(command, "--secret-fd <name=n>", "the same, read from a file descriptor");
  collect(command, "--tag <tag>", "a tag");
  command.option("--notes-file <path>", "notes, read from a file").option("--title <title>", "the title");
}

export function addItemCommands(program: Command): void {
  for (const name of ["read", "cat"]) addReadCommand(program, name);
  addListCommand(program, "ls");
  addDeleteCommand(program, "rm");
  const item = addGroup(program, "item", "items: the contents of a vault", "postern item list --vault Demo");
  addCreateCommand(item);
  addGetCommand(item);
  for (const name of ["list", "ls"]) addListCommand(item, name);
  addEditCommand(item);
  addFileCommands(item);
  addMoveCommand(item);
  addStateCommands(item);
  for (const name of ["delete", "rm"]) addDeleteCommand(item, name);
}

function addReadCommand(program: Command, name: string): void {
  addCommand<Omit<ReadOptions, "reference" | "noNewline" | "noWait"> & { newline?: boolean; wait?: boolean }>(
    program,
    `${name} <reference>`,
    name === "read" ? "print the secret a reference leads to, or write it to a file" : "the same as read",
    `postern ${name} op://Demo/DATABASE_URL/password`,
    [
      ["--out-file <file>", "write it to this file (0600)"],
      forceOption,
      ["--no-newline", "no newline, even on a terminal"],
      ["--no-wait", "fail at once when a person would have to approve"],
    ],
    (terminal, [reference = ""], options) =>
      read(terminal, {
        reference,
        ...(options.outFile === undefined ? {} : { outFile: options.outFile }),
        force: options.force === true,
        noNewline: options.newline === false,
        noWait: options.wait === false,
      }),
  );
}

function addCreateCommand(item: Command): void {
  const created = addCommand<CreateOptions>(
    item,
    "create",
    "make an item",
    "postern item create --vault Demo --title API --category ApiCredentials --secret credential --field 'valid until[date]=2027-01-31'",
    [
      vaultOption,
      ["--category <category>", `Login (default), or one of ${categories}`],
      ["--file <path>", "make a Document of this file"],
      ["--generate <kind>", "make the key of an SshKey item: ed25519, rsa-2048, rsa-3072 or rsa-4096"],
    ],
    (terminal, _args, options) => create(terminal, demandVault(options)),
  );
  addFieldOptions(created);
  collect(created, "--url <url>", "a website of a Login or a Password");
}

function addGetCommand(item: Command): void {
  addCommand<ShowOptions>(
    item,
    "get <item>",
    "show an item with its ids and references; concealed values only with --reveal",
    "postern item get GitHub --vault Demo --fields password --format value",
    [
      vaultOption,
      ["--reveal", "show concealed values"],
      ["--fields <names>", "only these fields, with commas between them: TITLE or SECTION/TITLE"],
      ["--format <format>", "the values alone, concealed ones too: env, json or value"],
      ["--otp", "the present one-time code alone"],
    ],
    (terminal, [wanted = ""], options) => show(terminal, wanted, demandVault(options)),
  );
}

function addListCommand(parent: Command, name: string): void {
  const short = parent.name() === "item" ? "item " : "";
  const listed = addCommand<ListOptions>(
    parent,
    name,
    name === "list" ? "list the items of a vault, or of all vaults, without values" : "the same as item list",
    `postern ${short}${name} --search github`,
    [
      ["--vault <vault>", "of this vault alone, by title or id"],
      ["--archived", "the archived ones instead"],
      ["--search <text>", "only those with this text in their title, tags or websites"],
      ["--category <category>", "only those of this category"],
    ],
    (terminal, _args, options) => list(terminal, options),
  );
  collect(listed, "--tag <tag>", "only those with this tag, or one below it; more than once: with each of them");
}

function addEditCommand(item: Command): void {
  const edited = addCommand<EditOptions>(
    item,
    "edit <item>",
    "change an item's fields, title, notes, tags or websites",
    "postern item edit DATABASE_URL --vault Demo --secret password",
    [vaultOption, ["--remove-notes", "take the notes away"]],
    (terminal, [wanted = ""], options) => edit(terminal, wanted, demandVault(options)),
  );
  addFieldOptions(edited);
  collect(edited, "--url <url>", "another website of a Login or a Password");
  collect(edited, "--remove-field <name>", "take a field away: TITLE or SECTION/TITLE");
  collect(edited, "--remove-url <url>", "take a website away");
  collect(edited, "--remove-tag <tag>", "take a tag away");
}

function addFileCommands(item: Command): void {
  addCommand<AttachOptions>(
    item,
    "attach <item> <file...>",
    "add files to an item",
    "postern item attach GitHub recovery-codes.txt --vault Demo",
    [vaultOption, ["--section <section>", "the section they go to, by title or id"]],
    (terminal, [wanted = "", ...paths], options) => attach(terminal, wanted, paths, demandVault(options)),
  );
  const file = addGroup(item, "file", "files of an item", "postern item file rm GitHub key.pem --vault Demo");
  addCommand<{ vault: string }>(
    file,
    "rm <item> <file>",
    "remove a file from an item",
    "postern item file rm GitHub recovery-codes.txt --vault Demo",
    [vaultOption],
    (terminal, [wanted = "", name = ""], options) => removeFile(terminal, wanted, name, demandVault(options)),
  );
}

function addMoveCommand(item: Command): void {
  addCommand<MoveOptions>(
    item,
    "move <item>",
    "move an item to another vault, where it gets another id",
    "postern item move GitHub --vault Personal --to Demo",
    [
      vaultOption,
      ["--to <vault>", "the other vault, by title or id"],
      ["--archive", "archive the one before, with its earlier versions, instead of deleting it"],
    ],
    (terminal, [wanted = ""], options) => move(terminal, wanted, demandVault(options)),
  );
}

function addStateCommands(item: Command): void {
  const add = <O extends { vault: string }>(
    name: string,
    summary: string,
    run: (terminal: Parameters<typeof archive>[0], wanted: string, options: O) => Promise<void>,
    more: readonly (readonly [string, string])[] = [],
    example = "",
  ) =>
    addCommand<O>(
      item,
      `${name} <item>`,
      summary,
      `postern item ${name} DATABASE_URL --vault Demo${example}`,
      [vaultOption, ...more],
      (terminal, [wanted = ""], options) => run(terminal, wanted, demandVault(options)),
    );
  add("archive", "put an item aside: references no longer find it", archive);
  add("unarchive", "take an item out of the archive", unarchive);
  add("history", "list the versions of an item that are kept: the last fifty", history);
  add(
    "restore",
    "bring back an earlier version of an item",
    restore,
    [["--version <number>", "which, as history lists them"]],
    " --version 3",
  );
}

function addDeleteCommand(parent: Command, name: string): void {
  const short = parent.name() === "item" ? "item " : "";
  addCommand<{ vault: string; yes?: boolean }>(
    parent,
    `${name} <item>`,
    name === "delete" ? "delete an item with its versions and files" : "the same as item delete",
    `postern ${short}${name} DATABASE_URL --vault Demo`,
    [vaultOption, ["--yes", "do not ask"]],
    (terminal, [wanted = ""], options) => remove(terminal, wanted, demandVault(options)),
  );
}

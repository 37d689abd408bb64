// backup, restore: all sealed rows in one file, and back on another machine.

import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import type { Command } from "commander";
import { type Methods, PosternError } from "../../typescript/generated.ts";
import { limits } from "../../typescript/generated-limits.ts";
import { ConnectionLost } from "../../typescript/local-error.ts";
import { tableError } from "../../typescript/table-error.ts";
import { type Beside, besideLine, besideOption, besideProof, placed } from "../agent/beside.ts";
import { type DeviceNameOption, deviceNameOf, deviceNameOption } from "../agent/device-name.ts";
import { parseKit, readKit } from "../agent/kit.ts";
import { withAccount } from "../agent/of-account.ts";
import { lossesOf, restoredText } from "../agent/restored-text.ts";
import { type Agent, connect } from "../agent/session.ts";
import { withPassword } from "../agent/with-password.ts";
import { addCommand } from "../context.ts";
import { type CaFile, caFile, keepAuthorities } from "../files/ca-file.ts";
import { type Force, forceOption } from "../files/new-file.ts";
import { demandRoomFor, openOutFile } from "../files/out-file.ts";
import { accountPassword, fromDescriptor, passwordFd } from "../files/secret-input.ts";
import { unreadable } from "../files/unreadable.ts";
import { askSecret, askYes, hasTerminal } from "../terminal/ask.ts";
import { UsageError } from "../terminal/exit-code.ts";
import { oneLine, type Terminal } from "../terminal/terminal.ts";
import { withHint } from "../terminal/with-hint.ts";
import { restoringTokenFor } from "./account.ts";

const { chunkBytes: CHUNK_BYTES } = limits;

/** The unit of the progress. */
const MIB = 1024 * 1024;
const LINE_WIDTH = 40;

const nextSteps: Readonly<Record<string, string>> = {
  accountExists:
    "`postern status` shows the default one; where nothing is in that, --replace-empty puts the backup in its place; --default-password-fd 3, with its password, brings the backup's account beside it; another home (POSTERN_HOME) has an agent of its own and takes the backup",
  conflict:
    "once it is whole, `postern signin --kit KIT` opens it; another home (POSTERN_HOME) has a service of its own and takes the backup",
  notRestorable: "nothing was made; copy the backup again from where it was written, and compare the sizes",
  notPermitted: "the service prints the token at its first start; give it as --registration-token-fd 3 3< file",
  offline: "see that the service runs, then restore again: the same backup goes on where it was cut off",
};

type Status = Methods["agent.status"]["result"];

type BackupOptions = Force & { passwordFd?: string };

async function backup(terminal: Terminal, path: string, options: BackupOptions): Promise<void> {
  const force = options.force === true;
  // Checked before the password is asked for.
  demandRoomFor(path, force);
  await withPassword(terminal, options, async (agent, password, words) => {
    const { handle } = await agent.call("accounts.backup", { password });
    const file = openOutFile(path, force);
    let size = 0;
    try {
      for (let last = false; !last; ) {
        const answer = await agent.call("files.readChunk", { handle });
        const bytes = Buffer.from(answer.content, "base64");
        file.write(bytes);
        size += bytes.length;
        last = answer.last;
        if (process.stderr.isTTY === true) process.stderr.write(`\r${Math.round(size / MIB)} MiB`);
      }
      file.done();
    } catch (error) {
      file.abandon();
      throw error;
    } finally {
      if (process.stderr.isTTY === true) process.stderr.write("\r             \r");
    }
    terminal.result(
      { file: path, size },
      () =>
        `${withAccount(`${size} bytes`, words)} are in ${path}. Emergency kit and password open it again: postern restore ${path} --kit KIT`,
    );
  });
}

type RestoreOptions = DeviceNameOption &
  Beside &
  CaFile & {
    passwordFd?: string;
    kit?: string;
    service?: string;
    registrationTokenFd?: string;
    replaceEmpty?: boolean;
    replacePasswordFd?: string;
  };

async function restore(terminal: Terminal, path: string, options: RestoreOptions): Promise<void> {
  if (options.replaceEmpty === true) demandNoVariable();
  const called = deviceNameOf(options);
  const descriptor = openFile(path);
  keepAuthorities(options);
  const agent = await connect(terminal, "person");
  try {
    const { replaced, ...place } = await placeOf(terminal, agent, options);
    const { replacePassword, ...beside } = place;
    const { handle } = await placed(agent.call("accounts.openRestore", place)).catch((error: unknown) => {
      throw withNextStep(error);
    });
    const kit = options.kit === undefined ? undefined : parseKit(readKit(options.kit), options.kit);
    await handOver(agent, handle, descriptor).catch((error: unknown) => {
      throw withNextStep(error);
    });
    const found = await agent.call("accounts.inspectBackup", { handle }).catch((error: unknown) => {
      throw withNextStep(error);
    });
    progress("");
    for (const line of lossesOf(found)) terminal.tell(line);
    const registrationToken = await restoringTokenFor(agent, options, beside);
    const secretKey = kit?.secretKey ?? (await askSecret("Secret Key (from the emergency kit)", "--kit FILE"));
    const password = await accountPassword(options, "Account password (of the backup)");
    const more = {
      ...called,
      ...(options.service === undefined ? {} : { service: options.service }),
      ...(registrationToken === undefined ? {} : { registrationToken }),
      ...(replacePassword === undefined ? {} : { replacePassword }),
    };
    const restored = await watched(terminal, () =>
      placed(agent.call("accounts.restore", { handle, password, secretKey, ...more })),
    );
    // An account that replaces the default one is the default itself.
    const name = beside.proof === undefined ? undefined : restored.name;
    const gone = replaced === undefined ? "" : `${replaced.words} held nothing, and is gone from this agent.\n`;
    terminal.result(
      { ...restored, ...(replaced === undefined ? {} : { replaced: replaced.account }) },
      () => gone + restoredText(restored, Date.now(), name) + besideLine(name),
    );
  } finally {
    closeSync(descriptor);
    agent.close();
  }
}

/** The account that goes is the default one. A person who chose another one for this shell may not expect that. */
function demandNoVariable(): void {
  if (process.env.POSTERN_ACCOUNT !== undefined)
    throw new UsageError(
      "--replace-empty takes away the default account, and POSTERN_ACCOUNT names an account",
      "unset POSTERN_ACCOUNT, and see with `postern accounts` which account is the default",
    );
}

type Replaced = { readonly account: string | undefined; readonly words: string };
type RestorePlace = { replacePassword?: string; replaced?: Replaced } & Awaited<ReturnType<typeof besideProof>>;

/**
 * Where an account is here already, asks at a terminal whether the restored one replaces it or comes beside it. Only an empty account can be
 * replaced. Throws accountExists.
 */
async function placeOf(terminal: Terminal, agent: Agent, options: RestoreOptions): Promise<RestorePlace> {
  const status = await agent.call("agent.status", {});
  const { state, sessions } = status;
  if (state === "signedOut") return {};
  const here = (sessions.find((one) => one.default === true) ?? sessions[0])?.account;
  const replacing = async (replaced: Replaced) => ({
    replacePassword: await passwordToReplace(options, replaced),
    replaced,
  });
  if (options.replaceEmpty === true) return replacing(await accountHere(agent, here, status));
  if (options.defaultPasswordFd === undefined && !hasTerminal()) throw withNextStep(tableError("accountExists"));
  if (options.defaultPasswordFd === undefined) {
    const found = await accountHere(agent, here, status);
    if (await askYes(`${found.words} is on this agent already. Replace it, if nothing is in it?`))
      return replacing(found);
  }
  return besideProof(terminal, agent, status, options);
}

/** The account's id, which its emergency kit has too, and its name where this terminal may see it without a question. */
async function accountHere(
  agent: Agent,
  account: string | undefined,
  { sessions }: Pick<Status, "sessions">,
): Promise<Replaced> {
  if (account === undefined) return { account, words: "An account" };
  const { accounts } = await agent.call("accounts.list", { noWait: true }).catch((error: unknown) => {
    if (error instanceof PosternError) return { accounts: [] };
    throw error;
  });
  const named = accounts.find((one) => one.account === account);
  const called = named === undefined ? "" : ` ${oneLine(named.name)}`;
  const which =
    sessions.length > 1 ? `The default account${called}` : named === undefined ? "An account" : `The account${called}`;
  return { account, words: `${which} (${account}, the id in its emergency kit)` };
}

function passwordToReplace({ replacePasswordFd }: RestoreOptions, { words }: Replaced): Promise<string> {
  const option = "--replace-password-fd";
  return replacePasswordFd === undefined
    ? askSecret(`${words} is replaced. Its password`, option)
    : Promise.resolve(fromDescriptor(replacePasswordFd, option));
}

/** Shows a line on stderr while a person watches. */
function progress(text: string): void {
  if (process.stderr.isTTY === true) process.stderr.write(`\r${text.padEnd(LINE_WIDTH)}${text === "" ? "\r" : ""}`);
}

async function handOver(agent: Agent, handle: string, descriptor: number): Promise<void> {
  const total = fstatSync(descriptor).size;
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let size = 0;
  for (let read = readSync(descriptor, chunk); read > 0; read = readSync(descriptor, chunk)) {
    await agent.call("files.writeChunk", { handle, content: chunk.subarray(0, read).toString("base64") });
    size += read;
    progress(`${Math.ceil(size / MIB)} of ${Math.ceil(total / MIB)} MiB handed over`);
  }
}

/** Waits for the agent's part. If the person does not wait, it says how the restore continues. */
async function watched<T>(terminal: Terminal, restore: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const show = () => progress(`checking, then restoring: ${Math.round((performance.now() - started) / 1000)} s`);
  // Runs before the listener that ends the command.
  const told = () => {
    progress("");
    terminal.tell("postern: interrupted; the restore stops where it is");
    terminal.tell(
      "  next: restore again, with the same command: it goes on where it stopped; `postern status` says what is here",
    );
  };
  show();
  const shown = setInterval(show, 1000);
  process.prependOnceListener("SIGINT", told);
  try {
    return await restore();
  } catch (error) {
    throw withNextStep(error);
  } finally {
    clearInterval(shown);
    process.off("SIGINT", told);
    progress("");
  }
}

function withNextStep(error: unknown): unknown {
  if (error instanceof ConnectionLost)
    return new ConnectionLost("run the same command again: it goes on where it was cut off");
  const hint = error instanceof PosternError ? nextSteps[error.errorName] : undefined;
  if (!(error instanceof PosternError) || hint === undefined) return error;
  // The table has no hint for this error. A hint of the agent says how this file is repaired.
  if (error.errorName === "notRestorable" && error.hint !== undefined) return error;
  return withHint(error, hint);
}

function openFile(path: string): number {
  try {
    // Opening a pipe would wait for its writer.
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (fstatSync(descriptor).isFile()) return descriptor;
    closeSync(descriptor);
  } catch (error) {
    throw unreadable(`the backup ${path}`, error);
  }
  throw new UsageError(`the backup ${path} is no file`, "name the file that `postern backup FILE` wrote");
}

export function addBackupCommands(program: Command): void {
  addCommand<BackupOptions>(
    program,
    "backup <file>",
    "write everything, sealed, into one file",
    "postern backup ada.backup",
    [passwordFd, forceOption],
    (terminal, [path = ""], options) => backup(terminal, path, options),
  );
  addCommand<RestoreOptions>(
    program,
    "restore <file>",
    "make an account again from its backup, emergency kit and password",
    "postern restore ada.backup --kit kit.txt",
    [
      ["--kit <file>", "the emergency kit"],
      passwordFd,
      ["--service <url>", "an account service other than the embedded one"],
      deviceNameOption,
      ["--registration-token-fd <n>", "read the service's registration token from this file descriptor"],
      caFile,
      besideOption,
      ["--replace-empty", "take the place of an account on this agent that holds nothing"],
      ["--replace-password-fd <n>", "read the password of that account from this file descriptor"],
    ],
    (terminal, [path = ""], options) => restore(terminal, path, options),
  );
}

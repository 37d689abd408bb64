// backup, restore: everything sealed in one file, and back on another machine.
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { Command } from "commander";
import { askSecret } from "../ask.ts";
import { addCommand } from "../context.ts";
import { UsageError } from "../exit-code.ts";
import { parseKit, readKit } from "../kit.ts";
import { openOutFile } from "../out-file.ts";
import { accountPassword } from "../secret-input.ts";
import { connect, withAgent } from "../session.ts";
import type { Terminal } from "../terminal.ts";

const CHUNK_BYTES = 1024 * 1024;
const passwordFd = ["--password-fd <n>", "read the account password from this file descriptor"] as const;

async function backup(terminal: Terminal, path: string, options: { passwordFd?: string }): Promise<void> {
  await withAgent(terminal, async (agent) => {
    const { handle } = await agent.call("accounts.backup", { password: await accountPassword(options) });
    const file = openOutFile(path);
    let size = 0;
    try {
      for (let last = false; !last; ) {
        const answer = await agent.call("files.readChunk", { handle });
        const bytes = Buffer.from(answer.content, "base64");
        file.write(bytes);
        size += bytes.length;
        last = answer.last;
        if (process.stderr.isTTY === true) process.stderr.write(`\r${Math.round(size / CHUNK_BYTES)} MiB`);
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
      () => `${size} bytes are in ${path}. Emergency kit and password open it again: postern restore ${path}`,
    );
  });
}

type RestoreOptions = { passwordFd?: string; kit?: string; service?: string };

async function restore(terminal: Terminal, path: string, options: RestoreOptions): Promise<void> {
  const descriptor = openFile(path);
  const agent = await connect(terminal);
  try {
    const { handle } = await agent.call("accounts.openRestore", {});
    const secretKey =
      options.kit === undefined
        ? await askSecret("Secret Key (from the emergency kit)")
        : parseKit(readKit(options.kit)).secretKey;
    const password = await accountPassword(options);
    const chunk = Buffer.alloc(CHUNK_BYTES);
    for (let read = readSync(descriptor, chunk); read > 0; read = readSync(descriptor, chunk)) {
      await agent.call("files.writeChunk", { handle, content: chunk.subarray(0, read).toString("base64") });
    }
    const restored = await agent.call("accounts.restore", {
      handle,
      password,
      secretKey,
      ...(options.service === undefined ? {} : { service: options.service }),
    });
    terminal.result(
      restored,
      () => `${restored.name} is back, and unlocked. Set an approval PIN with \`postern pin\`.`,
    );
  } finally {
    closeSync(descriptor);
    agent.close();
  }
}

function openFile(path: string): number {
  try {
    const descriptor = openSync(path, "r");
    if (fstatSync(descriptor).isFile()) return descriptor;
    closeSync(descriptor);
  } catch (error) {
    throw new UsageError(`the backup could not be read (${(error as NodeJS.ErrnoException).code})`);
  }
  throw new UsageError("the backup must be a file");
}

export function addBackupCommands(program: Command): void {
  addCommand<{ passwordFd?: string }>(
    program,
    "backup <file>",
    "write everything, sealed, into one file",
    "postern backup ada.backup",
    [passwordFd],
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
    ],
    (terminal, [path = ""], options) => restore(terminal, path, options),
  );
}

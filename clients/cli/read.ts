// `postern read`: writes the value of a reference to stdout or into a file. This is the command's fast path. It loads only the code that
// it needs.
import { type Methods, PosternError } from "../typescript/generated.ts";
import { offlineFacts, tellOffline } from "./agent/offline.ts";
import { type Agent, connect, unlocked } from "./agent/session.ts";
import { eachChunk } from "./files/file-chunks.ts";
import { UsageError } from "./terminal/exit-code.ts";
import { isTerminal, writeStdout } from "./terminal/stdout.ts";
import { oneLine, type Terminal } from "./terminal/terminal.ts";

export type ReadOptions = {
  readonly reference: string;
  readonly outFile?: string;
  readonly force?: boolean;
  readonly noNewline?: boolean;
  readonly noWait?: boolean;
};

export async function read(terminal: Terminal, options: ReadOptions): Promise<void> {
  if (options.outFile !== undefined)
    (await import("./files/out-file.ts")).demandRoomFor(options.outFile, options.force === true);
  const agent = await connect(terminal);
  try {
    await unlocked(agent, () =>
      options.outFile === undefined ? print(terminal, agent, options) : save(terminal, agent, options, options.outFile),
    );
  } finally {
    agent.close();
  }
}

const waiting = (options: ReadOptions) => (options.noWait === true ? { noWait: true } : {});

async function print(terminal: Terminal, agent: Agent, options: ReadOptions): Promise<void> {
  let resolved: Methods["secrets.resolve"]["result"];
  try {
    resolved = await agent.call("secrets.resolve", { reference: options.reference, ...waiting(options) });
  } catch (error) {
    // A file that is no text, or too long for one piece. It is asked for only now: most reads are of no file, and a second request would
    // slow each of them down.
    if (!(error instanceof PosternError) || error.errorName !== "unsupportedFileFormat" || terminal.json) throw error;
    return printFile(agent, options);
  }
  const staleMs = resolved.stale ? resolved.ageMs : undefined;
  if (terminal.json) return terminal.result({ ...resolved, ...offlineFacts(staleMs) }, () => "");
  tellOffline(terminal, staleMs);
  // A person gets a newline behind the secret. A program gets the secret and nothing else.
  const newline = options.noNewline !== true && isTerminal() ? "\n" : "";
  await writeStdout(resolved.secret + newline);
}

/** Writes a file's bytes as they are, chunk after chunk. */
async function printFile(agent: Agent, options: ReadOptions): Promise<void> {
  if (isTerminal())
    throw new UsageError(
      "the file is no text, or longer than a terminal is for",
      "write it with --out-file FILE, or send the output elsewhere",
    );
  const opened = await openFile(agent, options);
  if (opened === undefined)
    throw new PosternError("the reference leads to no file any more", { errorName: "fileNotFound", code: 0 });
  await eachChunk(agent, opened.handle, writeStdout);
}

async function save(terminal: Terminal, agent: Agent, options: ReadOptions, path: string): Promise<void> {
  const { openOutFile } = await import("./files/out-file.ts");
  const file = openOutFile(path, options.force === true);
  try {
    const { size, staleMs } = await copy(agent, options, (chunk) => file.write(chunk));
    file.done();
    terminal.result({ outFile: path, size, ...offlineFacts(staleMs) }, () => "");
    tellOffline(terminal, staleMs);
    if (!terminal.json) terminal.tell(`postern: wrote ${size} bytes to ${oneLine(path)}`);
  } catch (error) {
    file.abandon();
    throw error;
  }
}

type Copied = { readonly size: number; readonly staleMs: number | undefined };

/** Writes a file in chunks and any other value in one piece. */
async function copy(agent: Agent, options: ReadOptions, write: (chunk: Uint8Array) => void): Promise<Copied> {
  const opened = await openFile(agent, options);
  if (opened === undefined) {
    const asked = { reference: options.reference, ...waiting(options) };
    const { secret, stale, ageMs } = await agent.call("secrets.resolve", asked);
    const bytes = Buffer.from(secret);
    write(bytes);
    return { size: bytes.length, staleMs: stale ? ageMs : undefined };
  }
  await eachChunk(agent, opened.handle, write);
  return { size: opened.size, staleMs: undefined };
}

async function openFile(agent: Agent, options: ReadOptions): Promise<{ handle: string; size: number } | undefined> {
  try {
    return await agent.call("files.openRead", { reference: options.reference, ...waiting(options) });
  } catch (error) {
    // While the service is away, the agent's cache may hold a value. It never holds a file.
    const mayBeValue = error instanceof PosternError && ["fileNotFound", "offline"].includes(error.errorName);
    if (mayBeValue) return undefined;
    throw error;
  }
}

// Plays an editor: starts `postern lsp`, and speaks the Language Server Protocol with it over its stdin and stdout.
import { type ChildProcess, spawn } from "node:child_process";
import {
  CancellationTokenSource,
  createMessageConnection,
  type MessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-jsonrpc/node";
import { command as main } from "../programs.ts";

export type Position = { line: number; character: number };
export type Range = { start: Position; end: Position };
export type Diagnostic = { range: Range; source: string; code: string; message: string };
export type Offered = { label: string; detail: string; textEdit: { range: Range; newText: string } };
export type Action = { title: string; edit: { changes: Record<string, { range: Range; newText: string }[]> } };
export type Standing = { standing: string; code?: string };

export type Editor = {
  /** Opens a text, or replaces the open one. */
  show(uri: string, text: string): void;
  close(uri: string): void;
  /** The last diagnostics of a text. Undefined where none came since it was shown. */
  diagnostics(uri: string): readonly Diagnostic[] | undefined;
  /** What is offered where the mark | stands in the text. */
  complete(uri: string, marked: string): Promise<readonly Offered[]>;
  /** The same, stopped by `stop`. */
  completing(uri: string, marked: string): { offered: Promise<readonly Offered[]>; stop: () => void };
  hover(uri: string, position: Position): Promise<string | undefined>;
  actions(uri: string, diagnostics: readonly Diagnostic[]): Promise<readonly Action[]>;
  request(method: string, params: unknown): Promise<unknown>;
  notify(method: string, params: unknown): void;
  /** What the server told of how it stands, in order. */
  readonly standings: readonly Standing[];
  /** All that it wrote, on stdout and stderr. */
  output(): string;
  readonly process: ChildProcess;
  leave(): Promise<number | null>;
};

export async function startEditor(
  home: string,
  options: { initialize?: object; words?: string[]; program?: string } = {},
): Promise<Editor> {
  const env = { HOME: home, POSTERN_HOME: home, PATH: process.env.PATH ?? "", LANG: "C.UTF-8" };
  const words = [
    "--disable-sigusr1",
    "--no-warnings",
    "--",
    options.program ?? main,
    "lsp",
    "--stdio",
    ...(options.words ?? []),
  ];
  const child = spawn(process.execPath, words, { env, cwd: home, stdio: ["pipe", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  const connection = createMessageConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  const shown = new Set<string>();
  const latest = new Map<string, readonly Diagnostic[]>();
  const standings: Standing[] = [];
  connection.onNotification(
    "textDocument/publishDiagnostics",
    ({ uri, diagnostics }: { uri: string; diagnostics: readonly Diagnostic[] }) => {
      latest.set(uri, diagnostics);
    },
  );
  connection.onNotification("postern/standing", (told: Standing) => {
    standings.push(told);
  });
  connection.listen();
  const notify = (method: string, params: unknown) => void connection.sendNotification(method, params);
  const show = (uri: string, text: string) => {
    latest.delete(uri);
    const version = 1;
    if (shown.has(uri))
      notify("textDocument/didChange", { textDocument: { uri, version }, contentChanges: [{ text }] });
    else notify("textDocument/didOpen", { textDocument: { uri, languageId: "plaintext", version, text } });
    shown.add(uri);
  };
  const completing = (uri: string, marked: string) => {
    show(uri, marked.replace("|", ""));
    const before = marked.slice(0, marked.indexOf("|")).split("\n");
    const position = { line: before.length - 1, character: before.at(-1)?.length ?? 0 };
    const source = new CancellationTokenSource();
    const offered = asked(connection, uri, position, source);
    return { offered, stop: () => source.cancel() };
  };
  await connection.sendRequest("initialize", {
    processId: process.pid,
    rootUri: null,
    capabilities: {},
    ...options.initialize,
  });
  notify("initialized", {});
  return {
    show,
    close: (uri) => {
      shown.delete(uri);
      notify("textDocument/didClose", { textDocument: { uri } });
    },
    diagnostics: (uri) => latest.get(uri),
    complete: (uri, marked) => completing(uri, marked).offered,
    completing,
    hover: async (uri, position) => {
      const told = await connection.sendRequest("textDocument/hover", { textDocument: { uri }, position });
      return (told as { contents: { value: string } } | null)?.contents.value;
    },
    actions: async (uri, diagnostics) => {
      const range = diagnostics[0]?.range;
      const context = { diagnostics };
      return (await connection.sendRequest("textDocument/codeAction", {
        textDocument: { uri },
        range,
        context,
      })) as Action[];
    },
    request: (method, params) => connection.sendRequest(method, params),
    notify,
    standings,
    output: () => output,
    process: child,
    leave: async () => {
      if (child.exitCode === null) {
        await connection.sendRequest("shutdown");
        notify("exit", undefined);
      }
      return ended;
    },
  };
}

async function asked(
  connection: MessageConnection,
  uri: string,
  position: Position,
  { token }: CancellationTokenSource,
): Promise<readonly Offered[]> {
  const answer = await connection.sendRequest("textDocument/completion", { textDocument: { uri }, position }, token);
  return (answer as { items: Offered[] } | null)?.items ?? [];
}

/** The text after an action of one edit, or several in one place each. */
export function applied(uri: string, text: string, { edit }: Action): string {
  const starts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  const at = ({ line, character }: Position) => (starts[line] ?? text.length) + character;
  return (edit.changes[uri] ?? []).reduce(
    (done, { range, newText }) => done.slice(0, at(range.start)) + newText + done.slice(at(range.end)),
    text,
  );
}

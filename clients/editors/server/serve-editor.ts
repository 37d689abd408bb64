// The language server: what an editor asks, answered from text and names. It takes no setting from the editor, since a workspace's settings come
// from whoever wrote the workspace. An error of ours is answered without its text, which may hold what was read.
import {
  type CancellationToken,
  type CodeAction,
  CodeActionKind,
  type CodeActionParams,
  type CompletionItem,
  CompletionItemKind,
  type Connection,
  type Diagnostic,
  DiagnosticSeverity,
  ErrorCodes,
  type Hover,
  InsertTextFormat,
  MarkupKind,
  type Position,
  ResponseError,
  TextDocumentSyncKind,
} from "vscode-languageserver/node";
import { type Offer, offersFor } from "./completion.ts";
import { createEditorNames, type Link, namesFor, type Standing } from "./editor-names.ts";
import { type Fix, ignoreFix, nearFix, prefixFix } from "./fixes.ts";
import { hoverText } from "./hover.ts";
import { type JudgedText, judgeText } from "./judge-text.ts";
import { type KnownNames, nameFault } from "./known-names.ts";
import { type Finding, type RuleName, rules } from "./rules.ts";
import { typedReference } from "./typed-reference.ts";

/** Characters of a document that is judged: as many as a file may have bytes. */
export const DOCUMENT_LENGTH_MAX = 10 * 1024 * 1024;

/** Milliseconds without a change after which a document is judged. A person types faster, and reads slower. */
const REST_MS = 100;

const ALLOW = "postern.allowNames";
const SOURCE = "postern";

/** Tells an extension how the editor stands with the agent. Editors without one ignore it. */
const STANDING = "postern/standing";

type Document = { readonly uri: string; readonly path: string; readonly text: string; judged?: JudgedText };

const kinds: Readonly<Record<Offer["kind"], CompletionItemKind>> = {
  vault: CompletionItemKind.Folder,
  item: CompletionItemKind.Value,
  section: CompletionItemKind.Module,
  field: CompletionItemKind.Field,
  parameter: CompletionItemKind.Property,
};

/** Serves one editor until its connection ends. */
export function serveEditor(connection: Connection, open: () => Promise<Link>): void {
  const documents = new Map<string, Document>();
  const resting = new Map<string, NodeJS.Timeout>();
  let standing: Standing | undefined;
  const names = createEditorNames({
    open,
    stands: (now, code) => {
      if (now === standing) return;
      standing = now;
      connection.sendNotification(STANDING, { standing: now, ...(code === undefined ? {} : { code }) });
    },
    changed: () => {
      for (const uri of documents.keys()) judgeSoon(uri);
    },
  });

  function keep(uri: string, languageId: string | undefined, text: string): void {
    documents.set(uri, { uri, path: pathOf(uri, languageId), text });
    judgeSoon(uri);
  }

  function judgeSoon(uri: string): void {
    clearTimeout(resting.get(uri));
    resting.set(
      uri,
      setTimeout(() => {
        resting.delete(uri);
        // Nobody foresaw it. Its words may hold what was read.
        diagnose(uri).catch(() => connection.console.error("postern: a text could not be judged"));
      }, REST_MS),
    );
  }

  async function diagnose(uri: string): Promise<void> {
    const document = documents.get(uri);
    if (document === undefined) return;
    const judged = judgedOf(document);
    if (judged === undefined) return void connection.sendDiagnostics({ uri, diagnostics: [] });
    const findings = [...judged.findings, ...(await compared(judged))].sort((a, b) => a.at - b.at);
    // Meanwhile the person may have typed, or closed it.
    if (documents.get(uri) === document)
      connection.sendDiagnostics({ uri, diagnostics: findings.map((finding) => diagnosticOf(finding, judged)) });
  }

  async function compared(judged: JudgedText): Promise<Finding[]> {
    const known = await knownNames(judged);
    return judged.references.flatMap(({ at, end, reference }) => {
      const fault = nameFault(reference, known);
      return fault === undefined || judged.isIgnored(at, fault.rule) ? [] : [{ ...fault, at, end }];
    });
  }

  /** What the references of a text mean, as far as that is known without a question. */
  async function knownNames({ references }: JudgedText): Promise<KnownNames> {
    if (references.length === 0) return new Map();
    try {
      const known = await names.known();
      return known === undefined
        ? new Map()
        : await namesFor(
            references.map(({ reference }) => reference.vault),
            known,
          );
    } catch {
      // The account was locked, or the agent ended, between the vaults and their items.
      return new Map();
    }
  }

  async function actionsFor({ textDocument, context }: CodeActionParams): Promise<CodeAction[]> {
    const document = documents.get(textDocument.uri);
    const judged = document === undefined ? undefined : judgedOf(document);
    if (document === undefined || judged === undefined) return [];
    const known = await knownNames(judged);
    return context.diagnostics
      .filter(({ source, code }) => source === SOURCE && typeof code === "string" && Object.hasOwn(rules, code))
      .flatMap((diagnostic) => {
        const at = judged.lines.placeOf(diagnostic.range.start);
        return fixesFor(document, judged, { at, rule: diagnostic.code as RuleName }, known).map((fix) =>
          actionOf(document.uri, judged, fix, diagnostic),
        );
      });
  }

  connection.onInitialize(() => ({
    serverInfo: { name: "postern" },
    capabilities: {
      textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Full },
      completionProvider: { triggerCharacters: ["/", "?"] },
      hoverProvider: true,
      codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix] },
      executeCommandProvider: { commands: [ALLOW] },
    },
  }));
  connection.onDidOpenTextDocument(({ textDocument: { uri, languageId, text } }) => keep(uri, languageId, text));
  connection.onDidChangeTextDocument(({ textDocument: { uri }, contentChanges }) => {
    const text = contentChanges.at(-1)?.text;
    const before = documents.get(uri);
    if (text === undefined || before === undefined) return;
    documents.set(uri, { uri, path: before.path, text });
    judgeSoon(uri);
  });
  connection.onDidCloseTextDocument(({ textDocument: { uri } }) => {
    documents.delete(uri);
    connection.sendDiagnostics({ uri, diagnostics: [] });
  });
  connection.onCompletion(
    wordless(({ textDocument: { uri }, position }, cancelled) => {
      const stopped = new Promise<undefined>((resolve) => cancelled.onCancellationRequested(() => resolve(undefined)));
      return Promise.race([completionsAt(documents.get(uri), position), stopped]);
    }),
  );
  connection.onHover(wordless(({ textDocument: { uri }, position }) => hoverAt(documents.get(uri), position)));
  connection.onCodeAction(wordless(actionsFor));
  connection.onExecuteCommand(
    wordless(async ({ command }) => {
      if (command !== ALLOW) return;
      names.askAgain();
      await names.asked();
    }),
  );
  connection.onShutdown(() => names.close());
  connection.listen();

  async function completionsAt(document: Document | undefined, position: Position) {
    const typed = document === undefined ? undefined : typedReference(lineBefore(document, position), document.path);
    if (typed === undefined) return { isIncomplete: false, items: [] };
    const range = { start: { line: position.line, character: typed.from }, end: position };
    // A lock between two answers leaves nothing to offer.
    const { offers, isWhole } = await offersFor(typed, names).catch(() => ({ offers: [], isWhole: false }));
    return { isIncomplete: !isWhole, items: offers.map((offer, index) => itemOf(offer, index, range, typed.typed)) };
  }

  async function hoverAt(document: Document | undefined, position: Position): Promise<Hover | undefined> {
    const judged = document === undefined ? undefined : judgedOf(document);
    const at = judged?.lines.placeOf(position) ?? 0;
    const over = judged?.references.find((one) => one.at <= at && at < one.end);
    if (judged === undefined || over === undefined) return undefined;
    const value = await hoverText(over.reference, names).catch(() => undefined);
    if (value === undefined) return undefined;
    const range = rangeOf(judged, over);
    return { contents: { kind: MarkupKind.PlainText, value }, range };
  }
}

/** The same work, whose error has no words of its own. Those of an unforeseen one may hold what was read. */
function wordless<P, R>(
  work: (params: P, cancelled: CancellationToken) => Promise<R>,
): (params: P, cancelled: CancellationToken) => Promise<R> {
  return async (params, cancelled) => {
    try {
      return await work(params, cancelled);
    } catch {
      throw new ResponseError(ErrorCodes.InternalError, "the language server could not answer this");
    }
  };
}

/** Judged once for each text. Undefined for a longer one than is judged. */
function judgedOf(document: Document): JudgedText | undefined {
  if (document.text.length > DOCUMENT_LENGTH_MAX) return undefined;
  document.judged ??= judgeText(document.text, document.path);
  return document.judged;
}

/** The path decides how a text is read. A document without a name has one by its language. */
function pathOf(uri: string, languageId: string | undefined): string {
  if (languageId === "dotenv" || languageId === "env") return ".env";
  try {
    const path = decodeURIComponent(new URL(uri).pathname);
    return /\.[^/]+$/.test(path) || languageId !== "yaml" ? path : `${path}.yaml`;
  } catch {
    return "text";
  }
}

function lineBefore(document: Document, { line, character }: Position): string {
  const lines = judgedOf(document)?.lines;
  if (lines === undefined) return "";
  return document.text.slice(lines.placeOf({ line, character: 0 }), lines.placeOf({ line, character }));
}

const rangeOf = ({ lines }: JudgedText, { at, end }: { readonly at: number; readonly end: number }) => ({
  start: lines.positionOf(at),
  end: lines.positionOf(end),
});

function diagnosticOf({ rule, message, next, ...place }: Finding, judged: JudgedText): Diagnostic {
  return {
    range: rangeOf(judged, place),
    severity: rules[rule].level === "error" ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
    source: SOURCE,
    code: rule,
    message: `${message}. Next: ${next}`,
  };
}

/** `typed` is what the editor compares with, so that it hides nothing that was offered for a part inside of a title. */
function itemOf(offer: Offer, index: number, range: { start: Position; end: Position }, typed: string): CompletionItem {
  return {
    label: offer.label,
    kind: kinds[offer.kind],
    detail: offer.detail,
    filterText: offer.label.startsWith(typed) ? offer.label : typed,
    sortText: String(index).padStart(5, "0"),
    insertTextFormat: InsertTextFormat.PlainText,
    textEdit: { range, newText: offer.text },
  };
}

function fixesFor(
  { text, path }: Document,
  judged: JudgedText,
  { at, rule }: { readonly at: number; readonly rule: RuleName },
  known: KnownNames,
): Fix[] {
  const placed = judged.references.find((one) => one.at === at);
  return [
    placed === undefined || rule !== "reference-dangling" ? undefined : nearFix(placed, known),
    rule === "reference-lookalike" ? prefixFix(text, at) : undefined,
    ignoreFix(text, at, path, rule),
  ].filter((fix) => fix !== undefined);
}

function actionOf(uri: string, judged: JudgedText, { title, text, ...place }: Fix, diagnostic: Diagnostic): CodeAction {
  return {
    title,
    kind: CodeActionKind.QuickFix,
    diagnostics: [diagnostic],
    edit: { changes: { [uri]: [{ range: rangeOf(judged, place), newText: text }] } },
  };
}

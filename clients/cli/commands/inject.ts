// inject: a template with references in it becomes a file with the secrets in it.
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { PosternError } from "../../typescript/generated.ts";
import { addCommand } from "../context.ts";
import { UsageError } from "../exit-code.ts";
import { openOutFile } from "../out-file.ts";
import { type Agent, withAgent } from "../session.ts";

/** Bytes of a template: a configuration file, and not a dump given by mistake. */
export const TEMPLATE_BYTES_MAX = 1024 * 1024;

/** References resolved by one request, as the agent's limit says. */
const BATCH = 100;

/** A reference in double braces may hold what a reference may; a bare one ends at the first character that needs no quotes. */
const IN_BRACES = /\{\{\s*(op:\/\/[^{}]*?)\s*\}\}/g;
const BARE = /op:\/\/[A-Za-z0-9\-_.]+(?:\/[A-Za-z0-9\-_.]+){2,3}(?:\?[A-Za-z0-9\-_.]+=[A-Za-z0-9\-_.]+)?/g;

/** Every place of a template that a secret goes to, in order. */
export function placesOf(template: string): { at: number; length: number; reference: string }[] {
  const braced = [...template.matchAll(IN_BRACES)].map((found) => ({
    at: found.index,
    length: found[0].length,
    reference: found[1] ?? "",
  }));
  const bare = [...template.matchAll(BARE)]
    .map((found) => ({ at: found.index, length: found[0].length, reference: found[0] }))
    .filter(({ at }) => !braced.some((one) => at >= one.at && at < one.at + one.length));
  return [...braced, ...bare].sort((a, b) => a.at - b.at);
}

async function injected(agent: Agent, template: string): Promise<{ text: string; secrets: number }> {
  const places = placesOf(template);
  const references = [...new Set(places.map(({ reference }) => reference))];
  const secrets = new Map<string, string>();
  for (let at = 0; at < references.length; at += BATCH) {
    const batch = references.slice(at, at + BATCH);
    const { outcomes } = await agent.call("secrets.resolveAll", { references: batch });
    outcomes.forEach((outcome, index) => {
      if ("error" in outcome)
        throw new PosternError(
          `line ${lineOf(template, places, batch[index])}: ${outcome.error.message}; nothing was written`,
          { errorName: outcome.error.name, code: 0 },
        );
      secrets.set(batch[index] ?? "", outcome.secret);
    });
  }
  let text = "";
  let end = 0;
  for (const { at, length, reference } of places) {
    text += template.slice(end, at) + (secrets.get(reference) ?? "");
    end = at + length;
  }
  return { text: text + template.slice(end), secrets: references.length };
}

function lineOf(template: string, places: ReturnType<typeof placesOf>, reference: string | undefined): number {
  const at = places.find((place) => place.reference === reference)?.at ?? 0;
  return template.slice(0, at).split("\n").length;
}

function templateFrom(path: string | undefined): string {
  if (path === undefined && process.stdin.isTTY === true)
    throw new UsageError("there is no template", "name one with --in-file FILE, or pipe one in");
  const named = `the template ${path ?? "on standard input"}`;
  let bytes: Buffer;
  try {
    bytes = readFileSync(path ?? 0);
  } catch (error) {
    throw new UsageError(
      `${named} could not be read (${(error as NodeJS.ErrnoException).code})`,
      "name a file that exists and that you may read with --in-file FILE, or pipe one in",
    );
  }
  if (bytes.length > TEMPLATE_BYTES_MAX)
    throw new UsageError(
      `a template has at most ${TEMPLATE_BYTES_MAX} bytes, and ${named} has more`,
      "name a text with references in it",
    );
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(`${named} is not UTF-8 text`, "name a text with references in it");
  }
}

/** Adds `postern inject`. */
export function addInjectCommand(program: Command): void {
  addCommand<{ inFile?: string; outFile?: string }>(
    program,
    "inject",
    "put secrets where a template names them, bare or as {{ op://… }}",
    "postern inject --in-file config.tpl --out-file config.json",
    [
      ["--in-file <file>", "the template; standard input otherwise"],
      ["--out-file <file>", "write there, for you alone (0600), instead of to standard output"],
    ],
    (terminal, _args, options) => {
      const template = templateFrom(options.inFile);
      return withAgent(terminal, async (agent) => {
        const { text, secrets } = await injected(agent, template);
        if (options.outFile === undefined) {
          if (terminal.json) terminal.result({ text }, () => "");
          else process.stdout.write(text);
          return;
        }
        const file = openOutFile(options.outFile);
        file.write(new TextEncoder().encode(text));
        file.done();
        terminal.result({ secrets }, () => `Wrote ${secrets} secret${secrets === 1 ? "" : "s"}.`);
      });
    },
  );
}

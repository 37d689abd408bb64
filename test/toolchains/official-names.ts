// The names that the official package gives to a program, read from its declarations.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { toolModules } from "./toolbox.ts";

export type OfficialName = {
  readonly name: string;
  /** How many types it takes as parameters. */
  readonly parameters: number;
  readonly isType: boolean;
  readonly isValue: boolean;
};

const dist = join(toolModules, "@1password", "sdk", "dist");
const read = (file: string) => readFileSync(join(dist, file), "utf8");

const DECLARED = /^export (?:declare )?(interface|type|enum|class|const|function) (\w+)(?:<([^>]*)>)?/gm;

/** Every export of the package's entry. Throws where the entry exports in a way that is not read here. */
export function officialNames(): OfficialName[] {
  const entry = read("sdk.d.ts");
  const all = [...entry.matchAll(/^export \* from "\.\/(\w+)\.js";$/gm)].map(([, file]) => read(`${file}.d.ts`));
  const single = [...entry.matchAll(/^export \{ (\w+) \} from "\.\/(\w+)\.js";$/gm)].flatMap(([, name, file]) =>
    declaredIn(read(`${file}.d.ts`)).filter((one) => one.name === name),
  );
  const rest = entry.match(/^export (?!declare const|\* from|\{ \w+ \} from).*$/gm);
  if (rest !== null) throw new Error(`the official package exports in another way: ${rest.join("; ")}`);
  return [...declaredIn(entry), ...single, ...all.flatMap(declaredIn)];
}

function declaredIn(text: string): OfficialName[] {
  return [...text.matchAll(DECLARED)].map(([, kind = "", name = "", parameters]) => ({
    name,
    parameters: parameters === undefined ? 0 : parameters.split(",").length,
    isType: ["interface", "type", "enum", "class"].includes(kind),
    isValue: ["enum", "class", "const", "function"].includes(kind),
  }));
}
